"""The archive: kept, opened, found, deleted, and counted."""

from __future__ import annotations

import random
import secrets
import tempfile
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from swatchbook.archive import packing, search
from swatchbook.archive.errors import ArchiveError, TooLarge, Unreadable
from swatchbook.archive.file import NAME
from swatchbook.archive.store import Archive, Query
from swatchbook.notes import Note
from swatchbook.palettes import Palette
from swatchbook.runs import MAX_DOCUMENT, Lane, ModelRef, Run
from tests.kept import MODELS, a_run, intact

NOBODYS = [
    *(
        "",
        "a",
        "x" * 22,
        "x" * 64,
        "x" * 65,
        "../../etc/passwd",
        "' OR 1=1 --",
        "\x00",
        "a\nb",
        "é" * 22,
        "\ud800" * 22,
    ),
    *("x" * 1_000_000, "%", "*"),
]
"""Ids that are none: malformed ones, and one that nothing has."""


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path)
    yield archive
    archive.close()


def says(text: str, **about: Any) -> Run:
    """A run of one sample, which says this."""
    return a_run(1, 0, 0, says=text, **({"title": "", "template": "?"} | about))


def told(archive: Archive, text: str, **about: Any) -> list[str]:
    """What is found by a query: the titles, newest first."""
    return [entry.title for entry in archive.find(Query(text, **about))]


def test_what_is_kept_opens_as_it_was_and_says_what_it_is(archive: Archive) -> None:
    run = a_run(lanes=3, samples=4, tokens=30, title="By the sea", parent="p" * 22, relation="remix")
    kept = archive.keep(run, listed=True)
    assert kept.document == run
    assert archive.open(run.id) == run
    entry = archive.entry(run.id)
    assert entry is not None
    assert (entry.id, entry.kind, entry.title, entry.brief) == (run.id, "run", "By the sea", "Tell me of the sea.")
    assert (entry.parent, entry.relation, entry.models) == ("p" * 22, "remix", MODELS[:3])
    assert (entry.listed, entry.mirrored, entry.created, entry.found) == (True, False, run.created, "")
    assert archive.taken() == (1, entry.size)
    assert archive.models() == sorted(MODELS[:3])


def test_it_is_still_there_after_a_restart(tmp_path: Path) -> None:
    runs = [a_run(seed=seed) for seed in range(3)]
    before = Archive(tmp_path)
    keys = [before.keep(run).key for run in runs]
    before.close()
    after = Archive(tmp_path)
    assert [after.open(run.id) for run in runs] == runs
    assert after.delete(runs[1].id, keys[1])
    after.close()


def test_a_palette_is_kept_beside_runs(archive: Archive) -> None:
    lanes = [Lane(id=f"l{at}", model=ModelRef.parse(name)) for at, name in enumerate(MODELS)]
    palette = Palette(title="Small ones", lanes=lanes)
    archive.keep(palette, "palette", listed=True)
    archive.keep(a_run(title="A run"), listed=True)
    assert archive.open(palette.id) == palette
    assert told(archive, "", kind="palette") == ["Small ones"]
    assert told(archive, "", kind="run") == ["A run"]
    assert told(archive, "clerk", kind="palette") == ["Small ones"]
    assert told(archive, "", kind="sketch") == []
    with pytest.raises(ArchiveError, match="does not know"):
        archive.keep(palette, "no-such-kind")


@pytest.mark.parametrize("id", ["a", "x" * 21])
def test_an_id_that_could_be_guessed_is_replaced(archive: Archive, id: str) -> None:
    kept = archive.keep(a_run(id=id))
    assert kept.document.id != id
    assert len(kept.document.id) == 22
    assert archive.open(id) is None
    assert archive.open(kept.document.id) == kept.document


