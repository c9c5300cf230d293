"""The archive's tables: how they come about, step by step, and whether a file that holds them is whole.

A step is never altered once it was released; a new one is appended. Knows no
documents, and nothing of who writes when.
"""

from __future__ import annotations

import sqlite3

from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.faults import NEWER, damage, damaged

MIGRATIONS = (
    """
    CREATE TABLE items (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, version INTEGER NOT NULL,
        parent TEXT, relation TEXT NOT NULL, title TEXT NOT NULL, brief TEXT NOT NULL, models TEXT NOT NULL,
        created TEXT NOT NULL, size INTEGER NOT NULL, listed INTEGER NOT NULL, key BLOB NOT NULL,
        mirrored INTEGER NOT NULL);
    CREATE INDEX items_parent ON items (parent);
    CREATE INDEX items_waiting ON items (number) WHERE mirrored <> 1;
    CREATE TABLE bodies (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE models (model TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (model, number)) WITHOUT ROWID;
    CREATE TABLE shelves (first INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);
    CREATE TABLE gone (mark BLOB PRIMARY KEY, id TEXT) WITHOUT ROWID;
    CREATE TABLE totals (items INTEGER NOT NULL, bytes INTEGER NOT NULL);
    INSERT INTO totals VALUES (0, 0);
    """,
)
"""What makes each version of the tables out of the one before it.

`models` holds those of listed items alone. `shelves` are the parts of the search index, each a table
of its own (see search.py). `gone.id` is kept until the mirror knows, too.
"""

_MOST = 10_000
"""Versions that no program will ever reach: a number above is damage."""


def version_of(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def check_version(database: sqlite3.Connection) -> None:
    """Raise ArchiveError for the file of a newer program, and SQLite's error for one that is none of ours."""
    version = version_of(database)
    if not 0 <= version <= _MOST:
        raise damage(f"the version of its tables is {version}")
    if version == 0 and database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise damage("it holds tables without a version")
    if version > len(MIGRATIONS):
        raise ArchiveError(NEWER)


def check_whole(database: sqlite3.Connection) -> None:
    """Read the file from end to end. Raises SQLite's error for damage."""
    found = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise damage(found)


def migrate(database: sqlite3.Connection) -> None:
    """Bring the tables to this version, one step at a time and each whole."""
    for number in range(version_of(database) + 1, len(MIGRATIONS) + 1):
        step = MIGRATIONS[number - 1]
        database.executescript(f"BEGIN IMMEDIATE; {step}\n; PRAGMA user_version = {number}; COMMIT;")


def shelves(database: sqlite3.Connection) -> list[int]:
    """The number of the first item of each shelf, oldest first."""
    return [row[0] for row in database.execute("SELECT first FROM shelves ORDER BY first")]


def mend(database: sqlite3.Connection) -> None:
    """Make those shelves anew that do not agree with the texts they hold. Raises SQLite's error where none can be."""
    for first in shelves(database):
        try:
            database.execute(f"INSERT INTO words_{first} (words_{first}) VALUES ('integrity-check')")
        except sqlite3.DatabaseError as error:
            if not damaged(error):
                raise
            database.execute(f"INSERT INTO words_{first} (words_{first}) VALUES ('rebuild')")
