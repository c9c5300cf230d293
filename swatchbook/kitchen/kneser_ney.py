"""The rival that a cooked model has to beat: an interpolated, modified Kneser-Ney n-gram model.

Counts token n-grams with numpy, each packed into one integer. After Chen and
Goodman (1999): three discounts an order, continuation counts below the highest
order, and plain counts for what begins a text, which nothing can precede.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BITS = 12
"""Bits that a token takes in a packed n-gram, so five fit one 64-bit integer."""


@dataclass(frozen=True)
class _Order:
    """What is known of the n-grams of one length; `context_*` belong to their first n-1 tokens."""

    grams: Ints
    counts: Ints
    discounts: Floats
    contexts: Ints
    totals: Floats
    left_over: Floats


class KneserNey:
    """Trained on token sequences, each of which is one text with its end token."""

    def __init__(self, texts: Sequence[Sequence[int]], vocabulary: int, order: int = 5) -> None:
        if vocabulary >= 1 << BITS or order * BITS > 63:
            raise ValueError(f"{order}-grams over {vocabulary} tokens do not fit the packing")
        self.vocabulary, self.order, self.start = vocabulary, order, vocabulary
        windows = self._windows(texts)
        self.orders = [self._count(windows, n) for n in range(1, order + 1)]

    def bits(self, texts: Sequence[Sequence[int]]) -> float:
        """Bits that these texts take, all their tokens together."""
        return float(-np.log2(self.probabilities(self._windows(texts))).sum())

    def probabilities(self, windows: Ints) -> Floats:
        """For each row of `order` tokens, the probability of its last one after the others."""
        p = np.full(len(windows), 1 / self.vocabulary)
        for n, order in enumerate(self.orders, start=1):
            key = _pack(windows[:, -n:])
            context, known = _find(order.contexts, key >> BITS)
            gram, seen = _find(order.grams, key)
            count = np.where(seen, order.counts[gram], 0)
            taken = np.maximum(count - order.discounts[np.minimum(count, 3)], 0)
            mixed = (taken + order.left_over[context] * p) / order.totals[context]
            p = np.where(known, mixed, p)
        return p

    def _windows(self, texts: Sequence[Sequence[int]]) -> Ints:
        """Every token with the order-1 tokens before it; texts begin after start marks."""
        pads = [self.start] * (self.order - 1)
        stream = np.array([token for text in texts for token in (*pads, *text)], dtype=np.int64)
        rows = np.lib.stride_tricks.sliding_window_view(stream, self.order)
        return rows[rows[:, -1] != self.start]

    def _count(self, windows: Ints, n: int) -> _Order:
        grams, raw = np.unique(_pack(windows[:, -n:]), return_counts=True)
        if n == self.order:
            counts = raw
        else:
            longer = np.unique(_pack(windows[:, -n - 1 :]))
            kinds, continuations = np.unique(longer & ((1 << BITS * n) - 1), return_counts=True)
            assert np.array_equal(kinds, grams)
            begins = grams >> BITS * (n - 1) == self.start
            counts = np.where(begins, raw, continuations)
        discounts = _discounts(counts)
        contexts, group = np.unique(grams >> BITS, return_inverse=True)
        totals: Floats = np.bincount(group, counts).astype(np.float64)
        left_over = np.bincount(group, np.minimum(discounts[np.minimum(counts, 3)], counts))
        return _Order(grams, counts, discounts, contexts, totals, left_over.astype(np.float64))


def _discounts(counts: Ints) -> Floats:
    """What is taken from counts of 0, 1, 2, and 3 or more; half where a corpus is too small to say."""
    ones, twos, threes, fours = (int((counts == n).sum()) for n in (1, 2, 3, 4))
    if not (ones and twos and threes):
        return np.array([0.0, 0.5, 0.5, 0.5])
    y = ones / (ones + 2 * twos)
    wanted = [0.0, 1 - 2 * y * twos / ones, 2 - 3 * y * threes / twos, 3 - 4 * y * fours / threes]
    return np.clip(wanted, [0, 0.01, 0.01, 0.01], [0, 1, 2, 3]).astype(np.float64)


def _pack(rows: Ints) -> Ints:
    packed = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        packed = (packed << BITS) | column
    return packed


def _find(table: Ints, keys: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    places = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return places, table[places] == keys
