"""What a safetensors file says it holds, read by hand before any library opens it.

A file begins with the length of a JSON header (8 bytes, little-endian); the
header gives each tensor's type, shape and place in the bytes that follow
(https://huggingface.co/docs/safetensors, "Format"). Everything a header can lie
about is checked here against the file's size. Reads no weights, imports no torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatchbook.engine.events import EngineError

MAX_HEADER = 10_000_000
"""Bytes of a header; the format allows ten times as many, which no model that runs here comes near."""
MAX_TENSORS = 100_000
_PREFIX = 8
_MOST = 2**63
_METADATA = "__metadata__"

_BITS = {
    4: "F4",
    6: "F6_E2M3 F6_E3M2",
    8: "BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ",
    16: "I16 U16 F16 BF16",
    32: "I32 U32 F32",
    64: "I64 U64 F64 C64",
}
BITS = {name: bits for bits, names in _BITS.items() for name in names.split()}
"""Bits of one number, by the format's name of its type."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor; `start` and `end` are byte offsets into the data that follow the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return (self.end - self.start) * 8 // BITS[self.dtype]


@dataclass(frozen=True, slots=True)
class Header:
    """A file's tensors, in the order in which they lie there, and the notes of whoever wrote it."""

    tensors: tuple[Tensor, ...]
    metadata: dict[str, str]


def read_header(source: Path | bytes) -> Header:
    """The header of a whole file, by its path or its bytes. Raises EngineError, and OSError where it cannot be read."""
    if isinstance(source, bytes):
        return parse(source, len(source))
    with source.open("rb") as file:
        prefix, size = file.read(_PREFIX), source.stat().st_size
        return parse(prefix + file.read(length(prefix, size)), size)


def length(data: bytes, file_size: int | None = None) -> int:
    """Bytes of JSON after the first eight, by the first eight. Raises EngineError when that cannot be."""
    if len(data) < _PREFIX:
        raise _damaged("a file of them is cut off in its first bytes")
    stated = int.from_bytes(data[:_PREFIX], "little")
    if file_size is not None and stated > file_size - _PREFIX:
        raise _damaged(f"a file's header claims {stated:,} bytes, more than the whole file has")
    if stated > MAX_HEADER:
        raise _damaged(f"a file's header claims {stated:,} bytes, and at most {MAX_HEADER:,} are read")
    return stated


def parse(data: bytes, file_size: int | None = None) -> Header:
    """The header in a file's first bytes; `data` may go on beyond it.

    `file_size` is the whole file's bytes, or None where nobody knows. Raises
    EngineError when the header is not all there, or not true.
    """
    stop = _PREFIX + length(data, file_size)
    if len(data) < stop:
        raise _damaged("a file of them is cut off in its header")
    entries = _entries(data[_PREFIX:stop])
    metadata = _metadata(entries.pop(_METADATA, {}))
    tensors = tuple(sorted(map(_tensor, entries, entries.values()), key=lambda each: (each.start, each.end)))
    _check_places(tensors, None if file_size is None else file_size - stop)
    return Header(tensors, metadata)


def _entries(text: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(text.decode(), object_pairs_hook=_unique) if text.startswith(b"{") else None
    except (ValueError, RecursionError):
        entries = None
    if entries is None:
        raise _damaged("a file's header is no JSON object")
    if len(entries) > MAX_TENSORS:
        raise _damaged(f"a file's header lists {len(entries):,} tensors, and at most {MAX_TENSORS:,} are read")
    return entries


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary whose keys came once each, and are text that can be written out again."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    "".join(found).encode()
    return found


def _metadata(notes: Any) -> dict[str, str]:
    try:
        "".join(notes.values()).encode()
    except (AttributeError, TypeError, ValueError):
        raise _damaged("the notes in a file's header are no texts") from None
    return dict(notes)


def _tensor(name: str, entry: Any) -> Tensor:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _damaged(f"the header does not say what {name[:60]!r} is")
    dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise _damaged(f"{name[:60]!r} is said to be of the type {str(dtype)[:20]!r}, which there is not")
    if not _are_counts(shape) or not _are_counts(place) or len(place) != 2 or place[0] > place[1]:
        raise _damaged(f"the header gives {name[:60]!r} no shape or place that could be")
    start, end = place
    if _bits(shape, dtype) != 8 * (end - start):
        raise _damaged(f"{name[:60]!r} is given {end - start:,} bytes, which its shape and type do not fill")
    return Tensor(name, dtype, tuple(shape), start, end)


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < _MOST for value in values)


def _bits(shape: Iterable[int], dtype: str) -> int:
    """Bits of so many numbers; -1 as soon as they are more than any file can hold."""
    bits = BITS[dtype]
    for size in shape:
        bits *= size
        if bits > _MOST:
            return -1
    return bits


def _check_places(tensors: Iterable[Tensor], room: int | None) -> None:
    """The tensors lie side by side, and fill the file; `room` is None where its size is not known."""
    here = 0
    for tensor in tensors:
        if tensor.start != here:
            problem = "overlaps the tensor before it" if tensor.start < here else "leaves a gap before it"
            raise _damaged(f"{tensor.name[:60]!r} {problem}")
        here = tensor.end
    if room is not None and here != room:
        problem = f"{here - room:,} bytes are missing at its end" if here > room else "bytes follow its last tensor"
        raise _damaged(f"a file is not as long as its header says: {problem}")


def _damaged(why: str) -> EngineError:
    return EngineError(f"The weights are damaged ({why}); download the model again, or choose another.")
