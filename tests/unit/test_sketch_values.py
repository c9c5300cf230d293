"""What a visitor posted: values of the sketch's inputs and nothing else, each as its input takes it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.parts import Input, Sketch, Step
from swatchbook.sketch.values import ValueFault, accept, usual

INPUTS = {
    "name": Input(ask="Who is it for?", default="Ada"),
    "note": Input(ask="A note", kind="long"),
    "short": Input(ask="In short", longest=5),
    "mood": Input(ask="Mood", kind="choice", choose=("tender", "furious")),
    "age": Input(ask="How old?", kind="number", least=1, most=99.5),
    "much": Input(ask="How much?", kind="number"),
    "cold": Input(ask="Is it cold?", kind="toggle"),
}
SKETCH = Sketch(title="T", inputs=INPUTS, steps=(Step(id="s", text="x"),))
USUAL = {"name": "Ada", "note": "", "short": "", "mood": "tender", "age": "1", "much": "0", "cold": "no"}


def test_what_is_missing_has_its_default() -> None:
    assert accept(SKETCH, {}) == USUAL
    assert accept(SKETCH, dict.fromkeys(INPUTS)) == USUAL
    assert list(accept(SKETCH, {"cold": True, "name": ""})) == list(INPUTS)


@pytest.mark.parametrize(
    ("name", "posted", "held"),
    [
        ("name", "", ""), ("name", " Bo\t#rule# {{name}} ", " Bo\t#rule# {{name}} "), ("note", "a\r\nb\rc", "a\nb\nc"),
        ("name", "数 🎨", "数 🎨"), ("short", "a" * 5, "a" * 5), ("short", "a\r\nb\r\nc", "a\nb\nc"),
        ("mood", "furious", "furious"),
        ("age", 3, "3"), ("age", 3.0, "3"), ("age", "2.50", "2.5"), ("age", " +7 ", "7"), ("age", 99.5, "99.5"),
        ("much", "-0", "0"), ("much", 1e-7, "0.0000001"), ("much", "-.5", "-0.5"), ("much", 10**9, "1000000000"),
        ("cold", True, "yes"), ("cold", False, "no"), ("cold", "yes", "yes"),
    ],
)  # fmt: skip
def test_a_value_is_taken_as_it_is_written(name: str, posted: object, held: str) -> None:
    assert accept(SKETCH, {name: posted})[name] == held


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ([], "as an object"), ("sketch: 1\nsteps: []", "as an object"), (None, "as an object"),
        ({"steps": []}, '"steps"'), ({"sketch": "sketch: 1"}, '"sketch"'), ({"nane": "x"}, 'Did you mean "name"'),
        ({"\x00" * 10**6: "x"}, "no input"), ({7: "x"}, '"7"'),
        ({"name": "x" * 10**6}, "1,000,000"), ({"short": "abcdef"}, "takes 5 characters"),
        ({"name": ["a"]}, "(name)"), ({"name": {"a": 1}}, "(name)"), ({"name": 5}, "(name)"),
        ({"name": "a\x00b"}, "U+0000"), ({"note": "\ud800"}, "U+D800"), ({"note": "\x1b[2J"}, "U+001B"),
        ({"mood": "Tender"}, "tender, furious"), ({"mood": "x" * 10**6}, "(mood)"), ({"mood": ["tender"]}, "(mood)"),
        ({"age": 0}, "from 1 to 99.5"), ({"age": "100"}, "from 1 to 99.5"), ({"age": True}, "(age)"),
        ({"age": "1e3"}, "takes a number"), ({"age": "٣"}, "takes a number"), ({"age": ""}, "takes a number"),
        ({"age": float("nan")}, "(age)"), ({"much": float("inf")}, "(much)"), ({"much": 10**400}, "(much)"),
        ({"much": "9" * 10**6}, "(much)"), ({"cold": "maybe"}, "yes or no"), ({"cold": 2}, "(cold)"),
        ({"cold": []}, "(cold)"), ({"cold": 1}, "(cold)"),
    ],
    ids=range(33),
)  # fmt: skip
def test_anything_else_is_refused_in_one_sentence_that_names_the_input(posted: object, said: str) -> None:
    with pytest.raises(ValueFault) as refused:
        accept(SKETCH, posted)
    message = str(refused.value)
    assert said in message
    assert len(message) < 700
    assert message.isprintable()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(list(INPUTS)), ANYTHING, max_size=4) | ANYTHING)
def test_what_was_accepted_is_accepted_again_as_it_is(posted: Any) -> None:
    try:
        held = accept(SKETCH, posted)
    except ValueFault:
        return
    assert accept(SKETCH, held) == held
    assert all(isinstance(value, str) for value in held.values())
    assert 1 <= float(held["age"]) <= 99.5
    assert held["mood"] in INPUTS["mood"].choose


@settings(max_examples=60)
@given(st.floats(-1e9, 1e9))
def test_a_number_keeps_its_value(number: float) -> None:
    assert float(accept(SKETCH, {"much": number})["much"]) == number


def test_what_nobody_wrote_is_within_the_limits() -> None:
    assert usual(Input(ask="x", kind="number", most=-2.5)) == "-2.5"
    assert usual(Input(ask="x", kind="number", default="7")) == "7"
