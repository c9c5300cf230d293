"""How a document travels to the archive repository and back: one JSON file that a person can read, in a folder by id.

A large document is packed and cut into parts beside it. They are text too,
since the Hub takes a file into its history as it is only up to ten megabytes,
and a binary one only up to one; all others, everything that ends in .gz among
them, go to a storage of its own, on other hosts. Knows bytes and records, no
network and no database.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from swatchbook.archive.errors import ArchiveError, Unreadable
from swatchbook.archive.store import Record
from swatchbook.strict import Moment, Strict, sentence

FORMAT: Literal[1] = 1
OPEN = 2_000_000
"""Most bytes of a document that stands in its file as it is."""
PART = 4_000_000
"""Most bytes of a part: a regular file on the Hub, with room to spare."""
MAX_PARTS = 16
"""Most parts: those of the largest document, were its text as random as text can be."""

_ID = re.compile(r"[A-Za-z0-9_-]{22,64}")
_NEWER = re.compile(rb'"archive"\s*:\s*([2-9]|[1-9]\d+)\b')


class Envelope(Strict):
    """A document, and what the archive knows of it: `key` is the hash of its delete key. `parts` hold a large one."""

    model_config = ConfigDict(strict=True)

    archive: Literal[1]
    id: Annotated[str, Field(pattern=_ID)]
    kind: Annotated[str, Field(pattern=r"^[a-z]{1,40}$")]
    version: Annotated[int, Field(ge=1)]
    created: Moment
    listed: bool
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    parts: Annotated[int, Field(ge=1, le=MAX_PARTS)] | None = None
    document: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _holds_one(self) -> Self:
        if (self.parts is None) == (self.document is None):
            raise ValueError("it has neither a document nor parts, or both")
        return self


def is_id(id: str) -> bool:
    """Whether a kept document can have this id."""
    return _ID.fullmatch(id) is not None


def path(id: str) -> str:
    """Where a document's file lies in the repository."""
    return f"{folder(id)}.json"


def folder(id: str) -> str:
    """Where its parts lie, if it has any."""
    return f"kept/{id[:2]}/{id}"


def pack(record: Record) -> dict[str, bytes]:
    """The files of a document, by their paths; the same record gives the same bytes. Raises ArchiveError."""
    try:
        plain = zlib.decompress(record.body)
    except zlib.error:
        raise Unreadable("A kept document is damaged on this disk, so it is not copied.") from None
    head: dict[str, Any] = {
        "archive": FORMAT,
        "id": record.id,
        "kind": record.kind,
        "version": record.version,
        "created": record.created,
        "listed": record.listed,
        "key": record.key.hex(),
    }
    if len(plain) <= OPEN:
        text = json.dumps(head, indent=1).removesuffix("\n}").encode()
        return {path(record.id): b'%s,\n "document": %s\n}\n' % (text, plain)}
    packed = base64.b64encode(record.body)
    parts = [packed[at : at + PART] for at in range(0, len(packed), PART)]
    files = {_part(record.id, number): part for number, part in enumerate(parts, 1)}
    return {path(record.id): f"{json.dumps(head | {'parts': len(parts)}, indent=1)}\n".encode(), **files}


def unpack(id: str, file: bytes, part: Callable[[str], bytes | None]) -> Record:
    """The record in a document's file; `part` brings the bytes at a path. Raises Unreadable, and what `part` raises."""
    if _NEWER.search(file, 0, 200):
        raise ArchiveError("This was kept by a newer Swatchbook; update this one to open it.")
    try:
        envelope = Envelope.model_validate_json(file)
    except ValidationError as error:
        raise _foreign(sentence(error)) from None
    if envelope.id != id:
        raise Unreadable("What the archive repository holds under this link is another document.")
    try:
        body = _joined(envelope, part) if envelope.document is None else _compressed(envelope.document)
    except (ValueError, RecursionError):
        raise _foreign("its document is none") from None
    return Record(
        id, envelope.kind, envelope.version, envelope.created, envelope.listed, bytes.fromhex(envelope.key), body
    )


def _part(id: str, number: int) -> str:
    return f"{folder(id)}/{number}.txt"


def _joined(envelope: Envelope, part: Callable[[str], bytes | None]) -> bytes:
    found = [part(_part(envelope.id, number)) for number in range(1, (envelope.parts or 0) + 1)]
    if None in found:
        raise _foreign("a part of it is missing")
    return base64.b64decode(b"".join(filter(None, found)), validate=True)


def _compressed(document: dict[str, Any]) -> bytes:
    plain = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return zlib.compress(plain.encode(), 1)


def _foreign(why: str) -> Unreadable:
    return Unreadable(f"What the archive repository holds under this link was not written by Swatchbook: {why}.")
