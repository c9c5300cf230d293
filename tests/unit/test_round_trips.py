"""Every kind of document through everything that carries it: its JSON, a packed link, the store; also older ones."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from swatchbook.archive.documents import Document, kinds
from swatchbook.archive.links import pack, unpack
from swatchbook.archive.store import Archive
from swatchbook.notes import Note, Span
from swatchbook.runs import FORMAT, Run, read_run
from tests import documents

KINDS = sorted(kinds())
FIRST_FORMAT = b"""{
 "swatchbook": 1, "id": "old-run", "title": "An old one", "created": "2025-11-02T10:00:00+00:00", "parent": null,
 "template": "The {nurse|engineer} said",
 "settings": {"samples": 1, "max_tokens": 2, "temperature": 0.9, "top_p": 1.0, "top_k": 0, "min_p": 0.0,
  "repetition_penalty": 1.0, "stop": [], "seed": 7},
 "lanes": [
  {"id": "a", "model": {"source": "house", "repo": "cook", "commit": null}, "mode": "completion", "precision": "auto"}],
 "samples": [
  {"lane": "a", "filling": ["nurse"], "index": 0, "seed": 7, "prompt": "The nurse said", "prompt_tokens": 3,
   "token_ids": [5, 6], "ends": [2, 4], "text": "h\xc3\xa9!", "raw": null,
   "trace": {"surprisal": [1.5, 2.0], "entropy": [3.0, 3.0], "top_ids": [[5], [6]], "top_bits": [[1.5], [2.0]],
    "top_text": [["h\xc3\xa9"], ["!"]]},
   "finish": "length", "timing": {"first_token": 0.1, "total": 0.2},
   "tags": [{"name": "loop", "detail": "", "token": 1}], "error": null},
  {"lane": "a", "filling": ["engineer"], "index": 0, "seed": 7, "prompt": "The engineer said", "finish": "failed",
   "error": "It could not be loaded."}],
 "notes": [{"text": "On a lane.", "lane": "a", "created": "2025-11-02T10:05:00+00:00"},
  {"text": "On the run.", "lane": null, "created": "2025-11-02T10:06:00+00:00"}]
}"""
"""A document as the first version wrote it: prompts inside samples, notes on a lane or on none."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = Archive(tmp_path_factory.mktemp("archive"))
    yield made
    made.close()


def test_there_is_a_strategy_for_every_kind() -> None:
    assert set(documents.DOCUMENTS) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_through_json_link_and_store(name: str, archive: Archive) -> None:
    kind = kinds()[name]

    @settings(max_examples=25)
    @given(documents.DOCUMENTS[name])
    def comes_back(document: Document) -> None:
        through = kind.read(document.to_json().encode())
        assert through == document
        assert kind.read(through.to_json().encode()) == document
        found, linked = unpack(pack(name, document))
        own = {"id": linked.id, "created": linked.created}
        assert (found, linked) == (name, kind.packed(document).model_copy(update=own))
        kept = archive.keep(document, name)
        assert archive.open(kept.document.id) == kept.document
        assert kept.document.model_copy(update={"id": document.id}) == document
        again = archive.open(archive.keep(linked, name).document.id)
        assert again == linked

    comes_back()


@pytest.mark.parametrize("name", KINDS)
def test_what_a_link_holds_is_not_less_the_second_time(name: str) -> None:
    @settings(max_examples=25)
    @given(documents.DOCUMENTS[name])
    def stays(document: Document) -> None:
        packed = pack(name, document)
        assert pack(name, unpack(packed)[1]) == packed
        assert kinds()[name].packed(kinds()[name].packed(document)) == kinds()[name].packed(document)

    stays()


def test_a_run_of_the_first_format_opens_and_goes_on_in_this_one(archive: Archive) -> None:
    run = read_run(FIRST_FORMAT)
    assert run.swatchbook == FORMAT
    assert [sample.prompt for sample in run.samples] == ["The nurse said", "The engineer said"]
    assert run.samples[0].trace.top_text == [["hé"], ["!"]]
    assert [(note.text, note.at, note.author, note.contests) for note in run.notes] == [
        ("On a lane.", [Span(lane="a")], "", False),
        ("On the run.", [], "", False),
    ]
    kept = archive.keep(run)
    opened = archive.open(kept.document.id)
    assert opened == kept.document
    assert json.loads(opened.to_json())["swatchbook"] == FORMAT
    assert unpack(pack("run", run))[1].notes == run.notes


def test_notes_of_the_first_format_get_ids_of_their_own() -> None:
    ids = [note.id for note in read_run(FIRST_FORMAT).notes]
    assert len(set(ids)) == 2
    with pytest.raises(ValueError, match="at"):
        Note.model_validate({"text": "x", "lane": "a b"})


def test_a_prompt_that_samples_share_is_written_once() -> None:
    run = read_run(FIRST_FORMAT)
    many = run.model_copy(update={"samples": run.samples * 8})
    assert many.to_json().count("The nurse said") == 1
    assert read_run(many.to_json()) == many


def test_reading_and_writing_leave_a_run_as_it_was() -> None:
    run = read_run(FIRST_FORMAT)
    before = run.model_copy(deep=True)
    run.to_json()
    pack("run", run)
    assert run == before
    assert isinstance(run, Run)
