"""What the faults of the archive share: archives that are filled, killed, damaged, and looked at afterwards."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from swatchbook.archive.documents import Document
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.file import NAME, File
from swatchbook.archive.store import Archive, Query
from swatchbook.strict import new_id
from tests.faults.keeper import FEW, Keeper
from tests.kept import intact

PATIENCE = 0.2
Folder = tuple[Path, list[str]]
"""A folder with an archive in it, and the ids of what was kept there."""


def an_archive(folder: Path, patience: float = PATIENCE) -> Archive:
    """An archive whose writers wait less long for one another."""
    archive = Archive(folder)
    archive.file = File(folder, patience)
    return archive


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


def filled(folder: Path) -> Folder:
    """An archive that was closed."""
    archive = an_archive(folder)
    ids = fill(archive, 6)
    archive.close()
    return folder, ids


def killed(folder: Path, source: Path) -> Folder:
    """An archive as a process leaves it that was killed: half of what was kept is in the log alone."""
    ids = filled(source)[1]
    again = an_archive(source)
    ids += fill(again, 1)
    with again.file.reading() as database:
        assert database.execute("SELECT count(*) FROM items").fetchone() == (7,)
        ids += fill(again, 4)
        for end in ("", "-wal"):
            shutil.copyfile(source / f"{NAME}{end}", folder / f"{NAME}{end}")
    again.close()
    return folder, ids


def kill_and_look(keeper: Keeper, folder: Path, kills: int) -> None:
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
        archive = an_archive(folder)
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
    archive = an_archive(folder)
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


def flipped(at: int, bit: int = 1) -> Callable[[bytes], bytes]:
    """What turns over one bit of one byte."""
    return lambda data: data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def look_at_flips(folder: Path, source: Folder, step: int) -> None:
    """Damage one byte in so many, each in an archive of its own."""
    size = (source[0] / NAME).stat().st_size
    outcomes = {
        at: look(folder / "a", source[1], damaged_copy(folder / "a", source[0], "", flipped(at, 1 << at % 8)))
        for at in (*range(0, 110, 12), *range(110, size, step))
    }
    assert {"new", "told", "whole"} <= set(outcomes.values())
