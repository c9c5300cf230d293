"""Who may compute now: at most as many workers as there are cores, in turns.

A lone worker gets all cores. When more want to compute than there are cores,
each holder is asked to yield once its turn is old enough, first come, first
served. It knows names and callbacks, not processes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

OVERDUE = 5.0
"""Seconds after which a holder that was asked to yield, and does not, is reported."""
TURN = 0.1
"""Seconds of a turn while others wait; chosen by the benchmark."""


@dataclass(slots=True)
class Holder:
    """A worker that computes: its threads, and whether it was asked to yield."""

    threads: int
    since: float
    asked: bool = False


class Turns:
    """Shares `cores` among workers. All calls come from one event loop."""

    def __init__(
        self,
        cores: int,
        grant: Callable[[str, int], None],
        ask_back: Callable[[str], None],
        overdue: Callable[[str], None],
        turn: float = TURN,
    ) -> None:
        """`grant(name, threads)` lets a worker compute; `ask_back(name)` asks for its turn;
        `overdue(name)` reports, again and again, that it was asked and has not answered."""
        self._cores, self._grant, self._turn = cores, grant, turn
        self._ask_back, self._overdue = ask_back, overdue
        self._holders: dict[str, Holder] = {}
        self._waiting: deque[str] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def holders(self) -> dict[str, Holder]:
        """The workers that compute now."""
        return dict(self._holders)

    def want(self, name: str) -> None:
        """A worker has something to compute."""
        if name not in self._waiting:
            self._waiting.append(name)
        self._share()

    def done(self, name: str, more: bool = False) -> None:
        """A worker gave its turn back; with `more` it goes to the end of the line."""
        self._holders.pop(name, None)
        if more and name not in self._waiting:
            self._waiting.append(name)
        self._share()

    def gone(self, name: str) -> None:
        """A worker ended, with or without a turn."""
        if name in self._waiting:
            self._waiting.remove(name)
        self.done(name)

    def _share(self) -> None:
        """Grant free cores to those who wait; ask for turns that are too wide or too old."""
        active = len(self._holders) + len(self._waiting)
        fair = max(1, self._cores // active) if active else self._cores
        while self._waiting and self._free() >= fair:
            name = self._waiting.popleft()
            self._holders[name] = Holder(fair, self._now())
            self._grant(name, fair)
        if self._waiting:
            self._ask(fair)
        else:
            self._widen(fair)

    def _free(self) -> int:
        return self._cores - sum(holder.threads for holder in self._holders.values())

    def _ask(self, fair: int) -> None:
        now, soonest = self._now(), None
        for name, holder in self._holders.items():
            if holder.asked:
                continue
            left = 0.0 if holder.threads > fair else holder.since + self._turn - now
            if left <= 0:
                self._ask_holder(name, holder)
            else:
                soonest = left if soonest is None else min(soonest, left)
        if soonest is not None and (self._timer is None or self._timer.cancelled()):
            self._timer = asyncio.get_running_loop().call_later(soonest, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._share()

    def _widen(self, fair: int) -> None:
        """Cores became free: holders that could have more are asked, and get them when they want again."""
        for name, holder in self._holders.items():
            if holder.threads < fair and not holder.asked:
                self._ask_holder(name, holder)

    def _ask_holder(self, name: str, holder: Holder) -> None:
        holder.asked = True
        self._ask_back(name)
        asyncio.get_running_loop().call_later(OVERDUE, self._check, name, holder)

    def _check(self, name: str, holder: Holder) -> None:
        if self._holders.get(name) is holder:
            self._overdue(name)
            asyncio.get_running_loop().call_later(OVERDUE, self._check, name, holder)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