def test_an_id_that_is_taken_is_replaced_and_what_had_it_stays(archive: Archive) -> None:
    first = archive.keep(a_run(title="first"))
    second = archive.keep(first.document.model_copy(update={"title": "second"}))
    assert second.document.id != first.document.id
    assert [archive.open(kept.document.id).title for kept in (first, second)] == ["first", "second"]  # type: ignore[union-attr]


def test_two_who_keep_the_same_document_at_once_have_both_kept_it(archive: Archive) -> None:
    run, together = a_run(), threading.Barrier(6)

    def keep(_: int) -> str:
        together.wait()
        return archive.keep(run).document.id

    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(keep, range(6)))
    assert len(set(ids)) == 6
    assert run.id in ids
    assert archive.taken()[0] == 6
    assert all(archive.open(id) for id in ids)


def test_an_id_that_was_deleted_never_comes_back(archive: Archive) -> None:
    run = a_run()
    kept = archive.keep(run)
    assert archive.delete(run.id, kept.key)
    again = archive.keep(run)
    assert again.document.id != run.id
    assert archive.open(run.id) is None


def test_unknown_malformed_and_deleted_ids_get_the_same_answer(archive: Archive) -> None:
    run = a_run()
    assert archive.delete(run.id, archive.keep(run).key)
    for id in [*NOBODYS, run.id]:
        assert archive.open(id) is None
        assert archive.entry(id) is None
        assert archive.record(id) is None
        assert archive.family(id) == []
        assert archive.delete(id, "key") is False
        assert archive.find(Query(own=(id,), only_own=True)) == []


def test_only_the_key_deletes_and_only_its_hash_is_on_disk(archive: Archive, tmp_path: Path) -> None:
    run, other = a_run(), a_run(seed=1)
    kept, others = archive.keep(run), archive.keep(other)
    for key in ("", others.key, kept.key[:-1], kept.key + "x", kept.key.upper(), "\ud800", "\x00"):
        assert not archive.delete(run.id, key)
    assert archive.open(run.id) == run
    archive.close()
    assert kept.key.encode() not in (tmp_path / NAME).read_bytes()
    assert len(kept.key) == 12
    assert archive.delete(run.id, kept.key)
    assert not archive.delete(run.id, kept.key)
    assert (archive.open(run.id), archive.open(other.id)) == (None, other)


def test_listed_unlisted_and_ones_own(archive: Archive) -> None:
    shown, hidden, mine = (says("grey heron", title=title, seed=seed) for seed, title in enumerate("shm"))
    archive.keep(shown, listed=True)
    archive.keep(hidden)
    archive.keep(mine)
    own = (mine.id, "nobody", shown.id)
    for text in ("", "heron", "her gre"):
        assert told(archive, text) == ["s"]
        assert told(archive, text, own=own) == ["m", "s"]
        assert told(archive, text, own=own, only_own=True) == ["m", "s"]
        assert told(archive, text, only_own=True) == []
    assert archive.entry(hidden.id) is not None
    assert archive.open(hidden.id) == hidden
    assert archive.models() == [MODELS[0]]


def test_models_are_those_of_what_is_listed_as_long_as_it_is_there(archive: Archive) -> None:
    archive.keep(a_run(lanes=4))
    assert archive.models() == []
    kept = archive.keep(a_run(lanes=3), listed=True)
    archive.keep(a_run(lanes=1), listed=True)
    assert archive.models() == sorted(MODELS[:3])
    archive.delete(kept.document.id, kept.key)
    assert archive.models() == [MODELS[0]]


