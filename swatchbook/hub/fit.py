"""The verdict: does this model run here, and what does trying it cost?

Says "runs", "tight", "not here" or "unknown", with the arithmetic in plain
words, the bytes that would be fetched, and an estimate of the speed. Judges
from facts and, where they are known, files; asks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from swatchbook.engine import memory
from swatchbook.estimate import LaneLoad, Pace
from swatchbook.hub.errors import Refused
from swatchbook.hub.facts import Facts, File
from swatchbook.hub.plan import plan
from swatchbook.hub.room import in_words
from swatchbook.hub.suit import unsuited

Word = Literal["runs", "tight", "not here", "unknown"]

ROOMY = 0.7
"""The part of the budget up to which a model leaves room for others."""
READING = 4.0
"""Tokens a second in all under which four samples come slower than one reads."""
EXTRAS = 5_000_000
"""Bytes of tokenizer, configuration and card, where the list of files is not known."""
SAMPLES, TOKENS, CHARACTERS = 4, 48, 40
"""The run whose speed is estimated: one lane, the usual four samples, a short prompt."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a model is judged against. Bytes: `budget` for all loaded models, `disk_free` of the disk itself,
    `disk_left` of the allowance for fetched models."""

    budget: int
    disk_free: int
    disk_left: int
    cores: int
    pace: Pace


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
    """Whether a model runs on this machine. `files` are those of its repository; `here` says that it is on disk."""
    if not here and (reason := unsuited(facts, files)):
        return Verdict("not here", f"{reason.why} Try {reason.instead}.")
    weights, fetch, exact = facts.weight_bytes, None, False
    if files is not None and not here:
        try:
            chosen = plan(files)
        except Refused as error:
            return Verdict("not here", str(error))
        weights, fetch, exact = sum(file.size for file in chosen.weights), chosen.total, True
    elif weights is not None:
        fetch = 0 if here else weights + EXTRAS
    if weights is None:
        return Verdict("unknown", "Its size is not stated; its dossier looks at its files.")
    if facts.architecture is None:
        return Verdict("unknown", "Its architecture is not stated; fetching its configuration would tell.", fetch=fetch)
    return _sized(facts, machine, weights, fetch or 0, exact)


def _sized(facts: Facts, machine: Machine, weights: int, fetch: int, exact: bool) -> Verdict:
    numbers = facts.numbers or (("BF16", weights // 2),)
    needs = memory.need(numbers, None, memory.computes_half())
    why = _arithmetic(needs, machine.budget, weights)
    if needs.total > machine.budget:
        return Verdict("not here", why, needs.total, fetch, exact)
    load = LaneLoad(facts.parameters or weights // 2, SAMPLES, TOKENS, CHARACTERS)
    speed = machine.pace.tokens_per_second(load, machine.cores)
    word, more = _word(needs.total, fetch, speed, machine)
    first = machine.pace.first_word(load, machine.cores)
    return Verdict(word, why + more, needs.total, fetch, exact, first, speed, machine.pace.calibrated)


def _word(need: int, fetch: int, speed: float, machine: Machine) -> tuple[Word, str]:
    """Runs or tight, and what makes it tight."""
    if fetch > min(machine.disk_left, machine.disk_free):
        return (
            "tight",
            f" There is disk for only {in_words(max(min(machine.disk_left, machine.disk_free), 0))} more now.",
        )
    if need > ROOMY * machine.budget:
        return "tight", " Few others will fit beside it."
    if speed < READING:
        return "tight", " It writes slower than one reads."
    return "runs", ""


def _arithmetic(needs: memory.Need, budget: int, weights: int) -> str:
    return (
        f"Needs {needs.total / 1e9:.1f} of the {budget / 1e9:.1f} GB of memory that models may use here:"
        f" {needs.weights / 1e9:.1f} GB for {in_words(weights)} of weights, computed in {8 * needs.width} bits a"
        f" number, and {needs.working / 1e9:.1f} GB to work in."
    )
