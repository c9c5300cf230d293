"""The engine as the web process sees it: jobs in, events out.

It joins the cache of loaded models, the turns on the cores, and the worker
processes. It runs on an event loop of its own, in a thread that lives as long
as the engine, so a busy page never holds it up. It knows nothing of pages, runs
or repositories.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from swatchbook.engine import memory
from swatchbook.engine.cache import Cache, NeverFits, NoRoom
from swatchbook.engine.events import EngineError, Event, Failed, Finished, Job, Loading, Model, Scored, ScoredText
from swatchbook.engine.process import WorkerProcess, context, warm_up
from swatchbook.engine.turns import TURN, Turns
from swatchbook.runs import Mode

log = logging.getLogger(__name__)

STILL = 0.05
"""Seconds of processor time below which a worker counts as standing still."""

T = TypeVar("T")
Heard = Callable[[int, Event], None]


class Engine:
    """Loads models on demand and streams what they write. Usable from any thread or loop."""

    def __init__(
        self,
        budget: int | None = None,
        cores: int | None = None,
        deadline: float | None = None,
        turn: float = TURN,
    ) -> None:
        """`budget` bytes for all models (default: three quarters of memory), `cores` to compute on
        (default: all), `deadline` seconds for the jobs of one call (default: none)."""
        self._budget = budget or memory.budget()
        self._cores = cores or _cores()
        self._deadline = deadline
        self._context = context()
        warm_up()
        self._loop = asyncio.new_event_loop()
        self._workers: dict[str, WorkerProcess] = {}
        self._worked: dict[str, float] = {}
        self._watchers: dict[Model, set[Callable[[Loading], None]]] = {}
        self._turns = Turns(self._cores, self._grant, self._ask_back, self._overdue, turn)
        self._thread = threading.Thread(target=self._live, name="engine", daemon=True)
        self._thread.start()
        self._cache = self._call(self._make_cache()).result()

    async def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]:
        """Stream the events of all jobs on one model, each with its job's number.

        Loading events carry number 0. Raises EngineError when the model cannot be loaded.
        Closing the iterator stops the work within half a second.
        """
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[tuple[int, Event] | None] = asyncio.Queue()

        def heard(number: int, event: Event) -> None:
            _post(loop, events, (number, event))

        work = self._call(self._perform(model, jobs, heard))
        work.add_done_callback(lambda _: _post(loop, events, None))
        try:
            while (item := await events.get()) is not None:
                yield item
            work.result()
        finally:
            work.cancel()

    async def score(self, model: Model, texts: list[tuple[str, str]], mode: Mode = "completion") -> list[ScoredText]:
        """Bits of each continuation given its prompt (which may be empty). Raises EngineError.

        In chat mode the prompt is one user turn, and the continuation the beginning of the answer to it.
        """
        return await asyncio.wrap_future(self._call(self._score(model, texts, mode)))

    def loaded(self, model: Model) -> bool:
        """Whether the model is in memory now."""
        return model in self._cache

    async def unload(self, model: Model) -> None:
        """End the model's process as soon as nobody uses it."""
        await asyncio.wrap_future(self._call(self._cache.drop(model)))

    @property
    def busy(self) -> int:
        """How many calls are served now, or wait for their model."""
        return self._cache.users

    @property
    def used(self) -> int:
        """Bytes that loaded models hold."""
        return self._cache.used

    def processes(self) -> dict[str, int]:
        """The workers' process ids by the name of their model's folder, for those who watch."""
        return {worker.model.folder.name: worker.pid for worker in list(self._workers.values())}

    def close(self) -> None:
        """End every worker; none outlives this call."""
        if self._loop.is_closed():
            return
        self._call(self._shut()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, body: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(body, self._loop)

    async def _make_cache(self) -> Cache[Model, WorkerProcess]:
        return Cache(self._budget, self._open, lambda worker: worker.end(), lambda worker: worker.size())

    async def _shut(self) -> None:
        await self._cache.clear()
        for worker in list(self._workers.values()):
            await worker.end()

    async def _open(self, model: Model) -> WorkerProcess:
        worker = WorkerProcess(model, self._context, self._heard_of)
        self._workers[worker.name] = worker
        try:
            await worker.start(partial(self._tell, model))
        finally:
            if not worker.alive:
                self._workers.pop(worker.name, None)
        return worker

    def _tell(self, model: Model, loading: Loading) -> None:
        for watcher in self._watchers.get(model, ()):
            watcher(loading)

    def _heard_of(self, worker: WorkerProcess, what: str) -> None:
        match what:
            case "want":
                self._turns.want(worker.name)
            case "done" | "more":
                self._turns.done(worker.name, what == "more")
            case "gone":
                self._workers.pop(worker.name, None)
                self._worked.pop(worker.name, None)
                self._turns.gone(worker.name)
                self._loop.create_task(self._cache.discard(worker.model))

    def _grant(self, name: str, threads: int) -> None:
        self._workers[name].send({"op": "turn", "threads": threads})

    def _ask_back(self, name: str) -> None:
        self._worked[name] = self._workers[name].cpu_seconds()
        self._workers[name].send({"op": "yield"})

    def _overdue(self, name: str) -> None:
        """Kill a worker that was asked for its turn and has not worked since; one that works may go on."""
        worked = self._workers[name].cpu_seconds()
        if worked - self._worked[name] < STILL:
            log.warning("%s stands still while others wait; killing it", name)
            self._loop.create_task(self._workers[name].end())
        self._worked[name] = worked

    async def _with_worker(
        self, model: Model, watcher: Callable[[Loading], None], body: Callable[[WorkerProcess], Awaitable[T]]
    ) -> T:
        """Run `body` with the model's worker, loaded if need be. Raises EngineError."""
        watchers = self._watchers.setdefault(model, set())
        need = memory.needed(model)
        watchers.add(watcher)
        watcher(Loading(None, "waiting"))
        try:
            async with self._cache.hold(model, need) as worker:
                watchers.discard(watcher)
                return await body(worker)
        except NeverFits:
            raise EngineError(memory.refusal(model.folder.name, need, self._budget)) from None
        except NoRoom:
            raise EngineError(
                "Other models kept all the memory for ten minutes; try again when they are done."
            ) from None
        finally:
            watchers.discard(watcher)

    async def _perform(self, model: Model, jobs: list[Job], heard: Heard) -> None:
        await self._with_worker(
            model, lambda loading: heard(0, loading), lambda worker: self._jobs(worker, jobs, heard)
        )

    async def _jobs(self, worker: WorkerProcess, jobs: list[Job], heard: Heard) -> None:
        numbers: list[int] = []
        done: list[asyncio.Future[None]] = []
        for at, job in enumerate(jobs):
            ended = self._loop.create_future()
            numbers.append(worker.submit(job, _counted(len(job.seeds), ended, partial(heard, at))))
            done.append(ended)
        try:
            async with asyncio.timeout(self._deadline):
                await asyncio.gather(*done)
        except TimeoutError:
            for at in (at for at, ended in enumerate(done) if not ended.done() or ended.cancelled()):
                heard(at, Failed(f"Stopped after {self._deadline:.0f} s, the longest a run may take; ask for less."))
        finally:
            open_jobs = [number for number in numbers if worker.listens(number)]
            await asyncio.shield(worker.cancel(open_jobs))

    async def _score(self, model: Model, texts: list[tuple[str, str]], mode: Mode) -> list[ScoredText]:
        async def body(worker: WorkerProcess) -> list[ScoredText]:
            answer: asyncio.Future[list[ScoredText]] = self._loop.create_future()
            number = worker.submit_scoring(texts, mode, partial(_answer, answer))
            try:
                return await answer
            finally:
                if worker.listens(number):
                    await asyncio.shield(worker.cancel([number]))

        return await self._with_worker(model, lambda _: None, body)


def _cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _post(loop: asyncio.AbstractEventLoop, events: asyncio.Queue[T], item: T) -> None:
    """Put an item on a queue of another thread's loop, unless that loop has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(events.put_nowait, item)


def _counted(samples: int, ended: asyncio.Future[None], heard: Callable[[Event], None]) -> Callable[[Event], bool]:
    """Pass events on, and mark the job as ended with its last sample; says whether it has ended."""
    open_samples = set(range(samples))

    def pass_on(event: Event) -> bool:
        heard(event)
        match event:
            case Finished(sample=sample) | Failed(sample=int(sample)):
                open_samples.discard(sample)
            case Failed():
                open_samples.clear()
        if not open_samples and not ended.done():
            ended.set_result(None)
        return not open_samples

    return pass_on


def _answer(answer: asyncio.Future[list[ScoredText]], event: Event) -> bool:
    if not answer.done():
        if isinstance(event, Scored):
            answer.set_result(event.texts)
        elif isinstance(event, Failed):
            answer.set_exception(EngineError(event.message))
    return True
