"""A sample's text as HTML, a line under each word that is deeper the less the model expected it.

Works on finished samples alone. What is shown by colour is said in words too: in
each token's title where there is room, and in a line on the least expected words.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import groupby, pairwise
from typing import NamedTuple

from swatchbook.markup import text
from swatchbook.runs import Sample

STEP = 1.5
"""Bits from one depth of the line to the next."""
DEEPEST = 8
"""The deepest line, for 12 bits and more."""
QUOTED = 24
"""Most characters quoted of one word or token."""
LEAST = 3
"""How many of the least expected words are named."""
_WORD = re.compile(r"\S+")

Mark = tuple[int, int, int]
"""Where a note's place begins and ends, in characters, and the note's number."""


class Detail(IntEnum):
    """How much is said of a token: nothing, its depth, its bits too, its likeliest rivals too."""

    PLAIN = 0
    DEPTH = 1
    BITS = 2
    FULL = 3


class Stretch(NamedTuple):
    """The characters `start:end` of a text, the tokens by which they were completed, and their bits together."""

    start: int
    end: int
    tokens: list[int]
    bits: float


class _Piece(NamedTuple):
    start: int
    end: int
    depth: int
    title: str


def depth(bits: float) -> int:
    """How deep the line is, from 0 (none) to DEEPEST."""
    return min(int(max(bits, 0.0) / STEP), DEEPEST)


def stretches(sample: Sample) -> list[Stretch]:
    """The text cut where tokens end; a character that took several tokens belongs to the last of them.

    Empty where there are no bits, or where the tokens spell another text.
    """
    surprisal, raw = sample.trace.surprisal, sample.raw_bytes
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    found: list[Stretch] = []
    at, byte, tokens = 0, 0, []
    for token, end in enumerate(sample.ends if surprisal else []):
        piece = decoder.decode(raw[byte:end])
        byte = max(byte, end)
        tokens.append(token)
        if not piece:
            continue
        if not sample.text.startswith(piece, at):
            return []
        found.append(Stretch(at, at + len(piece), tokens, sum(surprisal[each] for each in tokens)))
        at, tokens = at + len(piece), []
    return found


def text_html(sample: Sample, detail: Detail, marks: Sequence[Mark] = (), most: int | None = None) -> str:
    """The text, or its first `most` characters, with its depths, and a numbered mark where each note's place ends."""
    end = len(sample.text) if most is None else min(most, len(sample.text))
    kept = [(min(start, end), min(stop, end), number) for start, stop, number in marks]
    more = len(sample.text) - end
    cut = f'<span class="cut">… {more:,} more characters are not shown</span>' if more else ""
    return _laid_out(sample.text, list(_pieces(sample, detail, end)), kept) + cut


def least_expected(sample: Sample) -> list[tuple[str, float]]:
    """The words that the model expected least, each with the bits of its tokens, most bits first."""
    starts, words = [match.start() for match in _WORD.finditer(sample.text)], _WORD.findall(sample.text)
    bits: defaultdict[int, float] = defaultdict(float)
    for each in stretches(sample):
        said = sample.text[each.start : each.end]
        if said.strip():
            first = each.start + len(said) - len(said.lstrip())
            bits[bisect_right(starts, first) - 1] += each.bits
    most = sorted(bits, key=lambda place: (-bits[place], place))[:LEAST]
    return [(words[place], bits[place]) for place in most]


def chance(bits: float) -> str:
    """A surprisal as the chance that it stands for."""
    share = 100 * 2**-bits
    return f"{share:.0f} %" if share >= 1 else f"{share:.1f} %" if share >= 0.1 else "under 0.1 %"


def short(value: str, most: int = QUOTED) -> str:
    """The value, or its beginning when it has more than `most` characters; not yet HTML."""
    return value if len(value) <= most else f"{value[: most - 1]}…"


def quoted(value: str) -> str:
    return f"“{short(value)}”".replace("\n", "⏎")


def _pieces(sample: Sample, detail: Detail, end: int) -> Iterator[_Piece]:
    """The text up to `end` in order: what is drawn alike in one piece."""
    at = 0
    known = stretches(sample) if detail > Detail.PLAIN else []
    drawn = (_Piece(each.start, each.end, depth(each.bits), _title(sample, each, detail)) for each in known)
    for _, group in groupby(drawn, key=lambda piece: (piece.depth, piece.start if detail > Detail.DEPTH else 0)):
        first, *others = group
        last = others[-1] if others else first
        if first.start >= end:
            return
        at = min(last.end, end)
        start = first.start + _blank(sample.text[first.start : at])
        yield from (
            each
            for each in (_Piece(first.start, start, 0, ""), _Piece(start, at, first.depth, first.title))
            if each.start < each.end
        )
    if at < end:
        yield _Piece(at, end, 0, "")


def _blank(value: str) -> int:
    """How many spaces a token begins with: a line is drawn under its word, so that none hangs at a line's end."""
    return len(value) - len(value.lstrip(" ")) if value.strip(" ") else 0


def _title(sample: Sample, stretch: Stretch, detail: Detail) -> str:
    if detail < Detail.BITS:
        return ""
    if len(stretch.tokens) > 1:
        return f"{stretch.bits:.1f} bits, {len(stretch.tokens)} tokens"
    if detail < Detail.FULL:
        return f"{stretch.bits:.1f} bits"
    trace, token = sample.trace, stretch.tokens[0]
    said = f"{stretch.bits:.1f} bits, chance {chance(stretch.bits)}"
    if token >= len(trace.top_text) or token >= len(trace.top_bits):
        return said
    rivals = zip(trace.top_text[token], trace.top_bits[token], strict=False)
    told = ", ".join(f"{quoted(word)} {chance(rare)}" for word, rare in rivals)
    return f"{said}. Likeliest: {told}" if told else said


def _laid_out(value: str, pieces: Sequence[_Piece], marks: Sequence[Mark]) -> str:
    if not marks:
        return "".join(_segment(value[piece.start : piece.end], piece, noted=False, first=True) for piece in pieces)
    opened, closed = Counter(start for start, _, _ in marks), defaultdict(list)
    for _, end, number in marks:
        closed[end].append(number)
    borders = sorted({*opened, *closed})
    cover, parts = 0, list[str]()
    for piece in pieces:
        inside = borders[bisect_right(borders, piece.start) : bisect_left(borders, piece.end)]
        for start, end in pairwise([piece.start, *inside, piece.end]):
            cover += opened[start] - len(closed.get(start, ()))
            parts.append(_segment(value[start:end], piece, bool(cover), start == piece.start))
            parts.append(_signs(closed.get(end, [])))
    return "".join(parts)


def _segment(value: str, piece: _Piece, noted: bool, first: bool) -> str:
    kinds = [*([f"s{piece.depth}"] if piece.depth else []), *(["n"] if noted else [])]
    title = f' title="{text(piece.title)}"' if piece.title and first else ""
    if not kinds and not title:
        return text(value)
    named = f' class="{" ".join(kinds)}"' if kinds else ""
    return f"<u{named}{title}>{text(value)}</u>"


def _signs(numbers: Sequence[int]) -> str:
    return "".join(sign(number) for number in dict.fromkeys(numbers))


def sign(number: int) -> str:
    """The mark that leads to a note."""
    return f'<sup><a href="#note-{number}" aria-label="note {number}">{number}</a></sup>'
