"""What changed between two versions of a sketch is told once, in the sketch's own words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from swatchbook.sketch.changes import Change, changes
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import examine
from swatchbook.sketch.splice import insert, move, put, rename, rename_symbol, take
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


@settings(max_examples=40, deadline=None)
@given(sketches(), sketches())
def test_no_change_goes_untold(before: Sketch, after: Sketch) -> None:
    assert changes(before, before) == []
    same = before.model_copy(update={"show": before.shown}) == after.model_copy(update={"show": after.shown})
    assert bool(changes(before, after)) != (same and list(before.inputs) == list(after.inputs))
