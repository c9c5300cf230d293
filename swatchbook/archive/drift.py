"""What differs between a run and its repetition: which samples, from which token, and what changed around them.

Pure: works on two runs alone. A sample that was stopped or failed is compared
as far as it was written; that it ends there is nothing that a model did. Text
and numbers are told apart: the same text with other surprisals is a drift, too,
but another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from swatchbook.archive.changes import Change, changes
from swatchbook.runs import Lane, Run, Sample

NOISE = 1e-3
"""Bits of surprisal under which two numbers are the same: what is left of a sum that is added up in another order."""
AROUND = 40
"""Characters that are shown before a difference, and after it."""
CUT = ("cancelled", "failed", None)
"""How a sample ends that was not written to its end."""

Kind = Literal["same", "numbers", "text", "nothing"]
"""The same text; the same text with other numbers; another text; or one that was cut before anything was written."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One sample in both runs, and how the two compare. `name` is its model's.

    `cut` says that one of them was stopped or failed: they are compared as far as both go. `token` and
    `character` are where the two part, from 0: `token` is None where one tells no tokens, `character` where only
    the tokens differ. `shared` is the text before that place, `was` and `became` are what follows it. `bits` is
    the largest difference in surprisal up to there; None where there is none to compare.
    """

    before: Sample
    after: Sample
    name: str
    kind: Kind
    cut: bool
    token: int | None = None
    character: int | None = None
    shared: str = ""
    was: str = ""
    became: str = ""
    bits: float | None = None

    @property
    def place(self) -> str:
        """The sample in words: its lane, the words in its slots, and its number from 1."""
        words = f" for {' / '.join(self.before.filling)}" if self.before.filling else ""
        return f"lane {self.name}, sample {self.before.index + 1}{words}"

    @property
    def at(self) -> str:
        """Where the two part, counted from 1."""
        return f"token {self.token + 1}" if self.token is not None else f"character {(self.character or 0) + 1}"

    @property
    def sentence(self) -> str:
        cut = ", as far as both were written" if self.cut else ""
        what = {
            "same": f"is the same{cut}",
            "numbers": f"has the same text{cut}, but its surprisal differs by up to {self.bits or 0:.3g} bits",
            "text": f"differs from {self.at} on",
            "nothing": "was stopped or failed in one of the runs before anything was written",
        }
        return f"{_upper(self.place)} {what[self.kind]}."


@dataclass(frozen=True, slots=True)
class Drift:
    """The whole comparison. `missing` are samples of the earlier run alone, `added` of the later one alone."""

    pairs: tuple[Pair, ...]
    missing: tuple[Sample, ...]
    added: tuple[Sample, ...]
    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> list[Pair]:
        """The pairs that compare so, in the earlier run's order."""
        return [pair for pair in self.pairs if pair.kind == kind]

    @property
    def none(self) -> bool:
        """Whether every sample is in both runs, written to its end, and the same in text and numbers."""
        whole = all(pair.kind == "same" and not pair.cut for pair in self.pairs)
        return whole and bool(self.pairs) and not self.missing and not self.added

    @property
    def first(self) -> Pair | None:
        """The pair whose texts part earliest, by tokens where they are told."""
        return min(self.of("text"), key=_depth, default=None)

    @property
    def bits(self) -> float | None:
        """The largest difference in surprisal of samples whose texts are the same up to there."""
        return max((pair.bits for pair in self.pairs if pair.bits is not None), default=None)

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        compared = [pair for pair in self.pairs if pair.kind != "nothing"]
        count, other, moved = len(compared), self.of("text"), self.of("numbers")
        if not self.pairs:
            return "There is nothing to compare: the two runs have no sample in common."
        if not compared:
            return "There is nothing to compare: in one of the runs, nothing was written before the samples ended."
        if self.first is not None:
            where = f"the first difference is at {self.first.at} of {self.first.place}"
            return f"{len(other)} of {_count(count)} {'differs' if len(other) == 1 else 'differ'}; {where}."
        if moved:
            held = f"surprisal differs by up to {self.bits or 0:.3g} bits"
            return f"The text of {_all(count)} is the same, but in {len(moved)} of them {held}."
        return f"No drift: {_all(count)} {'is' if count == 1 else 'are'} the same, {_closely(compared)}."

    @property
    def sentences(self) -> list[str]:
        """The result, what it leaves out, and what changed around the texts."""
        cut, nothing = [pair for pair in self.pairs if pair.cut and pair.kind != "nothing"], self.of("nothing")
        apart = self.of("numbers") if self.first is not None else []
        asides = (
            (len(apart), "{} the same text in both runs, with surprisal that differs.", "has", "have"),
            (len(cut), "{} cut short in one of the runs, and compared only up to there.", "was", "were"),
            (len(nothing), "{} stopped or failed before anything was written; that is no drift.", "was", "were"),
            (len(self.missing), "{} only in the earlier run.", "is", "are"),
            (len(self.added), "{} only in the later run.", "is", "are"),
        )
        said = [text.format(f"{_count(n)} {one if n == 1 else many}") for n, text, one, many in asides if n]
        return [self.sentence, *said, *(change.sentence for change in self.changes)]


