"""Failure tags: planted loops, echoes and soup are found, and honest texts are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.measures.failure import LOOP_REPEATS, LOOP_TOKENS, RULES, echoed_words, findings, loop_start

HONEST = "She counted the ships twice, and the fog kept one of them."


def names(ids: list[int], text: str, prompt: str = "", finish: str = "end") -> list[str]:
    return [finding.name for finding in findings(ids, text, prompt, finish)]


@given(
    st.lists(st.integers(100, 200), unique=True, max_size=20),
    st.lists(st.integers(0, 50), unique=True, min_size=1, max_size=6),
    st.integers(LOOP_REPEATS, 12),
)
def test_a_planted_loop_is_found_where_it_begins(before: list[int], block: list[int], times: int) -> None:
    found = loop_start(before + block * times)
    if len(block) * times >= LOOP_TOKENS:
        assert found == (len(before), len(block))
    else:
        assert found is None


@given(st.lists(st.integers(0, 3), max_size=60))
def test_what_is_called_a_loop_is_one(ids: list[int]) -> None:
    if found := loop_start(ids):
        start, period = found
        tail = ids[start:]
        assert len(tail) >= LOOP_TOKENS
        assert len(tail) >= LOOP_REPEATS * period
        assert all(tail[at] == tail[at - period] for at in range(period, len(tail)))


@given(st.lists(st.integers(), unique=True, max_size=60))
def test_tokens_that_never_return_make_no_loop(ids: list[int]) -> None:
    assert loop_start(ids) is None


def test_a_loop_that_was_left_again_is_no_loop() -> None:
    assert loop_start([1, 2] * 10 + [3, 4, 5]) is None


def test_an_honest_text_has_no_tag() -> None:
    assert names(list(range(12)), HONEST, "The keeper said that") == []


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_nothing_is_called_empty(text: str) -> None:
    assert names([1], text) == ["empty"]


@pytest.mark.parametrize(
    ("text", "finish", "tagged"),
    [
        ("She counted the", "length", True),
        ("She counted the", "context", True),
        ("She counted the", "end", False),
        ("She counted.", "length", False),
        ("She said “no.”", "length", False),
        ("Is it?", "length", False),
        ("数えた。", "length", False),
    ],
)
def test_cut_off_is_a_limit_in_mid_sentence(text: str, finish: str, tagged: bool) -> None:
    assert ("cut off" in names([1, 2], text, finish=finish)) is tagged


def test_an_echo_is_words_in_a_row_from_the_prompt() -> None:
    prompt = "Tell me what the keeper saw from the rock"
    assert names([1], "What the keeper saw from the sea.", prompt) == ["echo"]
    assert names([1], "What the keeper saw.", prompt) == []
    assert echoed_words("the KEEPER saw", prompt) == 3


def test_a_prompt_of_two_words_is_not_echoed() -> None:
    assert names([1], "The storm. The storm.", "The storm") == []


def test_soup_is_bytes_that_are_no_text() -> None:
    assert names([1], "a\ufffd") == ["byte soup"]
    assert names([1], "a" * 99 + "\ufffd") == []


@pytest.mark.parametrize("finish", ["cancelled", "failed"])
def test_a_text_that_was_not_finished_is_not_judged(finish: str) -> None:
    assert names([1] * 40, "", finish=finish) == []


@given(st.lists(st.integers(0, 5), max_size=30), st.text(max_size=80), st.text(max_size=80))
def test_every_finding_has_a_stated_rule(ids: list[int], text: str, prompt: str) -> None:
    found = findings(ids, text, prompt, "length")
    assert {finding.name for finding in found} <= set(RULES)
    assert [finding.name for finding in found] == [name for name in RULES if name in {f.name for f in found}]
    assert all(finding.detail for finding in found)
