"""The label inside the tin: what a weight file says of itself in its header.

The header comes by a range request of the file's first bytes; no weights are
fetched. Knows neither the Hub nor a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from swatchbook.engine.headers import Header

FIRST = 262_144
"""Bytes asked for: the whole header of all but very large models."""
NOTES = 40
MAX_NOTE = 2_000
LARGEST = 8


@dataclass(frozen=True, slots=True)
class Tin:
    """One weight file's label.

    `numbers` counts stored numbers by type; `largest` holds the largest tensors (name, shape);
    `notes` is what the trainer wrote into the file.
    """

    file: str
    tensors: int
    numbers: tuple[tuple[str, int], ...]
    largest: tuple[tuple[str, tuple[int, ...]], ...]
    notes: tuple[tuple[str, str], ...]

    @property
    def parameters(self) -> int:
        return sum(count for _, count in self.numbers)


def read_tin(file: str, header: Header) -> Tin:
    """The label from a file's header."""
    counts: Counter[str] = Counter()
    for tensor in header.tensors:
        counts[tensor.dtype] += prod(tensor.shape)
    largest = sorted(header.tensors, key=lambda tensor: -prod(tensor.shape))[:LARGEST]
    return Tin(
        file=file,
        tensors=len(header.tensors),
        numbers=tuple(counts.most_common()),
        largest=tuple((tensor.name[:120], tuple(tensor.shape)) for tensor in largest),
        notes=_notes(header.metadata),
    )


def _notes(metadata: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What was written into the file, but for the usual word on its format."""
    said = [(name[:80], value[:MAX_NOTE]) for name, value in metadata.items() if name != "format"]
    return tuple(said[:NOTES])
