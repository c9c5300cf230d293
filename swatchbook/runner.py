"""Performs a run: turns a template and its lanes into jobs, and events into samples.

All lanes go at once and never wait for one another; a lane that fails says why
and the others go on. The state is merged in one place and handed out on a
clock. It knows the engine's events and the run's vocabulary, not the page.
"""

from __future__ import annotations

import asyncio
import base64
import codecs
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

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
from swatchbook.measures.failure import findings
from swatchbook.runs import MAX_RUN_TOKENS, Finish, Lane, ModelRef, Run, RunError, Sample, Tag, Timing, Trace
from swatchbook.template import fill, fillings

log = logging.getLogger(__name__)

TOP = 5
FLUSH = 0.06
"""Seconds between two states handed out while text is coming."""
BEAT = 0.5
"""Seconds between two states while nothing happens, so that a closed page is noticed."""
PLACEBO_SEEDS = 1_000_003
"""How far the seeds of a placebo lane are from those of the lane that it repeats."""
MEASURABLE = 0.02
"""Seconds of writing under which a lane's speed is not stated: events come in bunches."""


class Generates(Protocol):
    """The part of the engine that a run needs."""

    def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]: ...


def _replacing_decoder() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")("replace")


@dataclass(slots=True)
class LiveSample:
    """A sample while it is being written. Arrays grow; `text` only ever grows at its end."""

    lane: str
    filling: tuple[str, ...]
    index: int
    seed: int
    prompt: str = ""
    prompt_tokens: int = 0
    text: str = ""
    raw: bytearray = field(default_factory=bytearray)
    chunks: list[Tokens] = field(default_factory=list)
    tokens: int = 0
    finish: Finish | None = None
    error: str | None = None
    first_token: float | None = None
    total: float | None = None
    tags: list[Tag] = field(default_factory=list)
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def add(self, chunk: Tokens, elapsed: float) -> int:
        """Take in new tokens; returns how many."""
        if self.first_token is None:
            self.first_token = elapsed
        self.chunks.append(chunk)
        self.raw += chunk.raw
        self.text += self._decoder.decode(chunk.raw)
        count = len(chunk.ids) // 4
        self.tokens += count
        return count

    def end(self, finish: Finish, elapsed: float, error: str | None = None) -> None:
        """Close the sample; a second end changes nothing."""
        if self.finish is not None:
            return
        self.finish, self.error, self.total = finish, error, elapsed
        self.text += self._decoder.decode(b"", final=True)
        ids = self.token_ids()[:-1] if finish == "end" else self.token_ids()
        found = findings(ids, self.text, self.prompt, finish)
        self.tags = [Tag(name=name, detail=detail, token=token) for name, detail, token in found]

    def token_ids(self) -> list[int]:
        return _column(self.chunks, "ids", np.int32)

    def frozen(self) -> Sample:
        """The sample as the run's document keeps it."""
        raw = bytes(self.raw)
        valid = raw == self.text.encode(errors="surrogatepass")
        return Sample(
            lane=self.lane,
            filling=list(self.filling),
            index=self.index,
            seed=self.seed,
            prompt=self.prompt,
            prompt_tokens=self.prompt_tokens,
            token_ids=self.token_ids(),
            ends=[min(end, len(raw)) for end in _column(self.chunks, "ends", np.int32)],
            text=self.text,
            raw=None if valid else base64.b64encode(raw).decode(),
            trace=_trace(self.chunks),
            finish=self.finish,
            timing=Timing(first_token=_seconds(self.first_token), total=_seconds(self.total)),
            tags=self.tags,
            error=self.error,
        )


@dataclass(slots=True)
class LaneState:
    """A lane while it runs: what the page shows of it."""

    lane: Lane
    samples: list[LiveSample]
    loading: Loading | None = None
    error: str | None = None
    tokens: int = 0
    first_token: float | None = None
    last_token: float | None = None
    done: bool = False

    @property
    def status(self) -> str:
        """One of: failed, done, writing, loading, waiting."""
        if self.error:
            return "failed"
        if self.done:
            return "done"
        if self.first_token is not None:
            return "writing"
        return "loading" if self.loading and self.loading.share is not None else "waiting"

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens of all the lane's samples a second, from its first token to its last."""
        if self.first_token is None or self.last_token is None or self.last_token - self.first_token < MEASURABLE:
            return None
        return self.tokens / (self.last_token - self.first_token)


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


def _column(chunks: list[Tokens], name: str, kind: type) -> list:  # type: ignore[type-arg]
    data = b"".join(getattr(chunk, name) for chunk in chunks)
    return np.frombuffer(data, dtype=np.dtype(kind).newbyteorder("<")).tolist()


def _trace(chunks: list[Tokens]) -> Trace:
    surprisal = _column(chunks, "surprisal", np.float32)
    text = [token.decode(errors="replace") for chunk in chunks for token in chunk.top_text]
    places = range(0, len(surprisal) * TOP, TOP)
    ids, bits = _column(chunks, "top_ids", np.int32), _column(chunks, "top_bits", np.float32)
    return Trace(
        surprisal=[round(value, 4) for value in surprisal],
        entropy=[round(value, 4) for value in _column(chunks, "entropy", np.float32)],
        top_ids=[ids[at : at + TOP] for at in places],
        top_bits=[[round(value, 4) for value in bits[at : at + TOP]] for at in places],
        top_text=[text[at : at + TOP] for at in places],
    )


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
