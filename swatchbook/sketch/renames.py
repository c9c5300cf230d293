"""An input, a step or a symbol of the grammar called otherwise, everywhere in a sketch's text.

Names are found in templates as `template` reads them, also where a template is not finished yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from swatchbook.sketch.faults import Fault, Path, SketchError
from swatchbook.sketch.layout import BLOCKS, File, entries
from swatchbook.sketch.nodes import Node, Scalar
from swatchbook.sketch.parts import is_name, is_symbol
from swatchbook.sketch.rewrite import keys_at, rewritten
from swatchbook.sketch.writer import quoted

_PLAIN = r"\\[\\#\[\]{,]"
_SYMBOL = r"(?P<name>[A-Za-z][A-Za-z0-9_]*)"
_CALL = re.compile(rf"{_SYMBOL}(?:\.[A-Za-z]+(?:\([^()#\n]{{0,80}}\))?)*#")
_SAVE = re.compile(f"{_SYMBOL}:")
_NAMES = re.compile(_PLAIN + r"|\{\{[ \t]*(?:#if[ \t]+)?(?P<name>[a-z][a-z0-9_]*)[ \t]*\}\}")
_MARKS = re.compile(_PLAIN + r"|\{\{[^{}\n]*\}\}|(?P<open>#?\[)|(?P<close>\])|(?P<tag>#)")

Span = tuple[int, int]


def rename(text: str, old: str, new: str) -> str:
    """Call an input or a step otherwise: where it is defined, in templates, `when`, `each` and `show`.

    Raises SketchError where the text is no YAML, or the new name is none or is taken.
    """
    file = File(text)
    if not is_name(new):
        said = f'"{new[:40]}" cannot be a name; write small letters, digits and _, a letter first, and not "line".'
        raise SketchError([Fault(0, 0, said)])
    steps = (file.find(("steps", at, "id")) for at in keys_at(file, ("steps",)))
    taken = [*keys_at(file, ("inputs",)), *(step.text for step in steps if isinstance(step, Scalar))]
    if old == new or old not in taken:
        return text
    if new in taken:
        raise SketchError([Fault(0, 0, f'"{new}" is already the name of an input or a step; choose another.')])
    return _respelled(file, old, new, _Words(_names, _is_key_of_name, _is_name))


def rename_symbol(text: str, old: str, new: str) -> str:
    """Call a symbol of the grammar otherwise: where its rules are, in tags, and where a template saves it.

    Raises SketchError where the text is no YAML, or the new name is none or is taken.
    """
    file = File(text)
    if not is_symbol(new):
        said = f'"{new[:40]}" cannot be a symbol; write letters, digits and _, a letter first.'
        raise SketchError([Fault(0, 0, said)])
    taken = keys_at(file, ("grammar",))
    if old == new or old not in taken:
        return text
    if new in taken:
        raise SketchError([Fault(0, 0, f'"{new}" is already a symbol of the grammar; choose another.')])
    return _respelled(file, old, new, _Words(_symbols, lambda path: path[:-1] == ("grammar",), lambda _: False))


def _is_key_of_name(path: Path) -> bool:
    """Whether the key at a place is the name of an input or a step."""
    return path[:-1] == ("inputs",) or (path[0], path[2:-1]) == ("steps", ("when",))


def _is_name(path: Path) -> bool:
    """Whether the whole text at a place is such a name."""
    return path[0] == "show" or (path[0] == "steps" and path[2:] in (("id",), ("each",)))


def _is_template(path: Path) -> bool:
    return path[0] == "grammar" or (path[0] == "steps" and path[2:] in (("prompt",), ("text",)))


@dataclass(frozen=True, slots=True)
class _Words:
    """Where words of one kind stand: `inside` a template, as a `key`, and as the `whole` text at a place."""

    inside: Callable[[str, str], list[Span]]
    key: Callable[[Path], bool]
    whole: Callable[[Path], bool]


def _respelled(file: File, old: str, new: str, words: _Words) -> str:
    """The text with `old` spelled `new` wherever such a word stands."""
    spans: list[tuple[int, int, str]] = []
    for path, key, node in _parts(file.root, ()):
        if key and key.text == old and words.key(path):
            spans.append((key.start, key.end, quoted(new)))
        if not isinstance(node, Scalar):
            continue
        if words.whole(path) and node.text == old:
            respelled, raw, same = new, quoted(new), node.style not in BLOCKS
        elif _is_template(path):
            raw = file.text[node.start : node.end]
            inside, found = words.inside(node.text, old), words.inside(raw, old)
            same = len(inside) == len(found) and not (node.style == '"' and "\\" in raw)
            respelled, raw = _with(node.text, inside, new), _with(raw, found, new)
        else:
            continue
        if respelled != node.text and not same:
            return _respelled(File(rewritten(file, path, respelled)), old, new, words)
        if respelled != node.text:
            spans.append((node.start, node.end, raw))
    text = file.text
    for start, end, spelled in reversed(spans):
        text = text[:start] + spelled + text[end:]
    return text


def _with(text: str, spans: list[Span], new: str) -> str:
    for start, end in reversed(spans):
        text = text[:start] + new + text[end:]
    return text


def _names(template: str, name: str) -> list[Span]:
    """Where an input or a step is filled in or asked for."""
    return [found.span("name") for found in _NAMES.finditer(template) if found["name"] == name]


def _symbols(template: str, symbol: str) -> list[Span]:
    """Where a symbol is called in a tag, or saved: `#symbol#`, `#[other:rule]symbol.modifier#`, `[symbol:rule]`."""
    spans: list[Span] = []
    in_tag: list[bool] = []
    at, closed = 0, -1
    while found := _MARKS.search(template, at):
        at = found.end()
        name = None
        if found["open"]:
            in_tag.append(found["open"] == "#[" or found.start() == closed)
            name = _SAVE.match(template, at)
        elif found["tag"] or (found["close"] and in_tag and in_tag.pop()):
            closed = at if found["close"] else closed
            name = _CALL.match(template, at)
        if name:
            at = name.end()
        if name and name["name"] == symbol:
            spans.append(name.span("name"))
    return spans


def _parts(node: Node, path: Path) -> Iterator[tuple[Path, Scalar | None, Node]]:
    """Every entry of a tree with its place and its key, in order."""
    if isinstance(node, Scalar):
        return
    for at, (key, value) in enumerate(entries(node)):
        here = (*path, key.text if key else at)
        yield here, key, value
        yield from _parts(value, here)
