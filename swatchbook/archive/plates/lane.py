"""One lane of a run as a column of its plate: its head, and all its samples by filling.

A text that came several times is shown once with its count, unless a note is
about it. All foreign text passes `markup`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from swatchbook import markup
from swatchbook.archive.plates.credits import UNSAID
from swatchbook.archive.plates.remarks import Remarks, anchor, lane_anchor, lane_name, signs
from swatchbook.archive.plates.surprise import Detail, least_expected, quoted, short, text_html
from swatchbook.archive.plates.table import bits_per_byte
from swatchbook.markup import text
from swatchbook.measures.failure import RULES
from swatchbook.runs import Lane, Run, Sample, Tag
from swatchbook.template import fill

LEAD = 120
"""Most characters of the prompt shown before texts; of a longer one, its end."""
SENTENCE = 600
"""Most characters shown of an error."""
PROMPT = 4_000
"""Most characters shown of a prompt as it was rendered."""
FINISHES = {
    "end": "ended by itself",
    "stop": "met a stop string",
    "length": "reached the token limit",
    "context": "filled the model's memory (its context)",
    "cancelled": "stopped before its end",
    "failed": "failed",
    None: "not finished",
}
"""Finish reasons in plain words."""

Numbered = tuple[int, Sample]
"""A sample with its place in its lane, from 0."""


@dataclass
class Column:
    """A lane's column. `detail` says how much is told of each token, `most` how many characters of a text are shown."""

    run: Run
    lane: Lane
    remarks: Remarks
    detail: Detail
    most: int

    def html(self, place: int) -> str:
        """The column; `place` is the lane's number, from 0, by which the style sheet knows its colour."""
        groups: defaultdict[tuple[str, ...], list[Numbered]] = defaultdict(list)
        for number, sample in enumerate(self.run.of(self.lane.id)):
            groups[tuple(sample.filling)].append((number, sample))
        body = "".join(self._group(words, group) for words, group in groups.items())
        body = body or '<p class="nothing">This lane holds no samples.</p>'
        name = lane_anchor(self.run, self.lane.id)
        return (
            f'<section class="lane c{place}" id="{name}" aria-labelledby="{name}-name">'
            f"{lane_head(self.lane, f'{name}-name')}{self._notes()}"
            f"{body}{self._prompts()}</section>"
        )

    def _notes(self) -> str:
        numbers = self.remarks.on_lane(self.lane.id)
        return f'<p class="made">Notes on this lane: {signs(numbers)}</p>' if numbers else ""

    def _group(self, words: tuple[str, ...], group: list[Numbered]) -> str:
        lead = lead_html(self.run, words)
        shown = "".join(self._sample(heap) for heap in self._heaps(group))
        return f'<div class="group"><h3 dir="auto">{lead}</h3>{shown}</div>'

    def _heaps(self, group: list[Numbered]) -> list[list[Numbered]]:
        """Samples with the same text and end together, in the order of their first; one with notes is alone."""
        heaps: defaultdict[tuple[str | int | None, ...], list[Numbered]] = defaultdict(list)
        for number, sample in group:
            alone = self.remarks.touched(self.lane.id, number, (tag.name for tag in sample.tags))
            key = (number,) if alone else (sample.text, sample.finish, sample.error)
            heaps[key].append((number, sample))
        return list(heaps.values())

    def _sample(self, heap: list[Numbered]) -> str:
        number, sample = heap[0]
        marks = self.remarks.marks(self.lane.id, number)
        body = text_html(sample, self.detail, marks, self.most)
        if not sample.text.strip():
            body += '<span class="nothing">(no text)</span>'
        names = "".join(f'<a id="{anchor(self.run, self.lane.id, each)}"></a>' for each, _ in heap[1:])
        return (
            f'<div class="sample" id="{anchor(self.run, self.lane.id, number)}">{names}'
            f'<p class="text" dir="auto">{self._dots()}{body}</p><p class="made">{self._made(heap)}</p>'
            f"{figures(sample)}</div>"
        )

    def _dots(self) -> str:
        return "" if self.lane.mode == "chat" else '<span class="lead" aria-hidden="true">…</span>'

    def _made(self, heap: list[Numbered]) -> str:
        number, sample = heap[0]
        tags = "".join(self._tag(tag, number) for tag in sample.tags)
        count = f'<span class="tag">the same text {len(heap)} times</span> ' if len(heap) > 1 else ""
        which = ", ".join(str(each + 1) for each, _ in heap)
        seeds = ", ".join(str(each.seed) for _, each in heap)
        plural = "s" if len(heap) > 1 else ""
        ended = f'<span class="failed">{text(short(sample.error, SENTENCE))}</span>' if sample.error else ""
        notes = signs(self.remarks.on_sample(self.lane.id, number))
        return (
            f"Sample{plural} {which}, seed{plural} {seeds} · {ended or FINISHES[sample.finish]} {count}{tags}"
            f"{f' · noted {notes}' if notes else ''}"
        )

    def _tag(self, tag: Tag, number: int) -> str:
        against = self.remarks.on_tag(self.lane.id, number, tag.name)
        contested = f", contested {signs(against)}" if against else ""
        return f"{tag_html(tag, contested)} "

    def _prompts(self) -> str:
        """The prompts as the model was given them, where that is not what the template says."""
        samples = self.run.of(self.lane.id)
        seen = {each.prompt: tuple(each.filling) for each in samples if each.prompt}
        other = [prompt for prompt, words in seen.items() if prompt != _filled(self.run, words)]
        shown = "".join(f"<pre>{text(short(prompt, PROMPT))}</pre>" for prompt in other)
        return f'<div class="prompts"><p class="small">As the model was asked:</p>{shown}</div>' if shown else ""


