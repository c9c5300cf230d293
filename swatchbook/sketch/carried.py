"""What was recorded of a sketch, carried over to where its inputs, steps or symbols are only called otherwise.

Everything else is asked as before, which `fits` tells. A text that is drawn anew may come out
otherwise, as with another seed: the dice of a step begin with its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from swatchbook.runs import RunError
from swatchbook.sketch.fits import fits
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Record
from swatchbook.sketch.renames import renamed

_Names = Mapping[str, str]
"""What each is called now, by what it was called."""


def carried(record: Record, sketch: Sketch) -> Record | None:
    """The record as one of this sketch, in its names; None where the sketch asks something else."""
    if fits(record, sketch):
        return record
    try:
        own = read_sketch(record.sketch)
        names, symbols = _names(own, sketch), _paired([*own.grammar], [*sketch.grammar])
        if all(old == new for old, new in [*names.items(), *symbols.items()]):
            return None
        made = _called(record, names, symbols)
        back = renamed(made.sketch, _turned(names), _turned(symbols))
        # A new name that something in a template had already would make one of two.
        return made if fits(made, sketch) and read_sketch(back) == own else None
    except RunError:
        return None


def carried_over(records: Iterable[Record], sketch: Sketch) -> list[Record]:
    """Records as ones of this sketch where they can be; the others as they are."""
    return [carried(record, sketch) or record for record in records]


def _names(own: Sketch, sketch: Sketch) -> _Names:
    """What inputs and steps are called now. Steps are told by their place."""
    steps = dict(zip((step.id for step in own.steps), (step.id for step in sketch.steps), strict=False))
    return {**_paired([*own.inputs], [*sketch.inputs]), **steps}


def _paired(old: Sequence[str], new: Sequence[str]) -> _Names:
    """Names that both have are the same; the others come in one order."""
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    return {**{name: name for name in old if name in new}, **dict(zip(gone, come, strict=False))}


def _turned(names: _Names) -> _Names:
    return {new: old for old, new in names.items()}


def _called(record: Record, names: _Names, symbols: _Names) -> Record:
    """The record with other names; what it names that its own sketch has not becomes nothing, which fits nowhere."""
    return record.model_copy(
        update={
            "sketch": renamed(record.sketch, names, symbols),
            "values": {names.get(name, ""): value for name, value in record.values.items()},
            "cells": [cell.model_copy(update={"step": names.get(cell.step, "")}) for cell in record.cells],
        }
    )
