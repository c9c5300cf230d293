"""What the tests of the disk share: models that lie there, whole or begun."""

from __future__ import annotations

from pathlib import Path

from swatchbook.hub.disk import Disk
from swatchbook.hub.facts import Facts
from swatchbook.hub.record import Fetched, FetchedFile, write_record
from swatchbook.runs import ModelRef

A = "a" * 40
B = "b" * 40
C = "c" * 40
GB = 10**9


def ref(name: str, commit: str | None = A) -> ModelRef:
    return ModelRef(source="hub", repo=name, commit=commit)


def keep(disk: Disk, name: str, commit: str = A, size: int = 1000, fetched: str = "2026-01-01T00:00:00+00:00") -> Path:
    """A whole model whose weights have this many bytes."""
    place = disk.place(ref(name, commit))
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(bytes(size))
    facts = Facts(name, commit=commit, architecture="llama", licence="mit", languages=("fr",), chat=True)
    listed = (FetchedFile(name="model.safetensors", size=size, sha256="0" * 64),)
    write_record(
        place, Fetched(repo=name, commit=commit, fetched=fetched, size=size, files=listed, facts=facts, context=64)
    )
    return place


def sketch(disk: Disk, name: str, commit: str = A, size: int = 1000) -> Path:
    """A model of which so many bytes have come."""
    place = disk.place(ref(name, commit))
    place.mkdir(parents=True)
    (place / "model.safetensors.part").write_bytes(bytes(size))
    return place


def roomy(_: Path) -> tuple[int, int]:
    return 1000 * GB, 500 * GB


def states(disk: Disk) -> dict[str, str]:
    return {kept.ref.repo: kept.state for kept in disk.models()}
