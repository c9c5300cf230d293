"""A worker process as the app sees it: started, spoken to, and ended.

The pipe is read and written by two threads, so that a worker that stands still
never stalls the app; everything else happens on the engine's event loop. What a
worker sends is read as msgpack and trusted with nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from swatchbook.engine import lifeline, limits, worker_main
from swatchbook.engine.events import EngineError, Event, Failed, Job, Loading, Model, dumps, loads, unpack
from swatchbook.engine.memory import cpu_seconds, held
from swatchbook.runs import Mode

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
KILL_AFTER = 5.0
"""Seconds that a worker has to answer a stop."""
MAX_MESSAGE = 64_000_000
SPIN = "1000"
"""Rounds for which an OpenMP thread of a worker waits awake. The usual ones last milliseconds, which other workers and
the page then lack: on two busy cores a layer of 30 ms took up to 900."""

Heard = Callable[[Event], bool]
"""Takes an event of a job; says whether the job has ended with it."""


def context() -> BaseContext:
    """How workers are started: from a fork server that has torch imported, where that works.

    CUDA does not survive a fork, so with an NVIDIA card every worker starts from nothing.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods() or Path("/dev/nvidiactl").exists():
        return multiprocessing.get_context("spawn")
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["swatchbook.engine.preload"])
    return forking


def warm_up() -> None:
    """Start the fork server, if there is to be one, and return at once.

    It is killed when the *thread* that started it ends, so a thread of its own stays for good.
    """
    os.environ[lifeline.PARENT] = str(os.getpid())
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN)
    if _started.is_set() or context().get_start_method() != "forkserver":
        return
    _started.set()
    threading.Thread(target=_keep_forkserver, name="fork-server", daemon=True).start()


_started = threading.Event()


def _keep_forkserver() -> None:
    # The fork server does not know this process's import path, and would quietly preload nothing.
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    forkserver.ensure_running()
    threading.Event().wait()