FOUND = [
    ("heron", "The grey heron waits.", True),
    ("HERON", "The grey heron waits.", True),
    ("her", "The grey heron waits.", True),
    ("eron", "The grey heron waits.", False),
    ("waits the", "The grey heron waits.", True),
    ("heron gull", "The grey heron waits.", False),
    ("t", "The grey heron waits.", False),
    ("x", "not x nor y", True),
    ("i", "it is not", False),
    ("cafe", "le café du port", True),
    ("café", "le cafe du port", True),
    ("ångström", "ANGSTROM", True),
    ("grey-heron", "the grey heron", True),
    ("grey-heron", "the heron, grey", False),
    ("3.14", "π is 3.14159", True),
    ("don't", "I don't know", True),
    ("don't", "don is tall", False),
    ("straße", "in der Straße", True),
    ("море", "Синее МОРЕ шумит", True),
    ("θάλασσα", "η ΘΆΛΑΣΣΑ", True),
    ("猫", "我的猫很好", True),
    ("的猫很", "我的猫很好。", True),
    ("猫我", "我的猫很好", False),
    ("猫 好", "我的猫很好", True),
    ("猫cat", "我的猫cat好", True),
    ("cat", "我的猫cat好", True),
    ("ねこ", "それはねこです", True),
    ("ネコ", "小さなネコがいる", True),
    ("แมว", "ฉันมีแมวตัวหนึ่ง", True),
    ("ត្រី", "ខ្ញុំស៊ីត្រី", True),
    ("고양이", "고양이가 있다", True),
    ("बिल्ली", "एक बिल्ली है", True),
    ("קט", "חתול קטן", True),
    ("قط", "قطة صغيرة", True),
    ("𠮷野", "牛丼の𠮷野家", True),
    ('"', 'a " quote', False),
    ("🦊", "a 🦊 fox", False),
    ("?!", "what?!", False),
]


@pytest.mark.parametrize(("query", "text", "found"), FOUND)
def test_words_are_found_in_every_script(archive: Archive, query: str, text: str, found: bool) -> None:
    archive.keep(says(text, title="it"), listed=True)
    archive.keep(says("a stone", title="other"), listed=True)
    assert told(archive, query) == (["it"] if found else [])


def test_what_was_found_is_shown_in_its_surroundings(archive: Archive) -> None:
    archive.keep(says(" ".join(f"w{n}" for n in range(300)) + " heron " + "and so on " * 90), listed=True)
    archive.keep(says("这里有很多字" * 20 + "我的猫很好" + "这里有很多字" * 20, seed=1), listed=True)
    (entry,) = archive.find(Query("hero"))
    assert "w299 heron and" in entry.found
    assert len(entry.found) < 120
    (entry,) = archive.find(Query("的猫"))
    assert "我的猫很好" in entry.found
    assert search._APART not in entry.found
    assert archive.find(Query(""))[0].found == ""


def test_it_is_found_by_title_prompt_text_and_notes(archive: Archive) -> None:
    archive.keep(
        says("in the text", title="head", template="asked {this|that}", notes=[Note(text="noted")]), listed=True
    )
    for word in ("head", "asked", "that", "text", "noted"):
        assert told(archive, word) == ["head"], word
    assert told(archive, "head asked text noted") == ["head"]


OPERATORS = [
    *(
        '"',
        '""',
        '"heron',
        "*",
        "her*on",
        "heron*",
        "NEAR",
        "NEAR(heron stone)",
        "-heron",
        "heron AND",
        "OR",
        "NOT heron",
    ),
    *(
        "title:heron",
        "{title} : heron",
        "^heron",
        "heron + stone",
        "(heron",
        ")",
        "marks:listed",
        "every",
        "listed",
        "'",
    ),
    *(
        "heron' OR '1'='1",
        "\x00heron",
        "heron\x00",
        "\ud800",
        "heron\\",
        ";DROP TABLE items",
        "a" * 100_000,
        "heron " * 9999,
    ),
]


@pytest.mark.parametrize("text", OPERATORS)
def test_no_word_of_a_visitor_is_an_operator(archive: Archive, text: str) -> None:
    archive.keep(says("a heron stone", title="plain"), listed=True)
    archive.keep(says("near and or not title", title="words", seed=1), listed=True)
    found = told(archive, text)
    asked = set(
        text[:400]
        .lower()
        .encode(errors="replace")
        .decode()
        .translate({ord(c): " " for c in "\"*(){}:^+;'\\-\0=?"})
        .split()
    )
    for title, held in (("plain", {"a", "heron", "stone"}), ("words", {"near", "and", "or", "not", "title"})):
        wanted = all(any(word.startswith(each) for word in held) if len(each) > 1 else each in held for each in asked)
        assert (title in found) == (wanted and bool(asked)), (title, asked)


