"""Columns: what each step uses, and which steps are done in every column."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.columns import Layout, layout
from swatchbook.sketch.parts import Asked, Sketch, Step

ONE, OTHER = Asked.parse("house/a"), Asked.parse("house/b:chat")


def a_sketch(*steps: Step, grammar: dict[str, tuple[str, ...]] | None = None) -> Sketch:
    inputs = {"name": {"ask": "Who?"}, "mood": {"ask": "Mood?"}}
    return Sketch(title="T", inputs=inputs, grammar=grammar or {}, steps=steps)  # type: ignore[arg-type]


def uses(sketch: Sketch, step: str) -> set[str]:
    return set(layout(sketch).uses[step])


def test_a_step_uses_what_its_template_its_conditions_and_its_lines_name() -> None:
    sketch = a_sketch(
        Step(id="first", text="{{name}}"),
        Step(id="second", text="{{#if mood}}{{line}}{{second}}{{nobody}}{{/if}}", when={"first": "x"}, each="name"),
    )
    assert uses(sketch, "first") == {"name"}
    assert uses(sketch, "second") == {"mood", "first", "name"}


def test_names_in_rules_that_a_template_leads_to_are_used_too() -> None:
    grammar = {"a": ("#b#",), "b": ("#a# {{name}}",), "c": ("{{mood}}",), "d": ("x",)}
    assert uses(a_sketch(Step(id="s", text="#a#"), grammar=grammar), "s") == {"name"}
    assert uses(a_sketch(Step(id="s", text="#[d:#c#]a#"), grammar=grammar), "s") == {"name", "mood"}
    assert uses(a_sketch(Step(id="s", text="[c:saved]#d#[c:POP]#c#"), grammar=grammar), "s") == {"mood"}
    assert uses(a_sketch(Step(id="s", text="#d# \\#c\\#"), grammar=grammar), "s") == set()


def test_what_uses_a_step_of_every_column_is_of_every_column() -> None:
    sketch = a_sketch(
        Step(id="opening", text="{{name}}"),
        Step(id="draft", prompt="{{opening}}", model=(ONE, OTHER)),
        Step(id="motto", prompt="Say", model=(ONE,)),
        Step(id="title", text="{{draft}}"),
        Step(id="lines", prompt="{{line}}", model=(ONE,), each="title"),
        Step(id="end", text="x", when={"lines": "y"}),
        Step(id="hidden", text="#rule#"),
        Step(id="apart", text="{{motto}}"),
        grammar={"rule": ("{{end}}",)},
    )
    found = layout(sketch)
    assert found.split == {"draft", "title", "lines", "end", "hidden"}
    assert found.columns == 2
    assert found.of("lines") == (0, 1)
    assert found.of("motto") == (None,)
    assert [found.asked(sketch.step("draft"), column) for column in (0, 1)] == [ONE, OTHER]
    assert [found.asked(sketch.step("lines"), column) for column in (0, 1)] == [ONE, ONE]
    assert found.asked(sketch.step("title"), 1) is None
    assert (found.seen("draft", 1), found.seen("draft", None), found.seen("motto", 1)) == (1, 0, None)


def test_a_step_without_models_of_its_own_asks_those_of_the_first_that_names_any() -> None:
    found = layout(a_sketch(Step(id="a", prompt="x", model=(ONE, OTHER)), Step(id="b", prompt="y")))
    assert found.split == {"a", "b"}
    assert layout(a_sketch(Step(id="a", text="x"))).columns == 1


@st.composite
def chains(draw: st.DrawFn) -> Sketch:
    """Steps that name any earlier steps; some ask two models."""
    steps: list[Step] = []
    for at in range(draw(st.integers(1, 8))):
        earlier = draw(st.lists(st.sampled_from([step.id for step in steps]), max_size=3)) if steps else []
        models = draw(st.sampled_from([(ONE,), (ONE, OTHER)]))
        steps.append(Step(id=f"s{at}", prompt="x" + "".join(f"{{{{{id}}}}}" for id in earlier), model=models))
    return a_sketch(*steps)


@settings(max_examples=60)
@given(chains())
def test_a_step_is_of_every_column_when_a_way_leads_to_one_that_asks_many(sketch: Sketch) -> None:
    found: Layout = layout(sketch)

    def reached(id: str) -> set[str]:
        return {id}.union(
            *(reached(other.id) for other in sketch.steps if f"{{{{{other.id}}}}}" in sketch.step(id).template)
        )

    for step in sketch.steps:
        assert (step.id in found.split) == any(len(sketch.step(id).model) > 1 for id in reached(step.id))
