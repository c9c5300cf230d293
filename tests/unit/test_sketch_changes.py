"""What changed between two versions of a sketch is told once, in the sketch's own words."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.called import renamed, symbol_renamed
from swatchbook.sketch.changes import MOST, MOST_RENAMED, Change, changes
from swatchbook.sketch.pairs import anchors, pairs
from swatchbook.sketch.parts import Sketch, Step
from swatchbook.sketch.reader import examine
from swatchbook.sketch.splice import insert, move, put, rename, rename_symbol, take
from swatchbook.sketch.writer import write_sketch
from tests.sketches import sketches

LETTER = """\
sketch: 1
title: Letter
inputs:
  name: {ask: Who is it for?, default: Ada}
  mood: {ask: Mood, choose: [tender, furious]}
grammar:
  weather: [drizzle, a second sun]
steps:
  - id: draft
    prompt: |
      Write to {{name}}.
      Be {{mood}}. #weather#
    model: [house/oracle@aaaaaaa, house/clerk]
    config: {temperature: 0.9, stop: [x]}
  - id: tone
    prompt: Is this cold? {{draft}}
    pick: [tender, cold]
  - id: reply
    when: {tone: cold}
    prompt: "{{draft}}"
    repeat: 2
  - id: end
    text: "{{reply}} {{name}}"
