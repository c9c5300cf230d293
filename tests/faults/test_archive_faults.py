"""The archive when it goes wrong: killed, full, locked, read-only, damaged, taken away. What was kept stays kept."""

from __future__ import annotations

import errno
import itertools
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from swatchbook.archive import inspection, search
from swatchbook.archive.documents import Document
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.file import NAME, File
from swatchbook.archive.store import Archive, Query
from swatchbook.strict import new_id
from tests.faults.failing import Disk, failing_disk
from tests.faults.keeper import FEW, Keeper
from tests.kept import intact

KILLS = 10
PATIENCE = 0.2
SENTENCE = r"^[A-Z][^.]*[^.]\.$"


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[Callable[..., Archive]]:
    """Opens the archive of a folder, as often as a test likes, and closes all in the end."""
    opened: list[Archive] = []

    def open_(folder: Path = tmp_path, patience: float = PATIENCE) -> Archive:
        archive = Archive(folder)
        archive.file = File(folder, patience)
        opened.append(archive)
        return archive

    yield open_
    for archive in opened:
        archive.close()


def fill(archive: Archive, count: int = 4) -> list[str]:
    """Keep so many documents; returns their ids."""
    runs = [FEW[at % len(FEW)].model_copy(update={"id": new_id()}) for at in range(count)]
    return [archive.keep(run, listed=True).document.id for run in runs]


def is_one_of_ours(run: Document | None) -> bool:
    return run is not None and run.model_copy(update={"id": ""}) in [few.model_copy(update={"id": ""}) for few in FEW]


def held(archive: Archive, ids: list[str]) -> list[bool]:
    """Which of them open as what they were."""
    return [is_one_of_ours(archive.open(id)) for id in ids]


def refused(act: Callable[[], object]) -> str:
    """The sentence with which something is refused; nothing when it is not."""
    try:
        act()
    except ArchiveError as problem:
        return str(problem)
    return ""


def parts(folder: Path) -> dict[str, bytes]:
    """The database and its log, by the ends of their names."""
    paths = {end: folder / f"{NAME}{end}" for end in ("", "-wal")}
    return {end: path.read_bytes() for end, path in paths.items() if path.exists() and path.stat().st_size}


def test_nothing_acknowledged_is_lost_when_the_process_is_killed_at_any_moment(
    keeper: Keeper, tmp_path: Path, open_: Callable[..., Archive]
) -> None:
    kill_and_look(keeper, tmp_path, open_, KILLS)


def kill_and_look(keeper: Keeper, folder: Path, open_: Callable[..., Archive], kills: int) -> None:
    """Kill a process in the midst of keeping, again and again; all that it said it had done was done."""
    kept: dict[str, int] = {}
    deleted: set[str] = set()
    chance = random.Random()
    for seed in range(kills):
        pid = keeper.start("keep", folder, seed, 10_000)
        said = [keeper.read() for _ in range(chance.randrange(1, 8))]
        time.sleep(chance.random() / 30)
        said += keeper.kill(pid)
        kept |= {line[1]: int(line[2]) for line in said if line[0] == "kept"}
        deleted |= {line[1] for line in said if line[0] == "deleted"}
        asked = {line[1] for line in said if line[0] == "deleting"} - deleted
        assert {line[0] for line in said} <= {"kept", "deleting", "deleted"}
        archive = open_(folder)
        assert archive.taken()[0] >= len(kept) - len(deleted) - len(asked)
        for id, which in kept.items():
            run = archive.open(id)
            if id in asked and run is None:
                deleted.add(id)
            assert (run is None) == (id in deleted)
            assert run is None or run.model_copy(update={"id": FEW[which].id}) == FEW[which]
        archive.close()
        assert archive.file.moved is None
    intact(folder)


def test_two_processes_on_one_folder_lose_nothing(tmp_path: Path, open_: Callable[..., Archive]) -> None:
    both = [Keeper(), Keeper()]
    for seed, each in enumerate(both):
        each.start("keep", tmp_path, seed, 12)
    archive = open_(patience=5)
    mine = fill(archive, 8)
    said = [line for each in both for line in each.rest()]
    assert {line[0] for line in said} == {"kept", "deleting", "deleted"}
    kept, deleted = ({line[1] for line in said if line[0] == what} for what in ("kept", "deleted"))
    assert len(kept) == 24
    assert all((archive.open(id) is None) == (id in deleted) for id in kept)
    assert all(held(archive, mine))
    assert archive.taken()[0] == 32 - len(deleted)
    archive.close()
    intact(tmp_path)
    for each in both:
        each.close()


