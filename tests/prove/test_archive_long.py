"""Long trials of the archive: hundreds of kills, and damage in every region of its file and of its log."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.archives import (
    an_archive,
    damaged_copy,
    fill,
    filled,
    flipped,
    kill_and_look,
    killed,
    look,
    look_at_flips,
)
from tests.faults.keeper import Keeper
from tests.kept import intact

KILLS = 200


@pytest.fixture
def keepers() -> Iterator[list[Keeper]]:
    keepers = [Keeper(), Keeper()]
    yield keepers
    for keeper in keepers:
        keeper.close()


def test_nothing_acknowledged_is_lost_in_two_hundred_kills(keepers: list[Keeper], tmp_path: Path) -> None:
    kill_and_look(keepers[0], tmp_path, KILLS)


def test_a_process_that_is_killed_takes_nothing_from_another_on_the_same_folder(
    keepers: list[Keeper], tmp_path: Path
) -> None:
    chance, kept, deleted = random.Random(), set(), set()
    for seed in range(KILLS // 4):
        pids = [keeper.start("keep", tmp_path, 2 * seed + at, 10_000) for at, keeper in enumerate(keepers)]
        said = [keeper.read() for _ in range(chance.randrange(1, 20)) for keeper in keepers]
        for keeper, pid in sorted(zip(keepers, pids, strict=True), key=lambda _: chance.random()):
            said += keeper.kill(pid)
        kept |= {line[1] for line in said if line[0] == "kept"}
        deleted |= {line[1] for line in said if line[0] in ("deleted", "deleting")}
        assert "failed" not in {line[0] for line in said}
    archive = an_archive(tmp_path)
    assert len(kept) > KILLS
    assert all(archive.open(id) for id in kept - deleted)
    archive.close()
    assert archive.file.moved is None
    intact(tmp_path)


def test_one_flipped_bit_in_any_region_of_the_file_is_never_silent(tmp_path: Path) -> None:
    look_at_flips(tmp_path, filled(tmp_path / "whole"), step=61)


def test_one_flipped_bit_in_any_region_of_the_log_costs_no_more_than_what_was_kept_last(tmp_path: Path) -> None:
    for folder in ("logged", "source"):
        (tmp_path / folder).mkdir()
    folder, ids = killed(tmp_path / "logged", tmp_path / "source")
    size = sum(path.stat().st_size for path in folder.glob("*-wal"))
    for at in range(0, size, 97):
        before = damaged_copy(tmp_path / "a", folder, "-wal", flipped(at, 1 << at % 8))
        assert look(tmp_path / "a", ids, before, last_may_be_cut=True) in ("cut", "whole", "told")


def test_a_thousand_keeps_grow_no_log(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    for _ in range(250):
        fill(archive, 4)
    assert sum(path.stat().st_size for path in tmp_path.glob("*-wal")) < 8_000_000
    assert archive.taken()[0] == 1000
    archive.close()
    intact(tmp_path)
