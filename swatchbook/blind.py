"""Reading without names: what breaks the blindness, and how often a placebo was told apart.

Works on a run alone. No lane is ranked here: votes are counted only as what
each reader said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from swatchbook.measures.naming import said_name
from swatchbook.notes import Blind
from swatchbook.runs import Run


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `asked` readings that chose the two most alike among lanes with a placebo, `together` chose the placebo
    and the lane that it repeats; the others told them apart. `chance` is how often guessing would choose them.
    """

    asked: int
    together: int
    chance: float

    @property
    def apart(self) -> int:
        return self.asked - self.together


def tally(run: Run) -> Tally | None:
    """How the run's readers took its placebo; None where it has none, or nobody chose the most alike."""
    pair = placebo_pair(run)
    asked = [blind for blind in run.readings if pair and pair <= set(blind.order) and blind.chosen("alike")]
    if not asked:
        return None
    together = sum(set(blind.chosen("alike")) == pair for blind in asked)
    chance = sum(1 / comb(len(blind.order), 2) for blind in asked) / len(asked)
    return Tally(len(asked), together, chance)


def placebo_pair(run: Run) -> set[str]:
    """The ids of the placebo lane and of the lane that it repeats; empty without one."""
    return next(({lane.id, lane.repeats} for lane in run.lanes if lane.repeats), set())


def names_itself(run: Run, lane_id: str) -> list[tuple[int, tuple[int, int]]]:
    """The samples of a lane that say the model's own name, or its maker's, and where in their text."""
    model = run.lane(lane_id).model
    owner = model.repo.partition("/")[0] if "/" in model.repo else ""
    found = ((number, said_name(sample.text, model.name, owner)) for number, sample in enumerate(run.of(lane_id)))
    return [(number, place) for number, place in found if place is not None]


def reading(
    run: Run, order: Sequence[str], votes: Sequence[tuple[str, Sequence[str]]], words: str, reader: str
) -> Blind:
    """A reader's choices as the run keeps them, with the lanes that gave themselves away. Raises ValidationError."""
    chosen = [{"question": question, "lanes": list(lanes)} for question, lanes in votes if lanes]
    named = [lane for lane in order if names_itself(run, lane)]
    return Blind.model_validate(
        {"order": list(order), "votes": chosen, "words": words, "reader": reader, "named": named}
    )
