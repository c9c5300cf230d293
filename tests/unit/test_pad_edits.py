"""What a press or a field of the form does to a sketch's text: that one thing, whoever sends it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path as FilePath
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.pad_edits import OPTIONS, edit
from components.views.fields import NEW_LINE, listed, read_lines
from components.views.pad import KINDS, form_view
from components.views.places import called
from swatchbook.runs import RunError
from swatchbook.shelf import Shelf
from swatchbook.sketch.parts import MAX_COLUMNS, MAX_INPUTS, MAX_STEPS
from swatchbook.sketch.reader import examine, read_sketch
from tests.desks import PLAIN, a_desk
from tests.laid_out import Path
from tests.pads import LETTER, done
from tests.ui.house import make_house

REMARKS = re.findall("# (.*)$", LETTER, re.MULTILINE)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(make_house(tmp_path_factory.mktemp("house")))


def read(text: str) -> Any:
    return yaml.load(text, yaml.CBaseLoader)


def lost(text: str) -> list[str]:
    """The remarks of the letter that are gone."""
    return [remark for remark in REMARKS if f"# {remark}" not in text]


FAULTY = """sketch: 1
title: x
seed: 1
inputs:
  name: {ask: Who?, kind: choice, choose: [a, b]}
grammar:
  sky: [hail, rain]
steps:
  - id: a
    model: house/cook
    config: {top_p: 1}
    prompt: "#sky#"
  - {id: b, text: c}
