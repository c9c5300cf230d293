"""The record beside a fetched model: what it is, and that it is whole.

Written last and at once, so its presence means that every file arrived and was
checked. Whatever cannot be read as a record of this very folder is no record.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from swatchbook.hub.facts import Facts
from swatchbook.runs import ModelRef
from swatchbook.strict import now

NAME = "fetched.json"
FORMAT: Literal[1] = 1
MOST = 2_000_000
"""Most bytes of a record."""

Size = Annotated[int, Field(ge=0, lt=2**63)]


class Damaged(Exception):
    """A folder's record, or a file that it lists, is not what it was; the message says which."""


_FACTS = TypeAdapter(Facts)


def _facts(value: Any) -> Any:
    """Facts as they were written down, without those that only another version of this program knows."""
    if not isinstance(value, dict):
        return value
    known = {fact.name: value[fact.name] for fact in fields(Facts) if fact.name in value}
    return _FACTS.validate_json(json.dumps(known), strict=True)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class FetchedFile(Strict):
    """A file as it was checked: by its SHA-256, or by git's own hash of it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
    size: Size
    sha256: str | None = None
    blob: str | None = None


class Fetched(Strict):
    """One model at one commit, complete on disk. `facts` are those of the day it was fetched.

    `context` is the longest text in tokens, where the config states one.
    """

    swatchbook: Literal[1] = FORMAT
    repo: str
    commit: str
    fetched: Annotated[str, Field(pattern=r"^[0-9T:.+Z-]{1,40}$")] = Field(default_factory=now)
    size: Size
    files: Annotated[tuple[FetchedFile, ...], Field(min_length=1, max_length=1000)]
    facts: Annotated[Facts, BeforeValidator(_facts)]
    context: Size | None = None


def write_record(folder: Path, record: Fetched) -> None:
    """Put the record into the folder: whole, or not at all, also when the power fails. Raises OSError."""
    beside = folder / f"{NAME}.new"
    with beside.open("w", encoding="utf-8") as file:
        file.write(record.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / NAME)
    sync_folder(folder)


def read_record(folder: Path, ref: ModelRef) -> Fetched | None:
    """The record of this model in its folder, or None where there is none.

    Raises Damaged when it is unreadable or another model's, or when a file that it lists is missing or changed size.
    """
    path = folder / NAME
    try:
        if not path.exists():
            return None
        if path.stat().st_size > MOST:
            raise Damaged(f"its {NAME} is too large")
        record = Fetched.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise Damaged(f"its {NAME} cannot be read") from None
    stated = (record.facts.source, record.facts.repo, record.facts.commit)
    if {("hub", record.repo, record.commit), stated} != {(ref.source, ref.repo, ref.commit)}:
        raise Damaged(f"its {NAME} is another model's")
    for file in record.files:
        if not _is_there(folder / file.name, file.size):
            raise Damaged(f"{file.name} is missing or was changed")
    return record


def sync_folder(folder: Path) -> None:
    """Have the disk keep what was renamed in this folder, where the system can be asked for it."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_there(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False
