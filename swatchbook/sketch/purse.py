"""What one performance may spend: tokens that are written, and characters that are filled in and read.

Every column has an equal part, and the steps that are the same for all have one
together. Within a part the steps come in the order of the sketch, whoever is quicker:
what a step is given follows from what those before it spent, so the same sketch, values
and seed always come to the same. Nobody waits where it is already sure that there is
enough, whatever those before still spend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from swatchbook.sketch.columns import Layout
from swatchbook.sketch.parts import Step

BUDGET = 6_000
"""Most tokens that all cells of a performance come to together, those that are remembered counted too."""
READING = 1_000_000
"""Most characters of all prompts and texts together; a prompt counts once for each option that is scored after it."""


class Part:
    """One part of a budget. `pockets` are of the steps that spend it, in the order of the sketch."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.pockets: list[Pocket] = []
        self.changed = asyncio.Event()

    def pocket(self, most: int) -> Pocket:
        """For the next step, which spends at most so much."""
        self.pockets.append(Pocket(self, most))
        return self.pockets[-1]


class Pocket:
    """What one step may spend of a part: it has `spent` so much, and spends at most `most` more."""

    def __init__(self, part: Part, most: int) -> None:
        self.part, self.most, self.spent = part, most, 0
        self._before = part.pockets[:]

    def enough(self, each: int, count: int = 1) -> int | None:
        """For how many of `count` cells that need `each` there is enough; None while that hangs on steps before."""
        left = self.part.total - self.spent - sum(pocket.spent for pocket in self._before)
        sure = left - sum(pocket.most for pocket in self._before)
        fewest, most = (max(0, min(count, some // each if each else count)) for some in (sure, left))
        return most if fewest == most else None

    async def hold(self, each: int, count: int) -> int:
        """Wait until it is known for how many cells there is enough."""
        while (known := self.enough(each, count)) is None:
            await self.change()
        return known

    async def change(self) -> None:
        """Wait until somebody has spent, or spends no more."""
        self.part.changed.clear()
        await self.part.changed.wait()

    def spend(self, used: int, most: int) -> None:
        """So much was used, where it could have been `most`."""
        self.spent += used
        self.most -= most
        self.part.changed.set()

    def close(self) -> None:
        """Spend no more."""
        self.spend(0, self.most)


Parts = Mapping[int | None, Part]
"""The part of each column, and under None that of the steps that are the same for all."""


def parts(total: int, layout: Layout, spends: Callable[[Step], bool]) -> Parts:
    """Equal parts for those columns in which a step spends."""
    spending = {column for step in layout.sketch.steps if spends(step) for column in layout.of(step.id)}
    return {
        column: Part(total // len(spending) if column in spending else 0) for column in (None, *range(layout.columns))
    }