"""
S = ("steps", 0)
EDITS = [
    (put(LETTER, ("title",), "A"), "field", "Title: “A” instead of “Letter”."),
    (put(LETTER, ("author",), "Ana"), "field", "Author: “Ana” is new."),
    (put(LETTER, ("seed",), "8"), "field", "Seed: 8 instead of 7."),
    (put(LETTER, ("inputs", "age"), {"ask": "Age", "kind": "number"}), "added", "Input age is new."),
    (rename(LETTER, "name", "whom"), "renamed", "Input whom was called name."),
    (rename(LETTER, "draft", "first"), "renamed", "Step first was called draft."),
    (rename_symbol(LETTER, "weather", "sky"), "renamed", "Symbol sky was called weather."),
    (move(LETTER, ("inputs", "mood"), 0), "moved", "Input mood comes first now."),
    (
        put(LETTER, ("inputs", "name", "ask"), "Who?"),
        "field",
        "Input name: the question “Who?” instead of “Who is it for?”.",
    ),
    (put(LETTER, ("inputs", "name", "default"), None), "field", "Input name: default “Ada” is gone."),
    (put(LETTER, ("inputs", "name", "longest"), 9), "field", "Input name: limit of characters 9 is new."),
    (insert(LETTER, ("inputs", "mood", "choose"), 1, "calm"), "item", "Input mood: the option “calm” is new."),
    (move(LETTER, ("inputs", "mood", "choose", 0), 1), "order", "Input mood: the options stand in another order."),
    (put(LETTER, ("grammar", "weather", 0), "rain"), "item", "Symbol weather: the rule “rain” instead of “drizzle”."),
    (take(LETTER, ("grammar", "weather", 1)), "item", "Symbol weather: the rule “a second sun” is gone."),
    (put(LETTER, ("grammar", "b"), ["c"]), "added", "Symbol b is new."),
    (
        put(LETTER, (*S, "model", 0), "house/cook@aaaaaaa"),
        "model",
        "Step draft: house/cook@aaaaaaa instead of house/oracle@aaaaaaa.",
    ),
    (
        put(LETTER, (*S, "model", 1), "house/clerk@bbbbbbb"),
        "commit",
        "Step draft: house/clerk at bbbbbbb instead of no commit.",
    ),
    (
        put(LETTER, (*S, "model", 1), "house/clerk:chat"),
        "mode",
        "Step draft: house/clerk is asked to answer the prompt instead of to go on from the prompt.",
    ),
    (take(LETTER, (*S, "model", 0)), "column", "Step draft: the column house/oracle@aaaaaaa is gone."),
    (insert(LETTER, (*S, "model"), 2, "a/b:chat"), "column", "Step draft: the column a/b:chat is new."),
    (move(LETTER, (*S, "model", 0), 1), "order", "Step draft: its columns stand in another order."),
    (
        put(LETTER, ("steps", 1, "model"), "house/cook"),
        "model",
        "Step tone: house/cook instead of the models of the first step that names any.",
    ),
    (
        put(LETTER, (*S, "prompt"), "Write to {{name}}.\nBe very {{mood}}. #weather#\n"),
        "line",
        "Step draft: line 2 “Be very {{mood}}. #weather#” instead of “Be {{mood}}. #weather#”.",
    ),
    (
        put(LETTER, (*S, "prompt"), "Be {{mood}}. #weather#\n"),
        "line",
        "Step draft: line 1 “Write to {{name}}.” is gone.",
    ),
    (
        put(LETTER, (*S, "prompt"), "Write to {{name}}.\nBe {{mood}}. #weather#"),
        "line",
        "Step draft: line 3 “” is gone.",
    ),
    (put(LETTER, (*S, "config", "temperature"), 0.5), "field", "Step draft: temperature 0.5 instead of 0.9."),
    (put(LETTER, (*S, "config", "stop"), ["x", "\n"]), "item", "Step draft: the stop string “⏎” is new."),
    (put(LETTER, ("steps", 1, "pick", 0), "warm"), "item", "Step tone: the option “warm” instead of “tender”."),
    (
        put(LETTER, ("steps", 2, "when", "tone"), "tender"),
        "field",
        "Step reply: the condition that tone is “tender” instead of “cold”.",
    ),
    (put(LETTER, ("steps", 2, "when"), None), "field", "Step reply: the condition that tone is “cold” is gone."),
    (put(LETTER, ("steps", 2, "repeat"), 3), "field", "Step reply: the number of times 3 instead of 2."),
    (put(LETTER, ("steps", 3, "each"), "name"), "field", "Step end: it goes through the lines of name now."),
    (insert(LETTER, ("steps",), 1, {"id": "a", "text": "b"}), "added", "Step a is new."),
    (take(LETTER, ("steps", 1)), "removed", "Step tone is gone."),
    (move(LETTER, ("steps", 0), 2), "moved", "Step draft comes after reply now."),
    (put(LETTER, ("show",), ["draft"]), "item", "What is shown: the step “draft” instead of “end”."),
    (put(LETTER, ("show",), ["draft", "end"]), "item", "What is shown: the step “draft” is new."),
]


def read(text: str) -> Sketch:
    """The sketch in a text, also where an edit left a name that nothing has any more."""
    sketch = examine(text).sketch
    assert sketch is not None
    return sketch


def test_nothing_is_said_of_what_stayed() -> None:
    assert changes(read(LETTER), read(LETTER)) == []
    assert changes(read(LETTER), read("# a remark\n" + put(LETTER, ("show",), ["end"]))) == []


@pytest.mark.parametrize(("text", "kind", "said"), EDITS, ids=[said for _, _, said in EDITS])
def test_one_edit_is_one_change(text: str, kind: str, said: str) -> None:
    assert [(change.kind, change.said) for change in changes(read(LETTER), read(text))] == [(kind, said)]


def test_the_texts_themselves_are_there_to_look_at() -> None:
    long = "x" * 100
    found = changes(read(LETTER), read(put(LETTER, ("steps", 3, "text"), f"a\n{long}")))
    assert found[0] == Change(
        "line", "Step end", "Step end: line 1 “a” instead of “{{reply}} {{name}}”.", "{{reply}} {{name}}", "a"
    )
    assert (found[1].said, found[1].old, found[1].new) == (f"Step end: line 2 “{'x' * 80}…” is new.", "", long)


def test_a_step_that_asks_no_more_is_told() -> None:
    text = take(put(LETTER, ("steps", 2, "text"), "{{draft}}"), ("steps", 2, "prompt"))
    assert [change.said for change in changes(read(LETTER), read(text))] == [
        "Step reply: it is only filled in now, and asks no model."
    ]


@settings(max_examples=40)
@given(sketches(), sketches())
def test_no_change_goes_untold(before: Sketch, after: Sketch) -> None:
    assert changes(before, before) == []
    same = before.model_copy(update={"show": before.shown}) == after.model_copy(update={"show": after.shown})
    assert bool(changes(before, after)) != (same and list(before.inputs) == list(after.inputs))


@settings(max_examples=20)
@given(sketches())
def test_a_sketch_and_its_text_are_renamed_alike(sketch: Sketch) -> None:
    text = write_sketch(sketch)
    for old in (*sketch.inputs, *(step.id for step in sketch.steps)):
        assert renamed(sketch, old, "other") == read(rename(text, old, "other"))
    for old in sketch.grammar:
        assert symbol_renamed(sketch, old, "Other") == read(rename_symbol(text, old, "Other"))


TEXTS = st.lists(st.sampled_from("abcde"), max_size=12)


@settings(max_examples=200)
@given(TEXTS, TEXTS)
def test_both_lists_are_there_side_by_side(before: list[str], after: list[str]) -> None:
    found = list(pairs(before, after, str))
    assert [was for was, _ in found if was is not None] == before
    assert [now for _, now in found if now is not None] == after
    assert (None, None) not in found


@settings(max_examples=100)
@given(st.permutations(range(6)))
def test_as_many_as_can_stay_where_they_are(order: list[int]) -> None:
    before, after = list(map(str, range(6))), list(map(str, order))
    rising = [
        row
        for chosen in product([True, False], repeat=6)
        if (row := [at for at, keep in zip(order, chosen, strict=True) if keep]) == sorted(row)
    ]
    found = anchors(before, after)
    assert found == sorted(found)
    assert all(before[at] == after[there] for at, there in found)
    assert len(found) == max(map(len, rising))


def work(act: Callable[..., object], *given: object) -> int:
    """How many lines of Python it takes to do something."""
    count = 0

    def trace(_frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        act(*given)
    finally:
        sys.settrace(outer)
    return count


def lines_of(n: int) -> tuple[Sketch, Sketch]:
    said = ["\n" * n + "x", "y" + "\na\n" * (n // 2)]
    before, after = (Sketch(title="A", steps=(Step(id="a", text=text),)) for text in said)
    return before, after


def rules_of(n: int) -> tuple[Sketch, Sketch]:
    many = ({f"s{at}": tuple(rule * 15) for at in range(n // 20)} for rule in ("ab", "aab"))
    before, after = (Sketch(title="A", grammar=rules, steps=(Step(id="a", text="b"),)) for rules in many)
    return before, after


def symbols_of(n: int) -> tuple[Sketch, Sketch]:
    many = ({f"{letter}{at}": ("b",) for at in range(n // 10)} for letter in "xy")
    before, after = (Sketch(title="A", grammar=rules, steps=(Step(id="a", text="b"),)) for rules in many)
    return before, after


@pytest.mark.parametrize("made", [lines_of, rules_of, symbols_of])
def test_the_work_grows_with_the_length_alone(made: Callable[[int], tuple[Sketch, Sketch]]) -> None:
    short, long = (work(changes, *pair) for pair in (made(500), made(2_000)))
    assert long < 6 * short


def test_a_text_of_which_little_is_left_is_another() -> None:
    before, after = lines_of(7_000)
    told = Change("line", "Step a", "Step a: the text is another.", before.steps[0].template, after.steps[0].template)
    assert changes(before, after) == [told]


def test_what_is_told_is_bounded() -> None:
    found = changes(*rules_of(2_000))
    assert len(found) == MOST + 1
    assert found[-1] == Change("more", "", "More is different than is told here.")
    assert sum(change.kind == "renamed" for change in changes(*symbols_of(2_000))) == MOST_RENAMED
