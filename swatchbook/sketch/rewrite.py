"""One value of a sketch's file written anew where it stands, in block style; what is around it stays.

Knows which keys hold numbers, and in what order keys usually come. Edits that add, remove or move entries are
in `splice`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from swatchbook.sketch.faults import Path
from swatchbook.sketch.layout import Block, File
from swatchbook.sketch.nodes import Entries, Items, Node, Scalar
from swatchbook.sketch.writer import (
    CONFIG_FIELDS,
    FIELDS,
    INPUT_FIELDS,
    STEP_FIELDS,
    Value,
    entry,
    lines,
    number,
    quoted,
)

_NUMBERS = {"sketch", "seed", "longest", "least", "most", "repeat", *CONFIG_FIELDS} - {"stop"}
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,12})?")


def fields(path: Path) -> tuple[str, ...]:
    """The keys that the format knows in the mapping at a place; none where its author chooses them."""
    if not path:
        return FIELDS
    if path[0] == "steps" and path[2:] == ("config",):
        return CONFIG_FIELDS
    return {"inputs": INPUT_FIELDS, "steps": STEP_FIELDS}.get(str(path[0]), ()) if len(path) == 2 else ()


def data(node: Node) -> Any:
    """A tree as texts, lists and mappings."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [data(each) for each in node.items]
    return {key.text: data(value) for key, value in node.entries}


def typed(path: Path, value: Any) -> Any:
    """A value for a place, with numbers where the format has them and texts everywhere else."""
    if isinstance(value, Mapping):
        return {key: typed((*path, key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [typed((*path, at), each) for at, each in enumerate(value)]
    text = value if isinstance(value, str) else number(value)
    is_number = path[-1] in _NUMBERS and path[-1] in fields(path[:-1]) and _NUMBER.fullmatch(text)
    return float(text) if is_number else text


def block_at(file: File, path: Path) -> Block:
    """The list or mapping at a place, which stands in block style."""
    node = file.find(path)
    assert isinstance(node, Entries | Items)
    return file.block(node)


def keys_at(file: File, path: Path) -> list[str | int]:
    """What the entries go by of the list or mapping at a place; none where there is no such thing."""
    node = file.find(path)
    if isinstance(node, Entries):
        return [key.text for key, _ in node.entries]
    return list(range(len(node.items))) if isinstance(node, Items) else []


def opened(file: File, path: Path) -> File:
    """The file with each list and mapping down to a place in block style."""
    for depth in range(len(path) + 1):
        node = file.find(path[:depth])
        if isinstance(node, Entries | Items) and not file.is_block(node):
            file = File(rewritten(file, path[:depth], typed(path[:depth], data(node))))
    return file


def rewritten(file: File, path: Path, value: Value) -> str:
    """The text with another value at a place. Comments on its line stay there; those that lose theirs go above it."""
    if not path:
        return _all_rewritten(file, value)
    file = opened(file, path[:-1])
    block, at = block_at(file, path[:-1]), keys_at(file, path[:-1]).index(path[-1])
    chunk, key, indent = block.chunks[at], path[-1] if isinstance(path[-1], str) else None, " " * block.column
    node = file.find(path)
    assert node is not None
    own = entry(key, value, block.column)
    rest = own[0].removeprefix(indent + ("-" if key is None else f"{quoted(key)}:"))
    between = file.text[chunk.mark : node.start]
    if between.isspace() and "\n" not in between and rest:
        rest = between + rest.removeprefix(" ")
    comments = file.comments(chunk.mark, chunk.end, node)
    if len(comments) == 1 and re.match(r"\s*#(\s|$)", comments[0]) and (key or not isinstance(value, Mapping)):
        comment = comments.pop()
        rest += comment if comment[0].isspace() else f" {comment}"
    own[0] = indent + file.text[chunk.head : chunk.mark] + rest
    if len(own) > 1:
        comments += chunk.below.split("\n")
        chunk = replace(chunk, below="")
    above = "".join(f"{indent}{comment.strip()}\n" for comment in comments if comment.strip())
    block.chunks[at] = replace(chunk, above=chunk.above + above, own="\n".join(own) + "\n")
    return block.within(file.text)


def _all_rewritten(file: File, value: Value) -> str:
    """The text with its outermost mapping or list in block style."""
    start, end = file.root.start, file.after(file.end(file.root, 0))
    before = file.text[:start].rstrip(" ")
    comments = [comment.strip() for comment in file.comments(start, end, file.root)]
    new = [*comments, *lines(value)] if isinstance(value, Mapping | list) else comments
    return before + ("\n" if before and not before.endswith("\n") else "") + "\n".join([*new, file.text[end:]])
