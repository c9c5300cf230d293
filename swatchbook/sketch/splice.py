"""Edits to a sketch's text, each of which leaves every comment, blank line and quote alone that it does not touch.

    put(text, ("inputs", "name", "ask"), "Who is it for?")
    move(text, ("steps", 2), 0)

A list or mapping in braces is put in block style before anything in it is edited. Whether what
comes of an edit is a good sketch is for `reader` to say. Every edit raises SketchError where
the text is no YAML, or where there is no such place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from swatchbook.sketch.faults import Fault, Path, SketchError
from swatchbook.sketch.layout import Block, Chunk, File
from swatchbook.sketch.nodes import Entries, Items, Scalar
from swatchbook.sketch.renames import rename as rename
from swatchbook.sketch.renames import rename_symbol as rename_symbol
from swatchbook.sketch.rewrite import block_at, data, fields, keys_at, opened, rewritten, typed
from swatchbook.sketch.writer import Value, entry

_NEEDED = {"sketch", "title", "steps", "ask", "id", "prompt", "text"}
"""Keys that stay when they are emptied, so that somebody can go on writing there."""
_BLANK = re.compile(r"[ \t]*\n")


def put(text: str, path: Path, value: Value | None) -> str:
    """Set what stands at a place; a new key comes where the format has it. Nothing ("" or None) removes what may go.

    Of a list or mapping that is there only those entries are touched that become different.
    """
    if value is None or (value in ("", [], {}) and path[-1] in fields(path[:-1]) and path[-1] not in _NEEDED):
        return take(text, path)
    file, value = File(text), typed(path, value)
    have = file.find(path)
    if have is None:
        return _add(file, path, value)
    old = typed(path, data(have))
    if old == value:
        return text
    if old and value and isinstance(old, dict) and isinstance(value, dict):
        return _become(file.text, path, old, value)
    if old and value and isinstance(old, list) and isinstance(value, list) and _flat(old) and _flat(value):
        return _become_list(file.text, path, old, value)
    return rewritten(file, path, value)


def take(text: str, path: Path) -> str:
    """Remove an entry with its own comments. The last one of a list or mapping goes together with its key."""
    if File(text).find(path) is None:
        return text
    file, block, at = _reached(File(text), path)
    if len(block.chunks) == 1 and len(path) > 1:
        return take(file.text, path[:-1])
    del block.chunks[at]
    before = block.gaps.pop(at)
    if at < len(block.chunks):
        after = block.gaps[at]
        # One gap is enough where there were two; comments in either stay.
        block.gaps[at] = before + after.lstrip("\n") if "#" in after else before or (after if at else "")
    elif "#" in before and block.chunks:
        block.chunks[-1] = replace(block.chunks[-1], below=block.chunks[-1].below + before)
    return block.within(file.text)


def insert(text: str, path: Path, at: int, value: Value) -> str:
    """A new item of the list at a place, before the item `at`. A list that is not there is made."""
    file = File(text)
    have = file.find(path)
    if isinstance(have, Entries):
        raise _refused(f'What stands below "{path[-1]}" has names; give the new part a name too.')
    if not isinstance(have, Items) or not have.items:
        items: list[Value] = [have.text] if isinstance(have, Scalar) and have.text else []
        return put(text, path, [*items[:at], value, *items[at:]])
    file = _steady(opened(file, path), path)
    block = block_at(file, path)
    at = min(max(at, 0), len(block.chunks))
    _grow(block, at, entry(None, typed((*path, at), value), block.column))
    return block.within(file.text)


def move(text: str, path: Path, to: int) -> str:
    """Move an entry with its own comments to where its neighbour `to` is, counted from 0."""
    if File(text).find(path) is None:
        raise _refused("What should be moved is not there; look at the text again.")
    file, block, at = _reached(File(text), path)
    to = min(max(to, 0), len(block.chunks) - 1)
    block.chunks.insert(to, block.chunks.pop(at))
    return block.within(file.text) if to != at else text


def _become(text: str, path: Path, old: Mapping[str, Any], new: Mapping[str, Value]) -> str:
    """A mapping that becomes another, entry by entry."""
    for key, value in new.items():
        text = put(text, (*path, key), value)
    for key in old.keys() - new.keys():
        text = take(text, (*path, key))
    return text


def _become_list(text: str, path: Path, old: list[Any], new: list[Any]) -> str:
    """A list of texts that becomes another, item by item, from its end."""
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for _, start, end, first, last in (each for each in reversed(changes) if each[0] != "equal"):
        both = min(end - start, last - first)
        for at in range(both):
            text = put(text, (*path, start + at), new[first + at])
        for value in reversed(new[first + both : last]):
            text = insert(text, path, start + both, value)
        for at in reversed(range(start + both, end)):
            text = take(text, (*path, at))
    return text


def _add(file: File, path: Path, value: Value) -> str:
    """A key that is not there yet, at its usual place; what should hold it is made where it is missing."""
    *_, key = path
    above = path[:-1]
    holder = file.find(above)
    if isinstance(key, int):
        return insert(file.text, above, key, value)
    if (isinstance(holder, Items) and holder.items) or (isinstance(holder, Scalar) and not above):
        raise _refused(f'"{key}" cannot stand here; look at the text again.')
    if not isinstance(holder, Entries) or not holder.entries:
        return put(file.text, above, {key: value})
    file = _steady(opened(file, above), above)
    block = block_at(file, above)
    _grow(block, _place(keys_at(file, above), fields(above), key), entry(key, value, block.column))
    return block.within(file.text)


def _place(keys: Sequence[str | int], order: Sequence[str], key: str) -> int:
    """Where a key comes among others: after the last of those that the format has before it."""
    if key not in order:
        return len(keys)
    before = order[: order.index(key)]
    return max((at + 1 for at, each in enumerate(keys) if each in before), default=0)


def _grow(block: Block, at: int, own: Sequence[str]) -> None:
    """One more entry; if it has several lines, it is set off by a blank line where others are."""
    apart = len(own) > 1 and any(_BLANK.match(gap) for gap in block.gaps[1:])
    block.chunks.insert(at, Chunk("", "".join(f"{line}\n" for line in own)))
    block.gaps.insert(max(at, 1), "\n" if apart else "")


def _reached(file: File, path: Path) -> tuple[File, Block, int]:
    """The block that an entry is in, ready to be taken apart, and which of its entries that is."""
    file = _steady(opened(file, path[:-1]), path[:-1])
    return file, block_at(file, path[:-1]), keys_at(file, path[:-1]).index(path[-1])


def _steady(file: File, path: Path) -> File:
    """The file without texts, at the end of a block's entries, to which a blank line nearby could come to belong."""
    block = block_at(file, path)
    if not any(_BLANK.match(gap) for gap in block.gaps) and not _BLANK.match(file.text, block.end):
        return file
    for at, chunk in enumerate(block.chunks):
        if chunk.keeps:
            place, text = _ending(file, (*path, keys_at(file, path)[at]))
            file = File(rewritten(file, place, text))
    return file


def _ending(file: File, path: Path) -> tuple[Path, str]:
    """The text that the part at a place ends with, and its place."""
    while keys := keys_at(file, path):
        path = (*path, keys[-1])
    node = file.find(path)
    return path, node.text if isinstance(node, Scalar) else ""


def _flat(values: list[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _refused(said: str) -> SketchError:
    return SketchError([Fault(0, 0, said)])
