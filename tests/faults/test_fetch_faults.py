"""Faults while a model is fetched: each is one sentence, nothing false lies under a file's name, and it can go on."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import file_download

from swatchbook.hub import progress, wire
from swatchbook.hub.disk import Disk
from swatchbook.hub.facts import File
from swatchbook.hub.fetch import Fetcher
from swatchbook.hub.parts import Porter
from swatchbook.hub.progress import Progress
from swatchbook.settings import ROOT
from tests.fake_hub import FakeHub, Fault
from tests.hub import fetching
from tests.hub.fetching import PLANNED, WEIGHTS, ended, facts, fetcher, finish, on_disk, same, until, whole

FILE = r"/resolve/.*model\.safetensors$"
TREE = "/tree/"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub([whole()]) as hub:
        yield hub


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return fetching.disk(tmp_path)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before trying again."""
    monkeypatch.setattr(wire, "REST", 0.001)
    monkeypatch.setattr(file_download, "time", SimpleNamespace(**{**vars(time), "sleep": lambda _: None}))


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute without a byte is a second."""
    monkeypatch.setattr(progress, "PATIENCE", 1.0)


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


@dataclass(frozen=True)
class Case:
    """What befalls the Hub for good, and words of the sentence that tells of it."""

    fault: Fault
    words: str


AT = {"start": 0, "middle": WEIGHTS // 2, "end": WEIGHTS - 1}
CASES = {
    "the list: trouble": Case(Fault(TREE, status=503), "it answered 503"),
    "the list: gone": Case(Fault(TREE, status=404, code="RepoNotFound"), "not on the Hub at this commit"),
    "the list: no such commit": Case(Fault(TREE, status=404, code="RevisionNotFound"), "not on the Hub at this commit"),
    "the list: gated": Case(Fault(TREE, status=403, code="GatedRepo"), "sign in and agree to terms"),
    "the list: private": Case(Fault(TREE, status=401), "sign in and agree to terms"),
    "the list: limited": Case(Fault(TREE, status=429, seconds=300), "answers again in 5 minutes"),
    "the list: closed": Case(Fault(TREE, "close"), "Hub"),
    "the list: a web page": Case(Fault(TREE, "html"), "no sense"),
    "the list: nested": Case(Fault(TREE, "deep", size=100_000), "no sense"),
    "the list: large": Case(Fault(TREE, "huge"), "larger than"),
    "the list: elsewhere": Case(Fault(TREE, "redirect"), "not its own"),
    "a file: trouble": Case(Fault(FILE, status=500), "it answered 500"),
    "a file: gone": Case(Fault(FILE, status=404, code="EntryNotFound"), "what has arrived"),
    "a file: the model gone": Case(Fault(FILE, status=404, code="RepoNotFound"), "what has arrived"),
    "a file: gated meanwhile": Case(Fault(FILE, status=403, code="GatedRepo"), "sign in and agree to terms"),
    "a file: limited": Case(Fault(FILE, status=429, seconds=300), "answers again in 5 minutes"),
    "a file: a web page": Case(Fault(FILE, "html"), "broke off"),
    "a file: without end": Case(Fault(FILE, "endless"), "damaged twice"),
    "a file: elsewhere": Case(Fault(FILE, "redirect"), "not its own"),
    **{f"a file: a byte flipped at its {where}": Case(Fault(FILE, "flip", after=at), "damaged twice")
       for where, at in AT.items()},
    "a small file: a byte flipped": Case(Fault(r"config\.json$", "flip", after=3), "config.json arrived damaged twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_a_fault_for_good_is_a_sentence_and_the_next_fetch_goes_on(name: str, hub: FakeHub, disk: Disk) -> None:
    case = CASES[name]
    hub.faults.add(replace(case.fault))
    end = await fetch(hub, disk)
    assert end.state == "failed"
    is_a_sentence(end.problem, case.words)
    await goes_on(hub, disk)


PASSING = {
    "trouble": Fault(FILE, status=503, times=2),
    "limited for a moment": Fault(FILE, status=429, seconds=0, times=2),
    **{f"cut at its {where}": Fault(FILE, "truncate", after=at, times=1) for where, at in AT.items()},
    **{f"a byte flipped at its {where}": Fault(FILE, "flip", after=at, times=1) for where, at in AT.items()},
    "closed": Fault(FILE, "close", times=1),
    "another ETag": Fault(FILE, "etag"),
    "a web page once": Fault(FILE, "html", times=1),
    "a small file flipped": Fault(r"tokenizer\.json$", "flip", after=3, times=1),
}


@pytest.mark.parametrize("name", PASSING)
async def test_a_fault_that_passes_is_mended_within_the_fetch(name: str, hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(replace(PASSING[name]))
    assert (await fetch(hub, disk)).state == "done"
    assert same(disk.locate(facts(hub).ref), hub.repo("maker/model"), PLANNED)


@pytest.mark.usefixtures("_impatient")
async def test_a_line_that_brings_ten_bytes_a_second_is_given_up(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "drip", rate=10))
    end = await fetch(hub, disk)
    assert end.state == "failed"
    is_a_sentence(end.problem, "next to nothing for a minute")
    await goes_on(hub, disk)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("where", AT)
async def test_a_stall_is_given_up_and_what_came_before_it_is_kept(where: str, hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "stall-body", after=AT[where], seconds=1.5))
    fetches = fetcher(hub, disk)
    fetches.start(facts(hub), "anna")
    end = (await finish(fetches, facts(hub).ref))[-1]
    assert end.state == "failed"
    is_a_sentence(end.problem, "next to nothing for a minute", "is kept until you delete it; fetch again to go on")
    assert end.done >= AT[where] - 200_000
    await ended(fetches)
    await goes_on(hub, disk)


async def test_a_stop_is_told_at_once_even_where_the_line_stands_still(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "stall-body", after=AT["middle"], seconds=1))
    fetches = fetcher(hub, disk)
    fetches.start(facts(hub), "anna")
    await until(fetches, facts(hub).ref, WEIGHTS // 3)
    fetches.cancel(facts(hub).ref, "anna")
    assert [each.state for each in await finish(fetches, facts(hub).ref, seconds=0.5)] == ["stopped"]
    await ended(fetches)
    await goes_on(hub, disk)


async def test_what_is_asked_for_anew_waits_until_its_stopped_fetch_has_ended(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "stall-body", after=AT["middle"], seconds=1, times=1))
    fetches = fetcher(hub, disk)
    fetches.start(facts(hub), "anna")
    await until(fetches, facts(hub).ref, WEIGHTS // 3)
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


async def test_a_commit_that_has_vanished(hub: FakeHub, disk: Disk) -> None:
    wanted = replace(facts(hub), commit="d" * 40)
    fetches = fetcher(hub, disk)
    fetches.start(wanted, "anna")
    is_a_sentence((await finish(fetches, wanted.ref))[-1].problem, "not on the Hub at this commit")
    assert disk.models() == []


async def test_a_hub_that_is_away_and_then_back(hub: FakeHub, disk: Disk) -> None:
    hub.stop()
    end = await fetch(hub, disk)
    assert end.state == "failed"
    is_a_sentence(end.problem, "Hub")
    hub.start()
    await goes_on(hub, disk)


async def test_a_hub_that_stops_in_the_middle(hub: FakeHub, disk: Disk) -> None:
    hub.faults.add(Fault(FILE, "drip", rate=2_000_000))
    fetches = fetcher(hub, disk)
    fetches.start(facts(hub), "anna")
    await until(fetches, facts(hub).ref, WEIGHTS // 3)
    hub.stop()
    end = (await finish(fetches, facts(hub).ref))[-1]
    assert end.state == "failed"
    is_a_sentence(end.problem, "Hub", "is kept until you delete it")
    await ended(fetches)
    hub.start()
    await goes_on(hub, disk)


class Full(io.FileIO):
    """A file on a disk that has room for `room` more bytes in all files together, then none."""

    room = 0

    def write(self, data: Any) -> int:
        if type(self).room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(bytes(data)[: type(self).room]) or 0
        type(self).room -= written
        return written


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
async def test_a_full_disk_is_said_and_what_fitted_is_kept(share: float, hub: FakeHub, disk: Disk) -> None:
    Full.room = int(share * WEIGHTS)

    def opener(path: Path) -> io.FileIO:
        return Full(os.open(path, os.O_RDWR | os.O_CREAT), "r+b")

    end = await fetch(hub, disk, opener=opener)
    assert end.state == "failed"
    is_a_sentence(end.problem, "The disk is full; delete something, then fetch again")
    assert sum(on_disk(disk.place(facts(hub).ref)).values()) == int(share * WEIGHTS)
    hub.log.clear()
    await goes_on(hub, disk)
    if share:
        assert hub.log.find(FILE)[-1].headers["range"] == f"bytes={end.done - sum(small(hub))}-"


def small(hub: FakeHub) -> list[int]:
    return [hub.repo("maker/model").head.files[name].size for name in PLANNED - {"model.safetensors"}]


async def test_a_folder_that_cannot_be_written_is_said(hub: FakeHub, disk: Disk) -> None:
    disk.folder.write_text("a file in its place")
    end = await fetch(hub, disk)
    assert end.state == "failed"
    is_a_sentence(end.problem, "The disk does not take the files")


async def test_a_part_longer_than_the_file_or_of_another_content_is_begun_anew(hub: FakeHub, disk: Disk) -> None:
    for junk in (bytes(WEIGHTS + 5), bytes(WEIGHTS), bytes(1000)):
        place = disk.place(facts(hub).ref)
        place.mkdir(parents=True)
        (place / "model.safetensors.part").write_bytes(junk)
        assert (await fetch(hub, disk)).state == "done"
        assert same(place, hub.repo("maker/model"), PLANNED)
        disk.delete(facts(hub).ref)


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