def test_two_archives_of_one_process_on_one_folder_lose_nothing(tmp_path: Path, open_: Callable[..., Archive]) -> None:
    both = [open_(patience=5) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        ids = [id for some in pool.map(lambda at: fill(both[at % 2], 4), range(8)) for id in some]
        assert all(all(found) for found in pool.map(lambda at: held(both[at % 2], ids), range(8)))
    assert [archive.taken()[0] for archive in both] == [32, 32]
    for archive in both:
        archive.close()
    intact(tmp_path)


@pytest.mark.parametrize(
    ("error", "once", "step"), [(errno.ENOSPC, False, 1), (errno.ENOSPC, True, 3), (errno.EIO, False, 4)]
)
@pytest.mark.parametrize("new", [True, False])
def test_a_disk_that_fails_at_any_write_leaves_the_old_state(
    tmp_path: Path, whole: tuple[Path, list[str]], error: int, once: bool, step: int, new: bool
) -> None:
    source, ids = (tmp_path / "none", []) if new else whole
    refusals = 0
    for folder, archive, disk in until_it_is_well(tmp_path, source, step, error, once):
        sentence = refused(partial(fill, archive, 1))
        disk.be_well()
        refusals += bool(sentence)
        assert not sentence or "full" in sentence
        assert archive.taken()[0] == len(ids) + (not sentence)
        fill(archive, 1)
        archive.close()
        intact(folder)
        assert all(held(archive, ids[:1]))
    assert refusals > 15 / step


def test_a_disk_that_is_full_while_something_is_deleted_deletes_all_of_it_or_nothing(
    tmp_path: Path, whole: tuple[Path, list[str]]
) -> None:
    source = tmp_path / "source"
    shutil.copytree(whole[0], source)
    before = Archive(source)
    kept = before.keep(FEW[0].model_copy(update={"id": new_id()}))
    before.close()
    refusals = 0
    for folder, archive, disk in until_it_is_well(tmp_path, source, step=2):
        sentence = refused(partial(archive.delete, kept.document.id, kept.key))
        disk.be_well()
        refusals += bool(sentence)
        assert not sentence or "full" in sentence
        assert held(archive, [kept.document.id]) == [bool(sentence)]
        assert archive.delete(kept.document.id, kept.key) == bool(sentence)
        archive.close()
        intact(folder)
        assert all(held(archive, whole[1][:1]))
    assert refusals > 5


def until_it_is_well(
    made: Path, source: Path, step: int, error: int = errno.ENOSPC, once: bool = False
) -> Iterator[tuple[Path, Archive, Disk]]:
    """Copies of an archive on a disk that fails at one write, then at a later one, until it does not come to that."""
    with failing_disk() as disk:
        for at in itertools.count(0, step):
            folder = made / str(at)
            if source.exists():
                shutil.copytree(source, folder)
            archive = Archive(folder)
            archive.file = File(folder, PATIENCE)
            disk.fail(at, error, once)
            yield folder, archive, disk
            archive.close()
            shutil.rmtree(folder)
            if not disk.failed:
                return


HOLD_THE_LOCK = "from filelock import FileLock; lock = FileLock({folder!r} + '/archive.lock'); lock.acquire()"
HOLD_THE_DATABASE = (
    "import sqlite3; database = sqlite3.connect({folder!r} + '/archive.sqlite', isolation_level=None);"
    "database.execute('BEGIN EXCLUSIVE')"
)
HOLD_IT_WHOLLY = (
    "import sqlite3; database = sqlite3.connect({folder!r} + '/archive.sqlite', isolation_level=None);"
    "database.execute('PRAGMA locking_mode = EXCLUSIVE'); database.execute('BEGIN EXCLUSIVE')"
)


@pytest.mark.parametrize("hold", [HOLD_THE_LOCK, HOLD_THE_DATABASE])
def test_while_another_process_holds_the_file_keeping_says_so_and_reading_goes_on(
    tmp_path: Path, open_: Callable[..., Archive], hold: str
) -> None:
    archive = open_()
    ids = fill(archive)
    program = f"{hold.format(folder=str(tmp_path))}; print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(ArchiveError, match=r"^The archive is busy: .* nothing was lost, so try again"):
                fill(archive, 1)
        assert time.monotonic() - began < 60 * PATIENCE
        fresh = open_()
        for each in (archive, fresh):
            assert all(held(each, ids))
            assert len(each.find(Query("the sea"))) == 4
        other.communicate(b"\n")
    fill(archive, 1)
    fill(fresh, 1)
    assert archive.taken()[0] == 6


def test_while_another_process_has_all_of_the_database_even_reading_says_so(
    tmp_path: Path, open_: Callable[..., Archive]
) -> None:
    ids = fill(before := open_())
    before.close()
    program = f"{HOLD_IT_WHOLLY.format(folder=str(tmp_path))}; print('held', flush=True); input()"
    archive = open_()
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        for act in (lambda: fill(archive, 1), lambda: archive.find(Query()), lambda: archive.open(ids[0])):
            with pytest.raises(ArchiveError, match=r"^The archive is busy"):
                act()
        other.communicate(b"\n")
    assert all(held(archive, [*ids, *fill(archive)]))


@pytest.mark.parametrize("clean", [True, False])
def test_in_a_folder_that_is_read_only_reading_works_and_keeping_says_why_not(keeper: Keeper, clean: bool) -> None:
    """Where tests run as root, the other process is nobody's: no right binds root."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        archive = Archive(folder)
        ids = [archive.keep(run, listed=True).document.id for run in FEW]
        if clean:
            archive.close()
        assert (folder / f"{NAME}-wal").exists() != clean
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        before = parts(folder)
        keeper.start("try", folder, *ids)
        said = keeper.rest()
        folder.chmod(0o755)
        assert [line for line in said if line[0] == "found"] == [["found", "4", "4"]] * 2
        failed = [" ".join(line[1:]) for line in said if line[0] == "failed"]
        assert len(failed) == 2
        assert all(
            line.startswith("The archive cannot be written, because its data folder is read-only") for line in failed
        )
        assert parts(folder) == before
        for path in folder.iterdir():
            path.chmod(0o644)
        archive.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with an archive that was closed, and the ids in it."""
    folder = tmp_path_factory.mktemp("whole")
    archive = Archive(folder)
    ids = fill(archive, 6)
    archive.close()
    return folder, ids


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder as a process leaves it that was killed: half of what was kept is in the log alone."""
    folder, source = tmp_path_factory.mktemp("logged"), tmp_path_factory.mktemp("source")
    first = Archive(source)
    ids = fill(first, 3)
    first.close()
    again = Archive(source)
    ids += fill(again, 1)
    with again.file.reading() as database:
        assert database.execute("SELECT count(*) FROM items").fetchone() == (4,)
        ids += fill(again, 4)
        for end in ("", "-wal"):
            shutil.copyfile(source / f"{NAME}{end}", folder / f"{NAME}{end}")
    again.close()
    return folder, ids


def damaged_copy(folder: Path, source: Path, end: str, damage: Callable[[bytes], bytes]) -> dict[str, bytes]:
    """Another copy of a folder's archive with one part damaged; returns what lies there now."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in source.glob(f"{NAME}*"):
        (folder / path.name).write_bytes(path.read_bytes())
    path = folder / f"{NAME}{end}"
    path.write_bytes(damage(path.read_bytes()))
    return parts(folder)


def moved_aside(archive: Archive, before: dict[str, bytes]) -> bool:
    """Whether the damaged file was moved away, in which case it is what it was, and said so."""
    if archive.file.moved is None or "-wal.damaged" in archive.file.moved.name:
        return False
    aside = archive.file.moved
    after = {end: aside.with_name(aside.name + end) for end in before}
    assert {end: path.read_bytes() for end, path in after.items()} == before
    assert (
        archive.file.news == f"The archive's file was damaged; it was moved to {aside.name}, and a new one was begun."
    )
    return True


def look(folder: Path, ids: list[str], before: dict[str, bytes], last_may_be_cut: bool = False) -> str:
    """What became of a damaged archive: `new`, `cut`, `told` or `whole`. It is never wrong, and never silent."""
    archive = Archive(folder)
    archive.file = File(folder, PATIENCE)
    try:
        opened: list[Document | None] = []
        sentences = [refused(lambda id=id: opened.append(archive.open(id))) for id in ids]  # type: ignore[misc]
        assert all(is_one_of_ours(run) for run in opened if run is not None)
        if moved_aside(archive, before):
            assert opened == [None] * len(ids)
            assert all(held(archive, fill(archive, 2)))
            return "new"
        for act in (lambda: archive.find(Query("sea", own=tuple(ids))), lambda: fill(archive, 1), archive.models):
            sentences.append(refused(act))
        assert all(said.endswith(".") for said in sentences if said)
        lost = opened.count(None)
        if archive.file.moved is not None:
            assert archive.file.moved.read_bytes() == before["-wal"]
            assert archive.file.news.startswith("What was kept last was damaged on the disk and is lost")
            assert lost
            return "cut"
        assert not lost or (last_may_be_cut and opened[-1:] == [None] and lost == 1)
        return "told" if any(sentences) else "whole"
    finally:
        archive.close()


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
    tmp_path: Path, whole: tuple[Path, list[str]], logged: tuple[Path, list[str]], name: str
) -> None:
    for source, ids in (whole, logged):
        before = damaged_copy(tmp_path / "a", source, "", GARBAGE[name])
        found = look(tmp_path / "a", ids, before)
        assert found == "new" or (source is logged[0] and "version" in name), "a log may hold the header, too"


