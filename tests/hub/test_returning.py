"""What an empty disk gets back from the archive repository, so that lists are whole again after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import set_client_factory
from huggingface_hub.utils import _http

from swatchbook.archive.mirror import Mirror
from swatchbook.archive.store import Archive, Query
from swatchbook.runs import Lane, ModelRef, Run, Sample
from tests.fake_hub import FakeHub, Fault, Repo
from tests.hub.clock import Clock

NAME, TOKEN = "someone/kept", "hf_" + "r" * 34


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    before = _http._GLOBAL_CLIENT_FACTORY
    with FakeHub([Repo(NAME, {"README.md": "# Kept\n"}, kind="dataset", private=True)], token=TOKEN) as hub:
        yield hub
    set_client_factory(before)


class Place:
    """An archive and its mirror on a clock of their own, and rounds until nothing is left."""

    def __init__(self, folder: Path, hub: FakeHub) -> None:
        self.archive, self.clock = Archive(folder), Clock()
        self.mirror = Mirror(self.archive, NAME, TOKEN, hub.address, clock=self.clock)

    def settle(self, rounds: int = 20) -> None:
        for _ in range(rounds):
            self.mirror.round()
            self.clock.now += 400

    def keep(self, title: str, **more: Any) -> str:
        lane = Lane(id="a", model=ModelRef(source="house", repo="plain"))
        run = Run(template="The lamp", title=title, lanes=[lane], samples=[Sample(lane="a", text="so")], **more)
        return self.archive.keep(run, listed=True).document.id

    def titles(self) -> list[str]:
        return sorted(entry.title for entry in self.archive.find(Query(count=200)))

    def close(self) -> None:
        self.mirror.close()
        self.archive.close()


@pytest.fixture
def full(tmp_path: Path, hub: FakeHub) -> Iterator[Place]:
    """A place that has copied 25 documents."""
    place = Place(tmp_path / "full", hub)
    for number in range(25):
        place.keep(f"Run {number:02}")
    place.settle(3)
    assert place.mirror.state().waiting == 0
    yield place
    place.close()


def test_an_empty_disk_gets_all_back_in_turns(full: Place, hub: FakeHub, tmp_path: Path) -> None:
    fresh = Place(tmp_path / "fresh", hub)
    fresh.mirror.round()
    assert fresh.archive.taken()[0] == 10
    assert fresh.mirror.state().returning == 15
    assert fresh.mirror.round() > 1  # no more than so many in so many seconds
    assert fresh.archive.taken()[0] == 10
    fresh.settle(4)
    assert fresh.titles() == full.titles()
    assert fresh.mirror.state().returning == 0
    assert fresh.archive.waiting() == []
    fresh.close()


@pytest.mark.usefixtures("full")
def test_a_disk_that_holds_anything_asks_for_nothing(hub: FakeHub, tmp_path: Path) -> None:
    other = Place(tmp_path / "other", hub)
    other.keep("Mine")
    other.settle(3)
    assert other.titles() == ["Mine"]
    assert hub.log.count("/tree/main/kept") == 0
    other.close()


def test_it_goes_on_where_it_was_after_a_failure(full: Place, hub: FakeHub, tmp_path: Path) -> None:
    fresh = Place(tmp_path / "fresh", hub)
    hub.faults.add(Fault("/resolve/main/kept/", status=503, skip=4, times=2))
    fresh.mirror.round()
    assert fresh.archive.taken()[0] == 4
    assert "trouble of its own" in fresh.mirror.state().error
    fresh.settle(8)
    assert fresh.titles() == full.titles()
    assert fresh.mirror.state().error == ""
    fresh.close()


def test_what_was_deleted_here_stays_deleted(full: Place, hub: FakeHub, tmp_path: Path) -> None:
    fresh = Place(tmp_path / "fresh", hub)
    kept = fresh.archive.keep(
        Run(template="x", lanes=[Lane(id="a", model=ModelRef(source="house", repo="plain"))]), listed=True
    )
    fresh.settle(2)
    assert fresh.archive.delete(kept.document.id, kept.key)
    again = Place(tmp_path / "fresh", hub)
    again.settle(6)
    assert again.archive.entry(kept.document.id) is None
    assert again.titles() == full.titles()
    again.close()
    fresh.close()


@pytest.mark.usefixtures("hub")
def test_files_of_others_are_passed_over(tmp_path: Path) -> None:
    alien = Repo(
        NAME, {"kept/ab/notes.txt": "hi", "kept/ab/" + "ab" + "x" * 20 + ".json": "{}"}, kind="dataset", private=True
    )
    with FakeHub([alien], token=TOKEN) as odd:
        fresh = Place(tmp_path / "fresh", odd)
        fresh.settle(3)
        assert fresh.archive.taken()[0] == 0
        assert fresh.mirror.state().error == ""
        fresh.close()


def test_an_empty_repository_is_no_failure(hub: FakeHub, tmp_path: Path) -> None:
    fresh = Place(tmp_path / "fresh", hub)
    fresh.settle(2)
    assert fresh.mirror.state().error == ""
    fresh.close()


def test_what_was_on_its_way_when_the_program_died_leaves_again_when_it_is_deleted(
    hub: FakeHub, tmp_path: Path
) -> None:
    place = Place(tmp_path / "disk", hub)
    lane = Lane(id="a", model=ModelRef(source="house", repo="plain"))
    kept = place.archive.keep(Run(template="x", lanes=[lane]))
    hub.faults.add(Fault("/commit/", "close", times=1))  # the commit is taken, and its answer lost
    place.mirror.round()
    place.close()
    again = Place(tmp_path / "disk", hub)  # nothing is remembered but what is on disk
    assert again.archive.delete(kept.document.id, kept.key)
    again.settle(3)
    assert not [path for path in hub.repo(NAME, "dataset").head.files if path.startswith("kept/")]
    again.close()
