"""Documents that last: kept, opened, found and deleted.

A document is kept under an id that nobody guesses and never changes; whoever
kept it has a key to delete it. What was deleted cannot be told from what never
was. Knows documents by their kind alone; pages and the mirror are elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from swatchbook.archive.documents import Document, Kind, Words, kind_of
from swatchbook.archive.errors import ArchiveError, TooLarge, Unreadable
from swatchbook.archive.file import File
from swatchbook.runs import MAX_DOCUMENT, RunError
from swatchbook.settings import ARCHIVE_GB
from swatchbook.strict import new_id

MIN_ID = 22
"""Characters of an id under which somebody could guess it."""
MAX_QUERY = 400
PAGE = 30
FAMILY = 200
"""Most members of a family that are told."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WORD = re.compile(r"\w+")
_COLUMNS = (
    "items.number, items.id, kind, version, parent, relation, items.title, brief, items.models, created, size, listed,"
    " mirrored"
)


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
class Kept:
    """A document that is on disk. `key` deletes it; it is told this once."""

    document: Document
    kind: Kind
    key: str


@dataclass(frozen=True, slots=True)
class Record:
    """A document with all that the archive holds of it, as a mirror carries it. `body` is the packed document."""

    id: str
    kind: str
    version: int
    created: str
    listed: bool
    key: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for among what is listed, and what the asker holds the ids of.

    `before` is the `number` of the last entry of the page before.
    """

    text: str = ""
    kind: str = ""
    model: str = ""
    own: tuple[str, ...] = ()
    only_own: bool = False
    before: int | None = None
    count: int = PAGE


class Archive:
    """All that was kept in one folder. Usable from any thread, and by several processes at once."""

    def __init__(self, folder: Path, most: int = int(ARCHIVE_GB * 1e9), largest: int = MAX_DOCUMENT) -> None:
        """`most` bytes may lie on disk, and a document have `largest`."""
        self.file, self._most, self._largest = File(folder), most, largest

    def keep(self, document: Document, kind: str = "run", listed: bool = False) -> Kept:
        """Keep a document; when this returns, it is on disk. It gets an id of its own where its own will not do.

        Raises TooLarge, or ArchiveError for what the disk refuses.
        """
        key, made = secrets.token_urlsafe(9), kind_of(kind)
        if len(document.id) < MIN_ID or self._taken(document.id):
            document = document.model_copy(update={"id": new_id()})
        packed = self._packed(made, document)
        with self.file.writing() as database:
            if _taken(database, document.id):
                raise ArchiveError("Somebody kept this very document a moment ago; try again.")
            self._insert(database, packed, _mark(key), listed)
        return Kept(document, made, key)

    def open(self, id: str) -> Document | None:
        """The document with this id; None where there is none, was one, or can be none.

        Raises Unreadable when it is there and damaged, ArchiveError when the file cannot be read.
        """
        with self.file.reading() as database:
            row = _body(database, id)
        if row is None:
            return None
        try:
            document: Document = kind_of(row[0]).read(zlib.decompress(row[1]))
        except (zlib.error, RunError, ArchiveError) as error:
            raise Unreadable(f"What was kept under this link can no longer be read: {error}") from error
        return document

    def entry(self, id: str) -> Entry | None:
        """What a list says of a document, whether it is listed or not."""
        with self.file.reading() as database:
            row = database.execute(f"SELECT {_COLUMNS} FROM items WHERE id = ?", (id,)).fetchone()
        return _entry(row) if row else None

    def delete(self, id: str, key: str) -> bool:
        """Delete a document and every word of it; False where the id or the key is none. Its id is never used again."""
        with self.file.writing() as database:
            row = database.execute(
                "SELECT key, number, size, models, mirrored FROM items WHERE id = ?", (id,)
            ).fetchone()
            if not hmac.compare_digest(row[0] if row else bytes(32), _mark(key)):
                return False
            _remove(database, id, *row[1:])
        return True

    def find(self, query: Query) -> list[Entry]:
        """Entries, newest first. Words are looked for as beginnings; all of them must be there."""
        sql, values = _search(query)
        with self.file.reading() as database:
            return [_entry(row) for row in database.execute(sql, values)]

    def family(self, id: str, own: Sequence[str] = ()) -> list[Entry]:
        """A document's ancestors, itself and all that came of them, oldest first, as far as they may be seen here."""
        with self.file.reading() as database:
            above = {row[0] for row in database.execute(f"{_UP} SELECT id FROM up", {"id": id})}
            rows = database.execute(_FAMILY, {"id": id, "most": FAMILY}).fetchall()
        return [entry for entry in map(_entry, rows) if entry.listed or entry.id in above or entry.id in own]

    def models(self) -> list[str]:
        """The models of what is listed, by name."""
        with self.file.reading() as database:
            rows = database.execute(_MODELS).fetchall()
        return sorted(row[0] for row in rows)

    def taken(self) -> tuple[int, int]:
        """How many documents there are, and their bytes."""
        with self.file.reading() as database:
            items, size = database.execute("SELECT items, bytes FROM totals").fetchone()
        return int(items), int(size)

    def record(self, id: str) -> Record | None:
        """What a mirror carries of a document."""
        with self.file.reading() as database:
            row = database.execute(
                "SELECT id, kind, version, created, listed, key, body FROM items JOIN bodies USING (number)"
                " WHERE id = ?",
                (id,),
            ).fetchone()
        if row is None:
            return None
        id, kind, version, created, listed, key, body = row
        return Record(id, kind, version, created, bool(listed), key, body)

    def restore(self, record: Record) -> bool:
        """Take back what a mirror carried, under its own id; False where it was deleted here. Raises ArchiveError."""
        kind = kind_of(record.kind)
        try:
            document: Document = kind.read(_unpacked(record.body, self._largest))
        except (zlib.error, RunError) as error:
            raise Unreadable(f"What the archive repository holds under this link cannot be read: {error}") from error
        if document.id != record.id:
            raise Unreadable("What the archive repository holds under this link is another document.")
        packed = self._packed(kind, document)
        with self.file.writing() as database:
            if _taken(database, record.id):
                return not _gone(database, record.id)
            self._insert(database, packed, record.key, record.listed)
            database.execute("UPDATE items SET mirrored = 1 WHERE id = ?", (record.id,))
        return True

    def waiting(self, count: int = 100) -> list[str]:
        """Ids of what the mirror does not hold yet, oldest first."""
        with self.file.reading() as database:
            rows = database.execute("SELECT id FROM items WHERE mirrored = 0 ORDER BY number LIMIT ?", (count,))
            return [row[0] for row in rows]

    def leaving(self, count: int = 100) -> list[str]:
        """Ids of what was deleted here and not yet from the mirror."""
        with self.file.reading() as database:
            rows = database.execute("SELECT id FROM gone WHERE id IS NOT NULL LIMIT ?", (count,))
            return [row[0] for row in rows]

    def settle(self, ids: Sequence[str] = (), gone: Sequence[str] = ()) -> None:
        """Note that the mirror holds these, and no longer those. What was deleted meanwhile is to leave it again."""
        with self.file.writing() as database:
            database.executemany("UPDATE items SET mirrored = 1 WHERE id = ?", [(id,) for id in ids])
            database.executemany("UPDATE gone SET id = ? WHERE mark = ?", [(id, _mark(id)) for id in ids])
            database.executemany("UPDATE gone SET id = NULL WHERE mark = ?", [(_mark(id),) for id in gone])

    def close(self) -> None:
        self.file.close()

    def _taken(self, id: str) -> bool:
        with self.file.reading() as database:
            return _taken(database, id)

    def _packed(self, kind: Kind, document: Document) -> _Packed:
        """The document as it will lie on disk. Raises TooLarge."""
        plain = document.to_json().encode()
        if len(plain) > self._largest:
            raise TooLarge(
                f"This {kind.name} has {len(plain) / 1e6:.0f} MB, and {self._largest / 1e6:.0f} MB is the most that is "
                "kept; download it as a file."
            )
        words, body = kind.words(document), zlib.compress(plain, 6)
        size = len(body) + sum(len(part.encode(errors="replace")) for part in astuple(words))
        return _Packed(kind, document, words, body, size)

    def _insert(self, database: sqlite3.Connection, packed: _Packed, key: bytes, listed: bool) -> None:
        if database.execute("SELECT bytes FROM totals").fetchone()[0] + packed.size > self._most:
            raise TooLarge(
                f"The archive is full ({self._most / 1e9:.3g} GB, SWATCHBOOK_ARCHIVE_GB); delete something that was"
                " kept, or download this as a file."
            )
        document, kind = packed.document, packed.kind
        models = kind.models(document)
        values = {
            "id": document.id,
            "kind": kind.name,
            "version": kind.version,
            "parent": document.parent,
            "relation": kind.relation(document),
            "title": document.title,
            "brief": kind.brief(document),
            "models": "\n".join(models),
            "created": document.created,
            "size": packed.size,
            "listed": int(listed),
            "key": key,
            "mirrored": 0,
        }
        places = ", ".join(f":{name}" for name in values)
        number = database.execute(f"INSERT INTO items ({', '.join(values)}) VALUES ({places})", values).lastrowid
        database.execute("INSERT INTO bodies VALUES (?, ?)", (number, packed.body))
        database.executemany("INSERT INTO models VALUES (?, ?)", [(model, number) for model in models])
        database.execute(
            "INSERT INTO words (rowid, title, prompt, text, notes) VALUES (?, ?, ?, ?, ?)",
            (number, *astuple(packed.words)),
        )
        database.execute("UPDATE totals SET items = items + 1, bytes = bytes + ?", (packed.size,))


