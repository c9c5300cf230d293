"""Lists of what is kept: searched, filtered, and as families. Reads, and never writes.

Knows what an entry of a list says, and who may see it; documents themselves
and their keys are elsewhere.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from swatchbook.archive.search import Marks, search

PAGE, MOST_PAGE = 30, 200
"""Entries on a page, and the most there can be."""
MOST_OWN = 500
"""Most ids of one's own that a query heeds."""
FAMILY = 200
"""Most members of a family that are told."""
_END = 2**63 - 1
"""A number above those of all items."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COLUMNS = "number, id, kind, version, parent, relation, title, brief, models, created, size, listed, mirrored"


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in a list. `size` in bytes as it lies on disk; `found` is what a search met, in its surroundings."""

    number: int
    id: str
    kind: str
    version: int
    parent: str | None
    relation: str
    title: str
    brief: str
    models: tuple[str, ...]
    created: str
    size: int
    listed: bool
    mirrored: bool
    found: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for among what is listed, and what the asker holds the ids of.

    Words are looked for as beginnings; all of them must be there. `before` is the `number` of the last
    entry of the page before.
    """

    text: str = ""
    kind: str = ""
    model: str = ""
    own: tuple[str, ...] = ()
    only_own: bool = False
    before: int | None = None
    count: int = PAGE


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def find(database: sqlite3.Connection, query: Query) -> list[Entry]:
    """Entries, newest first."""
    own = _rows(database, "id", [id for id in query.own[:MOST_OWN] if is_id(id)])
    before = _END if query.before is None else max(0, min(query.before, _END))
    marks = Marks(query.kind, (query.model,) if query.model else (), not query.only_own)
    count = max(1, min(query.count, MOST_PAGE))
    found = dict(search(database, query.text, marks, [row[0] for row in own], before, count))
    return [_entry(row, found[row[0]]) for row in _rows(database, "number", list(found))]


def entry(database: sqlite3.Connection, id: str) -> Entry | None:
    rows = _rows(database, "id", [id] if is_id(id) else [])
    return _entry(rows[0]) if rows else None


def family(database: sqlite3.Connection, id: str, own: Sequence[str]) -> list[Entry]:
    """Ancestors, the item itself and all that came of them, oldest first, as far as they may be seen here."""
    if not is_id(id):
        return []
    rows = database.execute(_FAMILY, {"id": id, "most": FAMILY}).fetchall()
    return [found for found in map(_entry, rows) if found.listed or found.id == id or found.id in own]


def models(database: sqlite3.Connection) -> list[str]:
    return [row[0] for row in database.execute(_MODELS)]


def _rows(database: sqlite3.Connection, column: str, values: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]
    """Items with one of these values, newest first."""
    places = ", ".join("?" * len(values))
    sql = f"SELECT {_COLUMNS} FROM items WHERE {column} IN ({places}) ORDER BY number DESC"
    return database.execute(sql, values).fetchall()


def _entry(row: tuple, found: str = "") -> Entry:  # type: ignore[type-arg]
    number, id, kind, version, parent, relation, title, brief, models, created, size, listed, mirrored = row
    named = tuple(filter(None, models.split("\n")))
    return Entry(
        number, id, kind, version, parent, relation, title, brief, named, created, size, bool(listed), mirrored == 1,
        found,
    )  # fmt: skip


_UP = """
WITH RECURSIVE up (id, parent, depth) AS (
    SELECT id, parent, 0 FROM items WHERE id = :id
    UNION SELECT items.id, items.parent, depth + 1 FROM up JOIN items ON items.id = up.parent WHERE depth < 50)
"""
_FAMILY = f"""
{_UP},
eldest (id) AS (SELECT id FROM up ORDER BY depth DESC LIMIT 1),
down (id, depth) AS (
    SELECT id, 0 FROM eldest
    UNION SELECT items.id, depth + 1 FROM down JOIN items ON items.parent = down.id WHERE depth < 50
    LIMIT :most)
SELECT {_COLUMNS} FROM items WHERE id IN (SELECT id FROM down UNION SELECT id FROM up) ORDER BY number
"""
_MODELS = """
WITH RECURSIVE each (model) AS (
    SELECT min(model) FROM models
    UNION ALL SELECT (SELECT min(model) FROM models WHERE model > each.model) FROM each WHERE each.model IS NOT NULL)
SELECT model FROM each WHERE model IS NOT NULL ORDER BY model LIMIT 2000
"""
