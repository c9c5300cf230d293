"""The archive's file: one SQLite database, how it is opened, written by one at a time, and what its faults mean.

Readers have connections of their own and never write; the one that writes also
checkpoints, and holds a lock that other processes on the same folder respect.
A file that is damaged is moved aside, never deleted; one of a newer Swatchbook
is left as it is. Knows tables, not what is in them.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, LifoQueue

from filelock import FileLock, Timeout

from swatchbook.archive.errors import ArchiveError

log = logging.getLogger(__name__)

NAME = "archive.sqlite"
VERSION = 1
PATIENCE = 5.0
"""Seconds to wait for another writer: the lock's, and then the database's own."""
READERS = 4
CHECKED = 200_000_000
"""Bytes of a file up to which all of it is checked when it is opened: a second or so."""

MIGRATIONS = (
    """
    CREATE TABLE items (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, version INTEGER NOT NULL,
        parent TEXT, relation TEXT NOT NULL, title TEXT NOT NULL, brief TEXT NOT NULL, models TEXT NOT NULL,
        created TEXT NOT NULL, size INTEGER NOT NULL, listed INTEGER NOT NULL, key BLOB NOT NULL,
        mirrored INTEGER NOT NULL);
    CREATE INDEX items_parent ON items (parent);
    CREATE INDEX items_kind ON items (kind, number);
    CREATE INDEX items_waiting ON items (number) WHERE mirrored = 0;
    CREATE TABLE bodies (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE models (model TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (model, number)) WITHOUT ROWID;
    CREATE VIRTUAL TABLE words USING fts5 (title, prompt, text, notes, tokenize = 'unicode61 remove_diacritics 2');
    CREATE TABLE gone (mark BLOB PRIMARY KEY, id TEXT) WITHOUT ROWID;
    CREATE TABLE totals (items INTEGER NOT NULL, bytes INTEGER NOT NULL);
    INSERT INTO totals VALUES (0, 0);
    """,
)
"""What makes each version of the tables out of the one before it. `gone.id` is kept until the mirror knows, too."""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
NEWER = (
    "The archive in the data folder was written by a newer Swatchbook; update this one, or name another folder "
    "in SWATCHBOOK_DATA."
)


class File:
    """One database in one folder. Usable from any thread, and by several processes at once."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self.path = folder / NAME
        self.moved: Path | None = None
        """Where a damaged file was moved to by this process."""
        self._patience = patience
        self._thread, self._process = threading.Lock(), FileLock(folder / "archive.lock", timeout=patience)
        self._writer: sqlite3.Connection | None = None
        self._inode = 0
        self._readers: LifoQueue[tuple[int, sqlite3.Connection]] = LifoQueue()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone. It is on disk when the block ends; when it fails, nothing of it is.

        Raises ArchiveError with one sentence for whatever the disk or the database refuses.
        """
        with self._alone():
            database = self._opened()
            try:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
            except BaseException as error:
                self._undo(database)
                if isinstance(error, sqlite3.Error | OSError):
                    raise self._sentence(error) from error
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state and cannot write. Raises ArchiveError."""
        self._prepare()
        try:
            reader = self._reader()
        except sqlite3.Error as error:
            raise self._sentence(error) from error
        try:
            yield reader[1]
        except sqlite3.Error as error:
            reader[1].close()
            raise self._sentence(error) from error
        except BaseException:
            reader[1].close()
            raise
        if self._readers.qsize() < READERS:
            self._readers.put(reader)
        else:
            reader[1].close()

    def close(self) -> None:
        with suppress(Empty):
            while True:
                self._readers.get_nowait()[1].close()
        with self._thread:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._thread.acquire(timeout=2 * self._patience):
            raise ArchiveError(_BUSY)
        try:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._process.acquire()
            except Timeout:
                raise ArchiveError(_BUSY) from None
            except OSError as error:
                raise self._sentence(error) from error
            try:
                yield
            finally:
                self._process.release()
        finally:
            self._thread.release()

    def _opened(self) -> sqlite3.Connection:
        """The connection that writes; made anew when the file is no longer the one that it opened."""
        inode = self._file_number()
        if self._writer is not None and inode == self._inode:
            return self._writer
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        try:
            self._writer = self._connected()
        except (sqlite3.Error, OSError) as error:
            if not _damaged(error):
                raise self._sentence(error) from error
            self._move_aside(error)
            try:
                self._writer = self._connected()
            except (sqlite3.Error, OSError) as again:
                raise self._sentence(again) from again
        self._inode = self._file_number()
        return self._writer

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=self._patience, check_same_thread=False, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA secure_delete = ON")
            if self.path.stat().st_size <= CHECKED:
                _check(database)
            _migrate(database)
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self) -> None:
        """Make the file, or bring it to this version, before anybody reads it; one that only can be read will do."""
        if self._writer is not None and self._file_number() == self._inode:
            return
        try:
            with self._alone():
                self._opened()
        except ArchiveError:
            if not self._readable():
                raise

    def _readable(self) -> bool:
        """Whether the file is there in this very version, though it cannot be written."""
        try:
            database = self._read_only()
        except sqlite3.Error:
            return False
        with suppress(sqlite3.Error):
            return _version(database) == VERSION
        return False

    def _reader(self) -> tuple[int, sqlite3.Connection]:
        inode = self._file_number()
        with suppress(Empty):
            while True:
                known, reader = self._readers.get_nowait()
                if known == inode:
                    return known, reader
                reader.close()
        return inode, self._read_only()

    def _read_only(self) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        database = sqlite3.connect(address, uri=True, timeout=self._patience, check_same_thread=False)
        database.execute("PRAGMA query_only = ON")
        return database

    def _file_number(self) -> int:
        try:
            return self.path.stat().st_ino
        except OSError:
            return 0

    def _undo(self, database: sqlite3.Connection) -> None:
        """Back to the state before; a connection that cannot go back is given up."""
        try:
            if database.in_transaction:
                database.execute("ROLLBACK")
        except sqlite3.Error:
            log.warning(
                "a transaction of the archive could not be rolled back; its connection is closed", exc_info=True
            )
            database.close()
            self._writer = None

    def _move_aside(self, error: Exception) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        self.moved = self.path.with_name(f"{NAME}.damaged-{stamp}")
        log.error("the archive's file is damaged (%s); it is moved to %s", error, self.moved)
        for end in ("", "-wal", "-shm"):
            part = self.path.with_name(NAME + end)
            if part.exists():
                part.rename(self.moved.with_name(self.moved.name + end))

    def _sentence(self, error: Exception) -> ArchiveError:
        log.warning("the archive: %r", error)
        return ArchiveError(_words(error))


