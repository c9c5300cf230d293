"""Close reading: notes, answers and contests, and the run they are made on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.keep_actions import Keeping
from components.look import Look
from components.note_actions import press
from components.session import Session
from components.views.notes import notes_html
from swatchbook.archive.store import Archive
from swatchbook.notes import Note
from swatchbook.runs import Lane, ModelRef, Run, RunError, Sample, Tag, read_run
from swatchbook.settings import AppSettings
from swatchbook.shelf import Shelf


def a_run() -> Run:
    lanes = [Lane(id=name, model=ModelRef(source="house", repo=name)) for name in ("a", "b")]
    samples = [
        Sample(lane="a", text="the fog kept one 🙂 of them", finish="end", tags=[Tag(name="loop", token=3)]),
        Sample(lane="b", text="Butter the tin", finish="end"),
    ]
    return Run(template="t", lanes=lanes, samples=samples)


def opened(kept: bool = False) -> Session:
    session, run = Session(), a_run()
    session.show(run, kept=run.id if kept else None)
    return session


def do(session: Session, **data: Any) -> Run:
    press(session, data)
    assert session.run is not None
    return session.run


def test_a_note_is_linked_across_lanes() -> None:
    session = opened()
    do(session, act="note", sample="a:0", start="4", end="7")
    do(session, act="note", sample="b:0")
    do(session, act="note", sample="b:0")  # the same place twice is one
    run = do(session, act="write", text=" Both are kitchens. ", author="Ada", **{"words-1": "butter"})
    (note,) = run.notes
    assert note.text == "Both are kitchens."
    assert [(span.lane, span.start, span.end) for span in note.at] == [("a", 4, 7), ("b", 0, 6)]
    assert session.composing is None
    assert read_run(run.to_json()) == run


def test_characters_count_as_people_count_them() -> None:
    session = opened()
    do(session, act="note", sample="a:0", start="17", end="18")
    run = do(session, act="write", text="a face")
    span = run.notes[0].at[0]
    assert run.samples[0].text[span.start : span.end] == "🙂"


def test_a_note_and_a_tag_can_be_contested_and_answered() -> None:
    session = opened()
    do(session, act="note", sample="a:0")
    first = do(session, act="write", text="A voice.").notes[0]
    do(session, act="object", note=first.id)
    do(session, act="write", text="I hear none.")
    do(session, act="contest", sample="a:0", tag="loop")
    run = do(session, act="write", text="It is a refrain.")
    assert [(note.contests, note.answers, note.tag) for note in run.notes] == [
        (False, None, None),
        (True, first.id, None),
        (True, None, "loop"),
    ]
    do(session, act="answer", note=run.notes[1].id)
    assert do(session, act="write", text="Listen again.").notes[3].answers == run.notes[1].id


def test_a_kept_run_never_changes() -> None:
    session = opened(kept=True)
    before = session.run
    assert before is not None
    original = before.to_json()
    do(session, act="note", sample="b:0")
    child = do(session, act="write", text="Mine.")
    assert before.to_json() == original
    assert (child.parent, child.relation) == (before.id, "notes")
    assert child.id != before.id
    assert session.kept is None
    do(session, act="note", sample="b:0")
    assert do(session, act="write", text="More.").id == child.id  # one child, not a child of a child


def test_a_place_can_be_taken_out_and_the_note_left() -> None:
    session = opened()
    do(session, act="note", sample="a:0")
    do(session, act="note", sample="b:0")
    do(session, act="unplace", place="0")
    assert session.composing is not None
    assert [span.lane for span in session.composing.at] == ["b"]
    do(session, act="drop-note")
    assert session.composing is None
    assert do(session, act="write", text="lost").notes == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"act": "note", "sample": "a:9"}, "no longer on the page"),
        ({"act": "note", "sample": "z:0"}, "no longer on the page"),
        ({"act": "note", "sample": "a:0", "start": "9", "end": "9"}, "No words"),
        ({"act": "contest", "sample": "a:0", "tag": "refusal"}, "tag is no longer"),
        ({"act": "answer", "note": "nobody"}, "no longer on the page"),
    ],
)
def test_what_is_not_there_cannot_be_noted(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RunError, match=sentence):
        press(opened(), data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"text": "  "}, "empty"),
        ({"text": "x" * 4001}, "4,000 is the most"),
        ({"text": "x", "words-0": "no such words"}, "does not stand in that text"),
    ],
)
def test_a_note_that_cannot_be_saved_stays_open(data: dict[str, Any], sentence: str) -> None:
    session = opened()
    do(session, act="note", sample="a:0")
    with pytest.raises(RunError, match=sentence):
        press(session, {"act": "write", **data})
    assert session.composing is not None
    assert do(session, act="write", text="Now.").notes[0].text == "Now."


def test_halves_of_characters_do_not_break_the_file() -> None:
    session = opened()
    do(session, act="note", sample="a:0")
    run = do(session, act="write", text="half \ud83d", author="\udc00")
    assert read_run(run.to_json()) == run


def test_a_long_thread_is_drawn_without_end() -> None:
    notes = [Note(text="0")]
    for number in range(1, 999):
        notes.append(Note(text=str(number), answers=notes[-1].id))
    run = a_run().model_copy(update={"notes": notes})
    html = notes_html(run, Look(Shelf(Path("/nowhere"))), None)
    assert html.count("<article") == 999
    assert "answers note 998" in html


def test_while_names_are_hidden_places_go_by_letters() -> None:
    session = opened()
    session.order = ("b", "a")
    do(session, act="note", sample="B:0", start="4", end="7")
    run = do(session, act="write", text="fog")
    assert run.notes[0].at[0].lane == "a"
    with pytest.raises(RunError, match="no longer on the page"):
        do(session, act="note", sample="A:²")


def test_an_answer_to_what_was_taken_back_is_not_written() -> None:
    session = opened()
    do(session, act="note", sample="a:0")
    note = do(session, act="write", text="Mistaken.").notes[0]
    do(session, act="answer", note=note.id)
    run = do(session, act="remove", note=note.id)
    assert session.composing is None
    run = do(session, act="write", text="To nobody.")
    assert run.notes == []
    assert read_run(run.to_json()) == run


def test_only_what_is_not_kept_yet_can_be_taken_back(tmp_path: Path) -> None:
    session = opened()
    do(session, act="note", sample="a:0")
    note = do(session, act="write", text="It stays.").notes[0]
    Keeping(Archive(tmp_path), AppSettings()).keep(session, {})
    do(session, act="note", sample="a:0")
    do(session, act="write", text="A child begins.")
    with pytest.raises(RunError, match="not kept yet"):
        do(session, act="remove", note=note.id)


def test_words_are_found_where_they_stand_whatever_their_case() -> None:
    session, run = Session(), a_run()
    run.samples[1].text = "Straße ßß STRAND"  # casefolding makes a text longer
    session.show(run)
    do(session, act="note", sample="b:0")
    span = do(session, act="write", text="x", **{"words-0": "strand"}).notes[0].at[0]
    assert run.samples[1].text[span.start : span.end] == "STRAND"
