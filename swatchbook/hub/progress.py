"""How far one fetch is, for the thread that does it and for everybody who watches.

The thread notes bytes and states; watchers are asynchronous iterators in any
event loop. Knows neither network nor disk.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from swatchbook.hub.facts import Facts
from swatchbook.runs import ModelRef

State = Literal["waiting", "fetching", "checking", "done", "failed", "stopped"]

BEAT = 0.25
"""Seconds between two reports while nothing else happens."""
WINDOW = 10.0
"""Seconds over which the speed is taken."""
PATIENCE = 60.0
"""Seconds without a byte after which a fetch is given up."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` and `total` in bytes; `total` is None until the files are known, `seconds_left` while it cannot be told.

    `file` is the one on its way. `problem` says in one sentence why a fetch failed.
    """

    ref: ModelRef
    state: State
    done: int = 0
    total: int | None = None
    seconds_left: float | None = None
    file: str | None = None
    problem: str | None = None

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "stopped")


class Pace:
    """Bytes a second, over the last ten seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=1000)

    def mark(self, now: float, done: int) -> None:
        """Note how many bytes there are. Marks closer than a tenth of a second replace each other."""
        while len(self._marks) > 1 and now - self._marks[1][0] >= WINDOW:
            self._marks.popleft()
        if len(self._marks) > 1 and now - self._marks[-2][0] < 0.1:
            self._marks.pop()
        self._marks.append((now, done))

    def speed(self, now: float) -> float | None:
        """None until there is a second to judge by, and where nothing came."""
        if not self._marks:
            return None
        (since, before), (_, after) = self._marks[0], self._marks[-1]
        return (after - before) / (now - since) if now - since >= 1 and after > before else None


class Job:
    """One fetch. `askers` are those present who asked for it."""

    def __init__(self, facts: Facts, clock: Callable[[], float]) -> None:
        self.facts, self.ref = facts, facts.ref
        self.askers: set[str] = set()
        self.total: int | None = None
        self.state: State = "waiting"
        self._clock = clock
        self._problem: str | None = None
        self._file: str | None = None
        self._before = self._here = self._came = 0
        self._news = clock()
        self._pace = Pace()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._watchers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def progress(self) -> Progress:
        """How far it is now."""
        done = self._before + self._here
        speed = self._pace.speed(self._clock()) if self.state == "fetching" else None
        left = (self.total - done) / speed if speed and self.total is not None else None
        return Progress(self.ref, self.state, done, self.total, left, self._file, self._problem)

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    def stop(self) -> None:
        """Not wanted any more. Watchers learn it at once; the thread, when it next looks."""
        self._stop.set()
        self.end("stopped")

    def begin(self) -> None:
        self._enter("fetching")

    def take(self, name: str, before: int) -> None:
        """Turn to this file, `before` bytes being there of the ones before it."""
        self._before, self._here, self._file = before, 0, name
        self._enter("fetching")

    def found(self, here: int) -> None:
        """`here` bytes of the file are on disk from before."""
        self._here, self._news = here, self._clock()
        self._pace.mark(self._news, self._came)
        self._enter("fetching")

    def told(self, here: int) -> None:
        """`here` bytes of the file are on disk now."""
        now = self._clock()
        if here > self._here:
            self._came += here - self._here
            self._news = now
        self._here = here
        self._pace.mark(now, self._came)

    def checking(self) -> None:
        self._enter("checking")

    def wanted(self) -> bool:
        return not self._stop.is_set()

    def late(self) -> bool:
        return not self.wanted() or self._clock() - self._news > PATIENCE

    def rest(self, seconds: float) -> None:
        self._stop.wait(seconds)
        self._news = self._clock()

    def end(self, state: State, problem: str | None = None) -> None:
        """It is over; a second end changes nothing."""
        with self._lock:
            if self.over:
                return
            self._problem, self._file, self.state = problem, None, state
        self._tell()

    async def watch(self, beat: float) -> AsyncIterator[Progress]:
        """Progress at every change of state, and every `beat` seconds, until it is over."""
        changed = asyncio.Event()
        watcher = (asyncio.get_running_loop(), changed)
        with self._lock:
            self._watchers.add(watcher)
        try:
            while True:
                changed.clear()
                yield (progress := self.progress())
                if progress.over:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), beat)
        finally:
            with self._lock:
                self._watchers.discard(watcher)

    def _enter(self, state: State) -> None:
        with self._lock:
            if self.over or self.state == state:
                return
            self.state = state
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        for loop, changed in watchers:
            with suppress(RuntimeError):  # The watcher's loop has ended, and the watcher with it.
                loop.call_soon_threadsafe(changed.set)
