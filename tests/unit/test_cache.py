"""The cache: within budget, one load for many askers, nothing in use evicted, never stuck."""

import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from swatchbook.engine.cache import Cache, NeverFits, NoRoom


class Shelf:
    """Makes boxes of stated sizes, and counts what is open."""

    def __init__(self, budget: int, patience: float = 5.0) -> None:
        self.open_now: dict[str, int] = {}
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.gate: asyncio.Event | None = None
        self.door: asyncio.Event | None = None
        self.time = 0.0
        self.cache: Cache[str, str] = Cache(budget, self.open, self.close, self.size, patience, self.clock)

    def clock(self) -> float:
        self.time += 1
        return self.time

    async def open(self, key: str) -> str:
        self.opened.append(key)
        if self.gate:
            await self.gate.wait()
        if key.startswith("bad"):
            raise ValueError(f"{key} is broken")
        self.open_now[key] = self.size(key)
        return key

    async def close(self, value: str) -> None:
        await (self.door.wait() if self.door else asyncio.sleep(0))
        self.closed.append(value)
        del self.open_now[value]

    def size(self, value: str) -> int:
        return int(value.rpartition(":")[2])


async def test_one_load_for_concurrent_askers() -> None:
    shelf = Shelf(100)
    shelf.gate = asyncio.Event()

    async def ask() -> str:
        async with shelf.cache.hold("a:10", 10) as value:
            return value

    asking = [asyncio.create_task(ask()) for _ in range(20)]
    await asyncio.sleep(0.01)
    shelf.gate.set()
    assert await asyncio.gather(*asking) == ["a:10"] * 20
    assert shelf.opened == ["a:10"]


async def test_what_can_never_fit_is_refused_at_once_and_evicts_nothing() -> None:
    shelf = Shelf(100)
    async with shelf.cache.hold("a:60", 60):
        pass
    with pytest.raises(NeverFits):
        async with shelf.cache.hold("b:101", 101):
            pass
    assert shelf.closed == []


async def test_the_least_recently_used_idle_value_goes_first() -> None:
    shelf = Shelf(100)
    for key in ("a:40", "b:40", "a:40"):
        async with shelf.cache.hold(key, 40):
            pass
    async with shelf.cache.hold("c:40", 40):
        assert shelf.closed == ["b:40"]


async def test_a_value_in_use_stays_and_the_asker_waits_for_it() -> None:
    shelf = Shelf(100)
    async with shelf.cache.hold("a:80", 80):
        waiting = asyncio.create_task(_use(shelf, "b:80"))
        await asyncio.sleep(0.01)
        assert shelf.open_now == {"a:80": 80}
        assert not waiting.done()
    assert await waiting == "b:80"


async def test_waiting_for_room_has_a_deadline() -> None:
    shelf = Shelf(100, patience=0.02)
    async with shelf.cache.hold("a:80", 80):
        with pytest.raises(NoRoom):
            await _use(shelf, "b:80")
    assert await _use(shelf, "b:80") == "b:80"


async def test_a_failed_load_tells_every_asker_and_leaves_nothing() -> None:
    shelf = Shelf(100)
    results = await asyncio.gather(*(_use(shelf, "bad:50") for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["bad:50 is broken"] * 3
    assert shelf.cache.used == 0
    assert await _use(shelf, "a:100") == "a:100"


async def test_a_load_that_nobody_waits_for_any_more_is_cancelled() -> None:
    shelf = Shelf(100)
    shelf.gate = asyncio.Event()
    asking = asyncio.create_task(_use(shelf, "a:50"))
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert shelf.cache.used == 0
    shelf.gate.set()
    assert await _use(shelf, "a:50") == "a:50"


async def test_one_asker_leaving_does_not_end_the_load_of_the_others() -> None:
    shelf = Shelf(100)
    shelf.gate = asyncio.Event()
    first, second = (asyncio.create_task(_use(shelf, "a:50")) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0.01)
    shelf.gate.set()
    assert await second == "a:50"
    assert shelf.opened == ["a:50"]


async def test_a_discarded_value_is_opened_anew() -> None:
    shelf = Shelf(100)
    async with shelf.cache.hold("a:50", 50):
        await shelf.cache.discard("a:50")
        assert await _use(shelf, "a:50") == "a:50"
    assert shelf.opened == ["a:50", "a:50"]


async def test_whoever_leaves_while_another_value_is_closed_for_them_leaves_it_closed() -> None:
    shelf = Shelf(100)
    await _use(shelf, "a:60")
    shelf.door = asyncio.Event()
    asking = asyncio.create_task(_use(shelf, "b:60"))
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.sleep(0.01)
    assert shelf.cache.used == 60, "what is half closed still takes its room"
    shelf.door.set()
    await asyncio.gather(asking, return_exceptions=True)
    await shelf.cache.clear()
    assert not shelf.open_now
    assert shelf.closed == ["a:60"]


async def test_a_load_that_ends_as_its_last_asker_leaves_is_closed() -> None:
    shelf = Shelf(100)
    shelf.gate = asyncio.Event()
    asking = asyncio.create_task(_use(shelf, "a:50"))
    await asyncio.sleep(0.01)
    shelf.gate.set()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await shelf.cache.clear()
    assert not shelf.open_now
    assert shelf.cache.used == 0


async def _use(shelf: Shelf, key: str) -> str:
    async with shelf.cache.hold(key, shelf.size(key)) as value:
        await asyncio.sleep(0)
        return value


class CacheMachine(RuleBasedStateMachine):
    """Any order of asking, leaving and cancelling keeps the budget and the values in use."""

    keys = st.sampled_from(["a:30", "b:40", "c:50", "d:60", "bad:20"])

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.shelf = self.loop.run_until_complete(self._shelf())
        self.users: list[tuple[str, asyncio.Task[None], asyncio.Event]] = []
        self.held: list[str] = []

    async def _shelf(self) -> Shelf:
        return Shelf(100, patience=60)

    def turn(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0.002))

    @rule(key=keys)
    def ask(self, key: str) -> None:
        leave = asyncio.Event()

        async def use() -> None:
            async with self.shelf.cache.hold(key, self.shelf.size(key)) as value:
                self.held.append(value)
                try:
                    await leave.wait()
                finally:
                    self.held.remove(value)

        self.users.append((key, self.loop.create_task(use()), leave))
        self.turn()

    @precondition(lambda self: self.users)
    @rule(at=st.integers(0, 50), cancel=st.booleans())
    def leave(self, at: int, cancel: bool) -> None:
        _, task, event = self.users.pop(at % len(self.users))
        task.cancel() if cancel else event.set()
        self.turn()

    @invariant()
    def within_budget(self) -> None:
        assert sum(self.shelf.open_now.values()) <= 100
        assert self.shelf.cache.used <= 100

    @invariant()
    def what_is_held_is_open(self) -> None:
        assert set(self.held) <= set(self.shelf.open_now)

    def teardown(self) -> None:
        for _, _, event in self.users:
            event.set()
        tasks = [task for _, task, _ in self.users]
        done = self.loop.run_until_complete(
            asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5) if tasks else asyncio.sleep(0, [])
        )
        assert all(result is None or isinstance(result, ValueError) for result in done)
        self.loop.run_until_complete(self.shelf.cache.clear())
        assert not self.shelf.open_now
        assert self.shelf.cache.used == 0
        self.loop.close()


TestCacheMachine = CacheMachine.TestCase
TestCacheMachine.settings = settings(max_examples=40, stateful_step_count=20)
