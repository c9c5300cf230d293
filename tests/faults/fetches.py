"""What the tests of broken fetches share: one fetch, and what has to hold after it."""

from __future__ import annotations

import re
from typing import Any

from swatchbook.hub.disk import Disk
from swatchbook.hub.progress import Progress
from tests.fake_hub import FakeHub
from tests.hub.fetching import PLANNED, WEIGHTS, ended, facts, fetcher, finish, on_disk, same

AT = {"start": 0, "middle": WEIGHTS // 2, "end": WEIGHTS - 1}
FILE = r"/resolve/.*model\.safetensors$"
TREE = "/tree/"


async def fetch(hub: FakeHub, disk: Disk, **more: Any) -> Progress:
    fetches = fetcher(hub, disk, **more)
    fetches.start(facts(hub), "anna")
    end = (await finish(fetches, facts(hub).ref))[-1]
    await ended(fetches)
    return end


def is_a_sentence(problem: str | None, *words: str) -> None:
    assert problem is not None
    assert re.fullmatch(r"[A-Za-z][^\n]{20,280}\.", problem), problem
    assert not re.search(r"Traceback|Errno|http://|/models/|object at", problem), problem
    assert all(word in problem for word in words), problem


async def goes_on(hub: FakeHub, disk: Disk) -> None:
    """Nothing false is there under a file's own name, and with the fault gone the next fetch brings it all."""
    place = disk.place(facts(hub).ref)
    whole_ones = [name for name in on_disk(place) if not name.endswith(".part")] if place.exists() else []
    assert set(whole_ones) <= PLANNED
    assert same(place, hub.repo("maker/model"), whole_ones)
    assert disk.find(facts(hub).ref) is None
    hub.faults.clear()
    assert (await fetch(hub, disk)).state == "done"
    assert on_disk(place).keys() == PLANNED | {"fetched.json"}
    assert same(place, hub.repo("maker/model"), PLANNED)
