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


def by_key(key: str, order: Sequence[str]) -> str:
    """The lane that the page calls by a key, when it shows lanes in this order; see `Look.key`."""
    at = LETTERS.find(key) if len(key) == 1 else -1
    return order[at] if 0 <= at < len(order) else key


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

    def key(self, lane_id: str) -> str:
        """What the page calls a lane by: its id, or blind its letter, since ids are the palette's, too."""
        return LETTERS[self.order.index(lane_id)] if self.blind else lane_id

    def colour(self, lane: Lane) -> str:
        return GREY if self.blind else swatch_colour(self.shelf.known(lane.model))

    def ordered(self, lanes: Sequence[Lane]) -> list[Lane]:
        return sorted(lanes, key=lambda lane: self.order.index(lane.id)) if self.blind else list(lanes)
