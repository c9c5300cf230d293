"""What pydantic finds wrong with a sketch's parts, in words for the person who wrote them.

Knows what each part of a sketch looks like in its file; names that belong together are not its business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from swatchbook.sketch.faults import Path, suggestion
from swatchbook.sketch.nodes import Entries, Items, Node, Scalar
from swatchbook.sketch.parts import Config, Input, Sketch, Step
from swatchbook.sketch.stumbles import QUOTE, begins, clipped

_KNOWN: dict[str, tuple[str, ...]] = {
    "at the top of a sketch": tuple(Sketch.model_fields),
    "in an input": tuple(Input.model_fields),
    "in a step": tuple(Step.model_fields),
    "in a config": tuple(Config.model_fields),
}
_LOOKS = {
    "inputs": '"inputs:" stand names, and below each name what is asked, such as "ask: Who is it for?"',
    "grammar": '"grammar:" stand symbols with their rules, such as "weather: [drizzle, a second sun]"',
    "config": '"config:" stand settings, such as "temperature: 0.9"',
    "when": '"when:" stand names with the value that each must have, such as "tone: cold"',
}
"""What stands below a key that holds others."""
_NEEDED = {
    "title": 'A sketch needs a title; add a line such as "title: Letter from a kitchen".',
    "steps": 'A sketch needs at least one step; add "steps:" and below it "- id: letter" with a prompt or a text.',
    "ask": 'An input needs the words that ask for it; add a line such as "ask: Who is it for?".',
    "id": 'A step needs a name of its own; add a line such as "id: letter".',
}


def mistakes(error: ValidationError, text: str, nodes: Mapping[Path, Node]) -> Iterator[tuple[Path, str, bool]]:
    """Of each mistake the part, the sentence, and whether the part's key is meant.

    `text` is the sketch's file and `nodes` its parts.
    """
    for found in error.errors(include_url=False, include_input=False):
        path, kind = found["loc"], found["type"]
        if kind == "too_short" and isinstance(node := nodes.get(path), Items) and node.items:
            continue  # There are enough, but pydantic counts only those without a mistake of their own.
        if kind == "missing":
            yield path[:-1], _NEEDED[str(path[-1])], True
        elif kind == "extra_forbidden":
            yield path, _unknown(path), True
        elif path:
            yield path, _wrong(kind, found.get("ctx", {}), path, text, nodes.get(path)), False


def _where(path: Path) -> str:
    """Of what a part's key is: the key of `_KNOWN`."""
    if len(path) == 1:
        return "at the top of a sketch"
    return "in an input" if path[0] == "inputs" else "in a step" if len(path) == 3 else "in a config"


def _unknown(path: Path) -> str:
    key, where = str(path[-1]), _where(path)
    said = f'"{clipped(key)}" is not known {where}.'
    known = _KNOWN[where]
    near = suggestion(key, known)
    homes = [home for home, fields in _KNOWN.items() if key in fields]
    if homes and "Did you mean" not in near:
        return f"{said} It belongs {' or '.join(homes)}; move it there."
    return said + near


def _called(path: Path) -> str:
    """A part as a sentence calls it: by its key, and by its number where it is one of a list."""
    *above, last = path
    return f'Number {last + 1} of "{clipped(str(above[-1]))}"' if isinstance(last, int) else f'"{clipped(last)}"'


def _wrong(kind: str, limits: Mapping[str, Any], path: Path, text: str, node: Node | None) -> str:
    """What is wrong with one part, by pydantic's name for it."""
    name, written = _called(path), clipped(node.text) if isinstance(node, Scalar) else ""
    if kind == "string_type" and node:
        return _no_text(name, text, node)
    if kind in ("dict_type", "model_type"):
        return _no_entries(path, name)
    if kind == "tuple_type":
        return f'{name} takes a list; write each part on a line of its own, with "- " before it, below the name.'
    if kind == "too_long":
        return f"{name} has {limits['actual_length']} parts, and {limits['max_length']} is the most; remove some."
    if kind == "too_short":
        return _NEEDED["steps"]
    here = name if isinstance(path[-1], int) else "This"
    if kind == "string_too_long":
        return f"{here} has more than {limits['max_length']:,} characters; shorten it."
    if kind == "string_too_short":
        return f"{here} is empty; write at least one character."
    if kind == "literal_error" and path == ("sketch",):
        return f'This Swatchbook reads sketches of version 1, not "{written}"; write "sketch: 1".'
    if kind == "literal_error":
        return f'{name} cannot be "{written}".{suggestion(written, _KINDS)}'
    if kind.startswith("int"):
        return f'{name} takes a whole number, such as 7, not "{written}".'
    if kind.startswith(("float", "finite")):
        return f'{name} takes a number, such as 0.9, not "{written}".'
    if bound := _bound(limits):
        return f"{name} is {written}, and has to be {bound}; change it."
    return f"{name} cannot be used like this; look at the page about sketches."


_KINDS = ("text", "long", "choice", "number", "toggle")
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def _bound(limits: Mapping[str, Any]) -> str:
    return "".join(f"{words} {limits[key]:,g}" for key, words in _BOUNDS.items() if key in limits)


def _no_text(name: str, text: str, node: Node) -> str:
    """A list or a mapping stands where a text belongs, mostly since YAML takes a text's first letter for its own."""
    first = text[node.start]
    if first in "[{":
        return begins(first)
    if isinstance(node, Entries):
        key = clipped(node.entries[0][0].text)
        return f'{name} is a text, and the colon after "{key}" makes something else of it; {QUOTE}.'
    return f"{name} is one text, not a list; write it after the colon, or below a | on lines of its own."


def _no_entries(path: Path, name: str) -> str:
    if path[0] == "steps" and len(path) == 2:
        return 'Each step begins with a name, "- id: letter", and has its prompt or text below that.'
    if path[0] == "inputs" and len(path) == 2:
        return f'{name} stands alone; below it belongs what is asked, such as "ask: Who is it for?".'
    return f"Below {_LOOKS[str(path[-1])]}." if path[-1] in _LOOKS else f"{name} holds lines with a colon each."
