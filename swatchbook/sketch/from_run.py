"""A run of Compare as a sketch: its slots become choices, its models columns, its texts a frozen example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from swatchbook.runs import Lane, Run, RunError, Sample
from swatchbook.sketch.literal import literal
from swatchbook.sketch.parts import MAX_OPTION, USUAL_LONGEST, Asked, Config, Input, Sketch, Step
from swatchbook.sketch.reader import examine
from swatchbook.sketch.record import Cell, Record
from swatchbook.sketch.writer import write_sketch
from swatchbook.strict import sentence
from swatchbook.template import SLOT, fill, fillings, slots

STEP = "text"


def sketch_of(run: Run, chosen: Sample | None = None) -> tuple[str, list[Record]]:
    """The sketch's text, and the run's texts as results to freeze: those of `chosen`'s words and number.

    A run without samples has no result. Placebo lanes are left out. Raises RunError, with one sentence, for a
    run that makes no sketch.
    """
    fillings(run.template)
    lanes = [lane for lane in run.lanes if not lane.repeats]
    names = [f"word{number}" if number > 1 else "word" for number in range(1, len(slots(run.template)) + 1)]
    day = f", {run.created[:10]}" if run.created else ""
    text = f"# From a run of {len(lanes)} model{'' if len(lanes) == 1 else 's'} in Compare{day}\n"
    try:
        text += write_sketch(_sketch(run, lanes, names))
        wanted = [sample for sample in _first(run, lanes, chosen) if len(sample.filling) == len(names)]
        records = [_record(run, lanes, names, text, wanted)] if wanted else []
    except ValidationError as error:
        raise RunError(f"This run makes no sketch ({sentence(error)}); run it with a shorter prompt.") from None
    reading = examine(text)
    if reading.sketch is None:
        raise RunError(f"This run makes no sketch that can be read. {reading.faults[0]}")
    return text, records


def _sketch(run: Run, lanes: Sequence[Lane], names: Sequence[str]) -> Sketch:
    if not run.template.strip():
        raise RunError("This run has no prompt, so no sketch comes of it; write one in Compare.")
    inputs = {name: _input(words) for name, words in zip(names, slots(run.template), strict=True)}
    settings = {key: getattr(run.settings, key) for key in Config.model_fields}
    step = Step(
        id=STEP,
        prompt=_template(run.template, names),
        model=tuple(Asked(model=lane.model, mode=lane.mode) for lane in lanes),
        config=Config(**{**settings, "stop": tuple(settings["stop"])}),
    )
    title = " ".join(run.title.split()) or " ".join(run.template.split())[:60]
    return Sketch(title=title, seed=run.settings.seed, inputs=inputs, steps=(step,))


def _input(words: Sequence[str]) -> Input:
    """A slot as a choice, or as a text where one of its words is none or too much for an option."""
    given: dict[str, Any] = {"ask": f"Which word: {' or '.join(words)}?"[:200]}
    if all(0 < len(word) <= MAX_OPTION and "\n" not in word for word in words):
        return Input(**given, choose=tuple(words))
    long = any(len(word) > USUAL_LONGEST["text"] or "\n" in word for word in words)
    return Input(**given, kind="long" if long else "text", default=words[0])


def _template(prompt: str, names: Sequence[str]) -> str:
    """The prompt as a template: slots as names, and everything that means something there as plain text."""
    parts, at = [], 0
    for match, name in zip(SLOT.finditer(prompt), names, strict=True):
        parts += [literal(prompt[at : match.start()]), f"{{{{{name}}}}}"]
        at = match.end()
    return "".join([*parts, literal(prompt[at:])])


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
    columns = {lane.id: number if len(lanes) > 1 else None for number, lane in enumerate(lanes)}
    known = {lane.id: lane for lane in lanes}
    return Record(
        title=run.title,
        created=run.created,
        sketch=text,
        values=dict(zip(names, samples[0].filling, strict=True)),
        seed=run.settings.seed,
        cells=[_cell(sample, columns[sample.lane], known[sample.lane], run) for sample in samples],
        credits=run.credits,
        machine=run.machine,
        versions=run.versions,
    )


def _cell(sample: Sample, column: int | None, lane: Lane, run: Run) -> Cell:
    prompt = fill(run.template, tuple(sample.filling))
    return Cell(
        step=STEP,
        column=column,
        model=lane.model,
        mode=lane.mode,
        prompt=prompt,
        rendered=sample.prompt if sample.prompt != prompt else "",
        text=sample.text,
        seed=sample.seed % 2**31,
        finish=sample.finish,
        tags=sample.tags,
        prompt_tokens=sample.prompt_tokens,
        tokens=len(sample.token_ids),
        seconds=sample.timing.total or 0.0,
    )