@dataclass(frozen=True, slots=True)
class _Packed:
    """A document that is ready to be written; `size` is what it counts for, in bytes."""

    kind: Kind
    document: Document
    words: Words
    body: bytes
    size: int


def _remove(database: sqlite3.Connection, id: str, number: int, size: int, models: str, mirrored: int) -> None:
    for table, column in (("items", "number"), ("bodies", "number"), ("words", "rowid")):
        database.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))
    pairs = [(model, number) for model in models.split("\n")]
    database.executemany("DELETE FROM models WHERE model = ? AND number = ?", pairs)
    database.execute("UPDATE totals SET items = items - 1, bytes = bytes - ?", (size,))
    database.execute("INSERT INTO gone VALUES (?, ?)", (_mark(id), id if mirrored else None))


def _mark(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _taken(database: sqlite3.Connection, id: str) -> bool:
    return database.execute("SELECT 1 FROM items WHERE id = ?", (id,)).fetchone() is not None or _gone(database, id)


def _gone(database: sqlite3.Connection, id: str) -> bool:
    return database.execute("SELECT 1 FROM gone WHERE mark = ?", (_mark(id),)).fetchone() is not None


def _body(database: sqlite3.Connection, id: str) -> tuple[str, bytes] | None:
    if not _ID.fullmatch(id):
        return None
    row: tuple[str, bytes] | None = database.execute(
        "SELECT kind, body FROM items JOIN bodies USING (number) WHERE id = ?", (id,)
    ).fetchone()
    return row


def _unpacked(body: bytes, most: int) -> bytes:
    """The packed document, unpacked no further than the largest there may be. Raises Unreadable, zlib.error."""
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(body, most)
    if not unpacking.eof:
        raise Unreadable("it is larger than a document can be, or cut short.")
    return plain


def _entry(row: tuple) -> Entry:  # type: ignore[type-arg]
    number, id, kind, version, parent, relation, title, brief, models, created, size, listed, mirrored, *found = row
    named = tuple(filter(None, models.split("\n")))
    return Entry(
        number, id, kind, version, parent, relation, title, brief, named, created, size, bool(listed), bool(mirrored),
        *found,
    )  # fmt: skip


def _search(query: Query) -> tuple[str, list[object]]:
    """The statement for a query, and its values. No word of a visitor is read as an operator."""
    words = _WORD.findall(query.text[:MAX_QUERY])[:20]
    own = query.own[:500]
    seen = f"items.id IN ({','.join('?' * len(own))})"
    if not query.only_own:
        seen = f"(listed OR {seen})"
    source, where, values, number, found = "items", [seen], list[object](own), "items.number", "''"
    if words:
        source, number = "words JOIN items ON items.number = words.rowid", "words.rowid"
        found = "snippet(words, -1, '', '', '…', 14)"
        where, values = ["words MATCH ?", *where], [" ".join(f'"{word}"*' for word in words), *values]
        if query.model:
            where.append("EXISTS (SELECT 1 FROM models WHERE models.model = ? AND models.number = words.rowid)")
            values.append(query.model)
    elif query.model:
        source, number = "models JOIN items USING (number)", "models.number"
        where, values = ["models.model = ?", *where], [query.model, *values]
    if query.kind:
        where, values = [*where, "kind = ?"], [*values, query.kind]
    if query.before is not None:
        where, values = [*where, f"{number} < ?"], [*values, query.before]
    sql = f"SELECT {_COLUMNS}, {found} FROM {source} WHERE {' AND '.join(where)} ORDER BY {number} DESC LIMIT ?"
    return sql, [*values, min(query.count, 200)]


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
SELECT {_COLUMNS} FROM items WHERE id IN (SELECT id FROM down) ORDER BY number
"""
_MODELS = """
WITH RECURSIVE each (model) AS (
    SELECT min(model) FROM models
    UNION ALL SELECT (SELECT min(model) FROM models WHERE model > each.model) FROM each WHERE each.model IS NOT NULL)
SELECT model FROM each WHERE model IS NOT NULL AND EXISTS (
    SELECT 1 FROM models JOIN items USING (number) WHERE models.model = each.model AND listed)
LIMIT 2000
"""
