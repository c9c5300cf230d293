"""Room on the disk: reserved, refused with the arithmetic, and told in words."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from swatchbook.hub.disk import Disk
from swatchbook.hub.errors import Refused
from swatchbook.hub.room import disk_room, in_words
from tests.hub.disks import GB, keep, ref, roomy


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def test_the_allowance_is_refused_with_the_arithmetic_and_what_could_go(disk: Disk) -> None:
    for name, size in (("x/one", 9 * GB), ("x/two", 7 * GB), ("x/three", 2 * GB), ("x/four", GB)):
        sparse(disk.place(ref(name)) / "model.safetensors.part", size)
    with disk.reserve(ref("x/five"), GB):
        pass
    with pytest.raises(Refused) as caught, disk.reserve(ref("x/five"), 3 * GB):
        pass
    assert str(caught.value) == (
        "It takes 3.0 GB more, and fetched models take 19 GB of the 20 GB that they may; "
        "delete x/one (9.0 GB) or x/two (7.0 GB) or x/three (2.0 GB) first."
    )
    assert disk.left() == GB


def test_what_is_larger_than_the_whole_allowance_is_refused_whatever_is_deleted(disk: Disk) -> None:
    keep(disk, "owner/name")
    with (
        pytest.raises(
            Refused, match=r"takes 21 GB, and all fetched models together may take 20 GB .*; choose a smaller"
        ),
        disk.reserve(ref("x/five"), 21 * GB),
    ):
        pass


@pytest.mark.parametrize(("total", "free", "room"), [(100 * GB, 5 * GB, 3 * GB), (10 * GB, 3 * GB, 2 * GB), (GB, 5, 0)])
def test_the_disk_itself_keeps_a_reserve(tmp_path: Path, total: int, free: int, room: int) -> None:
    disk = Disk(tmp_path, 20 * GB, lambda _: (total, free))
    assert disk.free() == room
    with disk.reserve(ref("x/one"), room):
        pass
    with (
        pytest.raises(Refused, match=f"this disk has {in_words(room)} left for models besides its reserve; free some"),
        disk.reserve(ref("x/two"), room + 1),
    ):
        pass


def test_two_fetches_cannot_both_take_the_last_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 20 * GB, lambda _: (100 * GB, 12 * GB))
    with disk.reserve(ref("x/one"), 6 * GB) as place:
        with pytest.raises(Refused, match=r"this disk has 4\.0 GB left"), disk.reserve(ref("x/two"), 6 * GB):
            pass
        sparse(place / "model.safetensors.part", 5 * GB)
        assert disk.left() == 14 * GB, "what has come of a fetch is not counted twice"
    with disk.reserve(ref("x/two"), 6 * GB):
        assert disk.left() == 9 * GB, "and what has not come of one that ended is not counted"


def test_going_on_needs_room_only_for_the_rest(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 10 * GB, roomy)
    sparse(disk.place(ref("x/one")) / "model.safetensors.part", 8 * GB)
    with pytest.raises(Refused, match="delete x/one"), disk.reserve(ref("x/two"), 3 * GB):
        pass
    with disk.reserve(ref("x/one"), 10 * GB):
        assert disk.left() == 0


def test_of_many_that_reserve_at_once_only_so_many_get_room_as_there_is(disk: Disk) -> None:
    got, refused, gate = [], [], threading.Barrier(12)

    def take(number: int) -> None:
        gate.wait()
        try:
            with disk.reserve(ref(f"x/m{number}"), 3 * GB):
                got.append(number)
                done.wait(5)
        except Refused:
            refused.append(number)
        if len(got) + len(refused) == 12:
            done.set()

    done = threading.Event()
    threads = [threading.Thread(target=take, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (6, 6)


def test_the_real_disk_is_asked_through_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    total, free = disk_room(tmp_path / "not" / "there" / "yet")
    assert 0 < free <= total


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (940, "940 bytes"), (1000, "1.0 kB"), (12_400_000, "12 MB"), (999_999, "1.0 MB"),
     (1_440_000_000, "1.4 GB"), (9_990_000, "10 MB"), (20 * GB, "20 GB")],
)  # fmt: skip
def test_bytes_in_words(size: int, words: str) -> None:
    assert in_words(size) == words
