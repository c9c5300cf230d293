"""Whether the names in a sketch belong together: who uses what, and whether it is there by then.

Takes a sketch whose parts are well by themselves. Says what is wrong; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from swatchbook.sketch.faults import Path
from swatchbook.sketch.parts import Sketch


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the part at `path`: with its key, or with the character `at` of its text."""

    path: Path
    said: str
    of_key: bool = False
    at: int = 0


def complaints(sketch: Sketch) -> Iterator[Complaint]:
    """Everything that does not belong together, part by part."""
    if not any(step.asks for step in sketch.steps) or sketch.named:
        return
    at = next(at for at, step in enumerate(sketch.steps) if step.asks)
    said = (
        'No step names a model to ask; add a line such as "model: house/cook", or write "text:" in place of "prompt:".'
    )
    yield Complaint(("steps", at, "prompt"), said, of_key=True)
