"""Giving a model's memory back on demand: as soon as nobody uses it, and never sooner."""

from __future__ import annotations

import asyncio

from swatchbook.engine.cache import Cache


def boxes(closed: list[str]) -> Cache[str, str]:
    async def opened(key: str) -> str:
        return key

    async def close(value: str) -> None:
        closed.append(value)

    return Cache(100, opened, close, lambda _: 10)


async def test_what_nobody_uses_is_closed_at_once() -> None:
    closed: list[str] = []
    cache = boxes(closed)
    async with cache.hold("a", 10):
        assert cache.users == 1
    assert (cache.users, cache.used) == (0, 10)
    await cache.drop("a")
    await cache.drop("a")
    await cache.drop("never opened")
    assert closed == ["a"]
    assert cache.used == 0


async def test_what_is_in_use_is_closed_after_it() -> None:
    closed: list[str] = []
    cache = boxes(closed)
    async with cache.hold("a", 10), cache.hold("a", 10), cache.hold("b", 10):
        assert cache.users == 3
        dropping = asyncio.create_task(cache.drop("a"))
        await asyncio.sleep(0)
        assert not dropping.done()
        assert not closed
    await dropping
    assert closed == ["a"]
    assert "b" in cache


async def test_a_load_that_is_given_up_leaves_nothing_to_drop() -> None:
    closed: list[str] = []
    cache, gate = boxes(closed), asyncio.Event()

    async def slowly(key: str) -> str:
        await gate.wait()
        return key

    cache.open = slowly

    async def use() -> None:
        async with cache.hold("a", 10):
            pass

    using = asyncio.create_task(use())
    await asyncio.sleep(0)
    using.cancel()
    await asyncio.wait({using})
    await cache.drop("a")
    assert (cache.users, cache.used, closed) == (0, 0, [])
