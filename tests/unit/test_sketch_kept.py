"""Sketches and their results in the archive: kept, found by what they say, related, mirrored, and carried in links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.views.archive import entries_html, family_html
from swatchbook.archive import envelope
from swatchbook.archive.documents import kinds
from swatchbook.archive.links import pack, unpack
from swatchbook.archive.store import Archive, Query
from swatchbook.runs import ModelRef, Newer, RunError
from swatchbook.shelf import Shelf
from swatchbook.sketch.kept import Ancestor, KeptSketch, read_kept
from swatchbook.sketch.record import MAX_RECORD, Cell, Record, read_record
from swatchbook.strict import new_id
from tests.documents import LETTER, texts

MODELS = ("house/cook", "owner/small")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path)
    yield archive
    archive.close()


def a_record(text: str = "Dear kitchen, the tap sings.") -> Record:
    cell = Cell(
        step="draft", column=0, model=ModelRef.parse("house/cook@0123456"), prompt="A tender letter.", text=text
    )
    return Record(title="Letter", sketch=LETTER, values={"mood": "tender"}, cells=[cell, Cell(step="end", text=" ")])


def a_sketch(**about: object) -> KeptSketch:
    return KeptSketch.model_validate({"title": "Letter", "text": LETTER, "examples": [a_record()], **about})


@pytest.mark.parametrize("words", ["Ana", "tend", "second sun", "A letter in", "tap sings", "Letter"])
def test_a_sketch_is_found_by_what_it_says_and_asks(archive: Archive, words: str) -> None:
    archive.keep(a_sketch(), "sketch", listed=True)
    assert [entry.kind for entry in archive.find(Query(words, kind="sketch"))] == ["sketch"]
    assert archive.find(Query(words, kind="record")) == []


def test_words_of_the_format_are_not_what_it_says(archive: Archive) -> None:
    archive.keep(a_sketch(), "sketch", listed=True)
    archive.keep(a_sketch(text="steps: what is this?"), "sketch", listed=True)
    (found,) = archive.find(Query("steps"))
    assert (found.brief, found.models) == ("steps: what is this?", ())


def test_a_sketch_and_its_result_say_what_they_are(archive: Archive) -> None:
    sketch, record = a_sketch(), a_record()
    archive.keep(sketch, "sketch")
    archive.keep(record, "record")
    kept, result = archive.entry(sketch.id), archive.entry(record.id)
    assert kept is not None
    assert result is not None
    assert (kept.brief, kept.models) == ("1 input, 1 step, 2 columns: A {{mood}} letter in #weather#.", MODELS)
    assert (result.brief, result.models) == ("tender: Dear kitchen, the tap sings.", MODELS[:1])
    listed = entries_html([kept, result], Shelf())
    assert f'href="?sketch={sketch.id}' in listed
    assert f'href="?record={record.id}' in listed
    assert "Sketch result" in listed


def test_versions_and_remixes_are_a_family(archive: Archive) -> None:
    first = a_sketch(title="First")
    second = a_sketch(title="Second", parent=first.id, relation="version")
    third = a_sketch(title="Third", parent=second.id, relation="remix", lineage=[Ancestor(id=first.id, title="First")])
    for each in (first, second, third):
        archive.keep(each, "sketch", listed=True)
    assert {entry.title for entry in archive.family(second.id)} == {"First", "Second", "Third"}
    tree = family_html(archive.family(second.id), second.id)
    assert "a new version" in tree
    assert "a remix" in tree


@pytest.mark.parametrize("document", [a_sketch(), a_record()], ids=["sketch", "record"])
def test_what_the_mirror_carries_comes_back(archive: Archive, tmp_path: Path, document: KeptSketch | Record) -> None:
    name = "sketch" if isinstance(document, KeptSketch) else "record"
    archive.keep(document, name, listed=True)
    record = archive.record(document.id)
    assert record is not None
    (file,) = envelope.pack(record).values()
    other = Archive(tmp_path / "other")
    assert other.restore(envelope.unpack(document.id, file, lambda _: None))
    assert other.open(document.id) == document
    assert [entry.id for entry in other.find(Query("sings", kind=name))] == [document.id]
    other.close()


def test_a_link_holds_the_file_and_whose_it_was_and_no_results() -> None:
    lineage = [Ancestor(id=new_id(), title="Elder", author="Bo")]
    kind, opened = unpack(pack("sketch", a_sketch(parent="p" * 22, relation="remix", lineage=lineage)))
    assert kind == "sketch"
    assert opened == KeptSketch(
        id=opened.id, created=opened.created, title="Letter", text=LETTER, lineage=lineage
    )  # fmt: skip
    kind, again = unpack(pack("record", a_record()))
    assert (kind, again.cells, again.values, again.sketch) == ("record", [], {"mood": "tender"}, LETTER)  # type: ignore[attr-defined]


@settings(max_examples=60)
@given(texts | st.text("sketch: 1\ntie[]{}#-&*'\"{{name}}", max_size=60) | st.integers(0, 300))
def test_any_text_is_kept_though_it_is_no_sketch(text: str | int) -> None:
    """Where it is a number, it is how much of a sketch is there."""
    kept = a_sketch(text=LETTER[:text] if isinstance(text, int) else text)
    kind = kinds()["sketch"]
    words = kind.words(kept)
    assert len(kind.brief(kept)) <= 160
    assert "\n" not in kind.brief(kept)
    assert set(kind.models(kept)) <= set(MODELS)
    assert all(isinstance(each, str) for each in (words.title, words.prompt, words.text))


def test_what_is_none_or_newer_is_refused_in_one_sentence() -> None:
    with pytest.raises(Newer, match="newer Swatchbook"):
        read_kept(b'{"sketch":2,"text":"x"}')
    with pytest.raises(Newer, match="newer Swatchbook"):
        read_record(b'{"record":2,"sketch":"x"}')
    with pytest.raises(RunError, match="not a kept sketch"):
        read_kept(a_record().to_json())
    with pytest.raises(RunError, match="not the result of a sketch"):
        read_record(a_sketch().to_json())


def a_long_record(size: int) -> Record:
    """A result that takes about so many bytes."""
    whole, rest = divmod(size, 190_000)
    cells = [Cell(step="draft", at=at % 20, text="x" * 190_000) for at in range(whole)]
    return a_record().model_copy(update={"cells": [*cells, Cell(step="end", text="y" * rest)]})


def test_a_long_result_is_kept_with_its_sketch(archive: Archive) -> None:
    for examples in ([a_long_record(1_200_000)], [a_long_record(MAX_RECORD - 20_000)], [a_long_record(700_000)] * 8):
        kept = a_sketch(examples=examples)
        id = archive.keep(kept, "sketch").document.id
        found = archive.open(id)
        assert isinstance(found, KeptSketch)
        assert found.examples == kept.examples


def test_what_could_not_be_read_again_is_not_kept_and_a_sentence_says_what_helps(archive: Archive) -> None:
    for document, kind, why in (
        (a_long_record(MAX_RECORD), "record", r"^This result takes 6\.0 MB, and 6 is the most; let the prompts be"),
        (
            a_sketch(examples=[a_long_record(900_000)] * 8),
            "sketch",
            r"7\.2 MB, and 6\.5 is the most; take a result",
        ),
    ):
        with pytest.raises(RunError, match=why):
            archive.keep(document, kind)
