"""A sketch as its canonical file: block style, the format's order, nothing that a reader would assume anyway.

Also how one value is laid out as lines, which is what edits to a text need. Knows nothing
of a text that is there already: that is `splice`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel
from yaml.emitter import Emitter
from yaml.resolver import Resolver

from swatchbook.sketch.nodes import FORBIDDEN
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step

Value = str | int | float | Sequence["Value"] | Mapping[str, "Value"]
"""What a place in a sketch's file holds."""

INDENT = 2
LONG = 100
"""A text of more characters stands in a block of its own."""
FIELDS = tuple(Sketch.model_fields)
INPUT_FIELDS = tuple(Input.model_fields)
STEP_FIELDS = tuple(Step.model_fields)
CONFIG_FIELDS = tuple(Config.model_fields)

_NOT_WORDS = re.compile(
    r"[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?|0o[0-7]+|0x[0-9a-f]+|[-+]?\.inf|\.nan|[yn~]|null|true|false|yes|no|on|off",
    re.IGNORECASE,
)
_emitter: Any = Emitter(None, allow_unicode=True)  # type: ignore[arg-type]
_resolver: Any = Resolver()


def write_sketch(sketch: Sketch) -> str:
    """The canonical file of a sketch; it reads back as the same sketch."""
    return "".join(f"{line}\n" for line in lines(plain(sketch)))


def plain(part: BaseModel) -> dict[str, Any]:
    """A sketch, or a part of one, as texts, numbers, lists and mappings: only what is not as usual, in order."""
    usual = type(part).model_fields
    found = {name: _plain(getattr(part, name)) for name in usual if getattr(part, name) != usual[name].default}
    if isinstance(part, Sketch):
        found = {"sketch": part.sketch, **found}
    if isinstance(part, Step) and len(part.model) == 1:
        found["model"] = str(part.model[0])
    if isinstance(part, Input) and part.choose:
        found = {"ask": part.ask, "kind": part.kind, **found}
        if part.kind == "choice":
            del found["kind"]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Asked):
        return str(value)
    if isinstance(value, BaseModel):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def lines(value: Sequence[Value] | Mapping[str, Value], column: int = 0) -> Iterator[str]:
    """The lines of a mapping or a list in block style that stands at a column."""
    entries = value.items() if isinstance(value, Mapping) else ((None, each) for each in value)
    for key, each in entries:
        yield from entry(key, each, column)


def entry(key: str | None, value: Value, column: int) -> list[str]:
    """The lines of one entry of a mapping, or of one item of a list where there is no key, at a column."""
    head, inside = " " * column + ("-" if key is None else f"{quoted(key)}:"), column + INDENT
    if isinstance(value, str | int | float):
        return f"{head} {scalar(value, inside)}".split("\n")
    below = list(lines(value, inside))
    if not below:
        return [f"{head} {'{}' if isinstance(value, Mapping) else '[]'}"]
    if key is None and isinstance(value, Mapping):
        return [f"{head} {below[0].lstrip()}", *below[1:]]
    return [head, *below]


def scalar(value: str | int | float, column: int) -> str:
    """A text or a number as YAML; the lines of a block, where it needs one, begin at a column."""
    if not isinstance(value, str):
        return number(value)
    alone = ("\n" in value or len(value) > LONG) and value != "\n" and not value.endswith("\n\n")
    return _block(value, column) if alone and not FORBIDDEN.search(value) else quoted(value)


def number(value: int | float) -> str:
    """A number without what it does not need: 1, not 1.0. A truth is a word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.0f}" if value == int(value) else repr(value)


def quoted(value: str) -> str:
    """A text on one line: without quotes where every reader of YAML, 1.1 or 1.2, takes it for the same text."""
    tag = _resolver.resolve(yaml.ScalarNode, value, (True, False))
    text = tag == "tag:yaml.org,2002:str" and not _NOT_WORDS.fullmatch(value)
    if text and _emitter.analyze_scalar(value).allow_block_plain:
        return value
    return str(yaml.safe_dump(value, default_style='"', allow_unicode=True, width=10**9)).rstrip("\n")


def _block(value: str, column: int) -> str:
    """A literal block. It says how deep it stands where its first line begins with a blank, or is empty.

    A text that ends in blank lines is none: the next blank line that somebody adds below would belong to it.
    """
    depth = str(INDENT) if value[0] in " \n\t" else ""
    below = value.removesuffix("\n").split("\n")
    ends = "" if value.endswith("\n") else "-"
    return "\n".join([f"|{depth}{ends}", *(f"{' ' * column}{line}" if line else "" for line in below)])
