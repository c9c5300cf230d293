"""One step in one column: its cells, filled in round by round or line by line.

Does everything that needs no model; the cells that need one are handed out, and
it goes on when they have ended. Knows neither the engine nor the clock.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator, Iterator, Mapping

from swatchbook.runs import RunError
from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.columns import Layout
from swatchbook.sketch.dice import Dice, seed_of
from swatchbook.sketch.grammar import MAX_CHARACTERS, Work, fill
from swatchbook.sketch.parts import LINE, MAX_LINES, Step
from swatchbook.sketch.purse import Parts
from swatchbook.sketch.template import TemplateFault, parse

GLIMPSED = 20_000
"""What may be drawn for a glimpse, which is taken many times a second."""
_BREAK = re.compile(r"\r\n|\r|\n")


class Strand:
    """`needs` are the strands whose texts this one looks at; `left_out` counts the lines that are one too many.

    `tokens` and `characters` are what the step may spend of them, and `work` is what it may draw.
    """

    def __init__(
        self,
        layout: Layout,
        step: Step,
        column: int | None,
        needs: list[Strand],
        seed: int,
        tokens: Parts,
        characters: Parts,
        work: int,
    ) -> None:
        self.step, self.column, self.needs = step, column, needs
        self.asked = layout.asked(step, column)
        self.over = asyncio.Event()
        self._work = Work(work)
        self.left_out = 0
        most = MAX_LINES if step.each else step.repeat
        self.tokens = tokens[column].pocket(most * step.config.max_tokens if writes(step) else 0)
        self.characters = characters[column].pocket(most * self._length(MAX_CHARACTERS))
        self._grammar, self._seed = layout.sketch.grammar, seed
        self.cells = [] if step.each else [self._cell(at) for at in range(step.repeat)]

    @property
    def text(self) -> str:
        """A line for each cell that was begun; nothing, where the step was skipped."""
        return "\n".join(cell.text for cell in self.cells if cell.status not in ("waiting", "loading", "skipped"))

    @property
    def failed(self) -> bool:
        return any(cell.status == "failed" for cell in self.cells)

    def glimpse(self, values: Mapping[str, str]) -> str:
        """What a step of words alone comes to so far, while what it needs is still being written; it may change yet."""
        step = self.step
        if step.asks or step.each or step.when or step.repeat > 1 or self.over.is_set() or self.failed:
            return ""
        if not all(need.over.is_set() or need.text for need in self.needs):
            return ""
        seen = {**values, **{need.step.id: need.text for need in self.needs}}
        try:
            return fill(parse(step.template), seen, self._grammar, Dice(self._seed, step.id, 0), Work(GLIMPSED))
        except (RunError, TemplateFault):
            return ""  # the cell itself says so when its turn comes

    def end(self) -> None:
        """Say that it is over."""
        self.over.set()
        self.close()

    def close(self) -> None:
        """Spend no more."""
        self.tokens.close()
        self.characters.close()

    def rounds(self, values: Mapping[str, str]) -> Iterator[list[LiveCell]]:
        """Fill the cells in; hands out those that a model has to be asked for, and goes on when they have ended.

        Hands out none while it hangs on others whether there are characters enough. `values` are what the visitor
        wrote. The strands that are needed have to be over.
        """
        seen = {**values, **{need.step.id: need.text for need in self.needs}}
        if failed := next((need.step.id for need in self.needs if need.failed), None):
            self.fail(f'"{failed}" failed, and this step needs it.')
        elif any(seen[name].strip() != wanted.strip() for name, wanted in self.step.when.items()):
            self._skip()
        elif self.step.each:
            yield from self._lines(seen)
        else:
            yield from self._repeats(seen)

    def fail(self, message: str) -> None:
        """Fail every cell that has not ended; where there is none yet, the step's place in the record is one."""
        self.cells = self.cells or [self._cell(0)]
        for cell in self.cells:
            cell.fail(message)

    def _skip(self) -> None:
        self.cells = self.cells or [self._cell(0)]
        for cell in self.cells:
            cell.skip()

    def _lines(self, seen: Mapping[str, str]) -> Iterator[list[LiveCell]]:
        """All lines at once. Without any line there is nothing to do, and the step is skipped."""
        lines = [line.strip() for line in _BREAK.split(seen[self.step.each]) if line.strip()]
        self.left_out = max(0, len(lines) - MAX_LINES)
        if not lines:
            self._skip()
            return
        self.cells = [self._cell(at) for at, _ in enumerate(lines[:MAX_LINES])]
        waiting = []
        for cell in self.cells:
            if (yield from self._fill(cell, {**seen, LINE: lines[cell.at]})):
                waiting.append(cell)
        if waiting:
            yield waiting

    def _repeats(self, seen: Mapping[str, str]) -> Iterator[list[LiveCell]]:
        """One round after the other; each sees what the rounds before it came to."""
        own = self.step.id
        for at, cell in enumerate(self.cells):
            so_far = "\n".join(earlier.text for earlier in self.cells[:at])
            if (yield from self._fill(cell, {**seen, own: so_far})):
                yield [cell]
            if cell.status == "failed":
                self.fail(f'"{own}" failed in an earlier round, and this one needs it.')

    def _fill(self, cell: LiveCell, values: Mapping[str, str]) -> Generator[list[LiveCell], None, bool]:
        """Fill one cell's template in, which ends it unless a model has to be asked; says whether one has."""
        if cell.ended:
            return False
        try:
            dice = Dice(self._seed, self.step.id, cell.at)
            filled = fill(parse(self.step.template), values, self._grammar, dice, self._work)
        except (RunError, TemplateFault) as error:
            cell.fail(str(error))
            return False
        while (enough := self.characters.enough(self._length(len(filled)))) is None:
            yield []
        self.characters.spend(self._length(len(filled)) * enough, self._length(MAX_CHARACTERS))
        if not enough:
            cell.fail(
                f"This would be more than {self.characters.part.total:,} characters, which is what may be filled in "
                "here in one performance; let the prompts be shorter."
            )
        elif not self.step.asks:
            cell.say(filled)
        elif self.asked is None:
            cell.fail("No model is named for this step; give it one.")
        else:
            cell.prompt = filled
            return True
        return False

    def _length(self, filled: int) -> int:
        """The characters that a text of this length comes to."""
        return sum(filled + len(option) for option in self.step.pick) or filled

    def _cell(self, at: int) -> LiveCell:
        drawn = self.asked is not None and not self.step.pick
        seed = seed_of(self._seed, self.step.id, at) if drawn else 0
        return LiveCell(self.step.id, self.column, at, self.asked, seed)


def draws(step: Step) -> bool:
    """Whether its template draws from the grammar."""
    return "#" in step.template or "[" in step.template


def writes(step: Step) -> bool:
    """Whether a model writes tokens for it."""
    return step.asks and not step.pick
