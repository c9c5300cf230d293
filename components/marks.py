"""Text with the places of its notes marked: each stretch between two borders once, with the notes that cover it.

Knows spans and numbers, not what the notes say. The text's characters stay the
only text, so that what a reader selects can be counted in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from components.render import text
from swatchbook.runs import Run

MOST = 100
"""Marks drawn on one text; the notes below the board name every place."""

Mark = tuple[int, int | None, int]
"""Where a mark begins and ends, in characters, None for the end of the text; and the number of its note, from 1."""
Places = Mapping[tuple[str, int], list[Mark]]
"""The marks of each sample, by its lane and its number there."""


def places(run: Run) -> Places:
    """Every mark on the run's samples; a note on a whole sample marks all of it."""
    found: defaultdict[tuple[str, int], list[Mark]] = defaultdict(list)
    for number, note in enumerate(run.notes, 1):
        for span in note.at:
            if span.sample is not None:
                found[span.lane, span.sample].append((span.start or 0, span.end, number))
    return found


def marked(value: str, marks: Sequence[Mark]) -> str:
    """The text as HTML, its marks in it."""
    if not marks or not value:
        return text(value)
    starts: defaultdict[int, list[int]] = defaultdict(list)
    ends: defaultdict[int, list[int]] = defaultdict(list)
    for start, end, number in marks[:MOST]:
        starts[start].append(number)
        ends[len(value) if end is None else end].append(number)
    here: list[int] = []
    parts = []
    for at, after in pairwise(sorted({0, len(value), *starts, *ends})):
        for number in ends[at]:
            here.remove(number)
        here += starts[at]
        parts.append(_stretch(value[at:after], here, ends[after]))
    return "".join(parts)


def _stretch(value: str, here: Sequence[int], last: Sequence[int]) -> str:
    """Some characters, the notes that cover them, and those of them that end with them."""
    if not here or not value:
        return text(value)
    told = f' data-n="{_words(last, " ")}"' if last else ""
    first = min(here)
    return f'<mark class="noted" data-note="{first}" title="note {_words(here, ", ")}"{told}>{text(value)}</mark>'


def _words(numbers: Sequence[int], between: str) -> str:
    return between.join(map(str, sorted(set(numbers))))