show: [a]
"""


@pytest.mark.parametrize(
    ("was", "now", "where"),
    [
        ("title: x", 'title: ""', "Title"),
        ("seed: 1", "seed: x", "Seed"),
        ("ask: Who?", 'ask: ""', "Input name, question"),
        ("[a, b]", '[a, ""]', "Input name, options"),
        ("rain", '"#rain#"', "Words to draw from, sky"),
        ("#sky#", "#fog#", "Step 1, prompt"),
        ("house/cook", "cook", "Step 1, models"),
        ("top_p: 1", "top_p: 2", "Step 1, top-p"),
        ("text: c", 'text: "{{d}}"', "Step 2, words"),
        ("show: [a]", "show: [d]", "What the visitor sees"),
        ("seed: 1", "seed: 1\nsead: 1", ""),
        ("    config: {top_p: 1}", "    configs: {}", "Step 1"),
        ("[hail, rain]", '"#sky#"', "Words to draw from, sky"),
        ("title: x", "title: [", ""),
    ],
)
def test_a_fault_is_said_to_be_where_the_form_has_it(tmp_path: FilePath, was: str, now: str, where: str) -> None:
    made, _ = a_desk(tmp_path)
    assert made.pad.look({"text": FAULTY})["faults"] == []
    (fault,) = made.pad.look({"text": FAULTY.replace(was, now)})["faults"]
    assert fault["where"] == where


@given(st.lists(st.sampled_from(["steps", "inputs", "grammar", "show", "title", "id", "x", "x" * 99, 0, 7])).map(tuple))
def test_every_place_is_called_something_short_or_nothing(path: tuple[str | int, ...]) -> None:
    assert len(called(path)) < 80


@pytest.mark.parametrize("kind", KINDS)
def test_an_input_of_each_kind_is_added_and_can_be_filled(shelf: Shelf, kind: str) -> None:
    edited = edit(LETTER, {"act": "add-input", "kind": kind}, shelf)
    *_, name = read_sketch(edited.text).inputs
    assert read_sketch(edited.text).inputs[name].kind == kind
    assert edited.focus == f"inputs/{name}/ask"
    again = read_sketch(done(shelf, "add-input", text=edited.text, kind=kind))
    assert len(again.inputs) == 5
    assert not lost(edited.text)


@pytest.mark.parametrize(
    ("kind", "asks", "picks"), [("prompt", True, False), ("pick", True, True), ("text", False, False)]
)
@pytest.mark.parametrize("named", [True, False])
def test_a_step_of_each_kind_is_added_and_a_model_is_there_for_it(
    shelf: Shelf, kind: str, asks: bool, picks: bool, named: bool
) -> None:
    text = LETTER if named else "sketch: 1\ntitle: x\nsteps:\n  - id: step\n    text: one  # alone\n"
    edited = edit(text, {"act": "add-step", "kind": kind}, shelf)
    sketch = read_sketch(edited.text)
    step = sketch.steps[-1]
    assert (step.asks, bool(step.pick), bool(sketch.asked(step))) == (asks, picks, asks)
    assert edited.focus == f"steps/{len(sketch.steps) - 1}/{'prompt' if asks else 'text'}"
    assert not lost(edited.text) if named else "# alone" in edited.text
    assert f'data-key="{edited.focus}"' in form_view(sketch, lambda _: "")


def test_a_symbol_is_added(shelf: Shelf) -> None:
    once = done(shelf, "add-symbol")
    assert list(read_sketch(done(shelf, "add-symbol", text=once)).grammar) == ["weather", "word", "word2"]
    assert not lost(once)


@pytest.mark.parametrize(
    ("path", "said", "expected"),
    [
        (("title",), {"value": "Note: a letter"}, "Note: a letter"),
        (("author",), {"value": "Ana"}, "Ana"),
        (("seed",), {"value": "12"}, "12"),
        (("inputs", "name", "ask"), {"value": "no"}, "no"),
        (("inputs", "mood", "choose"), {"lines": "calm\n tender \n\nfurious"}, ["calm", "tender", "furious"]),
        (("grammar", "weather"), {"lines": f"snow\none{NEW_LINE}two"}, ["snow", "one\ntwo"]),
        (("grammar", "weather"), {"lines": '" and "\n"Come in."\n""'}, [" and ", '"Come in."', ""]),
        (("steps", 0, "prompt"), {"value": "Dear\n{{name}}\n"}, "Dear\n{{name}}\n"),
        (("steps", 0, "config", "max_tokens"), {"value": "30"}, "30"),
        (("steps", 0, "config", "stop"), {"lines": f"{NEW_LINE}{NEW_LINE}\nend"}, ["\n\n", "end"]),
        (("steps", 1, "when"), {"pairs": "mood: furious\nname:Ada\n"}, {"mood": "furious", "name": "Ada"}),
        (("steps", 1, "each"), {"value": "name"}, "name"),
    ],
)
def test_a_field_sets_what_stands_at_its_place(shelf: Shelf, path: Path, said: dict[str, str], expected: Any) -> None:
    found = done(shelf, "put", path, **said)
    assert examine(found).sketch is not None
    held = read(found)
    for key in path:
        held = held[key]
    assert held == expected
    assert not lost(found)
    assert done(shelf, "put", path, text=found, **said) == found


@given(st.lists(st.text('" ab\n\xa0', max_size=6), min_size=1, max_size=5))
def test_a_list_goes_through_its_field_unchanged(words: list[str]) -> None:
    field = unescape(listed(("grammar", "weather"), "Words", words, 3))
    assert read_lines(field.partition(">\n")[2].removesuffix("</textarea></label>")) == words


def test_the_other_words_of_a_list_keep_their_blanks(shelf: Shelf) -> None:
    text = PLAIN.replace("steps:", 'grammar:\n  join:\n    - " and "\n    - or  # both\n    - ""\nsteps:')
    field = form_view(read_sketch(text), lambda _: "").partition('data-key="grammar/join"')[2]
    shown = unescape(field.partition(">\n")[2].partition("</textarea>")[0])
    edited = done(shelf, "put", ("grammar", "join"), text=text, lines=shown.replace("or", "nor"))
    assert edited == text.replace("- or", "- nor")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("inputs", "name", "default"), {"value": ""}),
        (("inputs", "name", "longest"), {"value": ""}),
        (("inputs", "mood", "choose"), {"lines": " \n "}),
        (("steps", 0, "config", "temperature"), {"value": ""}),
        (("steps", 1, "when"), {"pairs": ""}),
        (("grammar", "weather"), {"lines": ""}),
    ],
)
def test_an_emptied_field_takes_its_line_along(shelf: Shelf, path: Path, said: dict[str, str]) -> None:
    found = read(done(shelf, "put", path, **said))
    for key in path[:-1]:
        found = found.get(key, {}) if isinstance(found, dict) else found[key]
    assert path[-1] not in found


@pytest.mark.parametrize("path", [("title",), ("inputs", "name", "ask"), ("steps", 0, "prompt"), ("steps", 1, "text")])
def test_what_a_sketch_needs_can_be_emptied_and_written_again(shelf: Shelf, path: Path) -> None:
    emptied = done(shelf, "put", path, value="")
    assert [fault.line for fault in examine(emptied).faults] == [emptied[: emptied.index('""')].count("\n") + 1]
    again = done(shelf, "put", path, text=emptied, value="word")
    assert examine(again).sketch is not None
    assert not lost(again)


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("default", ["", "tender", "12", "yes"])
def test_another_kind_always_leaves_a_sketch_without_a_fault(
    shelf: Shelf, first: str, second: str, default: str
) -> None:
    head = "sketch: 1\ntitle: x\nsteps:\n  - id: a\n    text: '{{name}}'\n"
    plain = f"{head}inputs:\n  # whom\n  name:\n    ask: Who?  # here\n"
    text = done(shelf, "put", ("inputs", "name", "default"), text=plain, value=default)
    for kind in (first, second):
        text = done(shelf, "put", ("inputs", "name", "kind"), text=text, value=kind)
        assert read_sketch(text).inputs["name"].kind == kind
    assert "# whom" in text
    assert "# here" in text


@pytest.mark.parametrize(
    ("name", "kind", "left"),
    [
        ("name", "long", {"ask": "Who is it for?", "kind": "long", "default": "Ada", "longest": "40"}),
        ("name", "number", {"ask": "Who is it for?", "kind": "number"}),
        ("mood", "toggle", {"ask": "Mood", "kind": "toggle"}),
        ("years", "text", {"ask": "How many years?", "default": "40"}),
        ("years", "choice", {"ask": "How many years?", "choose": OPTIONS}),
    ],
)
def test_another_kind_keeps_what_it_can_have(shelf: Shelf, name: str, kind: str, left: dict[str, Any]) -> None:
    assert read(done(shelf, "put", ("inputs", name, "kind"), value=kind))["inputs"][name] == left


def test_models_come_one_by_one_and_go_to_none(shelf: Shelf) -> None:
    path: Path = ("steps", 0, "model")
    text = LETTER
    for name in ("house/keeper", "house/clerk"):
        text = done(shelf, "add-model", path, text=text, model=name)
    asked = read_sketch(text).steps[0].model
    assert [(each.model.repo, each.mode) for each in asked] == [
        ("cook", "completion"),
        ("keeper", "completion"),
        ("clerk", "chat"),
    ]
    assert [bool(each.model.commit) for each in asked] == [False, True, True]
    assert not lost(text)
    for at, left in ((1, ["cook", "clerk"]), (0, ["clerk"]), (9, ["clerk"])):
        text = done(shelf, "drop-model", (*path, at), text=text)
        assert [each.model.repo for each in read_sketch(text).steps[0].model] == left
    assert isinstance(read(text)["steps"][0]["model"], str)
    text = done(shelf, "drop-model", (*path, 0), text=text)
    assert "model" not in read(text)["steps"][0]
    assert [fault.said.split(";")[0] for fault in examine(text).faults] == ["No step names a model"]
    assert not lost(text)


def test_what_the_visitor_sees_is_ticked(shelf: Shelf) -> None:
    only = done(shelf, "show", step="draft", on=False)
    assert "show" not in read(only)  # the last one is shown anyway
    with pytest.raises(RunError, match="has to see one step"):
        done(shelf, "show", text=only, step="reply", on=False)
    both = done(shelf, "show", text=only, step="draft", on=True)
    assert read(both)["show"] == ["draft", "reply"]
    assert read_sketch(done(shelf, "show", text=both, step="reply", on=False)).shown == ("draft",)
    assert not lost(only)


def test_a_name_is_changed_wherever_it_stands(shelf: Shelf) -> None:
    text = done(shelf, "rename", old="draft", value="first")
    text = done(shelf, "rename", text=text, old="name", value="whom")
    text = done(shelf, "rename", text=text, old="mood", value="air")
    text = done(shelf, "rename-symbol", text=text, old="weather", value="Sky")
    sketch = read_sketch(text)
    assert list(sketch.inputs) == ["whom", "air", "years"]
    assert [step.template for step in sketch.steps] == ["Dear {{whom}}, #Sky#", "{{first}}, said {{whom}}"]
    assert (sketch.show, sketch.steps[1].when) == (("first", "reply"), {"air": "tender"})
    assert not lost(text)
    for act, old, new in (("rename", "name", "mood"), ("rename", "name", "line"), ("rename-symbol", "weather", "a b")):
        with pytest.raises(RunError):
            done(shelf, act, old=old, value=new)


def test_parts_are_moved_and_taken_with_their_remarks(shelf: Shelf) -> None:
    moved = done(shelf, "move", ("steps", 1), to="0")
    assert [step["id"] for step in read(moved)["steps"]] == ["reply", "draft"]
    assert moved.index("# the second") < moved.index("# the first step") < moved.index("# as it is")
    assert not lost(moved)
    assert done(shelf, "move", ("steps", 0), text=moved, to="1") == LETTER
    assert list(read(done(shelf, "move", ("inputs", "years"), to="0"))["inputs"]) == ["years", "name", "mood"]
    assert lost(done(shelf, "take", ("inputs", "name"))) == ["whom it is for"]
    assert lost(done(shelf, "take", ("grammar", "weather"))) == ["outside"]
    assert lost(done(shelf, "take", ("steps", 0))) == ["the first step", "as it is"]
    with pytest.raises(RunError, match="at least one step"):
        done(shelf, "take", ("steps", 0), text=done(shelf, "take", ("steps", 0)))


def test_no_more_parts_than_a_sketch_holds(shelf: Shelf) -> None:
    for act, path, most, said in (
        ("add-input", None, MAX_INPUTS - 3, {"kind": "text"}),
        ("add-step", None, MAX_STEPS - 2, {"kind": "text"}),
        ("add-model", ("steps", 0, "model"), MAX_COLUMNS - 1, {"model": "house/cook"}),
    ):
        text = LETTER
        for _ in range(most):
            text = done(shelf, act, path, text=text, **said)
        with pytest.raises(RunError, match="is the most"):
            done(shelf, act, path, text=text, **said)
