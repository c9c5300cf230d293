"""Packed links: what a document is, written into an address, so that it opens where nothing was kept.

A link holds the document's compact JSON without what is empty, deflated and
written in letters that every address takes, behind a mark that tells a link
that was cut or changed. It carries no id, no parent and no date: those name a
document that somebody kept, and an id opens it. What is unpacked is therefore a
new document, with an id of its own and no parent. Whoever can read a link can
write one: it is bounded, and its document is read as strictly as a file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel

from swatchbook.archive.documents import Document, kind_of, kinds
from swatchbook.archive.errors import ArchiveError, TooLarge, Unreadable
from swatchbook.runs import Newer, RunError
from swatchbook.strict import new_id, now

VERSION = 1
MOST = 4000
"""Most characters in a packed link; more is cut by programs that pass addresses on."""
MAX_PLAIN = 65_536
"""Most bytes of a document that a link may hold, unpacked."""
OWN = ("id", "created", "parent", "relation")
"""What says which document this is and where it came from, rather than what it is."""

EMPTY: tuple[object, ...] = (None, "", [], {})

_LINK = re.compile(r"([1-9][0-9]{0,2})\.([a-z]{1,20})\.([A-Za-z0-9_-]{8})([A-Za-z0-9_-]+)")
_UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+")
_AROUND = " .,;:!?'\"`<>()[]{}*=|\\/»«“”‘’"
"""What is written around an address, and never in a packed link's first or last place."""

DAMAGED = "This link is cut or changed, so it cannot be opened; copy all of it again from where it was made."
NEWER = "This link was made by a newer Swatchbook; update this one to open it."


def pack(kind: str, document: Document) -> str:
    """A document's packed link. Raises TooLarge for one that is too long for an address.

    Its words are `version.kind.` and then the mark, in 8 characters, with the deflated document.
    """
    lean = {name: value for name, value in _lean(kind_of(kind).packed(document)).items() if name not in OWN}
    plain = json.dumps(lean, ensure_ascii=False, separators=(",", ":")).encode()
    squeezing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = _letters(squeezing.compress(plain) + squeezing.flush())
    head = f"{VERSION}.{kind}."
    packed = head + _mark(head, body) + body
    if len(packed) > MOST or len(plain) > MAX_PLAIN:
        size = f"{len(packed):,} characters, and {MOST:,} is the most"
        if len(packed) <= MOST:
            size = f"{len(plain) / 1000:,.0f} KB when it is unpacked, and {MAX_PLAIN / 1000:,.0f} KB is the most"
        raise TooLarge(f"This {kind} is too long for a link: {size}; keep it, or send it as a file.")
    return packed


def unpack(packed: str) -> tuple[str, Document]:
    """The kind and the document of a packed link: a new document, which has no parent.

    What a chat program puts around an address, breaks it with or writes in percents is forgiven.
    Raises Unreadable with one sentence for everything else.
    """
    kind, body = _parts(_clean(packed))
    plain = _inflated(body)
    made = kind_of(kind)
    try:
        document = made.read(plain)
    except Newer as error:
        raise Unreadable(NEWER) from error
    except (ArchiveError, RunError) as error:
        raise Unreadable(f"This link holds no {kind} that can be read; ask for it as a file.") from error
    document = document.model_copy(update={"id": new_id(), "created": now()})
    if made.packed(document) != document:
        raise Unreadable(f"This link holds more than a {kind}'s link can; ask for it as a file.")
    return kind, document


def _clean(packed: str) -> str:
    if len(packed) > 4 * MOST:
        raise Unreadable("This link is longer than a link can be; ask for a file instead.")
    return _UNSEEN.sub("", unquote(packed)).strip(_AROUND)


def _parts(packed: str) -> tuple[str, str]:
    """The link's kind and body, when its mark agrees with them."""
    found = _LINK.fullmatch(packed) if len(packed) <= MOST else None
    if found is None:
        raise Unreadable(DAMAGED)
    version, kind, mark, body = found.groups()
    if int(version) > VERSION:
        raise Unreadable(NEWER)
    if mark != _mark(f"{version}.{kind}.", body):
        raise Unreadable(DAMAGED)
    if kind not in kinds():
        raise Unreadable(NEWER)
    return kind, body


def _inflated(body: str) -> bytes:
    """The link's document, unpacked no further than a link may hold."""
    try:
        squeezed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        plain = unpacking.decompress(squeezed, MAX_PLAIN + 1)
    except (ValueError, zlib.error) as error:
        raise Unreadable(DAMAGED) from error
    if len(plain) > MAX_PLAIN:
        raise Unreadable("This link unpacks to more than a link can hold; ask for a file instead.")
    if not unpacking.eof or unpacking.unused_data:
        raise Unreadable(DAMAGED)
    return plain


def _letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _mark(head: str, body: str) -> str:
    """What tells a link that was cut or changed: 48 bits of a digest. It keeps nobody from writing a link."""
    return _letters(hashlib.blake2b((head + body).encode(), digest_size=6).digest())


def _lean(value: object) -> Any:
    """A document's values without those that are empty and may be left out.

    Defaults that are not empty are written: a default may change, and what a link says may not.
    """
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        pairs = ((name, getattr(value, name)) for name in fields)
        return {name: _lean(held) for name, held in pairs if held not in EMPTY or held != fields[name].default}
    return [_lean(item) for item in value] if isinstance(value, list) else value
