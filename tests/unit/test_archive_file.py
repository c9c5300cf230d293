"""The archive's file: one writer, many readers, versions, and what is said of each fault."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatchbook.archive import faults, file, tables, wal
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.file import NAME, File
from swatchbook.settings import ROOT

OLD = len(tables.MIGRATIONS)
NOTED = "CREATE TABLE noted (word TEXT); INSERT INTO noted SELECT id FROM items;"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[File]:
    opened = File(tmp_path / "deep" / "folder")
    yield opened
    opened.close()


def put(opened: File, mark: str, size: int = 10) -> None:
    with opened.writing() as database:
        database.execute("INSERT INTO gone VALUES (?, ?)", (mark.encode(), "x" * size))


def marks(opened: File) -> list[str]:
    with opened.reading() as database:
        return [row[0].decode() for row in database.execute("SELECT mark FROM gone ORDER BY mark")]


def as_it_lies(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith((".lock", "-shm"))}


def logged(opened: File) -> int:
    return opened.path.with_name(f"{NAME}-wal").stat().st_size


def test_it_is_made_when_it_is_first_read_and_every_write_is_forced_to_disk(opened: File) -> None:
    assert not opened.path.exists()
    assert marks(opened) == []
    with opened.writing() as database:
        found = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
        assert [*found, database.execute("PRAGMA secure_delete").fetchone()[0]] == [2, "wal", 1]


@pytest.mark.parametrize("problem", [ValueError("no"), KeyboardInterrupt(), sqlite3.OperationalError("no"), OSError()])
def test_whatever_ends_a_transaction_early_undoes_all_of_it(opened: File, problem: BaseException) -> None:
    def ends_early() -> None:
        with opened.writing() as database:
            database.execute("DELETE FROM gone")
            raise problem

    put(opened, "a")
    with pytest.raises((ArchiveError, type(problem))):
        ends_early()
    assert marks(opened) == ["a"]
    put(opened, "b")
    assert marks(opened) == ["a", "b"]


def test_who_reads_sees_one_state_and_cannot_write(opened: File) -> None:
    put(opened, "a")
    with opened.reading() as database:
        before = database.execute("SELECT count(*) FROM gone").fetchone()
        put(opened, "b")
        assert database.execute("SELECT count(*) FROM gone").fetchone() == before
    assert marks(opened) == ["a", "b"]
    with pytest.raises(ArchiveError), opened.reading() as database:
        database.execute("DELETE FROM gone")
    assert marks(opened) == ["a", "b"]


def test_a_mistake_in_the_program_is_not_put_down_to_the_disk(opened: File) -> None:
    with pytest.raises(sqlite3.ProgrammingError), opened.reading() as database:
        database.execute("SELECT ?", ())


def test_it_can_be_used_again_after_it_was_closed(opened: File) -> None:
    put(opened, "a")
    opened.close()
    assert sorted(as_it_lies(opened.path.parent)) == [NAME]
    put(opened, "b")
    assert marks(opened) == ["a", "b"]


def test_the_log_begins_anew_although_there_is_always_somebody_reading(
    opened: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "LONGEST", 100_000)
    put(opened, "a")
    over, reading = threading.Event(), threading.Barrier(3)

    def read() -> None:
        with opened.reading() as database:
            database.execute("SELECT count(*) FROM gone").fetchone()
            reading.wait()
        while not over.is_set():
            marks(opened)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    reading.wait()
    try:
        for number in range(80):
            put(opened, f"b{number:02}", size=8000)
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert len(marks(opened)) == 81
    put(opened, "c")
    assert logged(opened) < 300_000


def test_one_long_reader_holds_nobody_up_for_long(opened: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "LONGEST", 50_000)
    monkeypatch.setattr(file, "LITTLE", 1)
    put(opened, "a")
    with opened.reading() as database:
        assert database.execute("SELECT count(*) FROM gone").fetchone() == (1,)
        for number in range(20):
            put(opened, f"b{number}", size=8000)
        assert logged(opened) > 50_000
    put(opened, "c")
    assert logged(opened) == 0
    assert len(marks(opened)) == 22


def test_a_disk_without_a_log_works_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect

    def on_a_network_drive(name: Path | str, **options: object) -> sqlite3.Connection:
        # SQLite's own stand-in for a disk without shared memory.
        address = name if isinstance(name, str) else name.absolute().as_uri()
        return real(f"{address}{'&' if '?' in address else '?'}vfs=unix-dotfile", **(options | {"uri": True}))

    monkeypatch.setattr(sqlite3, "connect", on_a_network_drive)
    opened = File(tmp_path, patience=0.5)
    put(opened, "a")
    put(opened, "b")
    assert marks(opened) == ["a", "b"]
    with opened.writing() as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    opened.close()


def test_a_file_of_an_older_version_is_brought_to_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = File(tmp_path)
    with old.writing() as database:
        database.execute("INSERT INTO gone VALUES (x'00', 'kept')")
    old.close()
    steps = ("CREATE TABLE third (word TEXT)", "INSERT INTO third SELECT id FROM gone; -- ends in a remark")
    monkeypatch.setattr(tables, "MIGRATIONS", (*tables.MIGRATIONS, *steps))
    for _ in range(2):
        new = File(tmp_path)
        with new.reading() as database:
            assert database.execute("SELECT word FROM third").fetchall() == [("kept",)]
            assert tables.version_of(database) == OLD + 2
        new.close()


def test_a_step_that_fails_midway_leaves_the_state_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = File(tmp_path)
    put(old, "a")
    old.close()
    before = as_it_lies(tmp_path)
    broken = ("DELETE FROM gone; CREATE TABLE third (word TEXT); INSERT INTO no_such_table VALUES (1)",)
    with monkeypatch.context() as later:
        later.setattr(tables, "MIGRATIONS", (*tables.MIGRATIONS, *broken))
        new = File(tmp_path)
        with pytest.raises(ArchiveError):
            marks(new)
        with pytest.raises(ArchiveError):
            put(new, "b")
        new.close()
    assert {name: data for name, data in as_it_lies(tmp_path).items() if data} == before
    assert marks(old) == ["a"]
    old.close()


@pytest.mark.parametrize("closed", [True, False])
def test_a_newer_file_is_refused_in_a_sentence_and_not_a_byte_of_it_altered(tmp_path: Path, closed: bool) -> None:
    writer = File(tmp_path)
    put(writer, "a")
    with writer.writing() as database:
        database.execute(f"PRAGMA user_version = {OLD + 1}")
    if closed:
        writer.close()
    before = as_it_lies(tmp_path)
    assert len(before) == (1 if closed else 2)
    this = File(tmp_path, patience=0.2)
    for _ in range(2):
        with pytest.raises(ArchiveError, match=r"newer Swatchbook; update this one.*SWATCHBOOK_DATA"):
            marks(this)
        with pytest.raises(ArchiveError, match="newer Swatchbook"):
            put(this, "b")
    this.close()
    assert {name: data for name, data in as_it_lies(tmp_path).items() if data} == before
    assert (this.moved, this.news) == (None, "")
    writer.close()


def test_two_processes_bring_a_file_to_a_version_at_once_and_each_step_is_done_once(tmp_path: Path) -> None:
    old = File(tmp_path)
    put(old, "a")
    old.close()
    program = f"""
