"""The lanes of a run as the page shows them, while they are written and afterwards.

A lane goes to the page as four values: its head, its frame, and the texts that
fill the frame. Heads and frames are replaced when they change; a text only
grows at its end, so that what travels while it streams is what is new. All
foreign text passes `render`. Knows nothing of gradio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, repeat
from typing import Any

from components import render
from components.colour import swatch_colour
from swatchbook.measures.failure import RULES
from swatchbook.runner import MEASURABLE, LaneState, LiveSample
from swatchbook.runs import Lane, Run, Sample
from swatchbook.shelf import Shelf

FINISHES = {
    "end": "ended by itself",
    "stop": "met a stop string",
    "length": "reached the token limit",
    "context": "filled the model's memory (its context)",
    "cancelled": "stopped before its end",
    "failed": "failed",
}
"""Finish reasons in plain words."""

LEAD = 120
"""Most characters of the prompt shown before a text; of a longer one, its end."""


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
    shelf: Shelf
    _growing: dict[int, Growing] = field(default_factory=dict)
    _frames: dict[tuple[str, str], str] = field(default_factory=dict)

    def live(self, lanes: dict[str, LaneState]) -> dict[str, Any]:
        """The state of a run that goes on. New lists each time: the page is sent what differs."""
        done = [state.lane.model.name for state in lanes.values() if state.done]
        failed = [state.lane.model.name for state in lanes.values() if state.error]
        return {
            "running": True,
            "status": spoken(len(lanes), len(done), failed),
            "lanes": [self._lane(state) for state in lanes.values()],
        }

    def still(self, run: Run) -> dict[str, Any]:
        """A finished run, or one that was opened from a file."""
        lanes = [self._finished(lane, [s for s in run.samples if s.lane == lane.id]) for lane in run.lanes]
        return {"running": False, "status": self.ended_words(run), "lanes": lanes}

    def ended_words(self, run: Run) -> str:
        stopped = sum(sample.finish == "cancelled" for sample in run.samples)
        failed = sum(sample.finish == "failed" for sample in run.samples)
        cut = f", {stopped} of them stopped before their end" if stopped else ""
        lost = f"; {failed} failed" if failed else ""
        return f"The run has ended: {len(run.samples) - failed} samples{cut}{lost}."

    def _lane(self, state: LaneState) -> dict[str, Any]:
        lane = state.lane
        if state.done:
            return self._ended(state)
        waiting = state.first_token is None
        return {
            "id": lane.id,
            "colour": self._colour(lane),
            "head": head(lane, state.tokens_per_second, _progress(state)),
            "frame": "" if waiting else self._frame(state),
            "texts": [] if waiting else [self._grown(sample) for sample in state.samples],
        }

    def _ended(self, state: LaneState) -> dict[str, Any]:
        lane = state.lane
        key = (lane.id, "ended")
        if key not in self._frames:
            samples = [sample.frozen() for sample in state.samples]
            self._frames[key] = finished_frame(self.run, lane, samples)
        note = _first_word(state.first_token, state.tokens)
        return {
            "id": lane.id,
            "colour": self._colour(lane),
            "head": head(lane, state.tokens_per_second, failure(state.error) if state.error else note),
            "frame": self._frames[key],
            "texts": [],
        }

    def _finished(self, lane: Lane, samples: list[Sample]) -> dict[str, Any]:
        first = min((s.timing.first_token for s in samples if s.timing.first_token is not None), default=None)
        last = max((s.timing.total for s in samples if s.timing.total is not None), default=None)
        count = sum(len(sample.token_ids) for sample in samples)
        span = last - first if first is not None and last is not None else 0.0
        rate = count / span if span >= MEASURABLE else None
        whole = whole_failure(samples)
        note = failure(whole) if whole else _first_word(first, count)
        return {
            "id": lane.id,
            "colour": self._colour(lane),
            "head": head(lane, rate, note),
            "frame": finished_frame(self.run, lane, samples),
            "texts": [],
        }

    def _frame(self, state: LaneState) -> str:
        key = (state.lane.id, "live")
        if key not in self._frames:
            self._frames[key] = live_frame(self.run, state)
        return self._frames[key]

    def _grown(self, sample: LiveSample) -> str:
        return self._growing.setdefault(id(sample), Growing()).upto(sample.text)

    def _colour(self, lane: Lane) -> str:
        return swatch_colour(self.shelf.known(lane.model))


def spoken(lanes: int, done: int, failed: list[str]) -> str:
    """What a screen reader is told, when it changes: how far the lanes are, never each token. Plain text, not HTML."""
    told = f"Running: {done} of {lanes} models have finished."
    return f"{told} Failed: {', '.join(failed)}." if failed else told


def head(lane: Lane, rate: float | None, note: str) -> str:
    speed = f"{rate:,.0f} tok/s" if rate is not None else ""
    mode = '<span class="tag">chat</span>' if lane.mode == "chat" else ""
    return (
        f"<header><h2>{render.text(lane.model.name)} {mode}</h2>"
        f'<span title="tokens a second, all samples together">{speed}</span></header>{note}'
    )


def failure(message: str) -> str:
    return f'<p class="failed"><strong>Failed.</strong> {render.text(message)}</p>'


def whole_failure(samples: list[Sample]) -> str | None:
    """The one sentence for which all samples of a lane failed, if they did."""
    errors = {sample.error for sample in samples}
    return errors.pop() if len(errors) == 1 else None


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


def _first_word(first: float | None, tokens: int) -> str:
    if first is None:
        return '<p class="note">no word was written</p>'
    return f'<p class="note">first word after {first:.2f} s · {tokens:,} tokens</p>'


def live_frame(run: Run, state: LaneState) -> str:
    """Places for the texts to come, numbered as the samples are; one of each filling is shown at first."""
    parts = []
    for words, group in groupby(enumerate(state.samples), key=lambda item: item[1].filling):
        leads = _leads(run, state.lane, words)
        places = [f'<p class="text">{next(leads)}<span data-text="{number}"></span></p>' for number, _ in group]
        parts.append(_group(state.lane, words, places[0], "".join(places[1:]), len(places) - 1))
    return "".join(parts)


def _leads(run: Run, lane: Lane, words: tuple[str, ...]) -> Iterator[str]:
    """What stands before each text of a filling: the prompt it goes on from, then only a mark that it goes on."""
    if lane.mode == "chat":
        said = f'<span class="lead said">{render.template(run.template, words, LEAD)}</span>' if words else ""
        return chain([said], repeat(""))
    return chain(
        [f'<span class="lead">{render.template(run.template, words, LEAD)}</span>'],
        repeat('<span class="lead">…</span>'),
    )


def _group(lane: Lane, words: tuple[str, ...], shown: str, more: str, count: int) -> str:
    key = render.text(f"{lane.id}-{'|'.join(words)}")
    noun = "sample" if count == 1 else "samples"
    rest = f'<details data-key="{key}"><summary>{count} more {noun}</summary>{more}</details>' if count else ""
    return f'<section class="group">{shown}{rest}</section>'


def finished_frame(run: Run, lane: Lane, samples: list[Sample]) -> str:
    """All samples by filling, the same text once with its count, and what made them."""
    if not samples:
        return '<p class="nothing">This lane holds no samples.</p>'
    whole, parts = whole_failure(samples), []
    if whole and not any(sample.text for sample in samples):
        return ""  # the head says why, once
    for words, group in groupby(enumerate(samples), key=lambda item: tuple(item[1].filling)):
        heaps, leads = _heaps(list(group)), _leads(run, lane, words)
        shown, *more = [_heap(lane, next(leads), heap, whole) for heap in heaps]
        left = sum(len(heap) for heap in heaps[1:])
        parts.append(_group(lane, words, shown, "".join(more), left))
    return "".join(parts) + (_prompts(lane, samples) if any(s.prompt for s in samples) else "")


def _heaps(samples: list[tuple[int, Sample]]) -> list[list[tuple[int, Sample]]]:
    """Numbered samples with the same text and end together, in the order of their first."""
    heaps: dict[tuple[str, str | None, str | None], list[tuple[int, Sample]]] = {}
    for number, sample in samples:
        heaps.setdefault((sample.text, sample.finish, sample.error), []).append((number, sample))
    return list(heaps.values())


def _heap(lane: Lane, lead: str, heap: list[tuple[int, Sample]], whole: str | None) -> str:
    number, sample = heap[0]
    body = render.text(sample.text) if sample.text.strip() else '<span class="nothing">(no text)</span>'
    return (
        f'<div class="sample"><p class="text">{lead}{body}</p><p class="tags">'
        f"{_count(len(heap))}{''.join(_tag(tag.name, tag.detail, tag.token) for tag in sample.tags)}"
        f"{_finish(sample, whole)}{_reading(lane, sample, number)}</p></div>"
    )


def _count(count: int) -> str:
    if count == 1:
        return ""
    said = f'<span class="sr">the same text {count} times</span>'
    return f'<span class="tag"><span aria-hidden="true">×{count}</span>{said}</span> '


def _tag(name: str, detail: str, token: int | None) -> str:
    rule = RULES.get(name, detail)
    place = f" from token {token + 1}" if token is not None else ""
    said = f"{rule}{f' ({detail})' if detail and detail != rule else ''}"
    return (
        f'<span class="tag fail" tabindex="0" title="{render.text(said)}">{render.text(name + place)}'
        f'<span class="sr">: {render.text(said)}</span></span> '
    )


def _finish(sample: Sample, whole: str | None) -> str:
    """How the sample ended; what failed the whole lane is said once, above."""
    if sample.finish is None:
        return ""
    if sample.error and sample.error != whole:
        return f'<span class="failed">{render.text(sample.error)}</span>'
    return f'<span class="small">{FINISHES[sample.finish]} · seed {sample.seed}</span>'


def _reading(lane: Lane, sample: Sample, number: int) -> str:
    if not sample.trace.surprisal:
        return ""
    where = render.text(f"{lane.id}:{number}")
    return (
        f' <button type="button" class="link" data-act="read" data-sample="{where}" data-key="read-{where}"'
        f' aria-label="Read this sample of {render.text(lane.model.name)} token by token">token by token</button>'
    )


def _prompts(lane: Lane, samples: list[Sample]) -> str:
    """Each prompt as the model was given it, with its length."""
    seen = dict.fromkeys((sample.prompt, sample.prompt_tokens) for sample in samples if sample.prompt)
    rows = "".join(f'<p class="small">{count:,} tokens</p><pre>{render.text(prompt)}</pre>' for prompt, count in seen)
    counts = sorted({count for _, count in seen})
    most = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    return (
        f'<details class="prompts" data-key="prompt-{render.text(lane.id)}">'
        f"<summary>The prompt as it was rendered: {most} tokens</summary>{rows}</details>"
    )
