"""A look at the archive's file before it is written: whether it is whole, ours, and not of a newer Swatchbook.

It is looked at without a right to write, so that not a byte of a damaged or a
newer one is altered. What is damaged is moved or copied aside, never deleted.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from swatchbook.archive import faults, tables, wal

log = logging.getLogger(__name__)

PARTS = ("", "-wal", "-shm", "-journal")
"""How the names of a database's files end."""
CHECKED = 200_000_000
"""Bytes of a file up to which all of it is checked when it is opened: a second or so."""

_SMALLEST = 512
"""Bytes of one page, below which SQLite takes a file for an empty one."""


def inspect(path: Path, read_only: Callable[[], sqlite3.Connection], thorough: bool) -> None:
    """Raises SQLite's error for damage, ArchiveError for a newer file. `thorough` checks a large file whole, too."""
    size, logged = size_of(path), size_of(part(path, "-wal"))
    if size < _SMALLEST:
        if size or logged:
            raise faults.damage("the database is empty, and was not")
        return
    try:
        with closing(read_only()) as database:
            tables.check_version(database)
            if thorough or size <= CHECKED:
                tables.check_whole(database)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
        log.info("a write to %s was cut short; whoever writes next undoes it", path)


def copy_lost(path: Path) -> Path | None:
    """Copy the log aside when SQLite is about to drop whole writes that follow damage; returns the copy."""
    written = part(path, "-wal")
    if not wal.cut_short(written):
        return None
    aside = _aside(written)
    shutil.copyfile(written, aside)
    log.error("the archive's log is damaged, and what was written last is lost; the log is copied to %s", aside)
    return aside


def move_aside(path: Path, error: Exception) -> Path:
    """Move the database away with all its parts; returns where it is now."""
    aside = _aside(path)
    log.error("the archive's file is damaged (%s); it is moved to %s", error, aside)
    for end in PARTS:
        if part(path, end).exists():
            part(path, end).rename(part(aside, end))
    return aside


def part(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S-%f')}")


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