class WorkerProcess:
    """One worker. All methods are called on the engine's event loop."""

    _names = itertools.count(1)

    def __init__(self, model: Model, context: BaseContext, listener: Callable[[WorkerProcess, str], None]) -> None:
        """`listener(worker, what)` hears "want", "done", "more" (done, and wanting again) and "gone"."""
        self.model = model
        self.name = f"worker-{next(self._names)}"
        self._loop = asyncio.get_running_loop()
        self._context, self._listener = context, listener
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._jobs: dict[int, Heard] = {}
        self._cancelled: dict[int, asyncio.Future[None]] = {}
        self._numbers = itertools.count(1)
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._loading: Callable[[Loading], None] = lambda _: None
        self._refusal = ""
        self._inside = ""

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def alive(self) -> bool:
        return not self._gone.done()

    async def start(self, loading: Callable[[Loading], None]) -> None:
        """Start the process and wait until its model is loaded. Raises EngineError."""
        self._loading = loading
        self._pipe, theirs = self._context.Pipe()
        arguments = (theirs, str(self.model.folder), self.model.precision)
        self._process = self._context.Process(target=worker_main.main, args=arguments, daemon=True, name=self.name)  # type: ignore[attr-defined]
        starting = self._loop.run_in_executor(None, self._launch, theirs)
        try:
            await asyncio.shield(starting)
            await self._ready
        except (OSError, EOFError) as error:
            self._gone.set_result(None)
            reason = type(error).__name__
            raise EngineError(f"No process could be started for this model ({reason}); try again.") from None
        except BaseException:
            await asyncio.shield(self._abandon(starting))
            raise

    def _launch(self, theirs: Connection) -> None:
        """Start the process and its two threads; it may take seconds while the fork server comes up."""
        self._process.start()
        theirs.close()
        for body in (self._read, self._write):
            threading.Thread(target=body, name=f"{self.name}-pipe", daemon=True).start()

    async def _abandon(self, starting: asyncio.Future[None]) -> None:
        """End a process that nobody waits for any more, also while it is being started."""
        self._ready.cancel()
        await starting
        await self.end()

    def size(self) -> int:
        """Bytes that only this process holds; 0 once it has ended."""
        return held(self.pid) if self.alive else 0

    def cpu_seconds(self) -> float:
        """Processor time that the process has used so far."""
        return cpu_seconds(self.pid)

    def send(self, message: dict[str, Any]) -> None:
        self._outbox.put(dumps(message))

    def submit(self, job: Job, heard: Heard) -> int:
        """Give the worker a job; `heard` gets its events. Returns the job's number."""
        message = {
            "op": "job",
            "prompt": job.prompt,
            "seeds": job.seeds,
            "settings": job.settings.model_dump(),
            "mode": job.mode,
        }
        return self._submit(message, heard)

    def submit_scoring(self, texts: list[tuple[str, str]], mode: Mode, heard: Heard) -> int:
        """Have texts scored; `heard` gets Scored or Failed. Returns the job's number."""
        return self._submit({"op": "score", "texts": texts, "mode": mode}, heard)

    def _submit(self, message: dict[str, Any], heard: Heard) -> int:
        number = next(self._numbers)
        if not self.alive:
            raise EngineError(self._epitaph())
        self._jobs[number] = heard
        self.send({**message, "number": number})
        return number

    def listens(self, number: int) -> bool:
        """Whether a job's events are still awaited."""
        return number in self._jobs

    async def cancel(self, numbers: list[int]) -> None:
        """Stop jobs. A worker that does not answer within five seconds is killed."""
        waiting = []
        for number in numbers:
            self._jobs.pop(number, None)
            self._cancelled[number] = self._loop.create_future()
            waiting.append(self._cancelled[number])
            self.send({"op": "cancel", "number": number})
        if not waiting or not self.alive:
            return
        await asyncio.wait(waiting, timeout=KILL_AFTER)
        if not all(future.done() for future in waiting) and self.alive:
            log.warning("%s did not answer a stop; killing it", self.name)
            await self.end()

    async def end(self) -> None:
        """Kill the process and return once it is reaped."""
        if self.alive:
            self._process.kill()
            await self._gone

    def _read(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                data = self._pipe.recv_bytes(MAX_MESSAGE)
                self._call(self._receive, data)
        self._outbox.put(None)
        self._process.join(KILL_AFTER)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._call(self._ended)

    def _call(self, body: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: the app is going down
            self._loop.call_soon_threadsafe(body, *arguments)

    def _write(self) -> None:
        with suppress(OSError):
            while (data := self._outbox.get()) is not None:
                self._pipe.send_bytes(data)

    def _receive(self, data: bytes) -> None:
        try:
            self._hear(loads(data))
        except (EngineError, KeyError, TypeError):
            log.exception("%s sent something unreadable", self.name)
            self._refusal = "The model's process sent something unreadable; run again."
            self._process.kill()

    def _hear(self, message: dict[str, Any]) -> None:
        match message["op"]:
            case "want":
                self._listener(self, "want")
            case "done":
                self._listener(self, "more" if message["more"] else "done")
            case "loading":
                self._loading(Loading(message["share"], message["note"]))
            case "ready" if not self._ready.done():
                self._ready.set_result(None)
            case "inside":
                self._inside = str(message["part"])[:40]
            case "refused":
                self._refusal = str(message["message"])[:400]
            case "cancelled":
                if (future := self._cancelled.pop(message["number"], None)) and not future.done():
                    future.set_result(None)
            case "events":
                for event in message["events"]:
                    number = event.pop("number")
                    if (heard := self._jobs.get(number)) and heard(unpack(event)):
                        del self._jobs[number]

    def _ended(self) -> None:
        self._pipe.close()
        self._gone.set_result(None)
        for future in self._cancelled.values():
            future.set_result(None)
        self._cancelled.clear()
        if not self._ready.done():
            self._ready.set_exception(EngineError(self._epitaph()))
        self._listener(self, "gone")
        while self._jobs:
            self._jobs.popitem()[1](Failed(self._epitaph()))

    def _epitaph(self) -> str:
        """Why the process is no more, in one sentence."""
        if self._refusal:
            return self._refusal
        code = self._process.exitcode
        if self._inside and code and (verdict := limits.verdict(self._inside, -code)):
            return verdict
        if code == -signal.SIGKILL and sys.platform != "win32":
            return "The model's process was killed, perhaps because memory ran out; run again or take a smaller model."
        return f"The model's process ended by itself (exit code {code}); run again or take another model."
