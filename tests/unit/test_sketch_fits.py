"""A record is shown as one of a sketch only where the sketch still asks what it asked, and has all that is in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swatchbook.sketch.carried import carried, carried_over
from swatchbook.sketch.fits import fits, fitting, left_behind
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.piece import fill_in
from swatchbook.sketch.play import Play
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record, Share
from swatchbook.sketch.renames import rename, rename_symbol, renamed
from swatchbook.sketch.writer import write_sketch
from tests.fakes import FakeEngine
from tests.plays import ONE, OTHER, located
from tests.sketches import sketches

UNNAMED = Asked.parse("house/a")
SKETCH = Sketch(
    title="A letter",
    inputs={
        "mood": Input(ask="How?", kind="choice", choose=("grey", "blue"), default="grey"),
        "ideas": Input(ask="What?", kind="long", default="one\ntwo"),
    },
    grammar={"hello": ("Hail", "Hi")},
    steps=(
        Step(id="letter", prompt="#hello#, {{mood}}", model=(ONE, OTHER), repeat=2),
        Step(id="tone", prompt="{{letter}}", model=(ONE,), pick=("warm", "cold")),
        Step(id="lines", text="{{line}}", each="ideas"),
        Step(id="end", text="{{tone}}", when={"mood": "grey"}),
    ),
)


async def performed(sketch: Sketch = SKETCH, **values: str) -> Record:
    play = Play(sketch, write_sketch(sketch), values, 7, FakeEngine(), located)
    async for _ in play.play(flush=0.001):
        pass
    return play.record()


def changed(at: int, **about: Any) -> Sketch:
    """The sketch with one of its steps changed."""
    steps = list(SKETCH.steps)
    steps[at] = steps[at].model_copy(update=about)
    return SKETCH.model_copy(update={"steps": tuple(steps)})


def asking(**about: Any) -> Sketch:
    return SKETCH.model_copy(update={"inputs": {**SKETCH.inputs, **about}})


ALIKE = {
    "the same": SKETCH,
    "told in other words": SKETCH.model_copy(
        update={"title": "B", "author": "Bo", "about": "x", "licence": "cc0-1.0", "show": ("letter",), "seed": 8}
    ),
    "another question": asking(ideas=Input(ask="Which?", kind="long")),
    "without a commit": changed(0, model=(UNNAMED, OTHER)),
}
OTHERS = {
    "a step renamed in one place alone": changed(0, id="brief"),
    "another prompt": changed(0, prompt="{{mood}}"),
    "a text now": changed(1, prompt=None, text="{{letter}}", pick=(), model=()),
    "another model": changed(0, model=(OTHER, ONE)),
    "another commit": changed(0, model=(Asked.parse("house/a@7654321"), OTHER)),
    "in a chat": changed(0, model=(Asked.parse("house/a@0123456:chat"), OTHER)),
    "one model less": changed(0, model=(ONE,)),
    "another option": changed(1, pick=("warm", "cool")),
    "another condition": changed(3, when={"mood": "blue"}),
    "other lines": changed(2, each="mood"),
    "one round more": changed(0, repeat=3),
    "another setting": changed(0, config=Config(temperature=0.1)),
    "a step less": SKETCH.model_copy(update={"steps": SKETCH.steps[:3]}),
    "another order": SKETCH.model_copy(update={"steps": (*SKETCH.steps[:2], *SKETCH.steps[:1:-1])}),
    "another rule": SKETCH.model_copy(update={"grammar": {"hello": ("Hail",)}}),
    "a value more to choose": asking(mood=Input(ask="How?", kind="choice", choose=("grey", "blue", "red"))),
    "another kind": asking(ideas=Input(ask="What?", kind="text")),
    "an input more": asking(name=Input(ask="Who?")),
}


@pytest.mark.parametrize("sketch", ALIKE.values(), ids=ALIKE)
async def test_a_record_fits_a_sketch_that_asks_the_same(sketch: Sketch) -> None:
    assert fits(await performed(), sketch)
    assert fits(await performed(sketch, mood="blue"), SKETCH)


@pytest.mark.parametrize("sketch", OTHERS.values(), ids=OTHERS)
async def test_a_record_does_not_fit_a_sketch_that_asks_something_else(sketch: Sketch) -> None:
    before = await performed()
    assert not fits(before, sketch)
    assert fitting([before, await performed(mood="blue")], sketch) == []
    assert carried(before, sketch) is None


CELL = {"step": "letter", "column": 0, "model": ONE.model, "text": "x"}
SHARE = Share(option="x", share=1, bits=0)
HOSTILE: dict[str, dict[str, Any]] = {
    "no cell": {"cells": []},
    "a step that is not there": {"cells": [Cell(**CELL | {"step": "secret"})]},
    "a column that is not there": {"cells": [Cell(**CELL | {"column": 2})]},
    "no column": {"cells": [Cell(**CELL | {"column": None})]},
    "a round too many": {"cells": [Cell(**CELL | {"at": 2})]},
    "another model": {"cells": [Cell(**CELL | {"model": OTHER.model})]},
    "no model": {"cells": [Cell(**CELL | {"model": None})]},
    "a model for a text": {"cells": [Cell(step="end", column=0, model=ONE.model, text="x")]},
    "a chat that was none": {"cells": [Cell(**CELL | {"mode": "chat"})]},
    "an option that is none": {"cells": [Cell(**CELL | {"step": "tone", "split": [SHARE]})]},
    "a choice that is none": {"values": {"mood": "red"}},
    "a value of nothing": {"values": {"name": "Ada"}},
    "no sketch": {"sketch": "sketch: 1"},
}  # fmt: skip


@pytest.mark.parametrize("about", HOSTILE.values(), ids=HOSTILE)
async def test_a_record_that_names_what_is_not_there_fits_nothing(about: dict[str, Any]) -> None:
    record = (await performed()).model_copy(update=about)
    assert not fits(record, SKETCH)


def test_how_many_stay_behind_is_a_sentence() -> None:
    assert [left_behind(count)[:24] for count in (0, 1, 2)] == [
        "", "One frozen result is of ", "2 frozen results are of "
    ]  # fmt: skip


def renamed_throughout(text: str) -> Sketch:
    """The sketch in a text, with an input, a step and a symbol called otherwise, one after the other."""
    return read_sketch(rename(rename(rename_symbol(text, "hello", "Hey"), "mood", "air"), "letter", "note"))


async def test_a_record_is_carried_over_to_other_names() -> None:
    record = (await performed(mood="blue")).model_copy(update={"sketch": f"# Mine\n{write_sketch(SKETCH)}"})
    sketch = renamed_throughout(record.sketch)
    made = carried(record, sketch)
    assert made is not None
    assert fits(made, sketch)
    assert read_sketch(made.sketch) == sketch
    assert made.sketch.startswith("# Mine\n")
    assert made.values == {"air": "blue", "ideas": "one\ntwo"}
    assert [cell.step for cell in made.cells] == ["note"] * 4 + ["tone"] * 2 + ["lines"] * 2 + ["end"] * 2
    again = made.model_copy(update={"sketch": record.sketch, "values": record.values, "cells": record.cells})
    assert again == record
    assert [cell.text for cell in made.cells] == [cell.text for cell in record.cells]
    assert carried(made, SKETCH) is not None
    other = changed(0, prompt="{{mood}}")
    assert carried_over([record, made], other) == [record, made]
    assert carried_over([record], sketch) == [made]


async def test_two_steps_that_took_each_others_name_are_told_apart_by_their_place() -> None:
    record = await performed()
    sketch = read_sketch(renamed(record.sketch, {"letter": "tone", "tone": "letter"}, {}))
    assert [step.id for step in sketch.steps] == ["tone", "letter", "lines", "end"]
    made = carried(record, sketch)
    assert made is not None
    assert [cell.text for cell in made.cells] == [cell.text for cell in record.cells]
    assert [cell.step for cell in made.cells][:6] == ["tone"] * 4 + ["letter"] * 2


@pytest.mark.parametrize("about", HOSTILE.values(), ids=HOSTILE)
async def test_a_record_that_names_what_is_not_there_is_carried_nowhere(about: dict[str, Any]) -> None:
    record = (await performed()).model_copy(update=about)
    sketch = renamed_throughout(write_sketch(SKETCH))
    assert carried(record, sketch) is None
    secret = {"cells": [Cell(**CELL | {"step": "note"})]}
    assert carried((await performed()).model_copy(update=secret), sketch) is None


def a_text(said: str, *symbols: str) -> Sketch:
    """A sketch of one text, and a grammar."""
    return Sketch(title="T", grammar=dict.fromkeys(symbols, ("x",)), steps=(Step(id="a", text=said),))


def recorded(sketch: Sketch) -> Record:
    """What comes of a sketch without a model, and its prompts."""
    piece = fill_in(sketch, {}, 7)
    return Record(sketch=write_sketch(sketch), values=piece.values, cells=[cell.frozen() for cell in piece.cells])


def test_a_new_name_that_a_template_had_already_makes_another_sketch() -> None:
    record = recorded(a_text("[hero:Ada]#hero# #who#", "who"))
    assert carried(record, a_text("[hero:Ada]#hero# #hero#", "hero")) is None
    assert carried(record, a_text("[hero:Ada]#hero# #whom#", "whom")) is not None
    assert carried(record, a_text("[her:Ada]#her# #who#", "who")) is None
    assert carried(recorded(a_text("#a# #b#", "a", "b")), a_text("#c# #c#", "c", "d")) is None


@settings(max_examples=60)
@given(sketches(), st.data())
def test_whatever_is_called_otherwise_the_record_comes_along_and_back(sketch: Sketch, data: st.DataObject) -> None:
    record = recorded(sketch)
    assume(fits(record, sketch))
    fresh = data.draw(st.permutations([f"n{number}" for number in range(30)]))
    names = dict(zip([*sketch.inputs, *(step.id for step in sketch.steps)], fresh, strict=False))
    symbols = dict(zip(sketch.grammar, fresh, strict=False))
    other = read_sketch(renamed(record.sketch, names, symbols))
    made = carried(record, other)
    assert made is not None
    assert fits(made, other)
    assert [cell.step for cell in made.cells] == [names[cell.step] for cell in record.cells]
    back = carried(made, read_sketch(record.sketch))
    assert back is not None
    assert (back.values, back.cells) == (record.values, record.cells)
