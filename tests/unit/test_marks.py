"""Texts with the places of notes marked in them."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from components.marks import marked, places
from swatchbook.notes import Note, Span
from swatchbook.runs import Lane, ModelRef, Run, Sample


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


marks = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(1, 9)).map(lambda m: (m[0], m[0] + m[1], m[2])),
    max_size=5,
)


@given(st.text("ab<>&é🙂 \n", min_size=40, max_size=60), marks)
def test_marks_leave_the_text_as_it_is(text: str, found: list[tuple[int, int, int]]) -> None:
    assert plain(marked(text, found)) == text


@given(st.text("abc", min_size=40, max_size=60), marks)
def test_each_mark_is_where_it_was_put(text: str, found: list[tuple[int, int, int]]) -> None:
    html, at, covered = marked(text, found), 0, set()
    for piece in re.split(r"(<mark.*?</mark>)", html):
        length = len(plain(piece))
        if piece.startswith("<mark"):
            covered |= set(range(at, at + length))
        at += length
    assert covered == {place for start, end, _ in found for place in range(start, end)}


def test_a_note_on_a_whole_sample_marks_all_of_it_and_one_on_another_lane_nothing() -> None:
    lanes = [Lane(id=name, model=ModelRef(source="house", repo=name)) for name in ("a", "b")]
    samples = [Sample(lane="a", text="one"), Sample(lane="a", text="two two"), Sample(lane="b", text="other")]
    notes = [
        Note(text="x", at=[Span(lane="a", sample=1)]),
        Note(text="y", at=[Span(lane="a", sample=1, start=0, end=3)]),
    ]
    run = Run(template="t", lanes=lanes, samples=samples, notes=notes)
    assert places(run) == {("a", 1): [(0, None, 1), (0, 3, 2)]}
    assert "data-n" in marked("two two", places(run)["a", 1])


def test_many_notes_on_one_text_cost_little() -> None:
    """A thousand notes of eight places each are allowed; each text draws a bounded number of marks."""
    text = "word " * 2000
    html = marked(text, [(at, at + 7, at % 1000 + 1) for at in range(0, 8000)])
    assert plain(html) == text
    assert len(html) < 200_000
