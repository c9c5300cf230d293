"""Notes, contests and blind readings: what they may say, and what becomes of them in a run."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from swatchbook.notes import MAX_NAME, MAX_NOTE, MAX_PLACES, Blind, Note, Span, Vote
from swatchbook.runs import MAX_NOTES, MAX_READINGS, Lane, ModelRef, Run, Sample, Tag

COOK, POET = ModelRef(source="house", repo="cook"), ModelRef(source="house", repo="poet")
LANES = [Lane(id="a", model=COOK), Lane(id="b", model=POET)]
SAMPLES = [
    Sample(lane="a", text="one"),
    Sample(lane="b", text="two!"),
    Sample(lane="a", text="né", tags=[Tag(name="loop")]),
]


def a_run(**members: Any) -> Run:
    return Run(template="x", lanes=LANES, samples=SAMPLES, **members)


@pytest.mark.parametrize(
    "span",
    [
        {"lane": "a"},
        {"lane": "a", "sample": 1},
        {"lane": "a", "sample": 1, "start": 0, "end": 2},
        {"lane": "b", "sample": 0, "start": 3, "end": 4},
    ],
)
def test_a_place_is_a_lane_a_sample_or_some_of_its_characters(span: dict[str, Any]) -> None:
    assert a_run(notes=[Note(text="x", at=[Span(**span)])]).notes[0].at[0].lane == span["lane"]


@pytest.mark.parametrize(
    "span",
    [
        {"lane": "a", "start": 0, "end": 1},
        {"lane": "a", "sample": 0, "start": 0},
        {"lane": "a", "sample": 0, "end": 1},
        {"lane": "a", "sample": 0, "start": 1, "end": 1},
        {"lane": "a", "sample": 0, "start": 2, "end": 1},
        {"lane": "a", "sample": -1},
        {"lane": "a", "sample": 0, "start": -1, "end": 1},
        {"lane": "a b"},
        {"sample": 0},
    ],
)
def test_what_is_no_place_is_refused(span: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate(span)


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ({"lane": "c"}, "not in the run"),
        ({"lane": "a", "sample": 2}, "not in the run"),
        ({"lane": "b", "sample": 1}, "not in the run"),
        ({"lane": "a", "sample": 0, "start": 0, "end": 4}, "beyond its text"),
        ({"lane": "a", "sample": 1, "start": 2, "end": 3}, "beyond its text"),
    ],
)
def test_a_place_has_to_be_in_the_run(span: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        a_run(notes=[Note(text="x", at=[Span(lane="a"), Span(**span)])])


@pytest.mark.parametrize(
    "note",
    [
        {"text": ""},
        {"text": "x" * (MAX_NOTE + 1)},
        {"text": "x", "author": "x" * (MAX_NAME + 1)},
        {"text": "x", "at": [{"lane": "a"}] * (MAX_PLACES + 1)},
        {"text": "x", "id": "a b"},
        {"text": "x", "contests": True},
        {"text": "x", "contests": True, "tag": "loop"},
        {"text": "x", "contests": True, "tag": "loop", "at": [{"lane": "a"}]},
        {"text": "x", "tag": "loop", "at": [{"lane": "a", "sample": 0}]},
        {"text": "x", "tag": "loop", "answers": "n"},
        {"text": "x", "tag": "loop", "answers": "n", "contests": True},
        {"text": "x", "kind": "note"},
    ],
)
def test_what_is_no_note_is_refused(note: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Note.model_validate(note)


def test_a_note_may_contest_a_note_or_a_tag() -> None:
    said = Note(text="A loop.", at=[Span(lane="a", sample=1)])
    tag = Note(text="It ends.", tag="loop", contests=True, at=[Span(lane="a", sample=1)])
    against = Note(text="No.", answers=said.id, contests=True)
    answer = Note(text="Yes.", answers=against.id)
    assert a_run(notes=[said, tag, against, answer]).notes[2].contests
    for wrong in ([against, said], [answer, said, against], [said, said]):
        with pytest.raises(ValidationError, match=r"answers one that is not before it|the same id"):
            a_run(notes=wrong)


def test_a_run_holds_so_many_notes_and_readings_and_no_more() -> None:
    notes = [Note(id=f"n{number}", text="x") for number in range(MAX_NOTES + 1)]
    assert len(a_run(notes=notes[:-1]).notes) == MAX_NOTES
    with pytest.raises(ValidationError, match="at most"):
        a_run(notes=notes)
    blind = Blind(order=["a", "b"])
    with pytest.raises(ValidationError, match="at most"):
        a_run(readings=[blind] * (MAX_READINGS + 1))


@pytest.mark.parametrize(
    "vote",
    [
        {"question": "best", "lanes": ["a", "b"]},
        {"question": "best", "lanes": []},
        {"question": "alike", "lanes": ["a"]},
        {"question": "alike", "lanes": ["a", "a"]},
        {"question": "worst", "lanes": ["a"]},
    ],
)
def test_what_is_no_vote_is_refused(vote: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Vote.model_validate(vote)


@pytest.mark.parametrize(
    "blind",
    [
        {"order": ["a"]},
        {"order": ["a", "a"]},
        {"order": ["a", "b"], "votes": [Vote(question="best", lanes=["c"])]},
        {"order": ["a", "b"], "votes": [Vote(question="best", lanes=["a"]), Vote(question="best", lanes=["b"])]},
        {"order": ["a", "b"], "named": ["c"]},
        {"order": ["a", "b"], "words": "x" * (MAX_NOTE + 1)},
    ],
)
def test_what_is_no_blind_reading_is_refused(blind: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Blind.model_validate(blind)


def test_a_blind_reading_tells_what_was_chosen() -> None:
    votes = [Vote(question="best", lanes=["b"]), Vote(question="alike", lanes=["a", "b"])]
    blind = Blind(order=["b", "a"], votes=votes)
    assert (blind.chosen("best"), blind.chosen("alike"), blind.chosen("strangest")) == (["b"], ["a", "b"], [])
    with pytest.raises(ValidationError, match="a lane that is not in the run"):
        a_run(readings=[Blind(order=["a", "z"])])


@pytest.mark.parametrize(
    "lanes",
    [
        [Lane(id="a", model=COOK, repeats="a")],
        [Lane(id="a", model=COOK), Lane(id="p", model=POET, repeats="a")],
        [Lane(id="a", model=COOK), Lane(id="p", model=COOK, repeats="a"), Lane(id="q", model=COOK, repeats="p")],
        [Lane(id="a", model=COOK), Lane(id="p", model=COOK, repeats="z")],
    ],
)
def test_a_placebo_repeats_another_lane_of_its_model(lanes: list[Lane]) -> None:
    with pytest.raises(ValidationError, match="placebo"):
        Run(template="x", lanes=lanes)
