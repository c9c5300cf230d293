"""What is wrong with a sketch: one sentence for each fault, with its line, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from swatchbook.runs import Newer, RunError

Path = tuple[str | int, ...]
"""Where a part of a sketch is: `("steps", 0, "prompt")`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` and `column` count from 1; line 0 is the whole file. `said` names the cause and the next step."""

    line: int
    column: int
    said: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.said}" if self.line else self.said


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the part at `path`: with its key, or with the character `at` of its text."""

    path: Path
    said: str
    of_key: bool = False
    at: int = 0


class SketchError(RunError):
    """A sketch that cannot be read; its message is the first of its faults, a sentence for a person."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(str(faults[0]))
        self.faults = tuple(faults)


class NewerSketch(SketchError, Newer):
    """A sketch of a version that only a later Swatchbook knows."""


def suggestion(word: str, known: Sequence[str]) -> str:
    """` Did you mean "x"?` for the known word that is nearest, else what there is to choose from, else nothing."""
    if near := get_close_matches(word, known, 1, 0.6):
        return f' Did you mean "{near[0]}"?'
    return f" There is {', '.join(known[:8])}{' …' if len(known) > 8 else ''}." if known else ""
