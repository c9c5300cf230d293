"""Performs a run: turns a template and its lanes into jobs, and events into samples.

All lanes go at once and never wait for one another; a lane that fails says why
and the others go on. The state is merged in one place and handed out on a
clock. It knows the engine's events and the run's vocabulary, not the page.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

from swatchbook.engine.events import (
    EngineError,
    Event,
    Failed,
    Finished,
    Job,
    Loading,
    Model,
    Started,
    Tokens,
)
from swatchbook.live import LaneState, LiveSample
from swatchbook.runs import MAX_RUN_TOKENS, Finish, Lane, ModelRef, Run, RunError
from swatchbook.template import fill, fillings

log = logging.getLogger(__name__)

FLUSH = 0.06
"""Seconds between two states handed out while text is coming."""
BEAT = 0.5
"""Seconds between two states while nothing happens, so that a closed page is noticed."""
PLACEBO_SEEDS = 1_000_003
"""How far the seeds of a placebo lane are from those of the lane that it repeats."""


class Generates(Protocol):
    """The part of the engine that a run needs."""

    def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]: ...


def check(run: Run) -> list[tuple[str, ...]]:
    """The run's fillings. Raises RunError when it asks for more than the largest run."""
    words = fillings(run.template)
    settings = run.settings
    if any("\ud800" <= char <= "\udfff" for char in "".join([run.template, *settings.stop])):
        raise RunError("The prompt holds half a character (a lone surrogate); delete it and type it again.")
    total = len(run.lanes) * len(words) * settings.samples * settings.max_tokens
    if total > MAX_RUN_TOKENS:
        raise RunError(
            f"{len(run.lanes)} models × {len(words)} fillings × {settings.samples} samples × "
            f"{settings.max_tokens} tokens is {total:,}; {MAX_RUN_TOKENS:,} is the most. Lower one of them."
        )
    return words


class Performance:
    """One run being performed. `lanes` holds the state of each lane, by lane id."""

    def __init__(
        self,
        run: Run,
        engine: Generates,
        locate: Callable[[ModelRef], Path],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`locate` finds a model on disk, or raises RunError. Raises RunError for a run that is too large."""
        self.run = run
        self.words = check(run)
        self._engine, self._locate, self._clock = engine, locate, clock
        self._stop = asyncio.Event()
        self._queue: asyncio.Queue[tuple[str, int, Event | None, float]] = asyncio.Queue()
        self.lanes = {lane.id: LaneState(lane, self._blank(lane)) for lane in run.lanes}

    def _blank(self, lane: Lane) -> list[LiveSample]:
        seed, count = self.run.settings.seed, self.run.settings.samples
        if lane.repeats:
            seed = (seed + PLACEBO_SEEDS) % 2**31
        return [LiveSample(lane.id, words, k, seed + k) for words in self.words for k in range(count)]

    def stop(self) -> None:
        """End the run; what was written so far is kept, marked as cancelled."""
        self._stop.set()

    async def play(self, flush: float = FLUSH, beat: float = BEAT) -> AsyncGenerator[dict[str, LaneState], None]:
        """Perform the run, handing out `lanes` on a clock. Closing the iterator ends all work."""
        self._start = self._clock()
        tasks = [asyncio.create_task(self._drive(lane)) for lane in self.run.lanes]
        try:
            while not self._stop.is_set() and not all(state.done for state in self.lanes.values()):
                await self._take(beat)
                yield self.lanes
                await self._pause(flush)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._close()
        yield self.lanes

    def result(self) -> Run:
        """The run with the samples that were begun, and those that failed."""
        live = [sample for state in self.lanes.values() for sample in state.samples]
        return self.run.model_copy(update={"samples": [sample.frozen() for sample in live if sample.finish]})

    async def _drive(self, lane: Lane) -> None:
        """One lane's work, its events put on the queue; whatever happens, it ends with None."""

        def put(item: tuple[str, int, Event | None]) -> None:
            self._queue.put_nowait((*item, self._clock() - self._start))

        try:
            seeds = [sample.seed for sample in self.lanes[lane.id].samples[: self.run.settings.samples]]
            jobs = [Job(fill(self.run.template, words), seeds, self.run.settings, lane.mode) for words in self.words]
            async with contextlib.aclosing(self._events(lane, jobs)) as events:
                async for job, event in events:
                    put((lane.id, job, event))
        except (EngineError, RunError) as error:
            put((lane.id, -1, Failed(str(error))))
        except Exception:
            log.exception("lane %s failed", lane.id)
            put((lane.id, -1, Failed("Swatchbook itself failed on this lane; its log has the details. Run again.")))
        put((lane.id, -1, None))

    async def _events(self, lane: Lane, jobs: list[Job]) -> AsyncGenerator[tuple[int, Event], None]:
        model = Model(self._locate(lane.model), lane.precision)
        async with contextlib.aclosing(self._engine.generate(model, jobs)) as events:  # type: ignore[type-var]
            async for item in events:
                yield item

    async def _take(self, beat: float) -> None:
        """Wait for news, at most a beat; then take all there is."""
        stopping = asyncio.ensure_future(self._stop.wait())
        news = asyncio.ensure_future(self._queue.get())
        try:
            await asyncio.wait({stopping, news}, timeout=beat, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not news.done():
                news.cancel()
        if news.done() and not news.cancelled():
            self._apply(*news.result())
        while not self._queue.empty():
            self._apply(*self._queue.get_nowait())

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    def _apply(self, lane_id: str, job: int, event: Event | None, elapsed: float) -> None:
        state, count = self.lanes[lane_id], self.run.settings.samples
        match event:
            case None:
                self._settle(state, "failed", elapsed, state.error)
            case Loading():
                state.loading = event
            case Started(prompt=prompt, tokens=tokens):
                for sample in state.samples[job * count : (job + 1) * count]:
                    sample.prompt, sample.prompt_tokens = prompt, tokens
            case Tokens(sample=index):
                state.tokens += state.samples[job * count + index].add(event, elapsed)
                state.first_token = elapsed if state.first_token is None else state.first_token
                state.last_token = elapsed
            case Finished(sample=index, finish=finish):
                state.samples[job * count + index].end(finish, elapsed)
            case Failed(message=message, sample=None) if job < 0:
                state.error = message
            case Failed(message=message, sample=None):
                for sample in state.samples[job * count : (job + 1) * count]:
                    sample.end("failed", elapsed, message)
            case Failed(message=message, sample=index):
                state.samples[job * count + (index or 0)].end("failed", elapsed, message)

    def _settle(self, state: LaneState, finish: Finish, elapsed: float, error: str | None) -> None:
        for sample in state.samples:
            sample.end(finish, elapsed, error)
        failures = {sample.error for sample in state.samples if sample.finish == "failed"}
        if state.samples and all(sample.finish == "failed" for sample in state.samples) and len(failures) == 1:
            state.error = failures.pop()
        state.done = True

    def _close(self) -> None:
        """Mark what a stop left unfinished; samples that never began say so too."""
        while not self._queue.empty():
            self._apply(*self._queue.get_nowait())
        for state in self.lanes.values():
            if not state.done:
                self._settle(state, "cancelled", self._clock() - self._start, None)
