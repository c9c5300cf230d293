"""A performed step as a run for Compare: the prompt as it was filled in, and the texts that came of it."""

from __future__ import annotations

from swatchbook import template
from swatchbook.runs import MAX_PROMPT, Lane, Run, RunError, Sample, Timing
from swatchbook.sketch.faults import suggestion
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record

BLANK = "The prompt of this step is empty, so there is nothing to ask in Compare."


def run_of(record: Record, step: str, at: int = 0) -> Run:
    """A step of a result at one round or line, as a run: a lane for each column, with its recorded text.

    A recorded text has no tokens, so its sample has none: running it again brings them. Compare has one prompt
    for all lanes; a column that was asked something else is left out. Raises RunError for a step that asked no
    model, and for a prompt that Compare would read as several.
    """
    sketch = read_sketch(record.sketch)
    named = [each.id for each in sketch.steps if each.asks and not each.pick]
    if step not in named:
        raise RunError(f'No model was asked to write for the step "{step[:40]}".{suggestion(step, named)}')
    cells = [cell for cell in record.cells if cell.step == step and cell.at == at and cell.model and not cell.skipped]
    if not cells:
        raise RunError(f'The step "{step[:40]}" was left out in this result; run the sketch with other values.')
    prompt = cells[0].prompt
    if not prompt.strip():
        raise RunError(BLANK)
    if len(prompt) > MAX_PROMPT:
        raise RunError(f"This prompt came to {len(prompt):,} characters, and {MAX_PROMPT:,} is the most in Compare.")
    if template.slots(prompt):
        raise RunError("The prompt holds {a|b}, which Compare would take for two prompts; take the bar out to open it.")
    cells = [cell for cell in cells if cell.prompt == prompt]
    lanes = [_lane(number, cell) for number, cell in enumerate(cells)]
    return Run(
        title=record.title,
        template=prompt,
        settings=sketch.step(step).config.settings(cells[0].seed),
        lanes=lanes,
        samples=[_sample(lane, cell) for lane, cell in zip(lanes, cells, strict=True)],
        credits=[credit for credit in record.credits if any(cell.model == credit.model for cell in cells)][:8],
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
