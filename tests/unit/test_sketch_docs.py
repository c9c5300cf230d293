"""The page about sketches and the JSON Schema: both say what the reader does."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from swatchbook.house import house_models
from swatchbook.sketch import parts
from swatchbook.sketch.grammar import MODIFIERS
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import examine, read_sketch
from swatchbook.sketch.schema import FILE, SAID, schema, written
from swatchbook.sketch.writer import write_sketch
from tests.sketches import sketches

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sketch.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SCHEMA = schema()
CHECK = jsonschema.Draft202012Validator(SCHEMA)
ROWS = re.findall(r"^\| (`.*`) \|(.*)\|(.*)\|$", PAGE, re.MULTILINE)


def test_the_file_is_the_schema() -> None:
    assert FILE.read_text(encoding="utf-8") == written(), "write it with: python -m swatchbook.sketch.schema"
    assert json.loads(written()) == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_there_are_twelve_examples_from_three_lines_to_every_key() -> None:
    assert len(EXAMPLES) == 12
    assert EXAMPLES[0].count("\n") == 3
    keys = {key for said in SAID.values() for key in said if key}
    whole = "\n".join(EXAMPLES)
    assert {key for key in keys if not re.search(rf"(^|[ {{]){key}:", whole, re.MULTILINE)} == set()


@pytest.mark.parametrize("number", range(1, 13))
def test_an_example_is_a_sketch_of_models_that_are_here(number: int) -> None:
    text = EXAMPLES[number - 1]
    sketch = read_sketch(text)
    here = {model.ref.repo for model in house_models()}
    assert {model.repo for model in sketch.models} <= here
    CHECK.validate(yaml.safe_load(text))


def spoil(part: str, key: str, value: object) -> Callable[[Any], None]:
    """A way to spoil a file: in its first part of this kind, a key has another value, or is away."""

    def spoilt(tree: Any) -> None:
        holder = {"top": tree, "step": tree["steps"][0], "input": next(iter(tree["inputs"].values()))}[part]
        if value is None:
            del holder[key]
        else:
            holder[key] = value

    return spoilt


SPOILT = {
    "an unknown key": spoil("top", "titel", "x"),
    "no version": spoil("top", "sketch", None),
    "version 2": spoil("top", "sketch", 2),
    "no title": spoil("top", "title", None),
    "an empty title": spoil("top", "title", ""),
    "no steps": spoil("top", "steps", []),
    "a seed of words": spoil("top", "seed", "seven"),
    "a list of inputs": spoil("top", "inputs", ["who"]),
    "an input that may not be called so": spoil("top", "inputs", {"__class__": {"ask": "a"}}),
    "a symbol without rules": spoil("top", "grammar", {"a": []}),
    "a symbol that may not be called so": spoil("top", "grammar", {"1a": "b"}),
    "17 shown": spoil("top", "show", ["moments"] * 17),
    "a step without a name": spoil("step", "id", None),
    "a step called line": spoil("step", "id", "line"),
    "a prompt and a text": spoil("step", "prompt", "x"),
    "neither": spoil("step", "text", None),
    "six rounds": spoil("step", "repeat", 6),
    "one option": spoil("step", "pick", ["a"]),
    "options twice": spoil("step", "pick", ["a", "a"]),
    "no model": spoil("step", "model", "two words"),
    "a model elsewhere": spoil("step", "model", "remote/x"),
    "a model without its commit": spoil("step", "model", ["house/cook", "owner/name"]),
    "a model with a short commit": spoil("step", "model", "owner/name@abc"),
    "a hot model": spoil("step", "config", {"temperature": 9}),
    "an unknown setting": spoil("step", "config", {"heat": 1}),
    "an input without words": spoil("input", "ask", None),
    "an unknown kind": spoil("input", "kind", "chioce"),
    "too long": spoil("input", "longest", 4001),
}


@pytest.mark.parametrize("way", SPOILT)
def test_what_the_schema_refuses_the_reader_refuses(way: str) -> None:
    tree = yaml.safe_load(EXAMPLES[-1])
    spoilt = copy.deepcopy(tree)
    SPOILT[way](spoilt)
    CHECK.validate(tree)
    assert not CHECK.is_valid(spoilt)
    assert examine(yaml.safe_dump(tree, sort_keys=False)).faults == ()
    assert examine(yaml.safe_dump(spoilt, sort_keys=False)).faults


@settings(max_examples=40)
@given(sketches())
def test_what_the_reader_takes_the_schema_takes(sketch: Sketch) -> None:
    CHECK.validate(yaml.safe_load(write_sketch(sketch)))


def described() -> dict[str, list[Any]]:
    """What the schema says of each key, by its name."""
    found: dict[str, list[Any]] = {}
    for part in (SCHEMA, *SCHEMA["$defs"].values()):
        for key, field in part["properties"].items():
            found.setdefault(key, []).append(field)
    return found


def limits(field: Any) -> set[float]:
    """Every bound that a field's description holds."""
    if isinstance(field, dict):
        bounds = {"maximum", "minimum", "maxLength", "minLength", "maxItems", "minItems", "maxProperties"}
        own = {each for key, each in field.items() if key in bounds}
        if "exclusiveMaximum" in field:
            own.add(field["exclusiveMaximum"] - 1 if field["type"] == "integer" else field["exclusiveMaximum"])
        return own.union(*(limits(each) for each in field.values()))
    return set[float]().union(*map(limits, field)) if isinstance(field, list) else set()


def test_every_key_stands_in_a_table_with_its_limits() -> None:
    rows = [(key, f"{what} {said}") for keys, what, said in ROWS for key in re.findall("`([a-z_]+)`", keys)]
    fields = described()
    assert sorted(key for key, _ in rows) == sorted(key for key, each in fields.items() for _ in each)
    for key, said in rows:
        numbers = {float(number.replace(",", "")) for number in re.findall(r"-?\d[\d,]*\.?\d*", said)}
        field = fields[key].pop(0)
        assert limits(field) - numbers <= {1.0}, key
        if isinstance(field.get("default"), int | float):
            assert field["default"] in numbers, key


def test_the_page_names_every_modifier_and_bound() -> None:
    assert {name for name in MODIFIERS if f"`.{name}" not in PAGE} == set()
    for number in (parts.MAX_LINES, *parts.USUAL_LONGEST.values()):
        assert f" {number:,}" in PAGE
    for kind in parts.Kind.__args__:  # type: ignore[attr-defined]
        assert f"`{kind}`" in PAGE