import sys
from pathlib import Path
from swatchbook.archive import tables
from swatchbook.archive.file import File
step = "CREATE TABLE third (word TEXT); INSERT INTO third SELECT id FROM gone"
tables.MIGRATIONS = (*tables.MIGRATIONS, step)
print("here", flush=True)
sys.stdin.readline()
with File(Path({str(tmp_path)!r})).reading() as database:
    print(database.execute("SELECT count(*) FROM third").fetchone()[0])
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    both = [subprocess.Popen([sys.executable, "-c", program], **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for each in both:
        assert each.stdout.readline() == "here\n"
    for each in both:
        each.stdin.write("\n")
        each.stdin.flush()
    assert [each.communicate(timeout=20)[0] for each in both] == ["1\n", "1\n"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_BUSY, "busy"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_LOCKED, "busy"),
        (sqlite3.SQLITE_PROTOCOL, "busy"),
        (sqlite3.SQLITE_FULL, "disk is full"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "read-only"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "damaged"),
        (sqlite3.SQLITE_NOTADB, "damaged"),
        (sqlite3.SQLITE_IOERR_WRITE, "full or reports an error"),
    ],
)
def test_every_fault_of_the_database_has_its_sentence(code: int, said: str) -> None:
    error = sqlite3.OperationalError("SQLite's own words")
    error.sqlite_errorcode = code
    for writing in (True, False):
        sentence = faults.sentence(error, writing)
        assert said in sentence
        assert sentence.endswith(".")
        assert "own words" not in sentence


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "disk is full"), (errno.EDQUOT, "disk is full"), (errno.EACCES, "read-only"),
     (errno.EROFS, "read-only"), (errno.EIO, "full or reports an error")],
)  # fmt: skip
def test_every_fault_of_the_system_has_its_sentence(number: int, said: str) -> None:
    assert said in faults.sentence(OSError(number, "the system's own words"), True)


