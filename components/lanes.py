"""The lanes of a run as the page shows them, while they are written and afterwards.

A lane goes to the page as four values: its head, its frame, and the texts that
fill the frame. Heads and frames are replaced when they change; a text only
grows at its end, so that what travels while it streams is what is new. All
foreign text passes `render`. Knows nothing of gradio.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from components import render
from components.look import Look
from components.marks import Places, places
from components.samples import HIDDEN, Finished, failure, group_html, leads, whole_failure
from swatchbook.live import MEASURABLE, LaneState, LiveSample
from swatchbook.runs import Lane, Run


@dataclass
class Growing:
    """The escaped form of a text that only grows; each character is escaped once."""

    html: str = ""
    seen: int = 0

    def upto(self, text: str) -> str:
        if len(text) > self.seen:
            self.html += render.text(text[self.seen :])
            self.seen = len(text)
        return self.html


@dataclass
class Board:
    """What the page shows of one run."""

    run: Run
    look: Look
    _growing: dict[int, Growing] = field(default_factory=dict)
    _frames: dict[tuple[str, str], str] = field(default_factory=dict)

    def live(self, lanes: dict[str, LaneState]) -> dict[str, Any]:
        """The state of a run that goes on. New lists each time: the page is sent what differs."""
        done = sum(state.done for state in lanes.values())
        failed = [self.look.name(state.lane) for state in lanes.values() if state.error]
        return {
            "running": True,
            "status": spoken(len(lanes), done, failed),
            "lanes": [self._lane(lanes[lane.id]) for lane in self.look.ordered(self.run.lanes)],
        }

    def still(self, run: Run) -> dict[str, Any]:
        """A finished run, or one that was opened."""
        marks = places(run)
        lanes = [self._finished(run, lane, marks) for lane in self.look.ordered(run.lanes)]
        return {"running": False, "status": self.ended_words(run), "lanes": lanes}

    def ended_words(self, run: Run) -> str:
        stopped = sum(sample.finish == "cancelled" for sample in run.samples)
        failed = sum(sample.finish == "failed" for sample in run.samples)
        cut = f", {stopped} of them stopped before their end" if stopped else ""
        lost = f"; {failed} failed" if failed else ""
        return f"The run has ended: {len(run.samples) - failed} samples{cut}{lost}."

    def _lane(self, state: LaneState) -> dict[str, Any]:
        if state.done:
            return self._ended(state)
        waiting = state.first_token is None
        note = _waiting(state) if self.look.blind else _progress(state)
        texts = [] if waiting else [self._grown(sample) for sample in state.samples]
        frame = "" if waiting else self._frame(state)
        return self._drawn(state.lane, state.tokens_per_second, note, frame, texts)

    def _ended(self, state: LaneState) -> dict[str, Any]:
        lane = state.lane
        key = (lane.id, "ended")
        if key not in self._frames:
            run = self.run.model_copy(update={"samples": [sample.frozen() for sample in state.samples]})
            self._frames[key] = Finished(run, lane, self.look, {}).frame()
        note = self._failed(state.error) if state.error else self._first_word(state.first_token, state.tokens)
        return self._drawn(lane, state.tokens_per_second, note, self._frames[key])

    def _finished(self, run: Run, lane: Lane, marks: Places) -> dict[str, Any]:
        samples = run.of(lane.id)
        first = min((s.timing.first_token for s in samples if s.timing.first_token is not None), default=None)
        last = max((s.timing.total for s in samples if s.timing.total is not None), default=None)
        count = sum(len(sample.token_ids) for sample in samples)
        span = last - first if first is not None and last is not None else 0.0
        rate = count / span if span >= MEASURABLE else None
        whole = whole_failure(samples)
        note = self._failed(whole) if whole else self._first_word(first, count, any(s.text for s in samples))
        return self._drawn(lane, rate, note, Finished(run, lane, self.look, marks).frame())

    def _drawn(
        self, lane: Lane, rate: float | None, note: str, frame: str, texts: list[str] | None = None
    ) -> dict[str, Any]:
        name = self.look.name(lane)
        return {
            "id": self.look.key(lane.id),
            "colour": self.look.colour(lane),
            "head": _head(name, "", None, note) if self.look.blind else _head(name, _asked(lane), rate, note),
            "frame": frame,
            "texts": texts or [],
        }

    def _failed(self, message: str) -> str:
        """Why a lane failed; blind, only that it did, for the reason may name the model."""
        return failure(HIDDEN if self.look.blind else message)

    def _first_word(self, first: float | None, tokens: int, recorded: bool = False) -> str:
        if first is None and recorded:
            more = "" if self.look.blind else ": run it again to read it token by token"
            return f'<p class="note">recorded without its tokens{more}</p>'
        if first is None:
            return '<p class="note">no word was written</p>'
        return '<p class="note">done</p>' if self.look.blind else first_word(first, tokens)

    def _frame(self, state: LaneState) -> str:
        key = (state.lane.id, "live")
        if key not in self._frames:
            self._frames[key] = live_frame(self.run, state, self.look)
        return self._frames[key]

    def _grown(self, sample: LiveSample) -> str:
        return self._growing.setdefault(id(sample), Growing()).upto(sample.text)


def spoken(lanes: int, done: int, failed: list[str]) -> str:
    """What a screen reader is told, when it changes: how far the lanes are, never each token. Plain text, not HTML."""
    told = f"Running: {done} of {lanes} models have finished."
    return f"{told} Failed: {', '.join(failed)}." if failed else told


def _head(name: str, asked: str, rate: float | None, note: str) -> str:
    speed = f"{rate:,.0f} tok/s" if rate is not None else ""
    return (
        f"<header><h2>{render.text(name)} {asked}</h2>"
        f'<span title="tokens a second, all samples together">{speed}</span></header>{note}'
    )


def _asked(lane: Lane) -> str:
    chat = '<span class="tag">chat</span>' if lane.mode == "chat" else ""
    placebo = '<span class="tag" title="The same model with other seeds">placebo</span>' if lane.repeats else ""
    return f"{chat} {placebo}".strip()


def _waiting(state: LaneState) -> str:
    """How far a lane is that nobody may recognise by its pace."""
    return f'<p class="note">{"writing" if state.first_token is not None else "not begun"}</p>'


def _progress(state: LaneState) -> str:
    """One line on how far the lane is, with a bar while its model is loading."""
    if state.first_token is not None:
        return f'<p class="note">first word after {state.first_token:.2f} s · writing</p>'
    loading = state.loading
    if loading is None:
        return '<p class="note">waiting for its turn</p>'
    note = render.text(loading.note)
    if loading.share is None:
        return f'<p class="note">{note or "waiting for memory"}</p>'
    return (
        f'<p class="note">loading{f": {note}" if note else ""}</p>'
        f'<progress max="100" value="{loading.share * 100:.0f}"'
        f' aria-label="loading {render.text(state.lane.model.name)}"></progress>'
    )


def first_word(first: float, tokens: int) -> str:
    return f'<p class="note">first word after {first:.2f} s · {tokens:,} tokens</p>'


def live_frame(run: Run, state: LaneState, look: Look) -> str:
    """Places for the texts to come, numbered as the samples are; one of each filling is shown at first."""
    parts = []
    for words, group in groupby(enumerate(state.samples), key=lambda item: item[1].filling):
        before = leads(run, state.lane, words, look.blind)
        waiting = [f'<p class="text">{next(before)}<span data-text="{number}"></span></p>' for number, _ in group]
        key = look.key(state.lane.id)
        parts.append(group_html(key, words, waiting[0], "".join(waiting[1:]), len(waiting) - 1))
    return "".join(parts)
