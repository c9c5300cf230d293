"""Faults while a model is fetched: each is one sentence, nothing false lies under a file's name, and it can go on."""

from __future__ import annotations

import errno
import io
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from swatchbook.hub import progress
from swatchbook.hub.disk import Disk
from tests.fake_hub import FakeHub, Fault
from tests.faults.fetches import AT, FILE, TREE, fetch, goes_on, is_a_sentence
from tests.hub.fetching import PLANNED, WEIGHTS, ended, facts, fetcher, finish, on_disk, same, until


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute without a byte is a second."""
    monkeypatch.setattr(progress, "PATIENCE", 1.0)


@dataclass(frozen=True)
class Case:
    """What befalls the Hub for good, and words of the sentence that tells of it."""

    fault: Fault
    words: str


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
