"""Sketches on their way out, for the tests of publishing: one that asks a house model, one that asks none, one of the
Hub's."""

from __future__ import annotations

from swatchbook.house import house_models
from swatchbook.runs import Credit, ModelRef
from swatchbook.sketch.columns import layout
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.publish.work import Work
from swatchbook.sketch.record import Cell, Record
from swatchbook.sketch.values import accept
from swatchbook.sketch.writer import write_sketch

COMMIT = "c0ffee" + "0" * 34
NAME = Input(ask="Who is it for?", default="Ada")


def house_ref(name: str = "lighthouse-keeper") -> ModelRef:
    """A house model at the commit that lies here."""
    return next(model.ref for model in house_models() if model.ref.repo == name)


def house_sketch(title: str = "A letter from the lamp") -> Sketch:
    """Asks a house model for a few words."""
    asked = (Asked(model=house_ref()),)
    step = Step(id="letter", prompt="A letter to {{name}}: ", model=asked, config=Config(max_tokens=12))
    return Sketch(title=title, author="Bo", licence="cc-by-4.0", inputs={"name": NAME}, steps=(step,))


def plain_sketch(title: str = "An oracle of the kitchen") -> Sketch:
    """Asks no model."""
    grammar = {"omen": ("a lid turns", "salt is spilt"), "weather": ("drizzle",)}
    step = Step(id="omen", text="For {{name}}: #omen# in the #weather#.")
    return Sketch(title=title, inputs={"name": NAME}, grammar=grammar, steps=(step,))


def mixed_sketch() -> Sketch:
    """A step of words alone, and one that asks a house model."""
    sketch = house_sketch()
    omen = Step(id="omen", text="For {{name}}: #omen#.")
    both = {"steps": (omen, *sketch.steps), "show": ("omen", "letter"), "grammar": {"omen": ("a lid turns",)}}
    return sketch.model_copy(update=both)


def hub_sketch(repo: str = "lantern/ember", commit: str = COMMIT) -> Sketch:
    """Asks a model of the Hub."""
    asked = (Asked(model=ModelRef(source="hub", repo=repo, commit=commit)),)
    return Sketch(title="Of the Hub", steps=(Step(id="one", prompt="Once", model=asked),))


def recorded(sketch: Sketch, text: str = "Dear Ada, the lamp is lit.") -> Record:
    """A result of its last step."""
    last = sketch.steps[-1]
    plan = layout(sketch)
    column = plan.of(last.id)[0]
    asked = plan.asked(last, column)
    model, mode = (asked.model, asked.mode) if asked else (None, "completion")
    cell = Cell(step=last.id, column=column, model=model, mode=mode, prompt="A letter to Ada: ", text=text)
    return Record(
        id="r" * 22,
        created="2026-11-20T12:00:00+00:00",
        sketch=write_sketch(sketch),
        values=accept(sketch, {}),
        cells=[cell],
    )


def work(sketch: Sketch, lineage: tuple[Ancestor, ...] = ()) -> Work:
    """The sketch with a result and with credits."""
    credits = [
        Credit(
            model=model, author="house", licence="cc0-1.0", datasets=[f"house/{model.repo}", "lantern/harbour-letters"]
        )
        for model in sketch.models
    ]
    return Work(write_sketch(sketch), [recorded(sketch)], credits, lineage)
