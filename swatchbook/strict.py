"""What every document is made of: models that take nothing they do not know, and words for what they refuse.

Imports nothing of the house.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MANY = 1000
"""Faults above which none is named: to write each down would take more memory than the document."""

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Moment = Annotated[str, Field(pattern=r"^[0-9T:.+Z-]{0,40}$")]
"""A time as `now` writes it, or nothing where none was written down."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def new_id() -> str:
    """An id that nobody guesses: 128 random bits, written with 22 characters."""
    return secrets.token_urlsafe(16)


def now() -> str:
    """The time, in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def sentence(error: ValidationError, place: str = "") -> str:
    """The first of the faults, with its place, which lies in `place`; one short line without a full stop."""
    if error.error_count() > MANY:
        return f"it has {error.error_count():,} faults"
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(filter(None, [place, *(str(part)[:40] for part in first["loc"][:6])]))
    message = first["msg"].removeprefix("Value error, ")[:200]
    return shown(f"{where[:100]}: {message}" if where else message)


def shown(text: str) -> str:
    """A foreign text as one line may hold it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
