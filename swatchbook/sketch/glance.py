"""A sketch as far as it is known without asking a model: its own words, and what models wrote before.

What is taken from the memo was written to the same prompt by the same model.
"""

from __future__ import annotations

from collections.abc import Mapping

from swatchbook.sketch.memo import Memo, key_of
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.piece import Piece
from swatchbook.sketch.strand import Strand


class Glance(Piece):
    """Cells that have ended hold their texts; the others, the prompts that are known by now."""

    def recall(self, memo: Memo) -> None:
        """Fill in everything that needs no model or is in the memo."""
        for strand in self._strands.values():
            if all(need.over.is_set() for need in strand.needs) and self._known(strand, memo):
                strand.end()
            else:
                strand.close()

    @property
    def over(self) -> bool:
        """Whether nothing is left to be asked, so that its record is that of a performance."""
        return all(strand.over.is_set() for strand in self._strands.values())

    def _known(self, strand: Strand, memo: Memo) -> bool:
        """Whether the whole strand could be filled in."""
        for cells in strand.rounds(self.values):
            for cell in cells:
                if cell.asked and (known := memo.get(key_of(strand.step, cell))):
                    cell.recall(known)
            if not all(cell.ended for cell in cells):
                return False
        return True


def glance(sketch: Sketch, text: str, values: Mapping[str, str], seed: int, memo: Memo) -> Glance:
    """What is known of a sketch with these values. Raises ValueFault."""
    known = Glance(sketch, text, values, seed)
    known.recall(memo)
    return known
