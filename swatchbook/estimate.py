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


def lane_seconds(lane: LaneLoad) -> float:
    """A lane's seconds on one core, by the untaught model."""
    load = 0.02 if lane.loaded else LOAD + lane.parameters * 2 / LOAD_BYTES
    a_token = lane.parameters / OPERATIONS
    reading = lane.characters / 4 * a_token / PROMPT_SPEED
    weights = a_token * (1 + lane.rows) / 2
    return load + reading + lane.tokens * (STEP + lane.rows * ROW + weights)


def guess(lanes: Sequence[LaneLoad], cores: int) -> float:
    """Seconds for the run, by the untaught model: no less than its longest lane, nor than its work over the cores."""
    seconds = [lane_seconds(lane) for lane in lanes]
    return max(max(seconds, default=0.0), sum(seconds) / max(cores, 1))


class Pace:
    """How much slower or faster this machine is than the guess; one for the process."""

    def __init__(self) -> None:
        self.factor = 1.0

    def seconds(self, lanes: Sequence[LaneLoad], cores: int) -> float:
        return self.factor * guess(lanes, cores)

    def learn(self, lanes: Sequence[LaneLoad], cores: int, measured: float) -> None:
        """Take in a run that went to its end in `measured` seconds."""
        guessed = guess(lanes, cores)
        if not (measured > 0 and guessed > 0):
            return
        target = min(max(measured / guessed, 1 / RANGE), RANGE)
        self.factor *= math.exp(TRUST * math.log(target / self.factor))


def about(seconds: float) -> str:
    """Seconds as one says them aloud: about 9 s, about 2 min."""
    if seconds < 1.5:
        return "about a second"
    if seconds < 20:
        return f"about {seconds:.0f} s"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s"
    return f"about {seconds / 60:.0f} min"
