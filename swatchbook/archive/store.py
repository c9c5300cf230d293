"""Documents that last: kept, opened, found and deleted.

A document is kept under an id that nobody guesses and never changes; whoever
kept it has a key to delete it. What was deleted cannot be told from what never
was. Knows documents by their kind alone; pages and the mirror are elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from swatchbook.archive import listing, search
from swatchbook.archive.documents import Document, Kind, Words, kind_of
from swatchbook.archive.errors import ArchiveError, TooLarge, Unreadable
from swatchbook.archive.file import File
from swatchbook.archive.listing import PAGE, Entry, Query, is_id
from swatchbook.archive.packing import pack, unpack
from swatchbook.runs import MAX_DOCUMENT, RunError
from swatchbook.settings import ARCHIVE_GB
from swatchbook.strict import new_id

__all__ = ["PAGE", "Archive", "Entry", "Kept", "Query", "Record"]

MIN_ID = 22
"""Characters of an id under which somebody could guess it."""
BOUNDED = 1_000_000
"""Bytes of a document above which reading may meet a bound: such a one is read before it is kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A document that is on disk. `key` deletes it; it is told this once."""

    document: Document
    kind: Kind
    key: str


@dataclass(frozen=True, slots=True)
class Record:
    """A document with all that the archive holds of it, as a mirror carries it. `body` is its JSON, through zlib."""

    id: str
    kind: str
    version: int
    created: str
    listed: bool
    key: bytes
    body: bytes


class Archive:
    """All that was kept in one folder. Usable from any thread, and by several processes at once."""

    def __init__(self, folder: Path, most: int = int(ARCHIVE_GB * 1e9), largest: int = MAX_DOCUMENT) -> None:
        """`most` bytes may lie on disk, and a document have `largest`."""
        self.file, self._most, self._largest = File(folder), most, largest

    def keep(self, document: Document, kind: str = "run", listed: bool = False) -> Kept:
        """Keep a document; when this returns, it is on disk. It gets an id of its own where its own will not do.

        Raises TooLarge, or ArchiveError for what could not be opened again, or the disk refuses.
        """
        key, made = secrets.token_urlsafe(9), kind_of(kind)
        if len(document.id) < MIN_ID or not is_id(document.id) or self._taken(document.id):
            document = document.model_copy(update={"id": new_id()})
        packed = self._packed(made, document, is_new=True)
        with self.file.writing() as database:
            free = not _taken(database, document.id)
            if free:
                self._insert(database, packed, _mark(key), listed)
        # Whoever kept the same document meanwhile has its id.
        return Kept(document, made, key) if free else self.keep(document, kind, listed)

    def open(self, id: str) -> Document | None:
        """The document with this id; None where there is none, was one, or can be none.

        Raises Unreadable when it is there and damaged, ArchiveError when the file cannot be read.
        """
        with self.file.reading() as database:
            row = _body(database, id)
        if row is None:
            return None
        try:
            document: Document = kind_of(row[0]).read(unpack(row[1], MAX_DOCUMENT))
        except (RunError, ArchiveError) as error:
            raise Unreadable(f"What was kept under this link can no longer be read: {_clause(error)}.") from error
        return document

    def entry(self, id: str) -> Entry | None:
        """What a list says of a document, whether it is listed or not."""
        with self.file.reading() as database:
            return listing.entry(database, id)

    def owns(self, id: str, key: str) -> bool:
        """Whether this is the key that deletes a document."""
        with self.file.reading() as database:
            return _may_delete(database, id, key)

    def delete(self, id: str, key: str) -> bool:
        """Delete a document and every word of it; False where the id or the key is none. Its id is never used again."""
        with self.file.reading() as database:
            if not _may_delete(database, id, key):
                return False
        with self.file.writing(erase=True) as database:
            if not _may_delete(database, id, key):
                return False
            _remove(database, id)
        return True

    def find(self, query: Query) -> list[Entry]:
        """Entries, newest first. Words are looked for as beginnings; all of them must be there."""
        with self.file.reading() as database:
            return listing.find(database, query)

    def family(self, id: str, own: Sequence[str] = ()) -> list[Entry]:
        """A document's ancestors, itself and all that came of them, oldest first, as far as they may be seen here."""
        with self.file.reading() as database:
            return listing.family(database, id, own)

    def models(self) -> list[str]:
        """The models of what is listed, by name."""
        with self.file.reading() as database:
            return listing.models(database)

    def taken(self) -> tuple[int, int]:
        """How many documents there are, and their bytes."""
        with self.file.reading() as database:
            items, size = database.execute("SELECT items, bytes FROM totals").fetchone()
        return int(items), int(size)

    def record(self, id: str) -> Record | None:
        """What a mirror carries of a document."""
        sql = "SELECT id, kind, version, created, listed, key, body FROM items JOIN bodies USING (number) WHERE id = ?"
        with self.file.reading() as database:
            row = database.execute(sql, (id,)).fetchone() if is_id(id) else None
        if row is None:
            return None
        id, kind, version, created, listed, key, body = row
        return Record(id, kind, version, created, bool(listed), key, zlib.compress(unpack(body, MAX_DOCUMENT)))

    def restore(self, record: Record) -> bool:
        """Take back what a mirror carried, under its own id; False where it was deleted here. Raises ArchiveError."""
        kind = kind_of(record.kind)
        try:
            document: Document = kind.read(unpack(record.body, self._largest))
        except (RunError, ArchiveError) as error:
            said = f"What the archive repository holds under this link cannot be read: {_clause(error)}."
            raise Unreadable(said) from error
        if document.id != record.id:
            raise Unreadable("What the archive repository holds under this link is another document.")
        packed = self._packed(kind, document, is_new=False)
        with self.file.writing() as database:
            if _taken(database, record.id):
                return not _gone(database, record.id)
            self._insert(database, packed, record.key, record.listed, mirrored=True)
        return True

    def waiting(self, count: int = 100) -> list[str]:
        """Ids of what the mirror does not hold yet, oldest first."""
        with self.file.reading() as database:
            rows = database.execute("SELECT id FROM items WHERE mirrored <> 1 ORDER BY number LIMIT ?", (count,))
            return [row[0] for row in rows]

    def carry(self, ids: Sequence[str]) -> None:
        """Note that these are on their way: the mirror may hold them from now on, whatever becomes of this program."""
        with self.file.writing() as database:
            marked = [(id,) for id in ids]
            database.executemany("UPDATE items SET mirrored = 2 WHERE id = ? AND mirrored = 0", marked)

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

    def _packed(self, kind: Kind, document: Document, is_new: bool) -> _Packed:
        """The document as it will lie on disk. Raises TooLarge; ArchiveError for a new one that could not be opened."""
        plain = document.to_json().encode()
        if len(plain) > self._largest:
            raise TooLarge(
                f"This {kind.name} has {len(plain) / 1e6:.0f} MB, and {self._largest / 1e6:.0f} MB is the most that is "
                "kept; download it as a file."
            )
        if is_new and len(plain) > BOUNDED:
            _check_opens(kind, plain)
        words, body = kind.words(document), pack(plain)
        size = len(body) + sum(len(part.encode(errors="replace")) for part in astuple(words))
        return _Packed(kind, document, words, body, size)

    def _insert(
        self, database: sqlite3.Connection, packed: _Packed, key: bytes, listed: bool, mirrored: bool = False
    ) -> None:
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
            "mirrored": int(mirrored),
        }
        places = ", ".join(f":{name}" for name in values)
        number = database.execute(f"INSERT INTO items ({', '.join(values)}) VALUES ({places})", values).lastrowid
        database.execute("INSERT INTO bodies VALUES (?, ?)", (number, packed.body))
        database.executemany("INSERT INTO models VALUES (?, ?)", [(model, number) for model in models if listed])
        search.add(database, number or 0, packed.words, search.Marks(kind.name, models, listed))
        database.execute("UPDATE totals SET items = items + 1, bytes = bytes + ?", (packed.size,))


