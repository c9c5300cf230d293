"""Whether a write-ahead log lost something that was written whole.

SQLite reads such a log up to the first page that is not as it was written, and
takes the rest for the remains of a write that a power failure cut short. Where
later writes follow, it was damage: each begins only once the one before is on
disk. Damage in the very last write cannot be told from a cut.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

Sums = tuple[int, int]

_HEADER, _FRAME = 32, 24
_MAGIC, _BIG = 0x377F0682, 1
_SIZES = tuple(2**power for power in range(9, 17))
_WORD = 0xFFFFFFFF


def cut_short(path: Path) -> bool:
    """Whether whole writes follow a page that is damaged, so that SQLite does not see them."""
    log = path.read_bytes() if path.exists() else b""
    if len(log) <= _HEADER or not any(log[:_HEADER]):
        return False
    magic, _, size, _, *salts, first, second = struct.unpack_from(">8I", log)
    order = ">" if magic & _BIG else "<"
    if magic & ~_BIG != _MAGIC or size not in _SIZES or _sums(log[: _HEADER - 8], (0, 0), order) != (first, second):
        return True
    damaged, commits, sums = False, 0, (first, second)
    for frame, page in _frames(log, size):
        _, pages, *found, first, second = struct.unpack(">6I", frame)
        if not damaged and found == salts:
            sums = _sums(page, _sums(frame[:8], sums, order), order)
        damaged = damaged or found != salts or sums != (first, second)
        commits += damaged and found == salts and pages > 0
    return commits > 1


def _frames(log: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The head and the page of each whole frame."""
    for at in range(_HEADER, len(log) - _FRAME - size + 1, _FRAME + size):
        yield log[at : at + _FRAME], log[at + _FRAME : at + _FRAME + size]


def _sums(data: bytes, sums: Sums, order: str) -> Sums:
    """SQLite's running sums over pairs of words, as its file format describes them."""
    first, second = sums
    for one, other in struct.iter_unpack(f"{order}II", data):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second
