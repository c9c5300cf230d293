"""Many who fetch at once: shared, in turn, stopped and left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest

from swatchbook.hub.disk import Disk
from swatchbook.hub.errors import Refused
from swatchbook.hub.facts import Facts
from swatchbook.hub.fetch import AT_ONCE, MAX_EACH, MAX_WAITING, Fetcher
from tests.fake_hub import FakeHub, Fault
from tests.hub.fetching import (
    PLANNED,
    SLOWLY,
    asked_files,
    ended,
    facts,
    fetcher,
    finish,
    same,
    sharded,
    until,
    whole,
)  # fmt: skip


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub([whole(), sharded()]) as hub:
        yield hub


async def test_ten_who_ask_share_one_fetch(hub: FakeHub, fetches: Fetcher) -> None:
    hub.faults.add(SLOWLY)
    wanted = facts(hub)

    async def ask(number: int) -> str:
        await asyncio.sleep(number * 0.01)
        fetches.start(wanted, f"asker {number}")
        return (await finish(fetches, wanted.ref))[-1].state

    assert await asyncio.gather(*map(ask, range(10))) == ["done"] * 10
    assert sorted(asked_files(hub)) == sorted(PLANNED)


async def test_two_at_a_time_and_the_others_in_turn(disk: Disk) -> None:
    repos = [whole(f"maker/m{number}", size=400_000, seed=number) for number in range(6)]
    with FakeHub(repos) as hub:
        hub.faults.add(Fault("safetensors$", "drip", rate=3_000_000))
        fetches = fetcher(hub, disk)
        wanted = [facts(hub, repo.id) for repo in repos]
        started = [fetches.start(each, f"visitor {at}").state for at, each in enumerate(wanted)]
        assert started[AT_ONCE:] == ["waiting"] * 4
        at_work: set[int] = set()
        order = []
        async with asyncio.timeout(20):
            while going := fetches.going():
                at_work.add(sum(progress.state != "waiting" for progress in going))
                order += [
                    progress.ref for progress in going if progress.state != "waiting" and progress.ref not in order
                ]
                await asyncio.sleep(0.002)
        assert max(at_work) == AT_ONCE
        assert order == [each.ref for each in wanted]
        assert all(disk.find(each.ref) for each in wanted)


async def test_a_fetch_stops_only_when_nobody_present_wants_it(hub: FakeHub, fetches: Fetcher) -> None:
    hub.faults.add(SLOWLY)
    wanted = facts(hub)
    for asker in ("anna", "ben", "chloe"):
        fetches.start(wanted, asker)
    assert not fetches.cancel(wanted.ref, "anna")
    fetches.leave(wanted.ref, "ben")
    assert not fetches.cancel(wanted.ref, "a stranger")
    assert fetches.going() != []
    assert fetches.cancel(wanted.ref, "chloe")
    assert fetches.going() == []


async def test_a_fetch_goes_on_when_everybody_has_left(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    hub.faults.add(SLOWLY)
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    await until(fetches, wanted.ref, 100_000)
    fetches.leave(None, "anna")
    assert (await finish(fetches, wanted.ref))[-1].state == "done"
    assert disk.find(wanted.ref)


async def test_whoever_comes_back_can_stop_what_was_left(hub: FakeHub, fetches: Fetcher) -> None:
    hub.faults.add(SLOWLY)
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    fetches.leave(wanted.ref, "anna")
    assert fetches.cancel(wanted.ref, "anna again")


async def test_what_waits_is_stopped_without_ever_being_asked_for(disk: Disk) -> None:
    repos = [whole(f"maker/m{number}", size=200_000) for number in range(3)]
    with FakeHub(repos) as hub:
        hub.faults.add(Fault("safetensors$", "drip", rate=1_000_000))
        fetches = fetcher(hub, disk)
        wanted = [facts(hub, repo.id) for repo in repos]
        for each in wanted:
            fetches.start(each, "anna")
        assert fetches.cancel(wanted[2].ref, "anna")
        for each in wanted[:2]:
            await finish(fetches, each.ref)
        await ended(fetches)
        assert hub.log.count("maker/m2") == 0
        assert [progress.state for progress in await finish(fetches, wanted[2].ref)] == ["stopped"]


async def test_a_fetch_asked_for_anew_while_it_is_still_stopping(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    hub.faults.add(replace(SLOWLY, times=1))
    wanted = facts(hub)
    for _ in range(5):
        fetches.start(wanted, "anna")
        await asyncio.sleep(0.02)
        fetches.cancel(wanted.ref, "anna")
    fetches.start(wanted, "anna")
    assert (await finish(fetches, wanted.ref))[-1].state == "done"
    assert same(disk.locate(wanted.ref), hub.repo("maker/model"), PLANNED)


async def test_watchers_in_other_event_loops_see_the_end_too(hub: FakeHub, fetches: Fetcher) -> None:
    hub.faults.add(SLOWLY)
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    seen: list[str] = []
    others = [Thread(target=lambda: seen.append(asyncio.run(finish(fetches, wanted.ref))[-1].state)) for _ in range(3)]
    for other in others:
        other.start()
    asyncio.get_running_loop().run_in_executor(None, lambda: asyncio.run(_look_once(fetches, wanted)))
    await finish(fetches, wanted.ref)
    for other in others:
        await asyncio.to_thread(other.join)
    assert seen == ["done"] * 3


async def _look_once(fetches: Fetcher, wanted: Facts) -> None:
    """A watcher that goes away at once, and its event loop with it."""
    async for _ in fetches.watch(wanted.ref):
        return


async def test_a_watcher_is_woken_by_a_change_and_does_not_wait_for_its_beat(hub: FakeHub, fetches: Fetcher) -> None:
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    async with asyncio.timeout(5):
        assert [progress async for progress in fetches.watch(wanted.ref, beat=3600)][-1].state == "done"


async def test_more_than_may_wait_are_refused(disk: Disk) -> None:
    repos = [whole(f"maker/m{number}", size=1000) for number in range(AT_ONCE + MAX_WAITING + 1)]
    with FakeHub(repos) as hub:
        hub.faults.add(Fault("tree", "stall", seconds=60))
        fetches = fetcher(hub, disk)
        for at, repo in enumerate(repos[:-1]):
            fetches.start(facts(hub, repo.id), f"visitor {at // MAX_EACH}")
        with pytest.raises(Refused, match=f"{MAX_WAITING} models are waiting"):
            fetches.start(facts(hub, repos[-1].id), "anna")
        fetches.start(facts(hub, repos[-2].id), "ben")
        fetches.close(patience=0)
        assert fetches.going() == []


async def test_nobody_takes_all_the_turns(disk: Disk) -> None:
    repos = [whole(f"maker/m{number}", size=1000) for number in range(MAX_EACH + 1)]
    with FakeHub(repos) as hub:
        hub.faults.add(Fault("tree", "stall", seconds=60))
        fetches = fetcher(hub, disk)
        for repo in repos[:-1]:
            fetches.start(facts(hub, repo.id), "anna")
        with pytest.raises(Refused, match=f"{MAX_EACH} models are on the way for you"):
            fetches.start(facts(hub, repos[-1].id), "anna")
        fetches.start(facts(hub, repos[0].id), "anna")
        fetches.start(facts(hub, repos[-1].id), "ben")
        assert fetches.cancel(facts(hub, repos[1].id).ref, "anna")
        fetches.start(facts(hub, repos[-1].id), "anna")
        fetches.close(patience=0)
