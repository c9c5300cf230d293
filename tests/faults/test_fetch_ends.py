"""Fetches that are stopped, deleted, killed or storm-started: the next one goes on, and no thread stays."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swatchbook.hub import progress, wire
from swatchbook.hub.disk import Disk
from swatchbook.hub.facts import File
from swatchbook.hub.fetch import Fetcher
from swatchbook.hub.parts import Porter
from swatchbook.runs import ModelRef
from swatchbook.settings import ROOT
from tests.fake_hub import FakeHub, Fault
from tests.faults.fetches import AT, FILE, fetch, goes_on, is_a_sentence
from tests.hub import fetching
from tests.hub.fetching import PLANNED, WEIGHTS, ended, facts, fetcher, finish, on_disk, same, until


async def test_a_stop_is_told_at_once_even_where_the_line_stands_still(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "stall-body", after=AT["middle"], seconds=1))
    fetches = fetcher(hub, disk)
    fetches.start(facts(hub), "anna")
    await until(fetches, facts(hub).ref, WEIGHTS // 3)
    fetches.cancel(facts(hub).ref, "anna")
    assert [each.state for each in await finish(fetches, facts(hub).ref, seconds=0.5)] == ["stopped"]
    await ended(fetches)
    await goes_on(hub, disk)


async def stalled(fetches: Fetcher, ref: ModelRef) -> None:
    """Wait until some of the weights have come, and then nothing more for a while."""
    await until(fetches, ref, WEIGHTS // 3)
    before = -1
    while (progress := fetches.progress(ref)) and progress.done != before:
        before = progress.done
        await asyncio.sleep(0.3)


async def test_what_is_asked_for_anew_waits_until_its_stopped_fetch_has_ended(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "stall-body", after=AT["middle"], seconds=3, times=1))
    fetches = fetcher(hub, disk)
    fetches.start(facts(hub), "anna")
    await stalled(fetches, facts(hub).ref)
    fetches.cancel(facts(hub).ref, "anna")
    assert fetches.start(facts(hub), "anna").state == "waiting"
    seen = await finish(fetches, facts(hub).ref)
    assert seen[0].state == "waiting"
    assert seen[-1].state == "done"
    assert same(disk.locate(facts(hub).ref), hub.repo("maker/model"), PLANNED)


class Unwanted(progress.Job):
    """A fetch that is stopped while what has come is looked through."""

    def checking(self) -> None:
        self.stop()


def test_a_stop_ends_the_checking_and_leaves_the_part(hub: FakeHub, disk: Disk) -> None:
    place = disk.place(facts(hub).ref)
    place.mkdir(parents=True)
    blob = hub.repo("maker/model").head.files["model.safetensors"]
    (place / "model.safetensors.part").write_bytes(blob.read())
    with pytest.raises(wire.Stopped):
        Porter(fetching.wire(hub.address)).bring(
            "/not/asked", File(blob.path, blob.size, blob.sha256), place, Unwanted(facts(hub), time.monotonic)
        )
    assert on_disk(place) == {"model.safetensors.part": blob.size}


async def test_a_model_that_is_deleted_while_it_comes(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault("tokenizer_config", "stall", seconds=0.3))
    repo, wanted = hub.repo("maker/model"), facts(hub)
    fetches = fetcher(hub, disk)
    fetches.start(wanted, "anna")
    await until(fetches, wanted.ref, 30_000)
    hub.remove("maker/model")
    end = (await finish(fetches, wanted.ref))[-1]
    is_a_sentence(end.problem, "maker/model is not on the Hub at this commit", "is kept until you delete it")
    hub.add(repo)
    await goes_on(hub, disk)


async def test_an_error_of_our_own_is_said_and_the_next_fetch_has_its_turn(
    hub: FakeHub, disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("swatchbook.hub.steps._record", fail)
    end = await fetch(hub, disk)
    is_a_sentence(end.problem, "Swatchbook itself failed")
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    await goes_on(hub, disk)


APP = """
import sys, time
from pathlib import Path
from swatchbook.hub.facts import Facts
from tests.hub.fetching import disk, wire
from swatchbook.hub.facts import File
from swatchbook.hub.fetch import Fetcher
from swatchbook.hub.parts import Porter

folder, address, commit = sys.argv[1:]
wanted = Facts("maker/model", commit=commit)
fetches = Fetcher(wire(address), disk(Path(folder)))
fetches.start(wanted, "anna")
while not fetches.progress(wanted.ref).over:
    print(fetches.progress(wanted.ref).done, flush=True)
    time.sleep(0.01)
"""


async def test_the_app_killed_in_the_middle_goes_on_from_there(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.add(Fault(FILE, "drip", rate=2_000_000))
    command = [sys.executable, "-c", APP, str(tmp_path), hub.address, str(facts(hub).commit)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        for line in app.stdout:
            if int(line) > WEIGHTS // 2:
                app.send_signal(signal.SIGKILL)
                break
        app.wait(10)
    disk = fetching.disk(tmp_path)
    (kept,) = disk.models()
    assert kept.state == "unfinished"
    have = (kept.folder / "model.safetensors.part").stat().st_size
    assert WEIGHTS // 3 < have < WEIGHTS
    hub.log.clear()
    await goes_on(hub, disk)
    assert [each.headers["range"] for each in hub.log.find(FILE)] == [f"bytes={have}-"]


async def test_a_storm_of_starts_and_stops_ends_with_the_model_whole(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "drip", rate=20_000_000))
    fetches = fetcher(hub, disk)
    wanted = facts(hub)

    async def visitor(number: int) -> None:
        for _ in range(5):
            fetches.start(wanted, f"visitor {number}")
            await asyncio.sleep(0.003 * (number % 7))
            fetches.cancel(wanted.ref, f"visitor {number}")

    await asyncio.gather(*map(visitor, range(20)))
    await ended(fetches)
    assert fetches.going() == []
    fetches.start(wanted, "anna")
    assert (await finish(fetches, wanted.ref))[-1].state == "done"
    assert same(disk.locate(wanted.ref), hub.repo("maker/model"), PLANNED)


def test_a_close_ends_every_thread(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "drip", rate=500_000))
    fetches: Fetcher = fetcher(hub, disk)
    fetches.start(facts(hub), "anna")
    fetches.close()
    assert not fetches._running
    assert fetches.going() == []
