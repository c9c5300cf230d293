"""A performed step as a run for Compare: the prompt as it was filled in, and the texts that came of it.

A pick wrote no text, so its run has none; what it chose is said in words.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from swatchbook.runs import MAX_LANES, MAX_PROMPT, Lane, Run, RunError, Sample, Timing
from swatchbook.sketch.faults import suggestion
from swatchbook.sketch.parts import Step
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record
from swatchbook.strict import sentence
from swatchbook.template import slots

MAX_QUOTED = 60
"""Most characters of an option that are quoted."""


def run_of(record: Record, step: str, at: int = 0, column: int | None = None) -> tuple[Run, str]:
    """A step of a result at one round or line, as a run, and in words what is to be known of it.

    The run has a lane for each column, with its recorded text. A recorded text has no tokens, so its sample has
    none: running it again brings them. Compare has one prompt for all lanes, that of `column`, so a column that was
    asked something else is left out. Raises RunError for a step that asked no model, and for a prompt that is
    `unaskable`.
    """
    asked, cells = _found(record, step, at)
    prompt = next((cell for cell in cells if cell.column == column), cells[0]).prompt
    if problem := unaskable(prompt):
        raise RunError(problem)
    columns: dict[int | None, Cell] = {}
    for cell in cells:
        if cell.prompt == prompt:
            columns.setdefault(cell.column, cell)
    lanes = list(columns.values())[:MAX_LANES]
    try:
        run = _run(record, asked, lanes)
    except ValidationError as error:
        raise RunError(f"This step makes no run ({sentence(error)}); run the sketch again and open it then.") from None
    others = sum(cell.prompt != prompt for cell in cells)
    these = "A column that was" if others == 1 else f"{others} columns that were"
    left = f" {these} asked with other words stayed on the pad." if others else ""
    return run, (
        _picked(asked, lanes) if asked.pick else "The palette and the settings are now those of the sketch's step."
    ) + left


def unaskable(prompt: str) -> str:
    """Why Compare could not ask exactly this prompt of a step; nothing where it can."""
    if not prompt.strip():
        return "The prompt of this step is empty, so there is nothing to ask in Compare."
    if len(prompt) > MAX_PROMPT:
        long = f"This prompt came to {len(prompt):,} characters, and {MAX_PROMPT:,} is the most in Compare"
        return f"{long}; shorten what goes into it."
    if slots(prompt):
        return "The prompt holds {a|b}, which Compare would take for two prompts; take the bar out to open it."
    return ""


def _picked(step: Step, cells: Sequence[Cell]) -> str:
    """What was chosen, with each model's name where there are several."""
    took = ", ".join(_chosen(cell, named=len(cells) > 1) for cell in cells)
    return (
        f"Out of {len(step.pick)} options the pick took {took}, and no text was written: press Run to see, with the"
        " step's settings, what a model writes when it is free."
    )


def _chosen(cell: Cell, named: bool) -> str:
    chosen = max(cell.split, key=lambda each: each.share, default=None)
    took = f"“{_short(chosen.option)}” ({100 * chosen.share:.0f} %)" if chosen else "nothing"
    return f"{took} with {cell.model.name}" if named and cell.model else took


def _short(option: str) -> str:
    return option if len(option) <= MAX_QUOTED else f"{option[: MAX_QUOTED - 1]}…"


def _found(record: Record, step: str, at: int) -> tuple[Step, list[Cell]]:
    """A step that asks, and its cells at a round or line. Raises RunError where there are none."""
    sketch = read_sketch(record.sketch)
    named = [each.id for each in sketch.steps if each.asks]
    if step not in named:
        raise RunError(f'No model is asked in the step "{step[:40]}".{suggestion(step, named)}')
    cells = [cell for cell in record.cells if cell.step == step and cell.at == at and cell.model and not cell.skipped]
    if not cells:
        raise RunError(f'The step "{step[:40]}" was left out in this result; run the sketch with other values.')
    return sketch.step(step), cells


def _run(record: Record, asked: Step, cells: Sequence[Cell]) -> Run:
    lanes = [_lane(number, cell) for number, cell in enumerate(cells)]
    samples = [] if asked.pick else [_sample(lane, cell) for lane, cell in zip(lanes, cells, strict=True)]
    return Run(
        title=record.title,
        template=cells[0].prompt,
        settings=asked.config.settings(record.seed if asked.pick else cells[0].seed),
        lanes=lanes,
        samples=samples,
        credits=[credit for credit in record.credits if any(cell.model == credit.model for cell in cells)][:MAX_LANES],
        machine=record.machine,
        versions=record.versions,
    )


def _lane(number: int, cell: Cell) -> Lane:
    assert cell.model is not None
    return Lane(id=f"lane-{number + 1}", model=cell.model, mode=cell.mode)


def _sample(lane: Lane, cell: Cell) -> Sample:
    return Sample(
        lane=lane.id,
        seed=cell.seed,
        prompt=cell.rendered or cell.prompt,
        prompt_tokens=cell.prompt_tokens,
        text=cell.text,
        finish=cell.finish,
        timing=Timing(total=cell.seconds),
        tags=cell.tags,
        error=cell.error,
    )
