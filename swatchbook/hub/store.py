"""The Hub's answers, kept on disk with the time they were given.

A cache and nothing more: it may be deleted at any time, forgets the oldest when
it grows too large, and a fault of the disk is a miss, noted in the log. Knows
bytes and keys, not what they mean.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

MOST = 200_000_000
"""Most bytes of answers, as they lie on disk."""
VERSION = 1
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, body BLOB NOT NULL, next TEXT, taken REAL NOT NULL);
CREATE INDEX IF NOT EXISTS by_age ON answers (taken);
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer, the address of the page after it, and when it was given (seconds since 1970)."""

    body: bytes
    next: str | None
    taken: float


class Store:
    """One file of answers. Usable from any thread; without a folder it lives in memory."""

    def __init__(self, folder: Path | None, most: int = MOST, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._most, self._clock = folder, most, clock
        self._lock = threading.Lock()
        self._closed = False
        self._database = _open(folder)
        self._size = self._measured()

    def get(self, key: str) -> Stored | None:
        try:
            with self._lock:
                row = self._database.execute("SELECT body, next, taken FROM answers WHERE key = ?", (key,)).fetchone()
            return Stored(zlib.decompress(row[0]), row[1], row[2]) if row else None
        except (sqlite3.Error, zlib.error) as error:
            self._mend(error)
            return None

    def put(self, key: str, body: bytes, next: str | None = None) -> None:
        packed = zlib.compress(body, 1)
        try:
            with self._lock, self._database:
                self._database.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", (key, packed, next, self._clock())
                )
                self._size += len(packed)
                if self._size > self._most:
                    self._forget()
        except sqlite3.Error as error:
            self._mend(error)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._database.close()

    def _mend(self, error: Exception) -> None:
        """A lock or a full disk passes; a file that is no database any more is begun anew."""
        log.warning("the Hub's kept answers are of no use now: %s", error)
        with self._lock:
            if not self._closed and getattr(error, "sqlite_errorcode", None) in _DAMAGE:
                self._database.close()
                self._database = _open(self._folder, anew=True)
                self._size = 0

    def _forget(self) -> None:
        """Drop the oldest answers until a fifth of the room is free."""
        self._size = self._measured()
        rows = self._database.execute("SELECT key, length(body) FROM answers ORDER BY taken").fetchall()
        for key, size in rows:
            if self._size <= 0.8 * self._most:
                return
            self._database.execute("DELETE FROM answers WHERE key = ?", (key,))
            self._size -= size

    def _measured(self) -> int:
        return int(self._database.execute("SELECT coalesce(sum(length(body)), 0) FROM answers").fetchone()[0])


def _open(folder: Path | None, anew: bool = False) -> sqlite3.Connection:
    """The file in this folder; a damaged one is begun anew, and without a disk there is memory."""
    if folder is None:
        return _connect(":memory:")
    path = folder / f"hub-{VERSION}.sqlite"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if anew:
            _unlink(path)
        try:
            return _connect(str(path))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            log.warning("the Hub's kept answers were damaged and are begun anew: %s", error)
            _unlink(path)
            return _connect(str(path))
    except (sqlite3.Error, OSError):
        log.warning("the Hub's answers cannot be kept on disk; they live in memory until the end", exc_info=True)
        return _connect(":memory:")


def _unlink(path: Path) -> None:
    """Delete a database and what SQLite keeps beside it."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _connect(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=5, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA auto_vacuum = FULL")
        database.executescript(_SCHEMA)
    except BaseException:
        database.close()
        raise
    return database