def drift(before: Run, after: Run) -> Drift:
    """Compare a run with a later one that asked the same, sample by sample.

    Samples belong together by lane, filling and index; lanes by their id and model, or else by model and mode.
    """
    lanes = match(before.lanes, after.lanes)
    names = {lane.id: lane.model.name for lane in before.lanes}
    ours = _keyed(before.samples, lambda lane: lane)
    earlier = {new: old for old, new in lanes.items()}
    theirs = _keyed(after.samples, lambda lane: earlier.get(lane, f"\0{lane}"))
    pairs = [_pair(names[sample.lane], sample, theirs[key]) for key, sample in ours.items() if key in theirs]
    return Drift(
        pairs=tuple(pairs),
        missing=tuple(sample for key, sample in ours.items() if key not in theirs),
        added=tuple(sample for key, sample in theirs.items() if key not in ours),
        changes=tuple(changes(before, after, lanes, [(pair.before, pair.after) for pair in pairs])),
    )


def match(before: Sequence[Lane], after: Sequence[Lane]) -> dict[str, str]:
    """Which lane of the later run goes on with which of the earlier one: earlier id to later id."""
    found: dict[str, str] = {}
    for same in (_same_id, _same_all, _same_model):
        for lane in before:
            free = (other.id for other in after if other.id not in found.values() and same(lane, other))
            if lane.id not in found and (id := next(free, None)):
                found[lane.id] = id
    return found


def _same_model(one: Lane, other: Lane) -> bool:
    return (_model(one), one.mode, one.repeats is None) == (_model(other), other.mode, other.repeats is None)


def _same_all(one: Lane, other: Lane) -> bool:
    return _same_model(one, other) and (one.model, one.precision) == (other.model, other.precision)


def _same_id(one: Lane, other: Lane) -> bool:
    return one.id == other.id and _model(one) == _model(other)


def _model(lane: Lane) -> tuple[str, str]:
    return lane.model.source, lane.model.repo


def _keyed(samples: Iterable[Sample], lane: Callable[[str], str]) -> dict[tuple[object, ...], Sample]:
    """Samples by lane, filling and index, and by their number among those that share all three."""
    seen: Counter[tuple[object, ...]] = Counter()
    keyed: dict[tuple[object, ...], Sample] = {}
    for sample in samples:
        key = lane(sample.lane), tuple(sample.filling), sample.index
        keyed[*key, seen[key]] = sample
        seen[key] += 1
    return keyed


def _pair(name: str, before: Sample, after: Sample) -> Pair:
    cut = before.finish in CUT or after.finish in CUT
    token, character, bits = _compared(before, after)
    if token is not None or character is not None:
        at = _start(before, token) if character is None else character
        shared, was, became = before.text[max(0, at - AROUND) : at], before.text[at:], after.text[at:]
        parted = (token, character, shared, was[:AROUND], became[:AROUND], bits)
        return Pair(before, after, name, "text", cut, *parted)
    kind: Kind = "numbers" if bits is not None and bits >= NOISE else "same"
    if cut and not _shared(before, after):
        kind = "nothing"
    return Pair(before, after, name, kind, cut, bits=bits)


def _compared(before: Sample, after: Sample) -> tuple[int | None, int | None, float | None]:
    """The token and the character at which two samples part, and their largest difference in surprisal before that."""
    cuts = before.finish in CUT, after.finish in CUT
    if before.token_ids and after.token_ids:
        token = _parting(before.token_ids, after.token_ids, cuts)
        bits = _bits(before, after, token)
        if token is None and any(cuts):
            return None, None, bits
        return token, _parting_text(before, after, cuts), bits
    character = _parting_text(before, after, cuts)
    return None, character, _bits(before, after, None) if character is None else None


def _parting(one: Sequence[object], other: Sequence[object], cuts: tuple[bool, bool]) -> int | None:
    """The first place at which two sequences differ; that one which was cut ends early is no difference."""
    if one == other:
        return None
    for place, (mine, yours) in enumerate(zip(one, other, strict=False)):
        if mine != yours:
            return place
    shorter = cuts[0] if len(one) < len(other) else cuts[1]
    return None if shorter else min(len(one), len(other))


def _parting_text(before: Sample, after: Sample, cuts: tuple[bool, bool]) -> int | None:
    was, became = (
        sample.text.rstrip("\ufffd") if cut else sample.text for sample, cut in zip((before, after), cuts, strict=True)
    )
    place = _parting(was, became, cuts)
    if place is None and not any(cuts) and before.raw_bytes != after.raw_bytes:
        byte = _parting(before.raw_bytes, after.raw_bytes, cuts)
        return len(before.raw_bytes[:byte].decode(errors="ignore"))
    return place


def _shared(before: Sample, after: Sample) -> bool:
    """Whether both hold something to compare."""
    return bool((before.token_ids and after.token_ids) or (before.text and after.text))


def _bits(before: Sample, after: Sample, token: int | None) -> float | None:
    """The largest difference in surprisal of the tokens before one, or of all."""
    pairs = list(zip(before.trace.surprisal[:token], after.trace.surprisal[:token], strict=False))
    return max((abs(was - became) for was, became in pairs), default=None)


def _start(sample: Sample, token: int | None) -> int:
    """The character of the text at which a token begins."""
    ends = sample.ends[: token or 0]
    return len(sample.raw_bytes[: ends[-1]].decode(errors="ignore")) if ends else 0


def _depth(pair: Pair) -> tuple[bool, int]:
    return pair.token is None, pair.token if pair.token is not None else pair.character or 0


def _closely(pairs: list[Pair]) -> str:
    if any(pair.cut for pair in pairs):
        return "as far as they were written"
    told = all(pair.before.token_ids and pair.after.token_ids for pair in pairs if pair.before.text)
    return "token for token" if told else "character for character"


def _count(count: int) -> str:
    return f"{count} sample{'' if count == 1 else 's'}"


def _all(count: int) -> str:
    return "the one sample" if count == 1 else f"all {count} samples"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
