"""Text with the places of its notes marked: each stretch between two borders once, with the notes that cover it.

Knows spans and numbers, not what the notes say. The text's characters stay the
only text, so that what a reader selects can be counted in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from components.render import text
from swatchbook.runs import Run

Mark = tuple[int, int, int]
"""Where a mark begins and ends, in characters, and the number of its note, from 1."""


def places(run: Run, lane: str, samples: Sequence[int], length: int) -> list[Mark]:
    """The marks on samples of one lane that share a text of this length; a note on a whole sample marks all of it."""
    return [
        (span.start or 0, length if span.end is None else span.end, number)
        for number, note in enumerate(run.notes, 1)
        for span in note.at
        if span.lane == lane and span.sample in samples and length
    ]


def marked(value: str, marks: Sequence[Mark]) -> str:
    """The text as HTML, its marks in it."""
    if not marks:
        return text(value)
    borders = sorted({0, len(value), *(at for start, end, _ in marks for at in (start, end))})
    return "".join(_stretch(value[start:end], start, marks) for start, end in pairwise(borders))


def _stretch(value: str, at: int, marks: Sequence[Mark]) -> str:
    here = [number for start, end, number in marks if start <= at < end]
    if not here:
        return text(value)
    last = [number for start, end, number in marks if number in here and end == at + len(value)]
    told = f' data-n="{" ".join(map(str, dict.fromkeys(last)))}"' if last else ""
    named = ", ".join(map(str, dict.fromkeys(here)))
    return f'<mark class="noted" data-notes="{here[0]}" title="note {named}"{told}>{text(value)}</mark>'
