"""How the lanes of a run are named, coloured and ordered on the page: as they are, or blind.

Blind, nothing that would tell a model shows: no name, colour, mode, speed or
seed. Knows no markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.colour import GREY, swatch_colour
from swatchbook.runs import Lane
from swatchbook.shelf import Shelf

LETTERS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Look:
    """`order` names the lanes by their ids as a blind reader sees them; empty, they are shown as they are."""

    shelf: Shelf
    order: tuple[str, ...] = ()

    @property
    def blind(self) -> bool:
        return bool(self.order)

    def name(self, lane: Lane) -> str:
        if self.blind:
            return f"Model {LETTERS[self.order.index(lane.id)]}"
        return f"{lane.model.name}, once more" if lane.repeats else lane.model.name

    def colour(self, lane: Lane) -> str:
        return GREY if self.blind else swatch_colour(self.shelf.known(lane.model))

    def ordered(self, lanes: Sequence[Lane]) -> list[Lane]:
        return sorted(lanes, key=lambda lane: self.order.index(lane.id)) if self.blind else list(lanes)
