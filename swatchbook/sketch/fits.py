"""Whether what was recorded is of a sketch as it is now: asked the same, and with nothing in it that the sketch lacks.

A record holds the sketch that it is of. What is only said about a sketch, and what is
shown of it, may have changed since. Knows files and records, not where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from swatchbook.runs import ModelRef, RunError
from swatchbook.sketch.columns import Layout, layout
from swatchbook.sketch.parts import MAX_LINES, Asked, Sketch
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record
from swatchbook.sketch.template import TemplateFault
from swatchbook.sketch.values import accept


def fits(record: Record, sketch: Sketch) -> bool:
    """Whether a record can be shown as one of this sketch.

    Its own sketch has the same inputs (their kinds and options), grammar and steps; a commit that one of the two does
    not name is no difference. Title, author, words for the visitor, seed and what is shown may differ.
    """
    try:
        own = read_sketch(record.sketch)
        accept(own, record.values)
        plan = layout(own)
    except (RunError, TemplateFault):
        return False
    return _asks_alike(own, sketch) and bool(record.cells) and all(_belongs(cell, plan) for cell in record.cells)


def fitting(records: Iterable[Record], sketch: Sketch) -> list[Record]:
    """Those that fit, in their order."""
    return [record for record in records if fits(record, sketch)]


def left_behind(count: int) -> str:
    """A sentence on so many records that do not fit; empty for none."""
    if not count:
        return ""
    these = "One frozen result is" if count == 1 else f"{count} frozen results are"
    return f"{these} of an earlier text of this sketch and left out; run it and freeze the new result."


def _asks_alike(one: Sketch, other: Sketch) -> bool:
    return _said(one) == _said(other) and all(
        _same_models(one.asked(step), other.asked(beside)) for step, beside in zip(one.steps, other.steps, strict=True)
    )


def _said(sketch: Sketch) -> tuple[Any, ...]:
    """All that a sketch asks and says, but for the models."""
    inputs = {name: (each.kind, each.choose) for name, each in sketch.inputs.items()}
    return inputs, sketch.grammar, [step.model_copy(update={"model": ()}) for step in sketch.steps]


def _same_models(one: tuple[Asked, ...], other: tuple[Asked, ...]) -> bool:
    return len(one) == len(other) and all(
        a.mode == b.mode and _same_model(a.model, b.model) for a, b in zip(one, other, strict=True)
    )


def _same_model(one: ModelRef, other: ModelRef) -> bool:
    """Of the same name, and at the same commit as far as both name one."""
    shorter, longer = sorted((one.commit or "", other.commit or ""), key=len)
    return (one.source, one.repo) == (other.source, other.repo) and longer.startswith(shorter)


def _belongs(cell: Cell, plan: Layout) -> bool:
    """Whether the sketch has a place for a cell."""
    step = next((step for step in plan.sketch.steps if step.id == cell.step), None)
    if step is None or cell.column not in plan.of(step.id) or cell.at >= (MAX_LINES if step.each else step.repeat):
        return False
    asked, split = plan.asked(step, cell.column), {share.option for share in cell.split}
    if asked is None or cell.model is None:
        return asked is None and cell.model is None and not split
    return _same_model(cell.model, asked.model) and cell.mode == asked.mode and split <= set(step.pick)
