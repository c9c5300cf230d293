"""Reads a safetensors file with numpy alone: which tensors it holds, and their bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Weight:
    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def bytes(self) -> int:
        return self.end - self.start


def listed(file: Path) -> list[Weight]:
    """The file's tensors in the order in which they lie; `start` and `end` are places in the file."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(length))
    found = [
        Weight(name, entry["dtype"], tuple(entry["shape"]), *(8 + length + at for at in entry["data_offsets"]))
        for name, entry in header.items()
        if name != "__metadata__"
    ]
    return sorted(found, key=lambda weight: weight.start)


def data(file: Path, weights: list[Weight]) -> Iterator[bytes]:
    with file.open("rb") as opened:
        for weight in weights:
            opened.seek(weight.start)
            yield opened.read(weight.bytes)


def read_per_token(folder: Path) -> int:
    """Bytes of weights that one step must read: every matrix once, of a tied embedding only its use as the head."""
    weights = listed(folder / "model.safetensors")
    tied = json.loads((folder / "config.json").read_text()).get("tie_word_embeddings", False)
    return sum(weight.bytes for weight in weights if tied or not weight.name.endswith("embed_tokens.weight"))


def packed(folder: Path) -> int:
    """Bytes of weights as a worker holds them in bf16: a tied embedding is there twice, once packed as the head."""
    weights = listed(folder / "model.safetensors")
    tied = json.loads((folder / "config.json").read_text()).get("tie_word_embeddings", False)
    twice = [weight for weight in weights if tied and weight.name.endswith("embed_tokens.weight")]
    return sum(2 * math.prod(weight.shape) for weight in weights + twice)