@settings(max_examples=120)
@given(
    text=st.text(max_size=60), kind=st.text(max_size=5), model=st.text(max_size=9), own=st.lists(st.text(), max_size=3)
)
def test_any_query_is_answered(one: Archive, text: str, kind: str, model: str, own: list[str]) -> None:
    query = Query(
        text, kind, model, tuple(own), before=random.choice([None, -1, 0, 2**80]), count=random.choice([-1, 0, 10**30])
    )
    assert len(one.find(query)) <= 1
    assert len(one.find(replace(query, only_own=True))) == 0


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("one"))
    archive.keep(says("a heron AND a stone"), listed=True)
    yield archive
    archive.close()


@pytest.mark.parametrize("shelf", [1, 16_000_000])
def test_pages_follow_one_another_to_the_end(archive: Archive, shelf: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SHELF", shelf)
    runs = [says(f"sea {'odd' if at % 2 else 'even'}", title=str(at), seed=at) for at in range(25)]
    for at, run in enumerate(runs):
        archive.keep(run, listed=at % 3 > 0)
    own = tuple(run.id for run in runs[:8])
    for text in ("", "sea", "se ev"):
        every = [entry.title for entry in archive.find(Query(text, own=own, count=200))]
        assert every == [
            str(at) for at in range(24, -1, -1) if (at % 3 or at < 8) and (at % 2 == 0 or "ev" not in text)
        ]
        pages, page = [], archive.find(Query(text, own=own, count=4))
        while page:
            pages += [entry.title for entry in page]
            page = archive.find(Query(text, own=own, count=4, before=page[-1].number))
        assert pages == every


def test_lists_are_filtered_by_model(archive: Archive) -> None:
    archive.keep(a_run(lanes=1, title="one"), listed=True)
    archive.keep(a_run(lanes=2, title="two"), listed=True)
    for text in ("", "tell", "sea"):
        assert told(archive, text, model=MODELS[0]) == ["two", "one"]
        assert told(archive, text, model=MODELS[1]) == ["two"]
        assert told(archive, text, model="clerk") == []
        assert told(archive, text, model=MODELS[1], kind="palette") == []


def test_a_family_is_told_from_the_eldest_on(archive: Archive) -> None:
    eldest, hidden, other = a_run(title="eldest"), a_run(title="hidden"), a_run(title="other")
    child = a_run(title="child", parent=eldest.id, relation="again")
    grandchild = a_run(title="grandchild", parent=child.id)
    cousin = a_run(title="cousin", parent=eldest.id)
    secret = hidden.model_copy(update={"parent": eldest.id})
    for run in (eldest, other, child, cousin, grandchild):
        archive.keep(run, listed=True)
    archive.keep(secret)
    for run in (eldest, child, grandchild, cousin):
        assert [entry.title for entry in archive.family(run.id)] == ["eldest", "child", "cousin", "grandchild"]
    assert [entry.title for entry in archive.family(cousin.id, own=[secret.id])][-1] == "hidden"
    assert [entry.title for entry in archive.family(secret.id)][-1] == "hidden"
    assert [entry.title for entry in archive.family(other.id)] == ["other"]


def test_a_family_may_be_larger_than_what_is_told_and_may_name_itself(archive: Archive) -> None:
    eldest = a_run(title="eldest")
    archive.keep(eldest, listed=True)
    for _ in range(3):
        archive.keep(a_run(parent=eldest.id), listed=True)
    ring = a_run(title="ring", parent="r" * 22, id="r" * 22)
    archive.keep(ring, listed=True)
    assert [entry.title for entry in archive.family(ring.id)] == ["ring"]
    with archive.file.writing() as database:
        sql = "INSERT INTO items SELECT NULL, 'i' || value, kind, version, ?, '', 'many', brief, models, created, size,"
        rows = " 1, key, 1 FROM items, generate WHERE items.id = ?"
        counted = (
            "WITH RECURSIVE generate (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM generate WHERE value < 400) "
        )
        database.execute(counted + sql + rows, (eldest.id, eldest.id))
    family = archive.family("i400")
    assert len(family) <= 202
    assert {family[0].title, family[-1].id} == {"eldest", "i400"}


def rare() -> str:
    """A word that shares no beginning with another, so that the index writes it out in full."""
    return "".join(random.choices("qxzjkvw", k=3)) + secrets.token_hex(8)


@pytest.mark.parametrize("shelf", [1, 30_000, 16_000_000])
def test_nothing_of_what_was_deleted_is_left_on_the_disk(
    archive: Archive, tmp_path: Path, shelf: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SHELF", shelf)
    words = [rare() for _ in range(5)]
    secret = a_run(
        title=words[0], template=words[1], notes=[Note(text=words[2])], says=f"{words[3]} 秘密的猫", tokens=20,
        lanes=1, parent=f"{words[4]}parent",
    )  # fmt: skip
    archive.keep(a_run(seed=1, tokens=40))
    kept = archive.keep(secret, listed=True)
    for seed in range(2, 24):
        archive.keep(a_run(seed=seed, tokens=40), listed=bool(seed % 2))
    with archive.file.reading() as database:
        (body,) = database.execute(
            "SELECT body FROM bodies JOIN items USING (number) WHERE id = ?", (secret.id,)
        ).fetchone()
    traces = [word[3:].encode() for word in words] + [
        secret.id.encode(),
        *(body[at : at + 40] for at in range(0, len(body) - 40, 400)),
    ]
    assert left(tmp_path, traces)
    assert archive.delete(secret.id, kept.key)
    assert left(tmp_path, traces) == []
    assert told(archive, words[3]) == told(archive, "秘密") == []
    archive.keep(a_run(seed=50), listed=True)
    archive.close()
    assert left(tmp_path, traces) == []
    intact(tmp_path)


def left(folder: Path, traces: list[bytes]) -> list[bytes]:
    """Those of the traces that stand somewhere in the archive's files."""
    files = [path.read_bytes() for path in folder.iterdir() if path.is_file()]
    return [trace for trace in traces if any(trace in data for data in files)]


def test_words_of_what_was_deleted_leave_the_log_once_nobody_reads_it(archive: Archive, tmp_path: Path) -> None:
    word = rare()
    kept = archive.keep(says(f"it says {word}"))
    with archive.file.reading() as database:
        assert database.execute("SELECT count(*) FROM items").fetchone() == (1,)
        assert archive.delete(kept.document.id, kept.key)
        assert left(tmp_path, [word[3:].encode()])
    archive.keep(a_run())
    assert left(tmp_path, [word[3:].encode()]) == []


def test_shelves_that_are_empty_are_taken_down(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SHELF", 1)
    kept = [archive.keep(says(f"w{at}", seed=at), listed=True) for at in range(5)]
    for each in kept[1:4]:
        assert archive.delete(each.document.id, each.key)
    with archive.file.reading() as database:
        assert database.execute("SELECT first FROM shelves").fetchall() == [(1,), (5,)]
        tables = "SELECT count(*) FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
        assert database.execute(tables).fetchone() == (2,)
    assert archive.delete(kept[4].document.id, kept[4].key)
    again = says("w9")
    archive.keep(again, listed=True)
    assert [entry.id for entry in archive.find(Query("w9"))] == [again.id]
    assert [entry.id for entry in archive.find(Query("w0"))] == [kept[0].document.id]
    archive.close()
    intact(tmp_path)


def test_a_document_that_is_too_large_and_a_full_archive_are_refused_in_a_sentence(tmp_path: Path) -> None:
    run = a_run(2, 2, 64)
    archive = Archive(tmp_path, most=30_000, largest=len(run.to_json()))
    archive.keep(run)
    with pytest.raises(
        TooLarge, match=r"^This run has 0 MB, and 0 MB is the most that is kept; download it as a file\.$"
    ):
        archive.keep(a_run(2, 2, 65))
    kept = archive.keep(a_run(2, 2, 60))
    before = archive.taken()
    with pytest.raises(TooLarge, match=r"^The archive is full .*SWATCHBOOK_ARCHIVE_GB.*; delete something .* file\.$"):
        archive.keep(a_run(2, 2, 60, seed=2))
    assert archive.taken() == before
    assert archive.delete(kept.document.id, kept.key)
    archive.keep(a_run(2, 2, 60, seed=2))
    archive.close()
    intact(tmp_path)


def test_what_could_not_be_opened_again_is_not_kept(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match=r"^This run cannot be kept, because it could not be opened again: .*\.$"):
        archive.keep(says("x" * 1_100_000))
    assert archive.taken() == (0, 0)
    kept = archive.keep(says("x" * 900_000 + " far"))
    assert archive.open(kept.document.id) == kept.document


@pytest.mark.parametrize("large", [False, True])
def test_documents_are_packed_and_unpacked_within_bounds(large: bool) -> None:
    plain = bytes(range(256)) * (20_000 if large else 10)
    body = packing.pack(plain)
    assert len(body) < len(plain) / 2
    assert packing.unpack(body, len(plain)) == plain
    for most in (len(plain) - 1, 10, 1):
        with pytest.raises(Unreadable, match="larger than"):
            packing.unpack(body, most)
    for cut in range(0, min(len(body), 400), 7):
        with pytest.raises(Unreadable):
            packing.unpack(body[:cut], MAX_DOCUMENT)


def test_what_a_mirror_carries_is_restored_on_an_empty_disk(archive: Archive, tmp_path: Path) -> None:
    run = a_run(lanes=3, title="far")
    kept = archive.keep(run, listed=True)
    record = archive.record(run.id)
    assert record is not None
    assert Run.model_validate_json(zlib.decompress(record.body)) == run
    other = Archive(tmp_path / "other")
    assert other.restore(record)
    assert other.restore(record)
    assert other.open(run.id) == run
    assert told(other, "far") == ["far"]
    assert other.taken() == archive.taken()
    assert other.waiting() == []
    assert other.delete(run.id, kept.key)
    assert not other.restore(record)
    assert other.leaving() == [run.id]
    for wrong in (b"", b"no", record.body[:-9], zlib.compress(b"{}"), zlib.compress(a_run().to_json().encode())):
        with pytest.raises(Unreadable, match=r"^What the archive repository holds .*[^.]\.$"):
            archive.restore(replace(record, body=wrong))
    other.close()
    intact(tmp_path / "other")


def test_what_the_mirror_lacks_and_what_it_has_too_much(archive: Archive) -> None:
    kept = [archive.keep(a_run(seed=seed)) for seed in range(4)]
    ids = [each.document.id for each in kept]
    assert archive.waiting() == ids
    assert archive.waiting(2) == ids[:2]
    archive.settle(ids[:2])
    assert archive.waiting() == ids[2:]
    assert [archive.entry(id).mirrored for id in ids] == [True, True, False, False]  # type: ignore[union-attr]
    for each in kept[1:3]:
        assert archive.delete(each.document.id, each.key)
    assert archive.leaving() == [ids[1]], "the other one never was there"
    archive.settle([ids[2]])
    assert sorted(archive.leaving()) == sorted(ids[1:3]), "it was deleted while it was sent"
    archive.settle(gone=ids[1:3])
    assert archive.leaving() == []
    assert archive.waiting() == ids[3:]


def test_many_keep_search_and_delete_at_once(archive: Archive, tmp_path: Path) -> None:
    def visitor(number: int) -> None:
        mine = []
        for at in range(8):
            mine.append(archive.keep(says(f"sea of visitor{number}", title=f"{number}-{at}", seed=at), listed=True))
            own = tuple(each.document.id for each in mine)
            assert told(archive, f"sea visitor{number}") == [f"{number}-{n}" for n in range(at, -1, -1)]
            assert len(archive.find(Query(own=own, only_own=True))) == at + 1
            assert archive.open(own[0]) == mine[0].document
        for each in mine[::2]:
            assert archive.delete(each.document.id, each.key)
        assert told(archive, f"visitor{number}") == [f"{number}-{n}" for n in (7, 5, 3, 1)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visitor, range(8)))
    assert archive.taken()[0] == 32
    archive.close()
    intact(tmp_path)


class Model(RuleBasedStateMachine):
    """An archive against a plain dictionary: the same things are there, found, and counted."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.archive = Archive(Path(self.folder.name))
        self.held: dict[str, tuple[Run, str, bool]] = {}
        self.gone: list[str] = []
        search.SHELF = 40

    def teardown(self) -> None:
        search.SHELF = SHELF
        self.archive.close()
        intact(Path(self.folder.name))
        self.folder.cleanup()

    @rule(words=st.lists(st.sampled_from(["sea", "seal", "stone", "ash"]), max_size=3), listed=st.booleans())
    def keep(self, words: list[str], listed: bool) -> None:
        kept = self.archive.keep(says(" ".join(words)), listed=listed)
        self.held[kept.document.id] = (kept.document, kept.key, listed)  # type: ignore[assignment]

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def keep_again(self, data: st.DataObject) -> None:
        run, _, listed = self.held[data.draw(st.sampled_from(sorted(self.held)))]
        kept = self.archive.keep(run, listed=listed)
        assert kept.document.id not in self.held
        self.held[kept.document.id] = (kept.document, kept.key, listed)  # type: ignore[assignment]

    @precondition(lambda self: self.held)
    @rule(data=st.data(), known=st.booleans())
    def delete(self, data: st.DataObject, known: bool) -> None:
        id = data.draw(st.sampled_from(sorted(self.held)))
        assert self.archive.delete(id, self.held[id][1] if known else "wrong") == known
        if known:
            del self.held[id]
            self.gone.append(id)

    @rule()
    def restart(self) -> None:
        self.archive.close()
        self.archive = Archive(Path(self.folder.name))

    @rule(text=st.sampled_from(["", "se", "sea", "s", "ash", "sea st"]), data=st.data())
    def find(self, text: str, data: st.DataObject) -> None:
        own = data.draw(st.lists(st.sampled_from([*self.held, *self.gone, "none"]), max_size=3))
        found = {entry.id for entry in self.archive.find(Query(text, own=tuple(own), count=200))}
        assert found == {
            id for id, (run, _, listed) in self.held.items() if (listed or id in own) and matches(run, text.split())
        }

    @invariant()
    def everything_is_there(self) -> None:
        items, size = self.archive.taken()
        entries = [self.archive.entry(id) for id in self.held]
        assert (items, size) == (len(self.held), sum(entry.size for entry in entries if entry))
        assert all(self.archive.open(id) == run for id, (run, _, _) in self.held.items())
        assert all(self.archive.open(id) is None for id in self.gone)


def matches(run: Run, words: list[str]) -> bool:
    held = " ".join(sample.text for sample in run.samples).split()
    return all(any(each.startswith(word) if len(word) > 1 else each == word for each in held) for word in words)


SHELF = search.SHELF
TestModel = Model.TestCase
TestModel.settings = settings(max_examples=12, stateful_step_count=25)
