"""A palette as a document: a named, ordered list of lanes that can be kept and linked.

Knows how such a document looks; what a visitor does with a palette is in `components`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from swatchbook.bounded import Later, Refused, read
from swatchbook.runs import MAX_LANES, Lane, Newer, RunError
from swatchbook.strict import Id, Moment, Strict, new_id, now

FORMAT: Literal[1] = 1
MAX_NAME = 60
MAX_PALETTE = 100_000
"""Most bytes in a palette's JSON document."""


class Palette(Strict):
    """`title` is the name that the visitor gave it."""

    palette: Literal[1] = FORMAT
    id: Id = Field(default_factory=new_id)
    title: Annotated[str, Field(max_length=MAX_NAME)] = ""
    created: Moment = Field(default_factory=now)
    parent: Id | None = None
    lanes: Annotated[list[Lane], Field(min_length=1, max_length=MAX_LANES)]

    @field_validator("lanes")
    @classmethod
    def _distinct(cls, lanes: list[Lane]) -> list[Lane]:
        if len({lane.id for lane in lanes}) != len(lanes):
            raise ValueError("two lanes have the same id")
        if any(lane.repeats for lane in lanes):
            raise ValueError("a palette holds no placebo lanes")
        return lanes

    def to_json(self) -> str:
        return self.model_dump_json()


def read_palette(document: str | bytes) -> Palette:
    """Read a palette's JSON document. Raises RunError with one sentence when it is none, Newer for a later one."""
    try:
        return read(Palette, document, MAX_PALETTE, "palette", FORMAT)
    except Later:
        raise Newer("This palette was written by a newer Swatchbook; update this one to open it.") from None
    except Refused as cause:
        raise RunError(f"This file is not a Swatchbook palette: {cause}.") from None