def lane_head(lane: Lane, name: str, licence: str | None = None) -> str:
    """The model's name over what it is: its commit, mode and precision, and its licence where that is given."""
    placebo = '<span class="tag">placebo</span>' if lane.repeats else ""
    commit = f'<span class="mono">{text(lane.model.commit[:12])}</span>' if lane.model.commit else UNSAID
    terms = "" if licence is None else f" · licence {f'<bdi>{text(licence)}</bdi>' if licence.strip() else UNSAID}"
    return (
        f'<header><h2 id="{name}"><bdi>{text(lane_name(lane))}</bdi> {placebo}</h2>'
        f'<p class="made">commit {commit}{terms}<br>{lane.mode}, precision {lane.precision}</p></header>'
    )


def lead_html(run: Run, words: tuple[str, ...]) -> str:
    """The prompt's end with a filling's words in it."""
    few = tuple(short(word, LEAD) for word in words)
    return markup.template(run.template, few, LEAD) or '<span class="nothing">(no prompt)</span>'


def tag_html(tag: Tag, more: str = "") -> str:
    rule = RULES.get(tag.name, tag.detail)
    said = f"{rule} ({tag.detail})" if tag.detail and tag.detail != rule else rule
    place = f" from token {tag.token + 1}" if tag.token is not None else ""
    return f'<span class="tag fail" title="{text(said)}"><bdi>{text(tag.name)}</bdi>{place}{more}</span>'


def figures(sample: Sample) -> str:
    """A sample's bits in words, for those who do not see the lines."""
    if not sample.trace.surprisal:
        return ""
    total, rate = sum(sample.trace.surprisal), bits_per_byte(sample)
    each = f", {rate:.2f} a byte" if rate is not None else ""
    least = ", ".join(f"<bdi>{text(quoted(word))}</bdi> {bits:.1f}" for word, bits in least_expected(sample))
    told = f"; least expected: {least}" if least else ""
    return f'<p class="made">{len(sample.token_ids):,} tokens, {total:.1f} bits{each}{told}</p>'


def _filled(run: Run, words: tuple[str, ...]) -> str | None:
    try:
        return fill(run.template, words)
    except StopIteration:
        return None
