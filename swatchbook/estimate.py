"""How long a run takes here, said before it is run.

The model behind it: a process starts and reads its tokenizer, the weights are
read and packed, and then every step costs small operations (some for each layer
and for each sample) and one reading of all weights. Each of these four kinds of
work has a factor by which this machine is slower than the one on which the
constants were found; `calibrate` measures them, and every run teaches them.
What a list of models does not state is guessed from the number of parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from swatchbook.engine import memory

START = 0.33
"""Seconds to start a process, and to load and check the smallest model."""
CHECK = 0.12
"""Seconds more where the published model computes, and is also tried with a second text."""
WORD = 1.2e-5
"""Seconds that each word of the tokenizer adds to the start."""
READ = 3e-9
"""Seconds to read, convert, pack and check a byte of weights, as computed."""
STEP = 0.0007
"""Seconds of a step whatever the model."""
LAYER = 0.0007
"""Seconds of small operations in each layer of a step."""
JOINED = 1.5
"""How much longer those take where the published model computes."""
ROW = 0.00005
"""Seconds that each sample adds to a step: the trace, sending."""
DRAW = 2.5e-8
"""Seconds to draw from one word of one sample's distribution."""
WEIGH = 2.1e-10
"""Seconds in which one thread reads a byte of weights for a single row."""
CACHE = 8_000_000
"""Bytes of weights that stay in the processor's own cache from one step to the next."""
ROWS, PROMPT = 16, 40
"""Rows of a step, and tokens of a prompt, that cost as much as reading the weights does."""
THREADS = 0.6
"""The exponent by which more threads speed that up."""
CHARACTERS = 4
"""Characters of a token, in prompts."""

TRUST = 0.5
"""How far one measured run moves the factors towards what it measured."""
RANGE = 50.0
"""The factors stay within this one of the guess, whatever was measured."""
KINDS = ("start", "read", "step", "weigh")
"""The kinds of work, in the order in which they are counted."""

Work = tuple[float, float, float, float]
"""Seconds of each kind of work, by the untaught model."""


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """One lane's work: its model's parameters, samples in all, tokens a sample, characters to read.

    `width` is the bytes of a number as computed; None takes a model stored in 16 bits, as most are.
    `fused` is False where the published model computes. `layers` and `vocabulary` are guessed where None.
    """

    parameters: int
    rows: int
    tokens: int
    characters: int
    loaded: bool = False
    width: int | None = None
    fused: bool = True
    layers: int | None = None
    vocabulary: int | None = None

    @property
    def weights(self) -> int:
        """Bytes of weights, as computed."""
        return self.parameters * (self.width or memory.width_of("BF16", self.parameters, memory.computes_half()))

    @property
    def depth(self) -> float:
        """Layers: as told, else as many as published models of this size have, at most 32."""
        return self.layers or min(10 * (self.parameters / 1e7) ** 0.4, 32)

    @property
    def words(self) -> float:
        """The vocabulary: as told, else as large as published models of this size have, at most 50,000."""
        return self.vocabulary or min(2000 * (self.parameters / 1e6) ** 0.66, 50_000)

    def threads(self, cores: int) -> int:
        """How many threads compute it when it has all the cores."""
        return 1 if self.parameters < memory.SMALL else max(cores, 1)


def opening(lane: LaneLoad, threads: int) -> Work:
    """From Run to the first word: loading, unless that is done, and reading the prompt."""
    start = START + (0 if lane.fused else CHECK) + lane.words * WORD
    start, read = (0.0, 0.0) if lane.loaded else (start, lane.weights * READ)
    prompt = _weighing(lane, threads, lane.characters / CHARACTERS / PROMPT)
    return start, read, 2 * _small(lane), prompt + _weighing(lane, threads, lane.rows / ROWS)