@dataclass(frozen=True, slots=True)
class _Packed:
    """A document that is ready to be written; `size` is what it counts for, in bytes."""

    kind: Kind
    document: Document
    words: Words
    body: bytes
    size: int


def _check_opens(kind: Kind, plain: bytes) -> None:
    """Raise ArchiveError for a document that nobody could open: who reads has bounds that a document does not know."""
    try:
        kind.read(plain)
    except (RunError, ArchiveError) as error:
        said = f"This {kind.name} cannot be kept, because it could not be opened again: {_clause(error)}."
        raise ArchiveError(said) from error


def _may_delete(database: sqlite3.Connection, id: str, key: str) -> bool:
    """Whether this is the key of that item. The time it takes tells nothing of the key."""
    sql = "SELECT key FROM items WHERE id = ?"
    row = database.execute(sql, (id,)).fetchone() if is_id(id) else None
    return hmac.compare_digest(row[0] if row else bytes(32), _mark(key))


def _remove(database: sqlite3.Connection, id: str) -> None:
    sql = "SELECT number, size, models, mirrored FROM items WHERE id = ?"
    number, size, models, mirrored = database.execute(sql, (id,)).fetchone()
    database.execute("DELETE FROM items WHERE number = ?", (number,))
    database.execute("DELETE FROM bodies WHERE number = ?", (number,))
    pairs = [(model, number) for model in models.split("\n")]
    database.executemany("DELETE FROM models WHERE model = ? AND number = ?", pairs)
    search.remove(database, number)
    database.execute("UPDATE totals SET items = items - 1, bytes = bytes - ?", (size,))
    database.execute("INSERT INTO gone VALUES (?, ?)", (_mark(id), id if mirrored else None))


def _mark(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _taken(database: sqlite3.Connection, id: str) -> bool:
    return database.execute("SELECT 1 FROM items WHERE id = ?", (id,)).fetchone() is not None or _gone(database, id)


def _gone(database: sqlite3.Connection, id: str) -> bool:
    return database.execute("SELECT 1 FROM gone WHERE mark = ?", (_mark(id),)).fetchone() is not None


def _body(database: sqlite3.Connection, id: str) -> tuple[str, bytes] | None:
    if not is_id(id):
        return None
    row: tuple[str, bytes] | None = database.execute(
        "SELECT kind, body FROM items JOIN bodies USING (number) WHERE id = ?", (id,)
    ).fetchone()
    return row


def _clause(error: Exception) -> str:
    """A sentence as a part of another."""
    return str(error).removesuffix(".")
