"""An input, a step or a symbol of the grammar called otherwise, everywhere in a sketch's text.

Names are found in templates as `template` reads them, also where a template is not finished yet.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from swatchbook.sketch.faults import Fault, Path, SketchError
from swatchbook.sketch.layout import BLOCKS, File, entries
from swatchbook.sketch.nodes import Node, Scalar
from swatchbook.sketch.parts import LINE, is_name, is_symbol
from swatchbook.sketch.rewrite import keys_at
from swatchbook.sketch.writer import quoted

_PLAIN = r"\\[\\#\[\]{,]"
_SYMBOL = r"(?P<name>[A-Za-z][A-Za-z0-9_]*)"
_CALL = re.compile(rf"{_SYMBOL}(?:\.[A-Za-z]+(?:\([^()#\n]{{0,80}}\))?)*#")
_SAVE = re.compile(f"{_SYMBOL}:")
_NAMES = re.compile(_PLAIN + r"|\{\{[ \t]*(?:#if[ \t]+)?(?P<name>[a-z][a-z0-9_]*)[ \t]*\}\}")
_MARKS = re.compile(_PLAIN + r"|\{\{[^{}\n]*\}\}|(?P<open>#?\[)|(?P<close>\])|(?P<tag>#)")
_HEADER = re.compile(r"[|>][-+0-9]*")

Span = tuple[int, int]
Edit = tuple[int, int, str]
"""From where to where in a text stands something else, and what."""


def rename(text: str, old: str, new: str) -> str:
    """Call an input or a step otherwise: where it is defined, in templates, `when`, `each` and `show`.

    Raises SketchError where the text is no YAML, or the new name is none or is taken.
    """
    if new == LINE:
        raise _refused(new, "is what a step calls the line that it is at; choose another name.")
    if not is_name(new):
        raise _no_name(new, "within {{ }}, so it has small letters", is_name)
    return _renamed(text, old, new, _NAMED)


def rename_symbol(text: str, old: str, new: str) -> str:
    """Call a symbol of the grammar otherwise: where its rules are, in tags, and where a template saves it.

    Raises SketchError where the text is no YAML, or the new name is none or is taken.
    """
    if not is_symbol(new):
        raise _no_name(new, "between two #, so it has letters", is_symbol)
    return _renamed(text, old, new, _SYMBOLIC)


def renamed(text: str, names: Mapping[str, str], symbols: Mapping[str, str]) -> str:
    """Call inputs and steps, and symbols, otherwise, all at once: two may take each other's name.

    Whether each then has a name of its own is for who asks to see. Raises SketchError where the text is no YAML.
    """
    for called, words in ((names, _NAMED), (symbols, _SYMBOLIC)):
        if called:
            file = File(text)
            text = _changed(file.text, _edits(file, called, words))
    return text


def _no_name(new: str, written: str, allowed: Callable[[str], bool]) -> SketchError:
    """Offers the nearest that can be one."""
    letters = unicodedata.normalize("NFKD", new[:80]).encode("ascii", "ignore").decode().lower()
    near = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    advice = f"write {near}" if allowed(near) else "choose another"
    return _refused(new, f"cannot be a name: it is written {written}, digits and _ alone, a letter first; {advice}.")


def _refused(new: str, said: str) -> SketchError:
    return SketchError([Fault(0, 0, f'"{new[:40]}" {said}')])


def _renamed(text: str, old: str, new: str, words: _Words) -> str:
    file = File(text)
    taken = words.taken(file)
    if old == new or old not in taken:
        return text
    if new in taken:
        raise _refused(new, f"is already {words.called}; choose another.")
    return _changed(file.text, _edits(file, {old: new}, words))


def _taken_names(file: File) -> list[str | int]:
    """What inputs and steps are called."""
    steps = (file.find(("steps", at, "id")) for at in keys_at(file, ("steps",)))
    return [*keys_at(file, ("inputs",)), *(step.text for step in steps if isinstance(step, Scalar))]


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
    """Words of one kind: what they are `called`, those that are `taken`, and where they stand.

    They stand `inside` a template, as a `key`, and as the `whole` text at a place.
    """

    called: str
    taken: Callable[[File], list[str | int]]
    inside: Callable[[str], list[Span]]
    key: Callable[[Path], bool]
    whole: Callable[[Path], bool]


def _edits(file: File, called: Mapping[str, str], words: _Words) -> Iterator[Edit]:
    """What becomes different where each word is spelled as it is `called`, wherever such a word stands, in order."""
    for path, key, node in _parts(file.root, ()):
        if key and key.text in called and words.key(path):
            yield key.start, key.end, quoted(called[key.text])
        if not isinstance(node, Scalar):
            continue
        if words.whole(path) and node.text in called:
            new = called[node.text]
            yield _anew(file, node, new) if node.style else (node.start, node.end, quoted(new))
        elif _is_template(path) and (inside := _inside(node.text, called, words)):
            raw = file.text[node.start : node.end]
            found = _inside(raw, called, words)
            if len(inside) == len(found) and not (node.style == '"' and "\\" in raw):
                yield from ((node.start + start, node.start + end, new) for start, end, new in found)
            else:
                yield _anew(file, node, _changed(node.text, inside))


def _inside(template: str, called: Mapping[str, str], words: _Words) -> list[Edit]:
    """What becomes different within a template."""
    spans = ((start, end, template[start:end]) for start, end in words.inside(template))
    return [(start, end, called[word]) for start, end, word in spans if word in called]


def _anew(file: File, node: Scalar, text: str) -> Edit:
    """A scalar written anew in double quotes, which hold any text anywhere; a remark behind | or > stays behind it."""
    raw, remark = file.text[node.start : node.end], ""
    if node.style in BLOCKS:
        raw = raw.rstrip()
        remark = _HEADER.sub("", raw.partition("\n")[0], 1).rstrip()
    return node.start, node.start + len(raw), json.dumps(text, ensure_ascii=False) + remark


def respelled(text: str, spans: Iterable[Span], new: str) -> str:
    """A text with `new` at these places, which are in order."""
    return _changed(text, ((*span, new) for span in spans))


def _changed(text: str, edits: Iterable[Edit]) -> str:
    """A text after edits, which are in order."""
    parts, at = [], 0
    for start, end, new in edits:
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def names_in(template: str, name: str) -> list[Span]:
    """Where an input or a step is filled in or asked for."""
    return [(start, end) for start, end in _names(template) if template[start:end] == name]


def symbols_in(template: str, symbol: str) -> list[Span]:
    """Where a symbol is called in a tag, or saved: `#symbol#`, `#[other:rule]symbol.modifier#`, `[symbol:rule]`."""
    return [(start, end) for start, end in _symbols(template) if template[start:end] == symbol]


def _names(template: str) -> list[Span]:
    return [found.span("name") for found in _NAMES.finditer(template) if found["name"]]


def _symbols(template: str) -> list[Span]:
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


_NAMED = _Words("the name of an input or a step", _taken_names, _names, _is_key_of_name, _is_name)
_SYMBOLIC = _Words(
    "the name of words to draw from",
    lambda file: keys_at(file, ("grammar",)),
    _symbols,
    lambda path: path[:-1] == ("grammar",),
    lambda _: False,
)
