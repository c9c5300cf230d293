"""The verdict: does this model run here, and what does trying it cost?

Says "runs", "tight", "not here" or "unknown", with the arithmetic in plain
words, the bytes that would be fetched, and an estimate of the speed. Judges
from facts and, where they are known, files; asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from swatchbook.engine import memory
from swatchbook.engine.architectures import FUSED
from swatchbook.estimate import LaneLoad, Pace
from swatchbook.hub.errors import Refused
from swatchbook.hub.facts import Facts, File
from swatchbook.hub.plan import plan
from swatchbook.hub.room import in_words
from swatchbook.hub.suit import is_undecided, unsuited

Word = Literal["runs", "tight", "not here", "unknown"]

ROOMY = 0.7
"""The part of the budget up to which a model leaves room for others."""
NEARLY = 0.8
"""The part of the disk's room from which a fetch nearly fills it."""
SLOW = 3.0
"""Tokens a second of one sample under which it is written slower than people read."""
EXTRAS = 5_000_000
"""Bytes of tokenizer, configuration and card at most, where the list of files is not known. Small models have small
vocabularies: a quarter of the weights and LEAST_EXTRAS, if that is less."""
LEAST_EXTRAS = 100_000
ROWS, TOKENS, CHARACTERS = 4, 48, 40
"""The run whose speed is estimated: the usual samples and tokens, and a short prompt, in one lane alone."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a model is judged against. Bytes: `budget` for all loaded models, `disk_free` of the disk itself,
    `disk_left` of the allowance for fetched models. `half` says whether 16 bits are computed."""

    budget: int
    disk_free: int
    disk_left: int
    cores: int
    pace: Pace
    half: bool = field(default_factory=memory.computes_half)

    @property
    def room(self) -> int:
        """Bytes of disk that a model may take."""
        return max(min(self.disk_free, self.disk_left), 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is the arithmetic. Bytes: `need` in memory, `fetch` over the network (0 for what is here), `exact` if
    the list of files was known. `first_word` in seconds; `tokens_per_second` of all samples of the usual run;
    `calibrated` says that this machine was measured for them."""

    word: Word
    why: str
    need: int | None = None
    fetch: int | None = None
    exact: bool = False
    first_word: float | None = None
    tokens_per_second: float | None = None
    calibrated: bool = False


def judge(facts: Facts, machine: Machine, files: Sequence[File] | None = None, here: bool = False) -> Verdict:
    """Whether a model runs on this machine. `files` are those of its repository; `here` says that it is on disk,
    where no gate stands before it and nothing is fetched."""
    if reason := unsuited(replace(facts, gated="") if here else facts, files):
        return Verdict("not here", f"{reason.why} Try {reason.instead}.")
    numbers, fetch, exact = facts.numbers if facts.weight_bytes else (), 0, True
    if not here:
        try:
            chosen = None if files is None else plan(files)
        except Refused as error:
            return Verdict("not here", str(error))
        exact = chosen is not None
        fetch = chosen.total if chosen else _about(facts.weight_bytes or 0)
        if chosen and not numbers:
            numbers = (("F32", sum(file.size for file in chosen.weights) // 4),)
    if not numbers:
        return _unsized(here)
    return _sized(facts, machine, numbers, Verdict("unknown", "", None, fetch, exact))


def _about(weights: int) -> int:
    """Bytes to fetch for weights of so many, where the list of files is not known."""
    return weights + min(EXTRAS, weights // 4 + LEAST_EXTRAS)


def _unsized(here: bool) -> Verdict:
    if here:
        return Verdict("unknown", "Its weights on this disk cannot be read; fetch it again.", None, 0, True)
    return Verdict("unknown", "Its size is not stated; open its dossier, which looks at its files.")


def _sized(facts: Facts, machine: Machine, numbers: Sequence[tuple[str, int]], so_far: Verdict) -> Verdict:
    """The verdict on a model of which the stored numbers are known, by type."""
    need = memory.need(numbers, None, machine.half)
    judged = replace(so_far, need=need.total)
    why = _arithmetic(need, numbers, machine.budget)
    if need.total > machine.budget:
        return replace(judged, word="not here", why=f"{why}.")
    if is_undecided(facts):
        unstated = "Its architecture is not stated; its config.json, which is fetched first, tells whether it runs"
        return replace(judged, why=f"{unstated}. It {why}.")
    load = LaneLoad(
        parameters=sum(memory.learnt(numbers).values()),
        rows=ROWS,
        tokens=TOKENS,
        characters=CHARACTERS,
        width=need.width,
        fused=facts.architecture in FUSED,
    )
    speed = machine.pace.tokens_per_second(load, machine.cores)
    tight = "".join(f" {sentence}" for sentence in _tight(need.total, judged.fetch or 0, speed / ROWS, machine))
    return replace(
        judged,
        word="tight" if tight else "runs",
        why=f"{why}.{tight}",
        first_word=machine.pace.first_word(load, machine.cores),
        tokens_per_second=speed,
        calibrated=machine.pace.calibrated,
    )


def _tight(need: int, fetch: int, speed: float, machine: Machine) -> Iterable[str]:
    """What makes it tight, a sentence each; `speed` is one sample's."""
    if need > ROOMY * machine.budget:
        yield "That leaves little for other models beside it."
    if fetch > machine.room:
        yield f"It takes {in_words(fetch)} of disk, and {in_words(machine.room)} are free for models; delete one first."
    elif fetch > NEARLY * machine.room:
        yield f"It takes {in_words(fetch)} of the last {in_words(machine.room)} of disk for models."
    if speed < SLOW:
        yield f"It writes {speed:.1f} tokens a second in each sample, slower than people read."


def _arithmetic(need: memory.Need, numbers: Sequence[tuple[str, int]], budget: int) -> str:
    stored = memory.learnt(numbers)
    half = max(stored, key=lambda kind: stored[kind]) in memory.HALVES
    precision = "in 16 bits" if need.width == 2 else "widened to fp32" if half else "in fp32"
    share = "of" if need.total <= budget else "of memory, more than"
    return (
        f"needs {in_words(need.total)} {share} the {in_words(budget)} that models may use here:"
        f" {in_words(need.weights)} for weights {precision} and {in_words(need.working)} to work in"
    )
