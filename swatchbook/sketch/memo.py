"""What was written before: finished cells by all that they followed from, so that only stale steps run again.

Bounded by the characters it holds; what was not needed for longest goes first. It also knows which cells are
being written just now, so that nobody has the same written beside them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass, field

from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.parts import Step
from swatchbook.sketch.record import Cell

MOST = 4_000_000
"""Most characters that are remembered."""
_OVERHEAD = 500
"""Characters that a cell counts for beside its texts."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A cell that somebody has written just now; `over` says that they do no more, whatever came of it."""

    cell: LiveCell
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Memo:
    """Finished cells by `key_of`; one memo may serve many performances."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._cells: OrderedDict[str, Cell] = OrderedDict()
        self._written: dict[str, Writing] = {}
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

    def begin(self, key: str, cell: LiveCell) -> Writing:
        """The writing of the first cell with this key; where it is this one itself, `end` has to follow."""
        return self._written.setdefault(key, Writing(cell))

    def end(self, key: str) -> None:
        """Let go on who waits for the first cell with this key."""
        self._written.pop(key).over.set()

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
