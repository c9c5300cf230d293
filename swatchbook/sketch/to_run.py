"""A performed step as a run for Compare: the prompt as it was filled in, and the texts that came of it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from swatchbook import template
from swatchbook.runs import MAX_LANES, MAX_PROMPT, Lane, Run, RunError, Sample, Settings, Timing
from swatchbook.sketch.faults import suggestion
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record
from swatchbook.strict import sentence

BLANK = "The prompt of this step is empty, so there is nothing to ask in Compare."


def run_of(record: Record, step: str, at: int = 0, column: int | None = None) -> Run:
    """A step of a result at one round or line, as a run: a lane for each column, with its recorded text.

    A recorded text has no tokens, so its sample has none: running it again brings them. Compare has one prompt
    for all lanes, that of `column`, so a column that was asked something else is left out. Raises RunError for a
    step that asked no model, and for a prompt that Compare would read as several.
    """
    sketch = read_sketch(record.sketch)
    named = [each.id for each in sketch.steps if each.asks and not each.pick]
    if step not in named:
        raise RunError(f'No model was asked to write for the step "{step[:40]}".{suggestion(step, named)}')
    cells = [cell for cell in record.cells if cell.step == step and cell.at == at and cell.model and not cell.skipped]
    if not cells:
        raise RunError(f'The step "{step[:40]}" was left out in this result; run the sketch with other values.')
    first = next((cell for cell in cells if cell.column == column), cells[0])
    prompt = _prompt(first)
    columns: dict[int | None, Cell] = {}
    for cell in cells:
        if cell.prompt == prompt:
            columns.setdefault(cell.column, cell)
    try:
        return _run(record, sketch.step(step).config.settings(first.seed), list(columns.values())[:MAX_LANES])
    except ValidationError as error:
        raise RunError(f"This step makes no run ({sentence(error)}); run the sketch again and open it then.") from None


def _prompt(cell: Cell) -> str:
    """What was asked. Raises RunError where Compare could not ask the same."""
    prompt = cell.prompt
    if not prompt.strip():
        raise RunError(BLANK)
    if len(prompt) > MAX_PROMPT:
        long = f"This prompt came to {len(prompt):,} characters, and {MAX_PROMPT:,} is the most in Compare"
        raise RunError(f"{long}; shorten what goes into it.")
    if template.slots(prompt):
        raise RunError("The prompt holds {a|b}, which Compare would take for two prompts; take the bar out to open it.")
    return prompt


def _run(record: Record, settings: Settings, cells: Sequence[Cell]) -> Run:
    lanes = [_lane(number, cell) for number, cell in enumerate(cells)]
    return Run(
        title=record.title,
        template=cells[0].prompt,
        settings=settings,
        lanes=lanes,
        samples=[_sample(lane, cell) for lane, cell in zip(lanes, cells, strict=True)],
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
