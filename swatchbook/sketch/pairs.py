"""Two lists side by side, what is the same beside the same, in time that grows with their length alone.

It finds what a reader would call the same rather than the fewest differences. Knows nothing of sketches.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile, zip_longest
from typing import TypeVar

_Item = TypeVar("_Item")


def pairs(
    before: Sequence[_Item], after: Sequence[_Item], key: Callable[[_Item], str]
) -> Iterator[tuple[_Item | None, _Item | None]]:
    """Two lists side by side, what is the same beside the same; None where one of them has no more."""
    old, new = list(map(key, before)), list(map(key, after))
    first, start = 0, 0
    for last, end in [*anchors(old, new), (len(old), len(new))]:
        ahead = _shared(old[first:last], new[start:end])
        middle, centre = first + ahead, start + ahead
        behind = _shared(old[middle:last][::-1], new[centre:end][::-1])
        yield from zip(before[first:middle], after[start:centre], strict=True)
        yield from zip_longest(before[middle : last - behind], after[centre : end - behind])
        yield from zip(before[last - behind : last + 1], after[end - behind : end + 1], strict=True)
        first, start = last + 1, end + 1


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many are the same at the beginning of both."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Where each of those texts is in both lists that is there once in each: as many as come in the same order.

    This is patience diff (Bram Cohen); the longest rising subsequence is found as by Fredman (1975).
    """
    once_old, once_new = ({text for text, count in Counter(some).items() if count == 1} for some in (old, new))
    places = {text: at for at, text in enumerate(old) if text in once_old & once_new}
    there = {places[text]: at for at, text in enumerate(new) if text in places}
    ends: list[int] = []
    """At each length, the place at which a rising row of that length ends soonest."""
    before: dict[int, int] = {}
    for at in there:
        length = bisect_left(ends, at)
        before[at] = ends[length - 1] if length else -1
        ends[length : length + 1] = [at]
    row, at = list[tuple[int, int]](), ends[-1] if ends else -1
    while at >= 0:
        row.append((at, there[at]))
        at = before[at]
    return row[::-1]
