"""Fetching models: one fetch for each however many ask, two at a time, the others in turn.

Whether the model fits into memory is judged by the caller, how one is fetched
by the steps. Usable from any thread or event loop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Callable

from swatchbook.engine.events import EngineError
from swatchbook.hub.disk import Disk
from swatchbook.hub.errors import Absent, HubError, Refused
from swatchbook.hub.facts import Facts
from swatchbook.hub.parts import PAUSE, OpenRaw, Porter, open_raw
from swatchbook.hub.progress import BEAT, Job, Progress
from swatchbook.hub.steps import Line, Steps, gated, sentence
from swatchbook.runs import ModelRef

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Fetches that go on at the same time."""
MAX_WAITING = 16
"""Fetches that may wait for their turn."""
MAX_EACH = 4
"""Fetches that one asker may have on the way."""
REMEMBERED = 64
"""Fetches that are over and can still be asked after."""


class Fetcher:
    """Fetches models over a wire onto a disk. Askers are any texts that tell one visitor from another."""

    def __init__(
        self,
        wire: Line,
        disk: Disk,
        clock: Callable[[], float] = time.monotonic,
        opener: OpenRaw = open_raw,
        pause: float = PAUSE,
    ) -> None:
        """`opener` opens partial files; `pause` is in seconds, before a broken transfer is begun again."""
        self._disk, self._clock = disk, clock
        self._steps = Steps(wire, disk, Porter(wire, opener, pause))
        self._jobs: dict[ModelRef, Job] = {}
        self._waiting: list[Job] = []
        self._running: dict[ModelRef, tuple[Job, threading.Thread]] = {}
        self._lock = threading.RLock()

    def start(self, facts: Facts, asker: str) -> Progress:
        """Fetch the model at the commit that its facts are of, or join the fetch that goes on.

        Raises HubError when it cannot be fetched or too many are waiting.
        """
        ref = facts.ref
        self._disk.place(ref)
        with self._lock:
            job = self._jobs.get(ref)
            if job is None or job.over:
                if kept := self._there(ref):
                    self._jobs.pop(ref, None)
                    return kept
                if facts.gated:
                    raise gated(ref)
                self._check_turn(asker)
                job = self._enqueue(facts)
            job.askers.add(asker)
            return job.progress()

    async def watch(self, ref: ModelRef, beat: float = BEAT) -> AsyncIterator[Progress]:
        """Progress at every change, and every `beat` seconds, until the fetch is over.

        Raises Absent for a model that is neither being fetched nor there.
        """
        if job := self._jobs.get(ref):
            async for progress in job.watch(beat):
                yield progress
        elif there := self._there(ref):
            yield there
        else:
            raise Absent(f"{ref.repo} is not being fetched; find it in Browse.")

    def progress(self, ref: ModelRef) -> Progress | None:
        """How far a fetch is, or how it ended; None where none is remembered."""
        job = self._jobs.get(ref)
        return job.progress() if job else None

    def going(self) -> list[Progress]:
        """The fetches that are not over, in the order in which they were asked for."""
        with self._lock:
            return [job.progress() for job in self._jobs.values() if not job.over]

    def cancel(self, ref: ModelRef, asker: str) -> bool:
        """The asker wants it no more; it stops unless another who is present does. Returns whether it has stopped.

        What has arrived stays on disk.
        """
        with self._lock:
            job = self._jobs.get(ref)
            if job is None:
                return True
            job.askers.discard(asker)
            if not job.askers and not job.over:
                self._stop(job)
            return job.over

    def leave(self, ref: ModelRef | None, asker: str) -> None:
        """The asker has gone, from this fetch or (None) from all; they go on to their end."""
        with self._lock:
            for job in self._jobs.values():
                if ref in (None, job.ref):
                    job.askers.discard(asker)

    def close(self, patience: float = 2.0) -> None:
        """Stop everything; what has arrived stays on disk for the next time."""
        with self._lock:
            for job in self._jobs.values():
                self._stop(job)
            threads = [thread for _, thread in self._running.values()]
        for thread in threads:
            thread.join(patience)

    def _there(self, ref: ModelRef) -> Progress | None:
        kept = self._disk.find(ref)
        return Progress(ref, "done", kept.size, kept.size) if kept else None

    def _check_turn(self, asker: str) -> None:
        own = sum(asker in job.askers and not job.over for job in self._jobs.values())
        if own >= MAX_EACH:
            raise Refused(f"{own} models are on the way for you already; wait for one, or stop one.")

    def _enqueue(self, facts: Facts) -> Job:
        if len(self._waiting) >= MAX_WAITING:
            raise Refused(f"{MAX_WAITING} models are waiting to be fetched already; try again when some have come.")
        over = [ref for ref, job in self._jobs.items() if job.over and ref != facts.ref]
        for ref in [*over[: max(0, len(over) - REMEMBERED)], facts.ref]:
            self._jobs.pop(ref, None)
        job = self._jobs[facts.ref] = Job(facts, self._clock)
        self._waiting.append(job)
        self._next()
        return job

    def _stop(self, job: Job) -> None:
        job.stop()
        if job in self._waiting:
            self._waiting.remove(job)

    def _next(self) -> None:
        """Begin what waits, as far as there are places; a model whose stopped fetch is still ending waits for that."""
        ready = [job for job in self._waiting if job.ref not in self._running]
        for job in ready[: AT_ONCE - len(self._running)]:
            self._waiting.remove(job)
            thread = threading.Thread(target=self._run, args=(job,), name=f"fetch {job.ref.repo}", daemon=True)
            self._running[job.ref] = job, thread
            thread.start()

    def _run(self, job: Job) -> None:
        try:
            self._steps.fetch(job)
            job.end("done")
        except (HubError, EngineError, OSError) as error:
            log.info("fetching %s ended: %s", job.ref, error)
            job.end("failed", sentence(error, job))
        except Exception:
            log.exception("fetching %s failed", job.ref)
            job.end("failed", "Swatchbook itself failed to fetch this; its log has the details. Fetch again.")
        finally:
            with self._lock:
                del self._running[job.ref]
                self._next()
