"""The archive's file: one SQLite database, read by many at a time and written by one.

Readers have connections of their own and never write; the one that writes also
checkpoints, and holds a lock that other processes on the same folder respect.
A file that is damaged is moved aside, never deleted; one of a newer Swatchbook
is left as it is. Knows nothing of what is in the tables.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, Literal

from filelock import FileLock, Timeout

from swatchbook.archive import faults, tables
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.inspection import copy_lost, inspect, move_aside, part, size_of

log = logging.getLogger(__name__)

NAME = "archive.sqlite"
PATIENCE = 5.0
"""Seconds to wait for another writer: the lock's, and then the database's own."""
READERS = 4
LONGEST = 32_000_000
"""Bytes of the write-ahead log above which a writer waits for readers, a little, so that it can begin anew."""
LITTLE = 200
"""Milliseconds of that."""
_STATEMENTS = 512
Doubt = Literal["index", "file"] | None
"""What turned out to be damaged while it was used, and is looked at before the next write."""
_STALE = -1
"""In place of a file's number, for a connection that is used once."""


class File:
    """One database in one folder. Usable from any thread, and by several processes at once."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self.path = folder / NAME
        self.moved: Path | None = None
        """Where this process moved a damaged file to, or copied what it could not keep of one."""
        self.news = ""
        """A sentence about that, for whoever looks at the archive."""
        self._patience = patience
        self._thread, self._process = threading.Lock(), FileLock(folder / "archive.lock", timeout=patience)
        self._writer: sqlite3.Connection | None = None
        self._inode = self._readable = 0
        self._doubt: Doubt = None
        self._erasing = True
        self._readers: LifoQueue[tuple[int, sqlite3.Connection]] = LifoQueue()

    @contextmanager
    def writing(self, erase: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, alone. It is on disk when the block ends; when it fails, nothing of it is.

        With `erase`, what it deletes leaves the log, too, as soon as nobody reads it any more.
        Raises ArchiveError with one sentence for whatever the disk or the database refuses.
        """
        with self._told(writing=True), self._alone():
            database = self._opened()
            try:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
            except BaseException as error:
                if faults.damaged(error):
                    self._doubt = "index" if faults.index_damaged(error) else "file"
                self._undo(database)
                raise
            self._erasing = self._erasing or erase
            self._shorten(database)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state and cannot write. Raises ArchiveError."""
        with self._told(writing=False):
            self._prepare()
            inode, reader = self._reader()
            try:
                reader.execute("BEGIN")
                yield reader
                reader.execute("ROLLBACK")
            except BaseException as error:
                reader.close()
                if faults.index_damaged(error):
                    self._doubt = self._doubt or "index"
                raise
            if inode != _STALE and self._readers.qsize() < READERS:
                self._readers.put((inode, reader))
            else:
                reader.close()

    def close(self) -> None:
        with suppress(Empty):
            while True:
                self._readers.get_nowait()[1].close()
        with self._thread:
            if self._writer is None:
                return
            try:
                with self._process:
                    self._drop()
            except (Timeout, OSError):
                self._drop()

    @contextmanager
    def _told(self, writing: bool) -> Iterator[None]:
        """What the disk or the database refuses becomes a sentence; a mistake of the program stays what it is."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except (sqlite3.Error, OSError) as error:
            log.warning("the archive: %r (%s)", error, getattr(error, "sqlite_errorname", ""))
            raise ArchiveError(faults.sentence(error, writing)) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._thread.acquire(timeout=2 * self._patience):
            raise ArchiveError(faults.BUSY)
        try:
            _make(self.path.parent)
            try:
                self._process.acquire()
            except Timeout:
                raise ArchiveError(faults.BUSY) from None
            try:
                yield
            finally:
                self._process.release()
        finally:
            self._thread.release()

    def _opened(self) -> sqlite3.Connection:
        """The connection that writes; made anew when the file is no longer the one that it opened."""
        if self._writer is not None and self._file_number() == self._inode and self._doubt is None:
            return self._writer
        self._drop()
        try:
            self._writer = self._connected()
        except sqlite3.DatabaseError as error:
            if not faults.damaged(error):
                raise
            self.moved = move_aside(self.path, error)
            self.news = f"The archive's file was damaged; it was moved to {self.moved.name}, and a new one was begun."
            self._writer = self._connected()
        self._inode, self._doubt = self._file_number(), None
        return self._writer

    def _connected(self) -> sqlite3.Connection:
        inspect(self.path, self._read_only, thorough=self._doubt == "file")
        if lost := copy_lost(self.path):
            self.moved = lost
            self.news = (
                f"What was kept last was damaged on the disk and is lost; its remains were copied to {lost.name}."
            )
        database = sqlite3.connect(self.path, **self._options())
        try:
            _set_up(database)
            tables.migrate(database)
            if self._doubt is not None:
                tables.mend(database)
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self) -> None:
        """Make the file, or bring it to this version, before anybody reads it; one that only can be read will do."""
        number = self._file_number()
        if number and (number == self._readable or (number == self._inode and self._writer is not None)):
            return
        try:
            with self._alone():
                self._opened()
        except (ArchiveError, sqlite3.Error, OSError):
            if not self._is_readable():
                raise
            self._readable = number

    def _is_readable(self) -> bool:
        """Whether the file is there in this very version, though it cannot be written."""
        try:
            with closing(self._reader()[1]) as database:
                return tables.version_of(database) == len(tables.MIGRATIONS)
        except sqlite3.Error:
            return False

    def _reader(self) -> tuple[int, sqlite3.Connection]:
        inode = self._file_number()
        with suppress(Empty):
            while True:
                known, reader = self._readers.get_nowait()
                if known == inode:
                    return known, reader
                reader.close()
        try:
            return inode, self._read_only()
        except sqlite3.OperationalError:
            if not inode or os.access(self.path.parent, os.W_OK) or size_of(part(self.path, "-wal")):
                raise
            # A folder where no log can be made: the file is all there is, as long as nobody else may write there.
            return _STALE, self._read_only("&immutable=1")

    def _read_only(self, options: str = "") -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode=ro{options}"
        database = sqlite3.connect(address, uri=True, **self._options())
        try:
            database.text_factory = _text
            database.execute("PRAGMA query_only = ON")
            database.execute("PRAGMA schema_version")
        except BaseException:
            database.close()
            raise
        return database

    def _options(self) -> dict[str, Any]:
        return {
            "timeout": self._patience,
            "check_same_thread": False,
            "isolation_level": None,
            "cached_statements": _STATEMENTS,
        }

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
            log.warning("a transaction of the archive could not be undone; its connection is closed", exc_info=True)
            self._drop()

    def _drop(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _shorten(self, database: sqlite3.Connection) -> None:
        """Empty the log where it must be, or has grown long: readers that overlap without end would keep it growing.

        What was committed is committed: a failure here is the log's, and tried again after the next write.
        """
        if not self._erasing and size_of(part(self.path, "-wal")) <= LONGEST:
            return
        database.execute(f"PRAGMA busy_timeout = {LITTLE}")
        try:
            (busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._erasing = self._erasing and bool(busy)
        except sqlite3.Error as error:
            log.warning("the archive's log could not be emptied: %r", error)
        database.execute(f"PRAGMA busy_timeout = {int(1000 * self._patience)}")


def _set_up(database: sqlite3.Connection) -> None:
    (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        log.warning("the disk of the archive can keep no write-ahead log; whoever reads and who writes take turns")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA secure_delete = ON")
    database.execute(f"PRAGMA journal_size_limit = {LONGEST}")


def _text(data: bytes) -> str:
    """A text from a file that may be damaged."""
    return data.decode(errors="replace")


def _make(folder: Path) -> None:
    """Make a folder that a power failure does not take back."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(exist_ok=True)
    handle = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        log.info("the disk cannot make sure of a folder: %r", error)
    finally:
        os.close(handle)
