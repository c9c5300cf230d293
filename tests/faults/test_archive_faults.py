"""The archive when it goes wrong: killed, full, locked, read-only, damaged, taken away. What was kept stays kept."""

from __future__ import annotations

import errno
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.file import NAME
from swatchbook.archive.store import Archive, Query
from swatchbook.strict import new_id
from tests.faults.archives import PATIENCE, Folder, an_archive, fill, held, kill_and_look, parts, refused
from tests.faults.failing import Disk, failing_disk
from tests.faults.keeper import FEW, Keeper
from tests.kept import intact

KILLS = 10
SENTENCE = r"^[A-Z][^.]*[^.]\.$"


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


def test_nothing_acknowledged_is_lost_when_the_process_is_killed_at_any_moment(keeper: Keeper, tmp_path: Path) -> None:
    kill_and_look(keeper, tmp_path, KILLS)


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
    tmp_path: Path, whole: Folder, error: int, once: bool, step: int, new: bool
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
    tmp_path: Path, whole: Folder
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
            archive = an_archive(folder)
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
