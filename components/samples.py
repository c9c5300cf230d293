"""Finished samples as the page shows them: by filling, the same text once, with what made it and what was noted.

A part of a lane; `lanes` puts it under the lane's head. All foreign text passes
`render`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby, repeat

from components import render
from components.look import Look
from components.marks import Places, marked
from swatchbook.archive.plates.lane import FINISHES
from swatchbook.measures.failure import RULES
from swatchbook.runs import Lane, Run, Sample, Tag

HIDDEN = "The reason is shown after you reveal the names."
"""What stands for an error while names are hidden, for it may tell the model."""
LEAD = 120
"""Most characters of the prompt shown before a text; of a longer one, its end."""


def failure(message: str) -> str:
    return f'<p class="failed"><strong>Failed.</strong> {render.text(message)}</p>'


def whole_failure(samples: list[Sample]) -> str | None:
    """The one sentence for which all samples of a lane failed, if they did."""
    errors = {sample.error for sample in samples}
    return errors.pop() if len(errors) == 1 else None


def leads(run: Run, lane: Lane, words: tuple[str, ...], hidden: bool = False) -> Iterator[str]:
    """What stands before each text of a filling: the prompt it goes on from, then only a mark that it goes on.

    A chat model answers the prompt; so does, on the page, every model that is `hidden`.
    """
    if lane.mode == "chat" or hidden:
        said = f'<span class="lead said">{render.template(run.template, words, LEAD)}</span>' if words else ""
        return chain([said], repeat(""))
    return chain(
        [f'<span class="lead">{render.template(run.template, words, LEAD)}</span>'],
        repeat('<span class="lead">…</span>'),
    )


def group_html(lane: str, words: tuple[str, ...], shown: str, more: str, count: int) -> str:
    """The samples of one filling: one of them shown, the others folded."""
    key = render.text(f"{lane}-{'|'.join(words)}")
    noun = "sample" if count == 1 else "samples"
    rest = f'<details data-key="{key}"><summary>{count} more {noun}</summary>{more}</details>' if count else ""
    return f'<section class="group">{shown}{rest}</section>'


@dataclass
class Finished:
    """The samples of one finished lane."""

    run: Run
    lane: Lane
    look: Look
    places: Places

    @property
    def key(self) -> str:
        return self.look.key(self.lane.id)

    def frame(self) -> str:
        """All samples by filling, the same text once with its count, and what made them."""
        samples = self.run.of(self.lane.id)
        if not samples:
            return '<p class="nothing">This lane holds no samples.</p>'
        whole, parts = whole_failure(samples), []
        if whole and not any(sample.text for sample in samples):
            return ""  # the head says why, once
        for words, group in groupby(enumerate(samples), key=lambda item: tuple(item[1].filling)):
            heaps, before = _heaps(list(group)), leads(self.run, self.lane, words, self.look.blind)
            shown, *more = [self._heap(next(before), heap, whole) for heap in heaps]
            left = sum(len(heap) for heap in heaps[1:])
            parts.append(group_html(self.key, words, shown, "".join(more), left))
        told = not self.look.blind and any(sample.prompt for sample in samples)
        return "".join(parts) + (_prompts(self.lane, samples) if told else "")

    def _heap(self, lead: str, heap: list[tuple[int, Sample]], whole: str | None) -> str:
        number, sample = heap[0]
        where = render.text(f"{self.key}:{number}")
        marks = [mark for each, _ in heap for mark in self.places.get((self.lane.id, each), ())]
        body = marked(sample.text, marks)
        if not sample.text.strip():
            body = f'{body}<span class="nothing">(no text)</span>'
        tags = "".join(self._tag(tag, where, number) for tag in sample.tags)
        return (
            f'<div class="sample"><p class="text">{lead}<span data-said="{where}">{body}</span></p><p class="tags">'
            f"{_count(len(heap))}{tags}{self._finish(sample, whole)}{self._acts(sample, where)}</p></div>"
        )

    def _tag(self, tag: Tag, where: str, number: int) -> str:
        """A tag says its rule; pressed, it can be contested."""
        rule = RULES.get(tag.name, tag.detail)
        place = f" from token {tag.token + 1}" if tag.token is not None else ""
        said = f"{rule}{f' ({tag.detail})' if tag.detail and tag.detail != rule else ''}"
        against = sum(
            note.tag == tag.name and note.at[0].lane == self.lane.id and note.at[0].sample == number
            for note in self.run.notes
            if note.tag
        )
        told = f" · contested{f' by {against}' if against > 1 else ''}" if against else ""
        return (
            f'<button type="button" class="tag fail{" contested" if against else ""}" data-act="contest"'
            f' data-sample="{where}" data-tag="{render.text(tag.name)}" data-key="tag-{where}-{render.text(tag.name)}"'
            f' title="{render.text(said)}. Press to contest it.">{render.text(tag.name + place)}{told}'
            f'<span class="sr">: {render.text(said)}. Press to contest it.</span></button> '
        )

    def _finish(self, sample: Sample, whole: str | None) -> str:
        """How the sample ended; what failed the whole lane is said once, above."""
        if sample.finish is None:
            return ""
        if sample.error and sample.error != whole:
            return f'<span class="failed">{render.text(HIDDEN if self.look.blind else sample.error)}</span>'
        seed = "" if self.look.blind else f" · seed {sample.seed}"
        return f'<span class="small">{FINISHES[sample.finish]}{seed}</span>'

    def _acts(self, sample: Sample, where: str) -> str:
        """What one can do with a sample: read it token by token, and write a note on it."""
        name = render.text(self.look.name(self.lane))
        read = (
            f' <button type="button" class="link" data-act="read" data-sample="{where}" data-key="read-{where}"'
            f' aria-label="Read this sample of {name} token by token">token by token</button>'
        )
        note = (
            f' <button type="button" class="link" data-act="note" data-sample="{where}" data-key="note-{where}"'
            f' aria-label="Write a note on this sample of {name}">note</button>'
        )
        sketch = (
            f' <button type="button" class="link" data-on="submit" data-act="sketch" data-sample="{where}"'
            f' data-tab="sketchpad" data-key="sketch-{where}"'
            f' aria-label="Make a sketch with this sample of {name} as its example">sketch</button>'
        )
        shown = read if sample.trace.surprisal and not self.look.blind else ""
        made = sketch if sample.text and not self.look.blind else ""
        return shown + (note if sample.text else "") + made


def _heaps(samples: list[tuple[int, Sample]]) -> list[list[tuple[int, Sample]]]:
    """Numbered samples with the same text and end together, in the order of their first."""
    heaps: dict[tuple[str, str | None, str | None], list[tuple[int, Sample]]] = {}
    for number, sample in samples:
        heaps.setdefault((sample.text, sample.finish, sample.error), []).append((number, sample))
    return list(heaps.values())


def _count(count: int) -> str:
    if count == 1:
        return ""
    said = f'<span class="sr">the same text {count} times</span>'
    return f'<span class="tag"><span aria-hidden="true">×{count}</span>{said}</span> '


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
