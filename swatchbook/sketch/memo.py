"""What was written before: finished cells by all that they followed from, so that only stale steps run again.

Bounded by the characters it holds; what was not needed for longest goes first.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict

from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.parts import Step
from swatchbook.sketch.record import Cell

MOST = 4_000_000
"""Most characters that are remembered."""
_OVERHEAD = 500
"""Characters that a cell counts for beside its texts."""


class Memo:
    """Finished cells by `key_of`; one memo may serve many performances."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._cells: OrderedDict[str, Cell] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._cells)

    def get(self, key: str) -> Cell | None:
        if key in self._cells:
            self._cells.move_to_end(key)
        return self._cells.get(key)

    def put(self, key: str, cell: Cell) -> None:
        """Remember a cell, in the place of others where there is no room; one that is too large is not kept."""
        self._forget(key)
        if _size(cell) > self._most:
            return
        self._cells[key] = cell
        self.size += _size(cell)
        while self.size > self._most:
            self._forget(next(iter(self._cells)))

    def _forget(self, key: str) -> None:
        if cell := self._cells.pop(key, None):
            self.size -= _size(cell)


def key_of(step: Step, cell: LiveCell) -> str:
    """A digest of everything that a cell follows from. An option is picked without drawing: only a text has a seed."""
    drawn = None if step.pick else [step.config.model_dump(), cell.seed]
    whole = [str(cell.model), cell.mode, cell.prompt, step.pick, drawn]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def _size(cell: Cell) -> int:
    return len(cell.prompt) + len(cell.rendered) + len(cell.text) + _OVERHEAD