def writing(lane: LaneLoad, threads: int) -> Work:
    """From the first word to the last."""
    steps = max(lane.tokens - 1, 0)
    return 0.0, 0.0, steps * _small(lane), steps * _weighing(lane, threads, lane.rows / ROWS)


def _small(lane: LaneLoad) -> float:
    layers = lane.depth * LAYER * (1 if lane.fused else JOINED)
    return STEP + layers + lane.rows * (ROW + lane.words * DRAW)


def _weighing(lane: LaneLoad, threads: int, rows: float) -> float:
    return max(lane.weights - CACHE, 0) * WEIGH / threads**THREADS * (1 + rows)


def dot(work: Iterable[float], factors: Iterable[float]) -> float:
    return sum(seconds * factor for seconds, factor in zip(work, factors, strict=True))


class Pace:
    """How much slower or faster than guessed this machine does each kind of work; one for the process.

    `calibrated` says that it was measured here; until then its figures are guesses.
    """

    def __init__(self) -> None:
        self.factors: Work = (1.0, 1.0, 1.0, 1.0)
        self.calibrated = False

    def seconds(self, lanes: Sequence[LaneLoad], cores: int) -> float:
        """How long a run of these lanes takes."""
        return self._seconds(self._together(opening, lanes, cores)) + self._seconds(
            self._together(writing, lanes, cores)
        )

    def first_word(self, lane: LaneLoad, cores: int) -> float:
        """Seconds from Run to the first word of a lane that runs alone."""
        return self._seconds(self._together(opening, [lane], cores))

    def tokens_per_second(self, lane: LaneLoad, cores: int) -> float:
        """Tokens of all samples a second, of a lane that runs alone, from its first token to its last."""
        steps = max(lane.tokens - 1, 1)
        wrote = self._seconds(writing(replace(lane, tokens=steps + 1), lane.threads(cores)))
        return lane.rows * (steps + 1) / wrote

    def learn(self, lanes: Sequence[LaneLoad], cores: int, waited: float, wrote: float) -> None:
        """Take in a run that went to its end: seconds to the last lane's first word, and seconds after the first's.

        A run whose models were all loaded says nothing of waiting: there was hardly any.
        """
        if not all(lane.loaded for lane in lanes):
            self._nearer(self._together(opening, lanes, cores), waited)
        self._nearer(self._together(writing, lanes, cores), wrote)

    def _together(self, part: Callable[[LaneLoad, int], Work], lanes: Sequence[LaneLoad], cores: int) -> Work:
        """The work that decides how long lanes take together: the longest, or all of it over the cores."""
        alone = [part(lane, lane.threads(cores)) for lane in lanes]
        shared = [part(lane, 1) for lane in lanes]
        nothing: Work = (0.0, 0.0, 0.0, 0.0)
        whole = tuple(sum(kind) / max(cores, 1) for kind in zip(*shared, strict=True)) if lanes else nothing
        return max([*alone, whole], key=self._seconds, default=nothing)  # type: ignore[return-value]

    def _seconds(self, work: Iterable[float]) -> float:
        return dot(work, self.factors)

    def _nearer(self, work: Work, measured: float) -> None:
        """Move each factor towards those that would have guessed right, by its part in the guess."""
        guessed = self._seconds(work)
        if not (0 < measured < math.inf and guessed > 0):
            return
        parts = [seconds * factor / guessed for seconds, factor in zip(work, self.factors, strict=True)]
        away = TRUST * math.log(measured / guessed) / sum(part * part for part in parts)
        moved = (factor * math.exp(away * part) for factor, part in zip(self.factors, parts, strict=True))
        self.factors = tuple(min(max(factor, 1 / RANGE), RANGE) for factor in moved)  # type: ignore[assignment]


def about(seconds: float) -> str:
    """Seconds as one says them aloud: about 9 s, about 2 min."""
    if seconds < 1.5:
        return "about a second"
    if seconds < 20:
        return f"about {seconds:.0f} s"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s"
    return f"about {seconds / 60:.0f} min"
