"""The model-loading cache: few values, a strict budget, and no surprises.

One load however many ask; a value in use is never evicted; the least recently
used idle one goes first; what can never fit is refused at once. Sizes are bytes
and values are anything that can be opened, measured and closed: the cache knows
nothing of processes, models or pages. All calls come from one event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class NeverFits(Exception):
    """The value needs more than the whole budget."""

    def __init__(self, need: int, budget: int) -> None:
        super().__init__(f"{need} bytes can never fit into {budget}")
        self.need, self.budget = need, budget


class NoRoom(Exception):
    """The deadline passed while all room was in use."""


@dataclass(eq=False, slots=True)
class Entry(Generic[V]):
    """A value, or the task that opens it. `size` is what it counts against the budget."""

    task: asyncio.Task[V] | None = None
    size: int = 0
    users: int = 0
    used: float = 0.0
    ending: asyncio.Task[None] | None = None
    """Closes the value, or cancels its opening; to its end, whoever waits for it."""

    @property
    def idle(self) -> bool:
        return self.users == 0 and self.ending is None and self.task is not None and self.task.done()


@dataclass
class Cache(Generic[K, V]):
    """Holds opened values within `budget` bytes.

    `open` makes a value and must clean up after itself when cancelled; `close` ends
    one and returns only when its memory is free; `size_of` is its real size.
    """

    budget: int
    open: Callable[[K], Awaitable[V]]
    close: Callable[[V], Awaitable[None]]
    size_of: Callable[[V], int]
    patience: float = 600.0
    clock: Callable[[], float] = time.monotonic
    _entries: dict[K, Entry[V]] = field(default_factory=dict)
    _parting: list[Entry[V]] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def used(self) -> int:
        """Bytes counted now: open values, those being opened, and those not yet gone."""
        return sum(entry.size for entry in [*self._entries.values(), *self._parting])

    @property
    def users(self) -> int:
        """How many hold a value now, or wait for one."""
        return sum(entry.users for entry in list(self._entries.values()))

    def __contains__(self, key: K) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.task is not None and entry.task.done()

    @asynccontextmanager
    async def hold(self, key: K, need: int) -> AsyncIterator[V]:
        """The value of a key, opened if need be, and safe from eviction inside the block.

        Raises NeverFits at once, NoRoom after `patience` seconds, or what `open` raised.
        """
        entry = self._entries.get(key)
        if entry is None:
            if need > self.budget:
                raise NeverFits(need, self.budget)
            entry = self._entries[key] = Entry()
            entry.task = asyncio.create_task(self._load(key, entry, need))
        entry.users += 1
        try:
            assert entry.task is not None
            yield await asyncio.shield(entry.task)
        finally:
            entry.users -= 1
            entry.used = self.clock()
            await self._leave(key, entry)

    async def discard(self, key: K) -> None:
        """Forget a value that has ended by itself; the next to ask opens it anew."""
        entry = self._entries.get(key)
        if entry is not None and entry.task is not None and entry.task.done():
            await self._close(key, entry)

    async def drop(self, key: K) -> None:
        """Close a value as soon as nobody uses it."""
        entry = self._entries.get(key)
        if entry is None:
            return
        async with self._changed:
            await self._changed.wait_for(lambda: entry.users == 0)
        if self._entries.get(key) is entry and entry.idle:
            await self._close(key, entry)

    async def clear(self) -> None:
        """Close everything, also what is in use."""
        for key, entry in list(self._entries.items()):
            await self._close(key, entry)
        async with self._changed:
            await self._changed.wait_for(lambda: not self._parting)

    async def _leave(self, key: K, entry: Entry[V]) -> None:
        task = entry.task
        if entry.users == 0 and task is not None and not task.done():
            await self._close(key, entry)
        elif entry.idle and not _failed(task):
            entry.size = self.size_of(task.result())  # type: ignore[union-attr]
        await self._tell()

    async def _load(self, key: K, entry: Entry[V], need: int) -> V:
        try:
            async with asyncio.timeout(self.patience), self._door:
                await self._make_room(need)
                entry.size = need
        except TimeoutError:
            self._forget(key, entry)
            raise NoRoom from None
        except BaseException:
            self._forget(key, entry)
            raise
        try:
            value = await self.open(key)
        except BaseException:
            self._forget(key, entry)
            await asyncio.shield(self._tell())
            raise
        entry.size = self.size_of(value)
        return value

    async def _make_room(self, need: int) -> None:
        while self.used + need > self.budget:
            idle = [(entry.used, key) for key, entry in self._entries.items() if entry.idle]
            if idle:
                key = min(idle, key=lambda pair: pair[0])[1]
                await self._close(key, self._entries[key])
                continue
            async with self._changed:
                await self._changed.wait()

    async def _close(self, key: K, entry: Entry[V]) -> None:
        """Take an entry out, so that nobody gets it, and count its memory until it is gone."""
        if self._entries.get(key) is entry:
            del self._entries[key]
        if entry.ending is None:
            self._parting.append(entry)
            entry.ending = asyncio.create_task(self._end(entry))
        # Who waits may be cancelled, but a value half closed would be lost and keep its memory.
        await asyncio.shield(entry.ending)

    async def _end(self, entry: Entry[V]) -> None:
        task = entry.task
        try:
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait({task})
            if task is not None and not _failed(task):
                await self.close(task.result())
        finally:
            self._parting.remove(entry)
            await self._tell()

    def _forget(self, key: K, entry: Entry[V]) -> None:
        entry.size = 0
        if self._entries.get(key) is entry:
            del self._entries[key]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _failed(task: asyncio.Task[V] | None) -> bool:
    return task is None or task.cancelled() or task.exception() is not None