def a_log(folder: Path, writes: int) -> bytes:
    """The log of so many transactions of which none is in the database itself yet."""
    database = sqlite3.connect(folder / "x.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA wal_autocheckpoint = 0")
    database.execute("CREATE TABLE x (y)")
    for number in range(writes - 1):
        database.execute("INSERT INTO x VALUES (?)", (str(number) * 3000,))
    log = (folder / "x.sqlite-wal").read_bytes()
    database.close()
    return log


def seen(folder: Path, log: bytes) -> int:
    """How many rows SQLite sees through a log; those of a log without damage are as many as were written."""
    (folder / "x.sqlite-wal").write_bytes(log)
    database = sqlite3.connect(f"file:{folder / 'x.sqlite'}?mode=ro", uri=True)
    try:
        return int(database.execute("SELECT count(*) FROM x").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()


def test_a_log_that_lost_whole_writes_is_told_from_one_that_a_power_failure_cut(tmp_path: Path) -> None:
    log, path = a_log(tmp_path, 6), tmp_path / "log"
    frame = 24 + 4096
    assert (len(log) - 32) % frame == 0

    def told(data: bytes) -> bool:
        path.write_bytes(data)
        return wal.cut_short(path)

    assert not told(log)
    assert not told(b"")
    assert not told(bytes(len(log)))
    assert not wal.cut_short(tmp_path / "none")
    for length in range(0, len(log), 1111):
        assert not told(log[:length]), "a log that ends early is a write that was cut"
        assert not told(log[:length] + bytes(len(log) - length)) or length < 32
    last = len(log) - frame
    for at in (0, 8, 17, 32, 40, 50, 60, 500, frame + 100, len(log) // 2):
        assert told(log[:at] + bytes([log[at] ^ 0x10]) + log[at + 1 :]), at
    for at in (last + 30, len(log) - 1):
        assert not told(log[:at] + bytes([log[at] ^ 0x10]) + log[at + 1 :]), "the last write may have been cut"


def test_a_log_is_read_as_sqlite_reads_it(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    log = a_log(tmp_path, 6)
    database = (tmp_path / "x.sqlite").read_bytes()
    for at in range(32, len(log), 997):
        for end in ("", "-wal", "-shm"):
            (tmp_path / f"x.sqlite{end}").unlink(missing_ok=True)
        (tmp_path / "x.sqlite").write_bytes(database)
        damaged = log[:at] + bytes([log[at] ^ 1]) + log[at + 1 :]
        (tmp_path / "log").write_bytes(damaged)
        if seen(tmp_path, damaged) < 4:
            assert wal.cut_short(tmp_path / "log"), at
