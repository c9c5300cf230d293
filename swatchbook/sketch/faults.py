"""What is wrong with a sketch: one sentence for each fault, with its line, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest

from swatchbook.runs import Newer, RunError

Path = tuple[str | int, ...]
"""Where a part of a sketch is: `("steps", 0, "prompt")`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` and `column` count from 1; line 0 is the whole file. `said` names the cause and the next step.

    `path` is the part that it is about, where the file could be read as far as that.
    """

    line: int
    column: int
    said: str
    path: Path = field(default=(), compare=False)

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


_CLOSE = 6
"""Most words that are compared letter by letter with one that is not known."""


def suggestion(word: str, known: Sequence[str]) -> str:
    """` Did you mean "x"?` for the known word that is nearest, else what there is to choose from, else nothing."""
    if near := _nearest(word, tuple(known)):
        return f' Did you mean "{near}"?'
    return f" Known here: {', '.join(known[:8])}{' …' if len(known) > 8 else ''}." if known else ""


@lru_cache(64)
def _nearest(word: str, known: tuple[str, ...]) -> str:
    """The known word that is like this one, if any is; of many, those are compared that share most pairs of letters."""
    pairs = _pairs(word)
    close = nlargest(_CLOSE, known, key=lambda each: len(pairs & _pairs(each)))
    return next(iter(get_close_matches(word, close, 1, 0.6)), "")


def _pairs(word: str) -> set[tuple[str, str]]:
    """The letters that follow each other; a blank stands before the first and after the last."""
    return set(zip(f" {word}", f"{word} ", strict=True))