def test_a_file_that_ends_early_is_moved_aside_wherever_it_ends(
    tmp_path: Path, whole: tuple[Path, list[str]], logged: tuple[Path, list[str]]
) -> None:
    size = (whole[0] / NAME).stat().st_size
    for length in (1, 99, 100, 4095, 4096, 4097, 8192, *range(size // 10, size, size // 10), size - 1):
        before = damaged_copy(tmp_path / "a", whole[0], "", lambda data, length=length: data[:length])
        found = look(tmp_path / "a", whole[1], before)
        assert found == "new" or length > size - 4096, (
            "the end of the last page may be zeros, which is what is read there"
        )
    before = damaged_copy(tmp_path / "a", logged[0], "", lambda _: b"")
    assert look(tmp_path / "a", logged[1], before) == "new"


def flipped(at: int, bit: int = 1) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def test_one_flipped_bit_anywhere_in_the_file_is_never_silent(tmp_path: Path, whole: tuple[Path, list[str]]) -> None:
    look_at_flips(tmp_path, whole, step=2503)


def look_at_flips(folder: Path, source: tuple[Path, list[str]], step: int) -> None:
    size = (source[0] / NAME).stat().st_size
    outcomes = {
        at: look(folder / "a", source[1], damaged_copy(folder / "a", source[0], "", flipped(at, 1 << at % 8)))
        for at in (*range(0, 110, 12), *range(110, size, step))
    }
    assert {"new", "told", "whole"} <= set(outcomes.values())


def test_one_flipped_bit_in_the_log_costs_no_more_than_what_was_kept_last(
    tmp_path: Path, logged: tuple[Path, list[str]]
) -> None:
    size = (logged[0] / f"{NAME}-wal").stat().st_size
    outcomes = [
        look(tmp_path / "a", logged[1], damaged_copy(tmp_path / "a", logged[0], "-wal", flipped(at)), True)
        for at in (0, 9, 20, *range(40, size, size // 20))
    ]
    assert {"cut", "whole"} <= set(outcomes)


def test_a_log_that_ends_early_costs_what_was_not_written_to_its_end(
    tmp_path: Path, logged: tuple[Path, list[str]]
) -> None:
    size = (logged[0] / f"{NAME}-wal").stat().st_size
    for length in range(0, size, size // 12):
        damaged_copy(tmp_path / "a", logged[0], "-wal", lambda data, length=length: data[:length])
        archive = Archive(tmp_path / "a")
        there = held(archive, logged[1])[:3]
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


def test_a_folder_that_is_deleted_or_exchanged_meanwhile_is_begun_anew(
    tmp_path: Path, open_: Callable[..., Archive]
) -> None:
    folder = tmp_path / "data"
    archive = open_(folder)
    ids = fill(archive)
    shutil.copytree(folder, tmp_path / "copy")
    shutil.rmtree(folder)
    assert held(archive, ids) == [False] * 4
    new = fill(archive)
    assert all(held(archive, new))
    shutil.rmtree(folder)
    assert all(held(archive, fill(archive, 1)))
    folder.rename(tmp_path / "away")
    (tmp_path / "copy").rename(folder)
    assert all(held(archive, ids))
    assert all(held(archive, [*ids, *fill(archive)]))
    archive.close()
    intact(folder)


def test_a_data_folder_that_is_a_file_is_said_in_a_sentence(tmp_path: Path, open_: Callable[..., Archive]) -> None:
    (tmp_path / "data").write_text("a file")
    archive = open_(tmp_path / "data")
    for act in (lambda: fill(archive, 1), lambda: archive.find(Query())):
        with pytest.raises(ArchiveError, match=r"\.$"):
            act()
    assert (tmp_path / "data").read_text() == "a file"
