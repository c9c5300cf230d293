"""The JSON Schema of a sketch's file, for editors that complete and check what one writes.

Made from the parts themselves, but it describes the file: a model is a word there, and what
may stand alone needs no list. It says what each part may hold; which names belong together
only the reader knows. `python -m swatchbook.sketch.schema` writes docs/sketch.schema.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from swatchbook.sketch.parts import Sketch

FILE = Path(__file__).resolve().parents[2] / "docs" / "sketch.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NAME = {"pattern": "^(?!line$)[a-z][a-z0-9_]{0,31}$"}
_SYMBOL = {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,31}$"}
_PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_COMMIT = "@[0-9a-f]{7,64}"
_HERE, _HUB = f"house/{_PART}({_COMMIT})?", f"(?!house/|remote/){_PART}(/{_PART})?{_COMMIT}"
_MODEL = {"type": "string", "pattern": rf"^(?!.*\.\.)({_HERE}|{_HUB})(:chat)?$"}
_OPTIONS = {"minItems": 2, "uniqueItems": True}
_WORDS = ["string", "number", "boolean"]
"""Numbers, yes and no are texts, too, whether or not they stand in quotes."""

SAID: dict[str, dict[str, str]] = {
    "Sketch": {
        "": "A small interactive piece: what a visitor is asked, what models write of it, and what is shown.",
        "sketch": "The version of the format.",
        "title": "What the piece is called.",
        "author": "Who made it.",
        "about": "A sentence or two for the visitor.",
        "licence": "Under which terms the sketch may be used, as the Hub writes them: cc-by-4.0.",
        "remix_of": "The sketch that this one was made of.",
        "seed": "Where the dice begin: the same seed and the same answers give the same piece.",
        "inputs": "What a visitor is asked, by the name that stands for the answer.",
        "grammar": "Symbols, each with its rules: #symbol# becomes one of them, as in Tracery.",
        "steps": "What is done, from top to bottom.",
        "show": "The steps whose texts the visitor sees; without it, the last one.",
    },
    "Input": {
        "": "One thing that a visitor is asked.",
        "ask": "The words that ask for it.",
        "kind": "A line of text, a long text, one of several options, a number, or yes and no.",
        "default": "What holds where the visitor writes nothing.",
        "choose": "The options of a choice.",
        "longest": "The most characters of a text.",
        "least": "The smallest number.",
        "most": "The largest number.",
    },
    "Step": {
        "": "One step: a prompt that a model is asked, or a text that is only filled in.",
        "id": "The name that stands for the step's text in later steps.",
        "prompt": "What a model is asked, with {{name}} for what is known by then.",
        "text": "A text that no model is asked for, with {{name}} for what is known by then.",
        "model": "The model that is asked, or a list of them, one for each column.",
        "config": "How the text is drawn.",
        "pick": "The model chooses the likeliest of these options, and writes nothing.",
        "when": "The values that others must have for the step to be done.",
        "repeat": "How often the step is done; from the second time on, its prompt may hold its own text so far.",
        "each": "The input or step whose lines are gone through; {{line}} is the line.",
    },
    "Config": {
        "": "How a text is drawn.",
        "temperature": "How freely words are drawn; 0 takes the likeliest every time.",
        "max_tokens": "The longest that the text can get, in tokens.",
        "top_p": "Only the likeliest tokens are drawn from, up to this share of all.",
        "top_k": "Only so many of the likeliest tokens are drawn from; 0 is all.",
        "min_p": "Only tokens are drawn from that are at least this share as likely as the likeliest.",
        "repetition_penalty": "Above 1, what was written before becomes less likely.",
        "stop": "The text ends before any of these.",
    },
}
"""What each key is for, by the part that it belongs to; under no key, the part itself."""


def schema() -> dict[str, Any]:
    """The schema, in the 2020-12 dialect."""
    whole = Sketch.model_json_schema()
    parts: dict[str, dict[str, Any]] = {"Sketch": whole, **whole.pop("$defs")}
    for name, said in SAID.items():
        _part(parts[name], said)
    sketch, step = whole["properties"], parts["Step"]["properties"]
    whole["required"] = ["sketch", *whole["required"]]
    parts["Input"]["properties"]["choose"] |= _OPTIONS
    step["pick"] |= _OPTIONS
    sketch["grammar"]["additionalProperties"]["minItems"] = 1
    sketch["inputs"]["propertyNames"], sketch["grammar"]["propertyNames"] = _NAME, _SYMBOL
    step["id"] |= _NAME
    step["model"]["items"] = _MODEL
    parts["Step"]["oneOf"] = [{"required": ["prompt"]}, {"required": ["text"]}]
    for holder, key in [(sketch, "show"), (step, "model"), (sketch["grammar"], "additionalProperties")]:
        holder[key] = _alone(holder[key])
    return {"$schema": DIALECT, **whole, "$defs": {name: parts[name] for name in ("Input", "Step", "Config")}}


def _part(part: dict[str, Any], said: dict[str, str]) -> None:
    """Put the words for people in the place of those for programmers."""
    part.pop("title")
    part["description"] = said[""]
    for name, field in part["properties"].items():
        field.pop("title", None)
        field["description"] = said[name]
        part["properties"][name] = _written(field)


def _written(field: Any) -> Any:
    """The same as it is written in the file: never null, and what is a text may look like something else."""
    if isinstance(field, list):
        return [_written(each) for each in field]
    if not isinstance(field, dict):
        return field
    if "anyOf" in field:
        rest = {key: each for key, each in field.items() if key not in ("anyOf", "default")}
        return _written({**rest, **field["anyOf"][0]})
    found = {key: _written(each) for key, each in field.items()}
    if found.get("type") == "string" and "enum" not in found:
        found["type"] = _WORDS
    if found.get("default") in ("", [], {}) or "$ref" in found:
        found.pop("default", None)
    return found


def _alone(several: dict[str, Any]) -> dict[str, Any]:
    """A list of which one item may stand without the list."""
    words = {key: several[key] for key in ("description",) if key in several}
    return {**words, "anyOf": [several["items"], {key: each for key, each in several.items() if key not in words}]}


def written() -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
