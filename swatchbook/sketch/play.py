"""Performs a sketch: asks its models for every cell as soon as what the cell needs is there.

Columns and steps that do not need each other go at once. A cell that fails says
why, and the other columns go on. The state is handed out on a clock. It knows
the engine's events and the sketch's vocabulary, not the page.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Protocol

from swatchbook.engine.events import EngineError, Job, Loading, Model, ScoredText
from swatchbook.runner import BEAT, FLUSH, Generates
from swatchbook.runs import Mode, ModelRef, RunError
from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.memo import Memo, Writing, key_of
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.pick import pairs, split
from swatchbook.sketch.piece import Piece
from swatchbook.sketch.purse import BUDGET
from swatchbook.sketch.strand import Strand, writes

log = logging.getLogger(__name__)


class Performs(Generates, Protocol):
    """The part of the engine that a sketch needs."""

    async def score(
        self, model: Model, texts: list[tuple[str, str]], mode: Mode = "completion"
    ) -> list[ScoredText]: ...


class Play(Piece):
    """One performance of a sketch; `cells` is its state, which changes while it plays."""

    def __init__(
        self,
        sketch: Sketch,
        text: str,
        values: Mapping[str, str],
        seed: int,
        engine: Performs,
        locate: Callable[[ModelRef], Path],
        memo: Memo | None = None,
        budget: int = BUDGET,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`locate` finds a model on disk, or raises RunError. Cells that are in `memo` are taken from there.

        Raises ValueFault for values that the sketch does not take.
        """
        super().__init__(sketch, text, values, seed, budget)
        self._engine, self._locate, self._clock = engine, locate, clock
        self._memo = Memo(0) if memo is None else memo
        self._news, self._over = asyncio.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """End the performance, from any thread; what was written so far is kept, marked as cancelled."""
        if self._loop is None:
            self._end()
        else:
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._over.set()
        self._news.set()

    async def play(self, flush: float = FLUSH, beat: float = BEAT) -> AsyncGenerator[Play, None]:
        """Perform the sketch, handing itself out on a clock. Closing the iterator ends all work."""
        if not self.sketch.models:
            self.fill()
            yield self
            return
        self._loop = asyncio.get_running_loop()
        work = asyncio.create_task(self._work())
        work.add_done_callback(lambda _: self._end())
        try:
            while not self._over.is_set():
                await _within(self._news, beat)
                self._news.clear()
                yield self
                await _within(self._over, flush)
        finally:
            work.cancel()
            await asyncio.wait({work})
            self._close()
        yield self

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for strand in self._strands.values():
                group.create_task(self._perform(strand))

    async def _perform(self, strand: Strand) -> None:
        """One step in one column; whatever happens, it is over at the end, and so are its cells."""
        try:
            for need in strand.needs:
                await need.over.wait()
            for cells in strand.rounds(self.values):
                await (self._ask(strand, cells) if cells else strand.characters.change())
        except Exception:
            log.exception("step %s failed", strand.step.id)
            strand.fail("Swatchbook itself failed on this step; its log has the details. Run again.")
        strand.end()
        self._news.set()

    async def _ask(self, strand: Strand, cells: list[LiveCell]) -> None:
        """Have cells of one step answered, by the memory or by the model, as many as there are tokens for."""
        most = strand.step.config.max_tokens if writes(strand.step) else 0
        enough = await strand.tokens.hold(most, len(cells))
        for cell in cells[enough:]:
            cell.fail(
                f"This would be more than {strand.tokens.part.total:,} tokens, which is what may be written here in "
                "one performance; lower max_tokens, or take out a step, a round or a model."
            )
        try:
            await self._answer(strand, cells[:enough])
        finally:
            strand.tokens.spend(sum(cell.tokens for cell in cells[:enough]), most * len(cells))

    async def _answer(self, strand: Strand, cells: list[LiveCell]) -> None:
        """What is asked for already, here or in another performance, is not asked again unless it is stopped there."""
        keys = {cell.at: key_of(strand.step, cell) for cell in cells}
        for cell in cells:
            if known := self._memo.get(keys[cell.at]):
                cell.recall(known)
        self._news.set()
        firsts = {cell.at: self._memo.begin(keys[cell.at], cell) for cell in cells if not cell.ended}
        own = [cell for cell in cells if cell.at in firsts and firsts[cell.at].cell is cell]
        others = [cell for cell in cells if cell.at in firsts and firsts[cell.at].cell is not cell]
        async with asyncio.TaskGroup() as group:
            for cell in others:
                group.create_task(self._follow(strand, cell, firsts[cell.at]))
            try:
                await self._have_written(strand, own, keys)
            finally:
                for cell in own:
                    self._memo.end(keys[cell.at])

    async def _follow(self, strand: Strand, cell: LiveCell, first: Writing) -> None:
        """Show what comes of an equal cell, and end as it does; where that one is stopped, this one is asked for.

        A failure is taken over, also one that might not come again; whoever runs it once more asks anew. It is never
        of the other performance's own making: at its deadline that is stopped, and what is too much is not begun.
        """
        cell.begin(self._clock())
        while not (first.cell.ended or first.over.is_set()):
            cell.follow(first.cell)
            self._news.set()
            await _within(first.over, FLUSH)
        if first.cell.status in ("done", "failed"):
            cell.recall(first.cell.frozen(), remembered=False)
        else:
            await self._answer(strand, [cell])
        self._news.set()

    async def _have_written(self, strand: Strand, cells: list[LiveCell], keys: Mapping[int, str]) -> None:
        if cells:
            await (self._choose if strand.step.pick else self._generate)(strand, cells)
        for cell in cells:
            if cell.status == "done":
                self._memo.put(keys[cell.at], cell.frozen())

    async def _generate(self, strand: Strand, cells: list[LiveCell]) -> None:
        """Have the model write these cells, all in one batch."""
        config = strand.step.config
        for cell in cells:
            cell.begin(self._clock())
        jobs = [Job(cell.prompt, [cell.seed], config.settings(cell.seed), cell.mode) for cell in cells]
        said = "The model ended without an answer; run again."
        try:
            events = self._engine.generate(self._model(strand), jobs)
            async with contextlib.aclosing(events):  # type: ignore[type-var]
                async for number, event in events:
                    for cell in cells if isinstance(event, Loading) else [cells[number]]:
                        cell.hear(event, self._clock())
                    self._news.set()
        except (EngineError, RunError) as error:
            said = str(error)
        for cell in cells:
            cell.fail(said, self._clock())

    async def _choose(self, strand: Strand, cells: list[LiveCell]) -> None:
        async with asyncio.TaskGroup() as group:
            for cell in cells:
                group.create_task(self._score(strand, cell))

    async def _score(self, strand: Strand, cell: LiveCell) -> None:
        """Have the model choose among the step's options."""
        options, cell.began, cell.status = strand.step.pick, self._clock(), "writing"
        try:
            texts = pairs(cell.prompt, options, cell.mode)
            scored = await self._engine.score(self._model(strand), texts, cell.mode)
            cell.choose(split(options, scored), self._clock())
        except (EngineError, RunError) as error:
            cell.fail(str(error), self._clock())
        self._news.set()

    def _model(self, strand: Strand) -> Model:
        assert strand.asked is not None  # no other strand hands out a cell
        return Model(self._locate(strand.asked.model))

    def _close(self) -> None:
        """Mark what was left unfinished; cells that never began say so too."""
        for cell in self.cells:
            cell.cancel(self._clock())


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than that."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
