"""Reads a large JSON document piece by piece, so that one which is refused never takes much more memory than itself.

A parser builds all of a document before anybody can say that it is too much: a
file of 40 MB can become gigabytes. Here the document is first cut where its
outermost object and the lists in it are cut, without building anything; each
item of such a list is then read on its own. An item that is a large document
itself is cut in the same way. Knows no particular document.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar, get_args, get_origin

import numpy as np
from annotated_types import MaxLen
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import from_json

from swatchbook.strict import Strict, sentence, shown

MAX_DEPTH = 16
"""How deep lists and objects may lie in one another."""
MAX_PIECE = 1_000_000
"""Most bytes of one item, and of all that is not in a list: what a parser makes of them is a hundred times as much."""
MAX_ITEMS = 10_000
"""Most items in all the lists of the outermost object, and members of it."""

MAX_MARKS = 10_000_000
"""Most commas, brackets and quotes outside of texts: twice those of the largest run."""

Document = TypeVar("Document", bound=Strict)
Edges = tuple[int, int]
Member = bytes | list[Edges]
"""A value as it stands, or where the items of a list begin and end."""

_CHUNK = 1 << 18
_BLANK = b" \t\n\r"
_QUOTE, _COMMA = b'",'
_STEP = np.zeros(256, np.int32)
_STEP[list(b"[{")], _STEP[list(b"]}")] = 1, -1
_MARKS = _STEP != 0
_MARKS[[_QUOTE, _COMMA]] = True
_NAME = re.compile(rb'[ \t\n\r]*"((?:[^"\\]|\\.){0,60})(")?')
_NUMBER = re.compile(rb"[1-9][0-9]{0,8}[ \t\n\r]*")
_COLON = re.compile(rb"[ \t\n\r]*:[ \t\n\r]*")


class Refused(ValueError):
    """A document that is not what it should be; the message is the cause, without a full stop."""


class Later(Refused):
    """A document of a later format."""


def read(
    model: type[Document],
    document: str | bytes,
    largest: int,
    version: str,
    newest: int,
    each: Callable[[str, Any], None] = lambda _name, _item: None,
) -> Document:
    """Read a document of at most `largest` bytes, whose member `version` is its format, at most `newest`.

    `each` is called with the name of a list and every item as it is read, and may refuse it.
    Raises Refused.
    """
    data = document if isinstance(document, bytes) else document.encode(errors="surrogatepass")
    if len(data) > largest:
        raise Refused(f"it is larger than {largest / 1e6:,.3g} MB, which is the most")
    found = members(data)
    format_ = found.get(version, b"")
    if isinstance(format_, bytes) and _NUMBER.fullmatch(format_) and int(format_) > newest:
        raise Later(f"its format is {int(format_)}, and this Swatchbook knows {newest}")
    with _uncollected():
        return _built(model, data, found, each)


def _built(model: type[Document], data: bytes, found: dict[str, Member], each: Callable[[str, Any], None]) -> Document:
    lists: dict[str, list[Any]] = {}
    plain: list[bytes] = []
    for name, value in found.items():
        field = model.model_fields.get(name)
        if field is None:
            raise Refused(f"{shown(name[:40])}: nothing of this name belongs here")
        if isinstance(value, bytes):
            plain.append(b'"%s":%s' % (name.encode(), value))
        elif get_origin(field.annotation) is list:
            lists[name] = []
            for item in _items(name, field, data, value):
                each(name, item)
                lists[name].append(item)
        else:
            raise Refused(f"{name}: a list does not belong here")
    return _whole(model, plain, lists)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is looked for: a document is a tree, and a search through the whole process for every few of its
    values takes half of the time that reading it takes."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def members(document: bytes) -> dict[str, Member]:
    """The members of a document's outermost object, those that are lists as the places of their items; none is read.

    What is cut well may still be no JSON: that shows when the pieces are read. Raises Refused.
    """
    start, end = document.find(b"{"), document.rfind(b"}")
    if start < 0 or end < start or document[:start].strip(_BLANK) or document[end + 1 :].strip(_BLANK):
        raise Refused("it is not a JSON object, or not all of one")
    outer, inner = _commas(document)
    found: dict[str, Member] = {}
    edges = [start, *outer, end]
    for before, after in pairwise(edges):
        name, at = _name(document, before + 1, after)
        if name is None:
            if len(edges) == 2 and not document[before + 1 : after].strip(_BLANK):
                return {}
            raise Refused("it is not JSON: a name is missing or damaged")
        if name in found:
            raise Refused(f"{shown(name[:40])} stands in it twice")
        found[name] = _member(document, at, after, inner)
    return found


def _commas(document: bytes) -> tuple[list[int], np.ndarray]:
    """Where the commas of the outermost object are, and those one level further in; those in texts do not count."""
    outer, inner = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    level, quotes, count, items = 0, 0, 0, 0
    for start, chunk in _chunks(document):
        at = np.flatnonzero(_MARKS[chunk])
        marks = chunk[at]
        quote = marks == _QUOTE
        inside = quotes + np.cumsum(quote, dtype=np.int32)
        quotes += int(np.count_nonzero(quote))
        outside = ~quote & ((inside & 1) == 0)
        at, marks = at[outside], marks[outside]
        count += len(at)
        if count + quotes > MAX_MARKS:
            raise Refused("it holds more values than it can")
        depth = level + np.cumsum(_STEP[marks], dtype=np.int32)
        if not len(depth):
            continue
        level = int(depth[-1])
        if depth.max() > MAX_DEPTH:
            raise Refused(f"its values lie more than {MAX_DEPTH} deep in one another")
        comma = marks == _COMMA
        outer.append(start + at[comma & (depth == 1)])
        inner.append(start + at[comma & (depth == 2)])
        items += len(outer[-1]) + len(inner[-1])
        if items > MAX_ITEMS:
            raise Refused(f"it holds more than {MAX_ITEMS:,} items")
    return np.concatenate(outer).tolist(), np.concatenate(inner)


def _chunks(document: bytes) -> Iterator[tuple[int, np.ndarray]]:
    """The document in pieces, each with its place, in which no quote is escaped any more; none ends in an escape."""
    start = 0
    while start < len(document):
        piece = document[start : start + _CHUNK]
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            piece = document[start : start + _CHUNK + 1]
        yield start, np.frombuffer(piece.replace(b"\\\\", b"__").replace(b'\\"', b"__"), np.uint8)
        start += len(piece)


def _name(document: bytes, start: int, end: int) -> tuple[str | None, int]:
    """The name of the member that stands here, cut where it is too long to be one, and where its value begins."""
    name = _NAME.match(document, start, end)
    if name is None:
        return None, end
    colon = _COLON.match(document, name.end(), end) if name[2] else None
    if name[2] and colon is None:
        return None, end
    return name[1].decode(errors="replace"), colon.end() if colon else end


def _member(document: bytes, start: int, end: int, inner: np.ndarray) -> Member:
    if document[start : start + 1] != b"[":
        if end - start > MAX_PIECE:
            raise Refused("it is larger, without its lists, than it can be")
        return document[start:end]
    last = document.rfind(b"]", start + 1, end)
    if last < 0 or document[last + 1 : end].strip(_BLANK):
        raise Refused("it is not JSON: a list has no end")
    first, beyond = np.searchsorted(inner, [start, last])
    items = list(pairwise([start, *inner[first:beyond].tolist(), last]))
    return items if len(items) > 1 or document[start + 1 : last].strip(_BLANK) else []


def _items(name: str, field: FieldInfo, document: bytes, places: list[Edges]) -> Iterator[Any]:
    """The items of a list, each read when it is asked for."""
    most = next((rule.max_length for rule in field.metadata if isinstance(rule, MaxLen)), MAX_ITEMS)
    if len(places) > most:
        raise Refused(f"{name}: it has {len(places):,} items, and {most:,} is the most")
    inner = get_args(field.annotation)[0]
    kind: TypeAdapter[Any] = TypeAdapter(inner)
    for number, (before, after) in enumerate(places):
        piece = document[before + 1 : after]
        try:
            yield kind.validate_json(piece) if len(piece) < MAX_PIECE else _within(inner, piece)
        except ValidationError as error:
            raise Refused(sentence(error, f"{name}.{number}")) from None
        except Refused as cause:
            raise Refused(f"{name}.{number}: {cause}") from None


def _within(model: Any, document: bytes) -> Strict:
    """An item that is too large to be read at once; none of its lists' items may be as large again."""
    if not (isinstance(model, type) and issubclass(model, Strict)):
        raise Refused("it is larger than one of them can be")
    return _built(model, document, members(document), lambda _name, _item: None)


def _whole(model: type[Document], plain: list[bytes], lists: dict[str, list[Any]]) -> Document:
    rest = b"{" + b",".join(plain) + b"}"
    if len(rest) > MAX_PIECE:
        raise Refused("it is larger, without its lists, than it can be")
    try:
        values = from_json(rest, allow_inf_nan=False)
    except ValueError:
        raise Refused("it is not JSON: a value in it is damaged") from None
    try:
        return model.model_validate({**values, **lists})
    except ValidationError as error:
        raise Refused(sentence(error)) from None
