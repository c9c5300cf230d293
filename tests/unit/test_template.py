"""Slots, their fillings, and the prompts they make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.runs import MAX_FILLINGS, MAX_PROMPT, RunError
from swatchbook.template import fill, fillings, slots

word = st.text(st.characters(exclude_characters="{}|", exclude_categories=("Cs",)), max_size=8).map(str.strip)
plain = st.text(st.characters(exclude_characters="{}|", exclude_categories=("Cs",)), max_size=20)
choices = st.lists(word, min_size=2, max_size=4, unique=True)


def test_a_slot_takes_each_word_in_turn() -> None:
    template = "The {nurse|engineer} said"
    assert [fill(template, words) for words in fillings(template)] == ["The nurse said", "The engineer said"]


def test_several_slots_multiply_the_last_turning_fastest() -> None:
    assert fillings("{a|b} and {c|d}") == [("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]


def test_no_slot_makes_one_filling() -> None:
    assert fillings("plain {words} {} {{x}}") == [()]
    assert fill("plain {words}", ()) == "plain {words}"


def test_words_lose_their_outer_spaces_and_may_be_empty() -> None:
    assert slots("{ big dog | small  dog }{|very}") == [["big dog", "small  dog"], ["", "very"]]


def test_a_word_is_never_expanded_again() -> None:
    assert fill("{a|b} {c|d}", ("{c|d}", "x")) == "{c|d} x"


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{a|a}", "the same word twice"),
        ("{a|b}" * 5, f"{MAX_FILLINGS} is the most"),
        ("x" * (MAX_PROMPT + 1), f"{MAX_PROMPT:,} is the most"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence(template: str, sentence: str) -> None:
    with pytest.raises(RunError, match=sentence):
        fillings(template)


@given(st.lists(st.tuples(plain, choices), max_size=2), plain)
def test_filling_is_writing_the_words_in_place(parts: list[tuple[str, list[str]]], end: str) -> None:
    template = "".join(f"{text}{{{'|'.join(words)}}}" for text, words in parts) + end
    assert slots(template) == [words for _, words in parts]
    for filling in fillings(template):
        expected = "".join(text + word for (text, _), word in zip(parts, filling, strict=True)) + end
        assert fill(template, filling) == expected


@given(st.text(max_size=60))
def test_a_template_of_any_text_is_filled_or_refused(text: str) -> None:
    try:
        words = fillings(text)
    except RunError:
        return
    assert all(isinstance(fill(text, filling), str) for filling in words)
    assert len(set(words)) == len(words) <= MAX_FILLINGS
