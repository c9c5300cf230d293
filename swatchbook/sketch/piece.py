"""A sketch with a visitor's values in it: everything that comes of it without a model, and its record.

A sketch that asks no model is whole with that, within milliseconds; of any other,
this is the part that a preview shows at once. Models are asked in `play`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from swatchbook.runs import Credit
from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.columns import layout
from swatchbook.sketch.grammar import WORK
from swatchbook.sketch.parts import MAX_LINES, Sketch
from swatchbook.sketch.purse import BUDGET, READING, parts
from swatchbook.sketch.record import Record
from swatchbook.sketch.strand import Strand, draws, writes
from swatchbook.sketch.values import accept


class Piece:
    """`strands` are each step in each of its columns, in the order of the sketch; `text` is the sketch's file."""

    def __init__(self, sketch: Sketch, text: str, values: Mapping[str, str], seed: int, budget: int = BUDGET) -> None:
        """Raises ValueFault for values that the sketch does not take."""
        self.sketch, self.text, self.seed = sketch, text, seed
        self.values = accept(sketch, dict(values))
        self.layout = layout(sketch)
        tokens, characters = parts(budget, self.layout, writes), parts(READING, self.layout, lambda _: True)
        drawing = sum(len(self.layout.of(step.id)) for step in sketch.steps if draws(step))
        work = WORK // max(drawing, 1)
        self._strands: dict[tuple[str, int | None], Strand] = {}
        for step in sketch.steps:
            for column in self.layout.of(step.id):
                needs = [
                    self._strand(other.id, column) for other in sketch.steps if other.id in self.layout.uses[step.id]
                ]
                strand = Strand(self.layout, step, column, needs, seed, tokens, characters, work)
                self._strands[step.id, column] = strand

    @property
    def cells(self) -> list[LiveCell]:
        """In the order of steps, columns and rounds or lines. Cells of lines appear when the lines are known."""
        return [cell for strand in self._strands.values() for cell in strand.cells]

    @property
    def remarks(self) -> list[str]:
        """Sentences on what was left out."""
        left = {strand.step.id: strand for strand in self._strands.values() if strand.left_out}
        return [
            f'"{name}" goes through the first {MAX_LINES} of {MAX_LINES + strand.left_out} lines; the rest is left out.'
            for name, strand in left.items()
        ]

    def glimpses(self) -> dict[tuple[str, int | None], str]:
        """What steps of words alone come to so far, by step and column, while models are still writing."""
        found = {(strand.step.id, strand.column): strand.glimpse(self.values) for strand in self._strands.values()}
        return {place: text for place, text in found.items() if text}

    def text_of(self, step: str, column: int | None = None) -> str:
        """The text of a step so far, as a column sees it; where columns differ and none is named, the first's."""
        return self._strand(step, column).text

    def fill(self) -> None:
        """Do all that needs no model, and fill in the prompts that are known by now."""
        for strand in self._strands.values():
            ready = all(need.over.is_set() for need in strand.needs)
            if ready and next(strand.rounds(self.values), None) is None:
                strand.end()
            else:
                strand.close()

    def record(
        self,
        parent: str | None = None,
        credits: Iterable[Credit] = (),
        machine: str = "",
        versions: Mapping[str, str] | None = None,
    ) -> Record:
        """What has come of it, as it is kept: every cell that has ended."""
        return Record(
            title=self.sketch.title,
            parent=parent,
            sketch=self.text,
            values=self.values,
            seed=self.seed,
            cells=[cell.frozen() for cell in self.cells if cell.ended],
            credits=list(credits),
            machine=machine,
            versions=dict(versions or {}),
        )

    def _strand(self, step: str, column: int | None) -> Strand:
        return self._strands[step, self.layout.seen(step, column)]


def fill_in(sketch: Sketch, values: Mapping[str, str], seed: int, text: str = "") -> Piece:
    """All of a sketch that needs no model, at once: texts, and the prompts that only need texts. Raises ValueFault."""
    piece = Piece(sketch, text, values, seed)
    piece.fill()
    return piece
