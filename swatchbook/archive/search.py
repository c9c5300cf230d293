"""The search index: how what is written becomes findable, and how it is found.

The index lies on shelves, each a full-text table of its own for the items from
one number to the next shelf's. A shelf holds so little that it can be written
anew within a second or two; only so do the words of a deleted item leave the file.
Knows items by their numbers and words, not what they are.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

from swatchbook.archive.documents import Words

SHELF = 32_000_000
"""Bytes of text after which a shelf is full."""
MAX_QUERY = 400
MAX_WORDS = 20
SNIPPET = 14
"""Words shown around what was found."""
_APART = "\u200b"
"""A space of no width."""
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uaa60-\uaadf\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Tai, Japanese and Chinese."""
_SEAM = re.compile(rf"(?<=[{_UNSPACED}])(?=\w)|(?<=\w)(?=[{_UNSPACED}])")
_FIND = "{title prompt text notes}"
_EVERY = "every"
_LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Marks:
    """What an item is filtered by. An empty kind stands for any."""

    kind: str = ""
    models: Sequence[str] = ()
    listed: bool = False

    def __str__(self) -> str:
        """The marks as words of the index, which no visitor's word is looked for among."""
        kind = [_mark("kind", self.kind)] if self.kind else []
        listed = [_LISTED] if self.listed else []
        return " ".join([_EVERY, *listed, *kind, *(_mark("model", model) for model in self.models)])


def add(database: sqlite3.Connection, number: int, words: Words, marks: Marks) -> None:
    """Make an item findable; to be called in the order of their numbers."""
    size = sum(len(part.encode(errors="replace")) for part in astuple(words))
    table = f"words_{_shelf(database, number, size)}"
    database.execute(
        f"INSERT INTO {table} (rowid, title, prompt, text, notes, marks) VALUES (?, ?, ?, ?, ?, ?)",
        (number, *map(_apart, astuple(words)), str(marks)),
    )


def remove(database: sqlite3.Connection, number: int) -> None:
    """Take an item's every word out of the index.

    A plain deletion would leave the words in the index's older parts; writing the shelf anew leaves none.
    """
    (first,) = database.execute("SELECT max(first) FROM shelves WHERE first <= ?", (number,)).fetchone()
    table = f"words_{first}"
    database.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
    database.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
    last = database.execute("SELECT max(first) FROM shelves").fetchone()[0]
    if first != last and database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None:
        database.execute(f"DROP TABLE {table}")
        database.execute("DELETE FROM shelves WHERE first = ?", (first,))


def search(
    database: sqlite3.Connection, text: str, marks: Marks, own: Sequence[int], before: int, count: int
) -> Iterator[tuple[int, str]]:
    """Numbers below `before`, newest first, each with what was found in it.

    Found is what has every word, as a beginning, and every mark; or which is one's own and has all but `listed`.
    """
    words = _words(text)
    if text.strip() and not words:
        return
    wanted = f"{_FIND} : ({' '.join(words)})" if words else ""
    for first, end in _shelves(database, before):
        mine = [number for number in own if first <= number < end]
        numbers = _numbers(database, first, _all(wanted, marks), end, count) if marks.listed else []
        if mine:
            anyway = _all(wanted, Marks(marks.kind, marks.models))
            numbers += _numbers(database, first, anyway, end, count, mine)
        numbers = sorted(set(numbers), reverse=True)[:count]
        found = _snippets(database, first, wanted, numbers) if words and numbers else {}
        for number in numbers:
            yield number, found.get(number, "")
        count -= len(numbers)
        if not count:
            return


def _shelves(database: sqlite3.Connection, before: int) -> list[tuple[int, int]]:
    """Each shelf below `before` with where it ends, newest first."""
    rows = database.execute("SELECT first FROM shelves WHERE first < ? ORDER BY first DESC", (before,))
    firsts = [row[0] for row in rows]
    return list(zip(firsts, [before, *firsts], strict=False))


def _shelf(database: sqlite3.Connection, number: int, size: int) -> int:
    """The shelf for a new item of this many bytes of text; a new one where the last is full."""
    last = database.execute("SELECT first, bytes FROM shelves ORDER BY first DESC LIMIT 1").fetchone()
    first = last[0] if last and last[1] < SHELF else number
    if first == number:
        database.execute("INSERT INTO shelves VALUES (?, 0)", (number,))
        database.execute(
            f"CREATE VIRTUAL TABLE words_{number} USING fts5 (title, prompt, text, notes, marks,"
            " prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2')"
        )
    database.execute("UPDATE shelves SET bytes = bytes + ? WHERE first = ?", (size, first))
    return int(first)


def _numbers(
    database: sqlite3.Connection, first: int, wanted: str, end: int, count: int, among: Sequence[int] | None = None
) -> list[int]:
    # The plus keeps SQLite from asking the index once for each number.
    own = f" AND +rowid IN ({','.join(map(str, among))})" if among is not None else ""
    rows = database.execute(
        f"SELECT rowid FROM words_{first} WHERE words_{first} MATCH ? AND rowid < ?{own} ORDER BY rowid DESC LIMIT ?",
        (wanted, end, count),
    )
    return [row[0] for row in rows]


def _snippets(database: sqlite3.Connection, first: int, wanted: str, numbers: Sequence[int]) -> dict[int, str]:
    table = f"words_{first}"
    rows = database.execute(
        f"SELECT rowid, snippet({table}, -1, '', '', '…', {SNIPPET}) FROM {table} WHERE {table} MATCH ?"
        f" AND rowid BETWEEN ? AND ? AND +rowid IN ({','.join(map(str, numbers))})",
        (wanted, min(numbers), max(numbers)),
    )
    return {number: found.replace(_APART, "") for number, found in rows}


def _words(text: str) -> list[str]:
    """Each word of a query in quotes, so that none is an operator; a single letter stands for itself alone.

    Between the quotes the index itself takes a word apart, as it did the texts.
    """
    plain = text[:MAX_QUERY].encode(errors="replace").decode().replace('"', " ").replace("\0", " ")
    words = [word for word in plain.split() if any(map(str.isalnum, word))]
    return [f'"{_apart(word)}"{"*" if len(word) > 1 else ""}' for word in words[:MAX_WORDS]]


def _all(wanted: str, marks: Marks) -> str:
    marked = f"marks : ({' '.join(chr(34) + mark + chr(34) for mark in str(marks).split())})"
    return f"{marked} AND {wanted}" if wanted else marked


def _apart(text: str) -> str:
    """The text with its words apart, also where its script has no spaces: there each letter is a word."""
    return _SEAM.sub(_APART, text)


def _mark(what: str, value: str) -> str:
    return hashlib.sha256(f"{what} {value}".encode(errors="replace")).hexdigest()[:16]