_BUSY = "The archive is busy: another program holds its file; nothing was lost, so try again in a moment."
_FULL = "The disk is full, so nothing was kept, and what was kept before is whole; free some space, then try again."
_LOCKED = (
    "The archive cannot be written, because its data folder is read-only or not this program's; see SWATCHBOOK_DATA."
)
_DAMAGED = (
    "A part of the archive's file is damaged; nothing was changed. Restart Swatchbook: it moves a damaged file aside, "
    "and begins a new one."
)


def _words(error: Exception) -> str:
    if _damaged(error):
        return _DAMAGED
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _BUSY
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (28, 122):
        return _FULL
    if code in _READ_ONLY or isinstance(error, PermissionError) or getattr(error, "errno", None) == 30:
        return _LOCKED
    return "The disk does not take what is written, so nothing was kept; check the disk of the data folder."


def _damaged(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _check(database: sqlite3.Connection) -> None:
    found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        error = sqlite3.DatabaseError(found)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _migrate(database: sqlite3.Connection) -> None:
    """Bring the tables to this version, one step at a time and each whole. Raises ArchiveError for a newer file."""
    if _version(database) > VERSION:
        raise ArchiveError(NEWER)
    for number in range(_version(database) + 1, VERSION + 1):
        database.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[number - 1]} PRAGMA user_version = {number}; COMMIT;")
