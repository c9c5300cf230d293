"""The archive at a hundred thousand runs: milliseconds to keep, open and search, and bytes a run takes.

The hundred thousand have texts of their own, as long as a run of four lanes with
four samples of 48 tokens makes them, and traces of 2 KB in place of some thirty, so
that they fit a disk; every other one is listed. What is measured on top of them is
real: runs of 4 x 8 x 64 tokens, kept and opened one by one. The rival is Python's
own sqlite3 on the same rows, in the way of a plain script: one connection, the same
settings, one full-text table.
"""

from __future__ import annotations

import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from swatchbook.archive import search
from swatchbook.archive.documents import Words, kind_of
from swatchbook.archive.packing import pack
from swatchbook.archive.store import Archive, Query
from swatchbook.runs import Run
from swatchbook.strict import new_id
from tests.kept import MODELS, WORDS, a_run

COUNT = 100_000
TOKENS = 4 * 4 * 48
AT_ONCE = 2000
ROUNDS = 15
PAGE = 30
LANES, SAMPLES, LENGTH = 4, 8, 64
COMMON, OTHER = WORDS[100], WORDS[150]
"""Words that stand in every second text or so."""
QUERIES = {
    "rare": Query("unheard777"),
    "common": Query(COMMON),
    "two_words": Query(f"{COMMON} {OTHER}"),
    "model": Query(COMMON, model=MODELS[1]),
    "two_letters": Query(WORDS[0][:2]),
    "no_words": Query(),
    "no_match": Query(f"{COMMON} nowhere"),
}
_LISTED = ("rare", "common", "two_words", "two_letters", "no_match")
"""Those that the rival is asked, too."""
_PAGES = ("page_count", "freelist_count", "page_size")
_SET_UP = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE items (number INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT, brief TEXT, models TEXT, created TEXT,
    listed INTEGER, body BLOB);
