"""Questions to the Hub: asked once, remembered with their age, and never waited for in vain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from swatchbook.hub.errors import Absent, Away, Limited, NoFile, Troubled
from swatchbook.hub.hub import FOREVER, THREADS, Hub, Question, file
from swatchbook.hub.store import Store
from swatchbook.hub.wire import Wire
from swatchbook.settings import AppSettings
from tests.fake_hub import FakeHub, Fault
from tests.hub.clock import Clock

LIST = Question("/api/models", (("limit", "3"), ("sort", "downloads")))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def asker(light_hub: FakeHub, clock: Clock) -> AsyncIterator[Hub]:
    wire = Wire(AppSettings(hub=light_hub.address, viewer=light_hub.viewer), clock)
    hub = Hub(wire, Store(None, clock=clock), clock)
    yield hub
    hub.close()


async def test_a_young_answer_is_not_asked_for_again(asker: Hub, light_hub: FakeHub, clock: Clock) -> None:
    first = await asker.ask(LIST, 60)
    clock.now += 59
    again = await asker.ask(LIST, 60)
    assert (again.body, again.next, again.age) == (first.body, first.next, 59)
    assert light_hub.log.count() == 1
    clock.now += 2
    assert (await asker.ask(LIST, 60)).age == 0
    assert light_hub.log.count() == 2


async def test_many_who_ask_at_once_share_one_question(asker: Hub, light_hub: FakeHub) -> None:
    light_hub.slow = 0.2
    answers = await asyncio.gather(*(asker.ask(LIST) for _ in range(20)))
    assert light_hub.log.count() == 1
    assert all(answer.body == answers[0].body for answer in answers)


async def test_what_was_known_comes_at_once_and_then_what_is_so_now(
    asker: Hub, light_hub: FakeHub, clock: Clock
) -> None:
    await asker.ask(LIST)
    clock.now += 7200
    light_hub.repo("swatchbook-house/cook").downloads = 10**9
    seen = [answer async for answer in asker.stream(LIST, 3600)]
    assert [answer.age for answer in seen] == [7200, 0]
    assert seen[0].body != seen[1].body


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("", status=503), "trouble"),
        (Fault("", "close"), "broke off"),
        (Fault("", "html"), "no sense"),
        (Fault("", "text"), "no sense"),
        (Fault("", "deep", size=100_000), "no sense"),
        (Fault("", status=429, seconds=120), "2 minutes"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_without_the_hub_what_was_known_stands_with_the_reason(
    asker: Hub, light_hub: FakeHub, clock: Clock, fault: Fault, words: str
) -> None:
    known = await asker.ask(LIST)
    clock.now += 5000
    light_hub.faults.add(fault)
    answer = await asker.ask(LIST, 60)
    assert (answer.body, answer.age) == (known.body, 5000)
    assert words in str(answer.problem)
    light_hub.faults.clear()
    clock.now += 3600
    assert (await asker.ask(LIST, 60)).problem is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("", "html"), Troubled),
        (Fault("", "deep"), Troubled),
        (Fault("", "close"), Away),
        (Fault("", status=429), Limited),
        (Fault("", status=404, code="RepoNotFound"), Absent),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_with_nothing_known_the_reason_is_all_there_is(
    asker: Hub, light_hub: FakeHub, fault: Fault, kind: type[Exception]
) -> None:
    light_hub.faults.add(fault)
    with pytest.raises(kind):
        await asker.ask(LIST)
    assert asker.known(LIST) is None, "nonsense is not remembered"


async def test_a_file_that_is_not_there_is_asked_for_once(asker: Hub, light_hub: FakeHub) -> None:
    commit = light_hub.repo("swatchbook-house/cook").head.sha
    for _ in range(3):
        with pytest.raises(NoFile):
            await asker.ask(file("swatchbook-house/cook", commit, "nothing.txt"), FOREVER)
    assert light_hub.log.count() == 1


async def test_a_file_at_a_commit_is_asked_for_once(asker: Hub, light_hub: FakeHub, clock: Clock) -> None:
    commit = light_hub.repo("swatchbook-house/cook").head.sha
    card = await asker.ask(file("swatchbook-house/cook", commit, "README.md"), FOREVER)
    clock.now += 10**8
    again = await asker.ask(file("swatchbook-house/cook", commit, "README.md"), FOREVER)
    assert again.body == card.body
    assert b"license: cc0-1.0" in again.body
    assert light_hub.log.count() == 1


async def test_a_hub_that_says_nothing_freezes_nobody(light_hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swatchbook.hub.wire.DEADLINE", 0.4)
    monkeypatch.setattr(
        "swatchbook.hub.wire.Wire.read.__kwdefaults__", {**(Wire.read.__kwdefaults__ or {}), "deadline": 0.4}
    )
    hub = Hub(Wire(AppSettings(hub=light_hub.address, viewer=light_hub.viewer)), Store(None))
    light_hub.faults.add(Fault("", "stall"))
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.02)
            beats += 1

    beating = asyncio.create_task(beat())
    with pytest.raises(Away, match="too long"):
        await hub.ask(LIST)
    beating.cancel()
    assert beats > 5
    hub.close()


async def test_a_viewer_that_stalls_holds_up_nobody_who_browses(asker: Hub, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("/viewer/", "stall", seconds=60))
    viewer = [Question(f"{light_hub.viewer}/splits", (("dataset", f"a/{at}"),)) for at in range(3 * THREADS)]
    waiting = [asyncio.create_task(asker.ask(question)) for question in viewer]
    await asyncio.sleep(0.1)
    assert (await asker.ask(LIST)).age == 0
    assert not any(task.done() for task in waiting)
    light_hub.faults.clear()
    for task in waiting:
        task.cancel()
