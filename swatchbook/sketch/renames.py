"""An input, a step or a symbol of the grammar called otherwise, everywhere in a sketch's text.

Names are found in templates as `template` reads them, also where a template is not finished yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from swatchbook.sketch.faults import Fault, Path, SketchError
from swatchbook.sketch.layout import BLOCKS, File, entries
from swatchbook.sketch.nodes import Node, Scalar
from swatchbook.sketch.parts import is_name, is_symbol
from swatchbook.sketch.rewrite import keys_at, rewritten
from swatchbook.sketch.writer import quoted

_ESCAPED = r"\\[\\#\[\]{,]"
_SYMBOL = r"[A-Za-z][A-Za-z0-9_]*"
_TAG_END = r"(?:\.[A-Za-z]+(?:\([^()#\n]{0,80}\))?)*#"
_NAMES = re.compile(
    rf"{_ESCAPED}|(?P<before>\{{\{{[ \t]*(?:#if[ \t]+)?)(?P<name>[a-z][a-z0-9_]*)(?P<after>[ \t]*\}}\}})"
)
_SYMBOLS = re.compile(
    rf"{_ESCAPED}|\{{\{{[^{{}}\n]*\}}\}}"
    rf"|(?P<before>\[(?={_SYMBOL}:)|[#\]](?={_SYMBOL}{_TAG_END}))(?P<name>{_SYMBOL})(?P<after>:|{_TAG_END})"
)


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
    return _respelled(file, old, new, _NAMES, _is_key_of_name, _is_name)


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
    return _respelled(file, old, new, _SYMBOLS, lambda path: path[:-1] == ("grammar",), lambda _: False)


def _is_key_of_name(path: Path) -> bool:
    """Whether the key at a place is the name of an input or a step."""
    return path[:-1] == ("inputs",) or (path[0], path[2:-1]) == ("steps", ("when",))


def _is_name(path: Path) -> bool:
    """Whether the whole text at a place is such a name."""
    return path[0] == "show" or (path[0] == "steps" and path[2:] in (("id",), ("each",)))


def _is_template(path: Path) -> bool:
    return path[0] == "grammar" or (path[0] == "steps" and path[2:] in (("prompt",), ("text",)))


def _respelled(
    file: File,
    old: str,
    new: str,
    words: re.Pattern[str],
    of_key: Callable[[Path], bool],
    whole: Callable[[Path], bool],
) -> str:
    """The text with `old` spelled `new` in keys, in whole texts, and where a pattern finds it in templates."""
    spans: list[tuple[int, int, str]] = []
    for path, key, node in _parts(file.root, ()):
        if key and key.text == old and of_key(path):
            spans.append((key.start, key.end, quoted(new)))
        if not isinstance(node, Scalar):
            continue
        if whole(path) and node.text == old:
            respelled, raw, same = new, quoted(new), node.style not in BLOCKS
        elif _is_template(path):
            respelled, count = _replaced(node.text, old, new, words)
            raw, found = _replaced(file.text[node.start : node.end], old, new, words)
            same = count == found and not (node.style == '"' and "\\" in raw)
        else:
            continue
        if respelled != node.text and not same:
            return _respelled(File(rewritten(file, path, respelled)), old, new, words, of_key, whole)
        if respelled != node.text:
            spans.append((node.start, node.end, raw))
    text = file.text
    for start, end, spelled in reversed(spans):
        text = text[:start] + spelled + text[end:]
    return text


def _replaced(template: str, old: str, new: str, words: re.Pattern[str]) -> tuple[str, int]:
    """A template with each `old` that a pattern finds spelled `new`, and how many there were."""
    count = 0

    def spelled(found: re.Match[str]) -> str:
        nonlocal count
        if found["name"] != old:
            return found[0]
        count += 1
        return f"{found['before']}{new}{found['after']}"

    return words.sub(spelled, template), count


def _parts(node: Node, path: Path) -> Iterator[tuple[Path, Scalar | None, Node]]:
    """Every entry of a tree with its place and its key, in order."""
    if isinstance(node, Scalar):
        return
    for at, (key, value) in enumerate(entries(node)):
        here = (*path, key.text if key else at)
        yield here, key, value
        yield from _parts(value, here)