CREATE VIRTUAL TABLE words USING fts5 (title, prompt, text, notes, prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 2');
"""

Row = tuple[int, Words, tuple[str, ...], bool]


def measure() -> dict[str, float | None]:
    runs = [a_run(LANES, SAMPLES, LENGTH, seed=seed) for seed in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        found = _sizes(Path(folder))
        archive, rival = Archive(Path(folder) / "ours"), _rival(Path(folder) / "rival.sqlite")
        _fill(archive, rival)
        found |= _kept(archive, rival, runs) | _searched(archive, rival) | _deleted(archive, runs)
        archive.close()
        found["first_page_ms"] = _timed(lambda: Archive(Path(folder) / "ours").find(Query()))
        rival.close()
    return found


def _sizes(folder: Path) -> dict[str, float | None]:
    """Kilobytes on disk per run, search index included: as runs are, and as no run is, without any order."""
    found: dict[str, float | None] = {}
    for name, noise, count in (("run_kb", False, 60), ("random_run_kb", True, 40)):
        archive = Archive(folder / name)
        for seed in range(count):
            archive.keep(a_run(LANES, SAMPLES, LENGTH, seed=seed, noise=noise))
        with archive.file.reading() as database:
            pages, free, size = (database.execute(f"PRAGMA {of}").fetchone()[0] for of in _PAGES)
        archive.close()
        found[name] = (pages - free) * size / count / 1000
    return found


def _rows(chance: np.random.Generator) -> Iterator[Row]:
    """What is searched in the made-up runs: number, words, models, and whether it is listed."""
    common = np.array(WORDS[:5000], dtype=object)
    share = np.cumsum(1 / np.arange(1, len(common) + 1))
    for number in range(1, COUNT + 1):
        words = common[np.searchsorted(share, chance.random(TOKENS) * share[-1])]
        text = " ".join([*words, f"unheard{number // 10}"])
        title, prompt, notes = " ".join(words[:3]), " ".join(words[3:15]), " ".join(words[15:27])
        models = tuple(MODELS[(number + at) % len(MODELS)] for at in range(1 + number % 3))
        yield number, Words(title, prompt, text, notes), models, number % 2 == 0


def _fill(archive: Archive, rival: sqlite3.Connection) -> None:
    chance, rows = np.random.default_rng(3), []
    assert archive.taken() == (0, 0)
    for row in _rows(chance):
        rows.append(row)
        if len(rows) == AT_ONCE:
            _write(archive, rival, rows)
            rows = []
    if rows:
        _write(archive, rival, rows)


def _write(archive: Archive, rival: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """The same rows into both, thousands to a transaction."""
    rival.execute("BEGIN")
    with archive.file.writing() as database:
        for number, words, models, listed in rows:
            body, id = secrets.token_bytes(2000), new_id()
            about = (words.title, words.prompt, "\n".join(models), "2026-01-02T03:04:05+00:00")
            database.execute(
                "INSERT INTO items VALUES (?, ?, 'run', 2, NULL, '', ?, ?, ?, ?, 6000, ?, x'00', 0)",
                (number, id, *about, listed),
            )
            database.execute("INSERT INTO bodies VALUES (?, ?)", (number, body))
            if listed:
                database.executemany("INSERT INTO models VALUES (?, ?)", [(model, number) for model in models])
            search.add(database, number, words, search.Marks("run", models, listed))
            _insert(rival, number, id, about, listed, body, words)
    rival.execute("COMMIT")


def _rival(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(_SET_UP)
    return database


def _insert(
    rival: sqlite3.Connection,
    number: int | None,
    id: str,
    about: Sequence[str],
    listed: bool,
    body: bytes,
    words: Words,
) -> None:
    made = rival.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (number, id, *about, listed, body))
    values = (made.lastrowid, words.title, words.prompt, words.text, words.notes)
    rival.execute("INSERT INTO words (rowid, title, prompt, text, notes) VALUES (?, ?, ?, ?, ?)", values)


def _kept(archive: Archive, rival: sqlite3.Connection, runs: Sequence[Run]) -> dict[str, float | None]:
    """Ours and theirs by turns, so that both meet the same machine; and what was kept, opened."""
    ours, theirs, rows, opened = [], [], [], []
    for turn in range(ROUNDS):
        run = runs[turn % len(runs)]
        ours.append(_timed(lambda run=run: archive.keep(run.model_copy(update={"id": new_id()}), listed=True)))  # type: ignore[misc]
        theirs.append(_timed(lambda run=run: _keep_plainly(rival, run)))  # type: ignore[misc]
        ready = _row_of(run)
        rows.append(_timed(lambda ready=ready: _in_one(rival, *ready)))  # type: ignore[misc]
    for entry in archive.find(Query(count=ROUNDS)):
        opened.append(_timed(lambda id=entry.id: archive.open(id)))  # type: ignore[misc]
    return {
        "keep_ms": median(ours),
        "open_ms": median(opened),
        "keep_vs_sqlite": median(ours) / median(theirs),
        "keep_vs_ready_rows": median(ours) / median(rows),
    }


def _keep_plainly(rival: sqlite3.Connection, run: Run) -> None:
    _in_one(rival, *_row_of(run))


def _row_of(run: Run) -> tuple[tuple[str, ...], bytes, Words]:
    kind = kind_of("run")
    about = (run.title, kind.brief(run), "\n".join(kind.models(run)), run.created)
    return about, pack(run.to_json().encode()), kind.words(run)


def _in_one(rival: sqlite3.Connection, about: Sequence[str], body: bytes, words: Words) -> None:
    rival.execute("BEGIN IMMEDIATE")
    _insert(rival, None, new_id(), about, True, body, words)
    rival.execute("COMMIT")


def _searched(archive: Archive, rival: sqlite3.Connection) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    both: dict[str, tuple[float, float]] = {}
    for name, query in QUERIES.items():
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_timed(lambda query=query: archive.find(query)))  # type: ignore[misc]
            if name in _LISTED:
                theirs.append(_timed(lambda query=query: _find_plainly(rival, query.text)))  # type: ignore[misc]
        found[f"search_{name}_ms"] = median(ours)
        if theirs:
            both[name] = median(ours), median(theirs)
            found[f"search_{name}_vs_sqlite"] = both[name][0] / both[name][1]
    found["search_ms"] = max(value for name, value in found.items() if name.endswith("_ms") and value is not None)
    ours_of_all, theirs_of_all = (sum(column) for column in zip(*both.values(), strict=True))
    found["search_vs_sqlite"] = ours_of_all / theirs_of_all
    return found


def _deleted(archive: Archive, runs: Sequence[Run]) -> dict[str, float | None]:
    """Deleting writes a part of the search index anew, so that no word stays behind: the largest part, here."""
    with archive.file.reading() as database:
        (largest,) = database.execute("SELECT first FROM shelves ORDER BY bytes DESC LIMIT 1").fetchone()
        id = database.execute("SELECT id FROM items WHERE number = ?", (largest,)).fetchone()[0]
    kept = archive.keep(runs[0].model_copy(update={"id": new_id()}))
    with archive.file.writing() as database:
        database.execute(
            "UPDATE items SET key = (SELECT key FROM items WHERE id = ?) WHERE id = ?", (kept.document.id, id)
        )
    return {"delete_ms": _timed(lambda: archive.delete(id, kept.key))}


def _find_plainly(rival: sqlite3.Connection, text: str) -> list[tuple[object, ...]]:
    wanted = " ".join(f'"{word}"*' for word in text.split())
    return rival.execute(
        "SELECT number, id, items.title, brief, models, created, snippet(words, -1, '', '', '…', 14) FROM words"
        " JOIN items ON items.number = words.rowid WHERE words MATCH ? AND listed ORDER BY words.rowid DESC LIMIT ?",
        (wanted, PAGE),
    ).fetchall()


def _timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)
