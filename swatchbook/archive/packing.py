"""How a document is made small for the disk, and large again.

Small documents go through bzip2, which makes a run's figures a fifth smaller than
zlib does; large ones through zlib, which opens them ten times sooner. What is
packed says itself which it is.
"""

from __future__ import annotations

import bz2
import zlib

from swatchbook.archive.errors import Unreadable

LARGE = 4_000_000
"""Bytes of a document above which speed counts more than size."""
_LEVEL = 6
_BZIP2 = b"BZh"


def pack(plain: bytes) -> bytes:
    return bz2.compress(plain) if len(plain) <= LARGE else zlib.compress(plain, _LEVEL)


def unpack(body: bytes, most: int) -> bytes:
    """The document, unpacked no further than `most` bytes. Raises Unreadable."""
    unpacking = bz2.BZ2Decompressor() if body.startswith(_BZIP2) else zlib.decompressobj()
    try:
        plain = unpacking.decompress(body, most)
    except (OSError, zlib.error) as error:
        raise Unreadable("it was damaged on the way") from error
    if not unpacking.eof:
        raise Unreadable(f"it is cut short, or larger than {most / 1e6:.0f} MB")
    return plain
