"""A sketch as it is kept: its file, the results frozen with it, and whose sketches it came of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from swatchbook.bounded import Later, Refused, read
from swatchbook.runs import Newer, RunError
from swatchbook.sketch.parts import MAX_SKETCH
from swatchbook.sketch.record import Record, written
from swatchbook.strict import Id, Moment, Strict, new_id, now

FORMAT: Literal[1] = 1
MAX_EXAMPLES = 8
MAX_LINEAGE = 50
MAX_KEPT = 6_500_000
"""Most bytes in a kept sketch's JSON document: the largest result, the sketch, and whose sketches it came of."""

Relation = Literal["version", "remix"]
"""How a kept sketch came of its parent: the same hand went on with it, or another's made something of it."""


class Ancestor(Strict):
    """A sketch that this one came of. `id` is empty where it was kept elsewhere."""

    id: Annotated[str, Field(max_length=200)] = ""
    title: Annotated[str, Field(max_length=120)] = ""
    author: Annotated[str, Field(max_length=200)] = ""


class KeptSketch(Strict):
    """`text` is the sketch's file as its author wrote it, comments included; `lineage` begins with the eldest."""

    sketch: Literal[1] = FORMAT
    id: Id = Field(default_factory=new_id)
    title: Annotated[str, Field(max_length=120)] = ""
    created: Moment = Field(default_factory=now)
    parent: Id | None = None
    relation: Relation | None = None
    text: Annotated[str, Field(max_length=MAX_SKETCH)]
    examples: Annotated[list[Record], Field(max_length=MAX_EXAMPLES)] = []
    lineage: Annotated[list[Ancestor], Field(max_length=MAX_LINEAGE)] = []

    def to_json(self) -> str:
        """Raises RunError where it is too large to be read again."""
        return written(self, MAX_KEPT, "With its frozen results this sketch", "take a result away")


def read_kept(document: str | bytes) -> KeptSketch:
    """Read a kept sketch's JSON document. Raises RunError with one sentence when it is none, Newer for a later one."""
    try:
        return read(KeptSketch, document, MAX_KEPT, "sketch", FORMAT)
    except Later:
        raise Newer("This sketch was kept by a newer Swatchbook; update this one to open it.") from None
    except Refused as cause:
        raise RunError(f"This file is not a kept sketch: {cause}.") from None
