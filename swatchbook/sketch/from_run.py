"""A run of Compare as a sketch: its slots become choices, its models columns, its texts a frozen example."""

from __future__ import annotations

import re
from collections.abc import Sequence

from swatchbook.runs import Lane, Run, Sample
from swatchbook.sketch.parts import MAX_OPTION, Asked, Config, Input, Sketch, Step
from swatchbook.sketch.record import Cell, Record
from swatchbook.sketch.writer import write_sketch
from swatchbook.template import SLOT, slots

STEP, WHOLE = "text", "whole"
"""The step that models write, and the one that puts the prompt before it, where they went on from it."""
_SPECIAL = re.compile(r"\{\{|[\\#\[\]]")
"""What a sketch's template would not take as it stands."""


def sketch_of(run: Run, chosen: Sample | None = None) -> tuple[str, list[Record]]:
    """The sketch's text, and the run's texts as results to freeze: those of `chosen`'s words first.

    A run without samples has no result. Placebo lanes are left out.
    """
    lanes = [lane for lane in run.lanes if not lane.repeats]
    names = [f"word{number}" if number > 1 else "word" for number in range(1, len(slots(run.template)) + 1)]
    text = f"# From a run of {len(lanes)} model{'' if len(lanes) == 1 else 's'} in Compare, {run.created[:10]}\n"
    text += write_sketch(_sketch(run, lanes, names))
    wanted = [sample for sample in _first(run, lanes, chosen) if len(sample.filling) == len(names)]
    return text, [_record(run, lanes, names, text, wanted)] if wanted else []


def _sketch(run: Run, lanes: Sequence[Lane], names: Sequence[str]) -> Sketch:
    inputs = {
        name: Input(ask=_question(words), kind="choice", choose=tuple(map(_option, words)))
        for name, words in zip(names, slots(run.template), strict=True)
    }
    settings = {key: getattr(run.settings, key) for key in Config.model_fields}
    step = Step(
        id=STEP,
        prompt=_template(run.template, names),
        model=tuple(Asked(model=lane.model, mode=lane.mode) for lane in lanes),
        config=Config(**{**settings, "stop": tuple(settings["stop"])}),
    )
    goes_on = _goes_on(lanes)
    whole = Step(id=WHOLE, text=f"{step.prompt}{{{{{STEP}}}}}") if goes_on else None
    title = run.title or " ".join(run.template.split())[:60] or "From a run"
    return Sketch(title=title, seed=run.settings.seed, inputs=inputs, steps=(step, whole) if whole else (step,))


def _goes_on(lanes: Sequence[Lane]) -> bool:
    """Whether all models went on from the prompt, so that it belongs to their texts; an answer stands alone."""
    return all(lane.mode == "completion" for lane in lanes)


def _option(word: str) -> str:
    """A slot's word as an option, which cannot be empty or long."""
    return word[:MAX_OPTION] or "–"


def _question(words: Sequence[str]) -> str:
    return f"Which word: {' or '.join(words)}?"[:200]


def _template(prompt: str, names: Sequence[str]) -> str:
    """The prompt as a template: slots as names, and everything that means something there as plain text."""
    parts, at = [], 0
    for match, name in zip(SLOT.finditer(prompt), names, strict=True):
        parts += [_plain(prompt[at : match.start()]), f"{{{{{name}}}}}"]
        at = match.end()
    return "".join([*parts, _plain(prompt[at:])])


def _plain(text: str) -> str:
    return _SPECIAL.sub(lambda found: "".join(f"\\{letter}" for letter in found[0]), text)


def _first(run: Run, lanes: Sequence[Lane], chosen: Sample | None) -> list[Sample]:
    """One sample of each lane: those with the words and the number of the chosen one, else the first of each."""
    known = {lane.id for lane in lanes}
    written = [sample for sample in run.samples if sample.lane in known and sample.finish not in (None, "failed")]
    if not written:
        return []
    like = chosen or written[0]
    found: dict[str, Sample] = {}
    for sample in written:
        if sample.filling == like.filling and sample.index == like.index:
            found.setdefault(sample.lane, sample)
    return [found[lane.id] for lane in lanes if lane.id in found]


def _record(run: Run, lanes: Sequence[Lane], names: Sequence[str], text: str, samples: Sequence[Sample]) -> Record:
    """The samples as one performance of the sketch."""
    cells, columns = [], {lane.id: number if len(lanes) > 1 else None for number, lane in enumerate(lanes)}
    known = {lane.id: lane for lane in lanes}
    for sample in samples:
        cells.append(_cell(sample, columns[sample.lane], known[sample.lane], run))
    if _goes_on(lanes):
        cells += [Cell(step=WHOLE, column=cell.column, text=cell.prompt + cell.text) for cell in cells]
    return Record(
        title=run.title,
        created=run.created,
        sketch=text,
        values=dict(zip(names, map(_option, samples[0].filling), strict=True)),
        seed=run.settings.seed,
        cells=cells,
        credits=run.credits,
        machine=run.machine,
        versions=run.versions,
    )


def _cell(sample: Sample, column: int | None, lane: Lane, run: Run) -> Cell:
    words = iter(sample.filling)
    return Cell(
        step=STEP,
        column=column,
        model=lane.model,
        mode=lane.mode,
        prompt=SLOT.sub(lambda _: next(words), run.template),
        rendered=sample.prompt,
        text=sample.text,
        seed=sample.seed,
        finish=sample.finish,
        tags=sample.tags,
        prompt_tokens=sample.prompt_tokens,
        tokens=len(sample.token_ids),
        seconds=sample.timing.total or 0.0,
    )
