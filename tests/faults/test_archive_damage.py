"""The archive's file damaged: garbage, cut, one bit turned over. It is never silent, and nothing is ever deleted."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from swatchbook.archive import inspection, search
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.file import NAME
from swatchbook.archive.store import Archive, Query
from tests.faults.archives import (
    Folder,
    damaged_copy,
    fill,
    flipped,
    held,
    killed,
    look,
    look_at_flips,
    moved_aside,
    parts,
)
from tests.kept import intact


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return killed(tmp_path_factory.mktemp("logged"), tmp_path_factory.mktemp("source"))


GARBAGE: dict[str, Callable[[bytes], bytes]] = {
    "noise": lambda data: random.Random(3).randbytes(len(data)),
    "zeros": lambda data: bytes(len(data)),
    "a text": lambda _: b"not a database, and too short to be one",
    "empty pages behind the header": lambda data: data[:4096] + bytes(len(data) - 4096),
    "another program's": lambda _: another_database(),
    "a version that never was": lambda data: data[:60] + b"\x7f\xff\xff\xff" + data[64:],
    "version 0": lambda data: data[:60] + bytes(4) + data[64:],
}


def another_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "x")
        database.execute("CREATE TABLE recipes (soup)")
        database.commit()
        database.close()
        return (Path(folder) / "x").read_bytes()


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_moved_aside_as_it_is_and_a_new_file_begun(
    tmp_path: Path, whole: Folder, logged: Folder, name: str
) -> None:
    for source, ids in (whole, logged):
        before = damaged_copy(tmp_path / "a", source, "", GARBAGE[name])
        found = look(tmp_path / "a", ids, before)
        assert found == "new" or (source is logged[0] and "version" in name), "a log may hold the header, too"


def test_a_file_that_ends_early_is_moved_aside_wherever_it_ends(tmp_path: Path, whole: Folder, logged: Folder) -> None:
    size = (whole[0] / NAME).stat().st_size
    for length in (1, 99, 100, 4095, 4096, 4097, 8192, *range(size // 10, size, size // 10), size - 1):
        before = damaged_copy(tmp_path / "a", whole[0], "", lambda data, length=length: data[:length])
        found = look(tmp_path / "a", whole[1], before)
        assert found == "new" or length > size - 4096, (
            "the end of the last page may be zeros, which is what is read there"
        )
    before = damaged_copy(tmp_path / "a", logged[0], "", lambda _: b"")
    assert look(tmp_path / "a", logged[1], before) == "new"


def test_one_flipped_bit_anywhere_in_the_file_is_never_silent(tmp_path: Path, whole: Folder) -> None:
    look_at_flips(tmp_path, whole, step=2503)


def test_one_flipped_bit_in_the_log_costs_no_more_than_what_was_kept_last(tmp_path: Path, logged: Folder) -> None:
    size = (logged[0] / f"{NAME}-wal").stat().st_size
    outcomes = [
        look(tmp_path / "a", logged[1], damaged_copy(tmp_path / "a", logged[0], "-wal", flipped(at)), True)
        for at in (0, 9, 20, *range(40, size, size // 20))
    ]
    assert {"cut", "whole"} <= set(outcomes)


def test_a_log_that_ends_early_costs_what_was_not_written_to_its_end(tmp_path: Path, logged: Folder) -> None:
    size = (logged[0] / f"{NAME}-wal").stat().st_size
    for length in range(0, size, size // 12):
        damaged_copy(tmp_path / "a", logged[0], "-wal", lambda data, length=length: data[:length])
        archive = Archive(tmp_path / "a")
        there = held(archive, logged[1])[:6]
        assert all(there)
        fill(archive, 1)
        archive.close()
        intact(tmp_path / "a")


def overwrite(path: Path, at: int, data: bytes) -> None:
    """Damage a file that this process has open. Another process does it: SQLite's locks do not survive a close here."""
    program = f"file = open({str(path)!r}, 'r+b'); file.seek({at}); file.write({data!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)


def test_who_has_a_damaged_file_open_goes_on_with_the_new_one(tmp_path: Path, open_: Callable[..., Archive]) -> None:
    first = open_()
    ids = fill(first)
    first.close()
    assert all(held(first, ids))
    overwrite(tmp_path / NAME, 0, b"damage" * 100)
    second = open_()
    new = fill(second)
    assert second.file.moved is not None
    more = fill(first)
    for archive in (first, second):
        assert held(archive, [*new, *more]) == [True] * 8
        assert held(archive, ids) == [False] * 4
        assert archive.taken()[0] == 8
        archive.close()
    assert first.file.moved is None
    intact(tmp_path)


def test_an_index_that_is_damaged_is_made_anew_from_its_texts(
    tmp_path: Path, open_: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "CHECKED", 0)
    monkeypatch.setattr(search, "SHELF", 200)
    archive = open_()
    ids = fill(archive, 6)
    with archive.file.writing() as database:
        firsts = [row[0] for row in database.execute("SELECT first FROM shelves")]
        assert len(firsts) > 1
        for first in firsts:
            database.execute(f"UPDATE words_{first}_data SET block = randomblob(length(block)) WHERE id > 10")
    archive.close()
    with pytest.raises(ArchiveError, match=r"^A part of the archive's file is damaged"):
        archive.find(Query("sea"))
    assert all(held(archive, ids))
    ids += fill(archive, 1)
    assert {entry.id for entry in archive.find(Query("sea"))} == set(ids)
    assert archive.file.moved is None
    archive.close()
    intact(tmp_path)


def test_a_large_file_whose_damage_shows_while_it_is_written_is_moved_aside_at_the_next_try(
    tmp_path: Path, open_: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "CHECKED", 0)
    archive = open_()
    fill(archive)
    with archive.file.reading() as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'models'").fetchone()
    archive.close()
    overwrite(tmp_path / NAME, 4096 * (page - 1), b"\xff" * 200)
    with pytest.raises(ArchiveError, match=r"^A part of the archive's file is damaged.* nothing was kept; try again"):
        fill(archive, 1)
    assert archive.file.moved is None
    before = parts(tmp_path)
    ids = fill(archive, 1)
    assert moved_aside(archive, before)
    assert held(archive, ids) == [True]
