"""Turns: never more threads than cores, nobody waits for ever, a lone worker gets all."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.engine import turns
from swatchbook.engine.turns import Turns


class Workshop:
    """Workers as plain names; each yields at once when asked, and wants again if it has work left."""

    def __init__(self, cores: int) -> None:
        self.granted: dict[str, int] = {}
        self.work: dict[str, int] = {}
        self.asked: list[str] = []
        self.widest = 0
        self.overdue: list[str] = []
        self.turns = Turns(cores, self.grant, self.asked.append, self.overdue.append, turn=0.0)

    def grant(self, name: str, threads: int) -> None:
        self.granted[name] = threads
        self.widest = max(self.widest, sum(self.granted.values()))

    def settle(self) -> None:
        """Do one piece of work for everyone who holds a turn; give back what was asked for."""
        for name in list(self.granted):
            self.work[name] -= 1
            if name in self.asked or self.work[name] <= 0:
                if name in self.asked:
                    self.asked.remove(name)
                del self.granted[name]
                self.turns.done(name, more=self.work[name] > 0)


@given(st.integers(1, 4), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_all_work_is_done_on_no_more_threads_than_cores(cores: int, pieces: list[int]) -> None:
    async def scenario() -> None:
        shop = Workshop(cores)
        for at, count in enumerate(pieces):
            shop.work[f"w{at}"] = count
            shop.turns.want(f"w{at}")
        for _ in range(4 * sum(pieces) + 8):
            await asyncio.sleep(0)
            shop.settle()
        assert all(left <= 0 for left in shop.work.values())
        assert shop.widest <= cores
        assert not shop.turns.holders

    asyncio.run(scenario())


async def test_a_lone_worker_gets_all_cores_and_shares_when_another_comes() -> None:
    shop = Workshop(2)
    shop.turns.want("a")
    assert shop.granted == {"a": 2}
    shop.turns.want("b")
    assert shop.asked == ["a"], "a holds more than its share and is asked at once"
    shop.turns.done("a", more=True)
    assert shop.turns.holders.keys() == {"a", "b"}
    assert all(holder.threads == 1 for holder in shop.turns.holders.values())


async def test_cores_that_become_free_go_to_who_still_works() -> None:
    shop = Workshop(2)
    shop.turns.want("a")
    shop.turns.want("b")
    shop.turns.done("a", more=True)
    shop.asked.clear()
    shop.turns.done("b")
    assert shop.asked == ["a"]
    shop.turns.done("a", more=True)
    assert shop.turns.holders["a"].threads == 2


async def test_a_dead_worker_gives_its_turn_back() -> None:
    shop = Workshop(1)
    shop.turns.want("a")
    shop.turns.want("b")
    shop.turns.want("c")
    shop.turns.gone("b")
    shop.turns.gone("a")
    assert shop.turns.holders.keys() == {"c"}


async def test_a_holder_that_does_not_yield_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "OVERDUE", 0.01)
    shop = Workshop(1)
    shop.turns.want("a")
    shop.turns.want("b")
    await asyncio.sleep(0.05)
    assert set(shop.overdue) == {"a"}
    shop.turns.gone("a")
    shop.overdue.clear()
    await asyncio.sleep(0.05)
    assert shop.overdue == []
