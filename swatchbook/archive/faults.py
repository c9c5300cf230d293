"""What can go wrong with a file on a disk, and the one sentence that a person is told of it."""

from __future__ import annotations

import errno
import sqlite3

BUSY = "The archive is busy: another program holds its file; nothing was lost, so try again in a moment."
NEWER = (
    "The archive in the data folder was written by a newer Swatchbook; update this one, or name another folder "
    "in SWATCHBOOK_DATA."
)
_FULL = "The disk is full, so nothing was kept, and what was kept before is whole; free some space, then try again."
_LOCKED = (
    "The archive cannot be written, because its data folder is read-only or not this program's; see SWATCHBOOK_DATA."
)
_CLOSED = (
    "The archive's file cannot be opened; look whether this program may write to its data folder, and whether the disk "
    "has room; see SWATCHBOOK_DATA."
)
_UNREADABLE = (
    "A part of the archive's file is damaged, and what lies there cannot be read; the rest of it can, and nothing was "
    "changed."
)
_UNWRITABLE = (
    "A part of the archive's file is damaged, so nothing was kept; try again: the file is then mended, or moved aside "
    "for a new one."
)
_OTHER = (
    "The disk of the archive is full or reports an error, so nothing was changed, and what was kept before is whole; "
    "make sure of the disk of the data folder, then try again."
)

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_FORBIDDEN = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)


def code_of(error: BaseException) -> int:
    """SQLite's own code for what went wrong; 0 for what is not SQLite's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def damaged(error: BaseException) -> bool:
    """Whether the file is not what was written."""
    return code_of(error) in _DAMAGE


def index_damaged(error: BaseException) -> bool:
    """Whether it is the search index that is not what was written; it can be made anew."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CORRUPT_VTAB


def damage(found: str) -> sqlite3.DatabaseError:
    """The error of a file that was found to be damaged."""
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def sentence(error: BaseException, writing: bool) -> str:
    """What a person is told of an error of SQLite or of the system."""
    code, number = code_of(error), getattr(error, "errno", None)
    if damaged(error):
        return _UNWRITABLE if writing else _UNREADABLE
    if code in _HELD:
        return BUSY
    if code == sqlite3.SQLITE_FULL or number in _NO_ROOM:
        return _FULL
    if code == sqlite3.SQLITE_CANTOPEN:
        return _CLOSED
    if code in _FORBIDDEN or number in _NO_RIGHT:
        return _LOCKED
    return _OTHER
