"""How long a run takes here, said before it is run.

A small model: each lane loads, reads its prompts, then takes one step for each
token with all its samples in the batch; lanes share the cores. What it does not
know about this machine it learns from the runs performed in this process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LOAD = 0.4
"""Seconds to start a worker and load the smallest model."""
LOAD_BYTES = 4e8
"""Bytes of weights read, checked and packed in a second."""
STEP = 0.0006
"""Seconds that one step costs whatever the model."""
ROW = 0.00012
"""Seconds that each sample adds to a step: drawing, the trace, sending."""
OPERATIONS = 4e9
"""Multiplications a core does in a second in the thin matrices of decoding."""
PROMPT_SPEED = 4.0
"""How many times faster a prompt is read than a text is written."""
TRUST = 0.5
"""How far one measured run moves the pace towards what it measured."""
RANGE = 50.0
"""The pace stays within this factor of the guess, whatever was measured."""


@dataclass(frozen=True)
class LaneLoad:
    """One lane's work: its model's parameters, samples in all, tokens a sample, characters to read."""

    parameters: int
    rows: int
    tokens: int
    characters: int
    loaded: bool = False


def loading(lane: LaneLoad) -> float:
    """Seconds until the lane's model is there, by the untaught model."""
    return 0.0 if lane.loaded else LOAD + lane.parameters * 2 / LOAD_BYTES


def writing(lane: LaneLoad) -> float:
    """Seconds on one core to read the prompts and write the texts, by the untaught model."""
    a_token = lane.parameters / OPERATIONS
    reading = lane.characters / 4 * a_token / PROMPT_SPEED
    weights = a_token * (1 + lane.rows) / 2
    return reading + lane.tokens * (STEP + lane.rows * ROW + weights)


def together(seconds: Sequence[float], cores: int) -> float:
    """Seconds for lanes that share the cores: no less than the longest, nor than all the work over the cores."""
    return max(max(seconds, default=0.0), sum(seconds) / max(cores, 1))


class Pace:
    """How much slower or faster than guessed this machine loads and writes; one for the process."""

    def __init__(self) -> None:
        self.load = self.write = 1.0

    def seconds(self, lanes: Sequence[LaneLoad], cores: int) -> float:
        """How long a run of these lanes takes."""
        waiting = together([loading(lane) for lane in lanes], cores)
        return self.load * waiting + self.write * together([writing(lane) for lane in lanes], cores)

    def learn(self, lanes: Sequence[LaneLoad], cores: int, waited: float, wrote: float) -> None:
        """Take in a run that went to its end: seconds to the last lane's first word, and seconds after the first's."""
        self.load = _nearer(self.load, waited, together([loading(lane) for lane in lanes], cores))
        self.write = _nearer(self.write, wrote, together([writing(lane) for lane in lanes], cores))


def _nearer(factor: float, measured: float, guessed: float) -> float:
    """The factor, moved towards the one that would have guessed right."""
    if not (measured > 0 and guessed > 0):
        return factor
    target = min(max(measured / guessed, 1 / RANGE), RANGE)
    return factor * math.exp(TRUST * math.log(target / factor))


def about(seconds: float) -> str:
    """Seconds as one says them aloud: about 9 s, about 2 min."""
    if seconds < 1.5:
        return "about a second"
    if seconds < 20:
        return f"about {seconds:.0f} s"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s"
    return f"about {seconds / 60:.0f} min"
