"""The rival model, against a plain dictionary version written from the paper, and as a distribution."""

import math
from collections import Counter, defaultdict
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.kitchen.kneser_ney import KneserNey

START = "start"
Text = list[int]


class Plain:
    """Chen and Goodman's interpolated modified Kneser-Ney, n-gram by n-gram, in dictionaries."""

    def __init__(self, texts: list[Text], vocabulary: int, order: int) -> None:
        self.vocabulary, self.order = vocabulary, order
        raw: dict[int, Counter[tuple[object, ...]]] = {n: Counter() for n in range(1, order + 1)}
        for text in texts:
            padded: list[object] = [START] * (order - 1) + list(text)
            for end in range(order - 1, len(padded)):
                for n in range(1, order + 1):
                    raw[n][tuple(padded[end - n + 1 : end + 1])] += 1
        self.counts = {order: dict(raw[order])}
        for n in range(1, order):
            before: dict[tuple[object, ...], set[object]] = defaultdict(set)
            for gram in raw[n + 1]:
                before[gram[1:]].add(gram[0])
            self.counts[n] = {gram: raw[n][gram] if gram[0] == START else len(before[gram]) for gram in raw[n]}
        self.discounts = {n: self._discounts(list(self.counts[n].values())) for n in self.counts}

    @staticmethod
    def _discounts(counts: list[int]) -> list[float]:
        n1, n2, n3, n4 = (sum(count == n for count in counts) for n in (1, 2, 3, 4))
        if not (n1 and n2 and n3):
            return [0, 0.5, 0.5, 0.5]
        y = n1 / (n1 + 2 * n2)
        wanted = [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
        return [0, *(min(max(value, 0.01), limit) for value, limit in zip(wanted, (1, 2, 3), strict=True))]

    def probability(self, context: tuple[object, ...], word: int) -> float:
        n = len(context) + 1
        lower = self.probability(context[1:], word) if n > 1 else 1 / self.vocabulary
        followers = {gram: count for gram, count in self.counts[n].items() if gram[:-1] == context}
        if not followers:
            return lower
        take = self.discounts[n]
        count = followers.get((*context, word), 0)
        freed = sum(min(take[min(c, 3)], c) for c in followers.values())
        return (max(count - take[min(count, 3)], 0) + freed * lower) / sum(followers.values())

    def bits(self, texts: list[Text]) -> float:
        total = 0.0
        for text in texts:
            padded: list[object] = [START] * (self.order - 1) + list(text)
            for end in range(self.order - 1, len(padded)):
                total -= math.log2(
                    self.probability(tuple(padded[end - self.order + 1 : end]), text[end - self.order + 1])
                )
        return total


def corpus(seed: int, count: int, vocabulary: int) -> list[Text]:
    random = Random(seed)
    return [
        [min(int(random.expovariate(0.5)), vocabulary - 1) for _ in range(random.randint(1, 12))] for _ in range(count)
    ]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_agrees_with_the_plain_version(order: int, seed: int) -> None:
    seen, unseen = corpus(seed, 40, 9), corpus(seed + 100, 15, 9)
    assert KneserNey(seen, 9, order).bits(unseen) == pytest.approx(Plain(seen, 9, order).bits(unseen), rel=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 7), min_size=4, max_size=4))
def test_what_may_follow_adds_up_to_one(seed: int, context: list[int]) -> None:
    model = KneserNey(corpus(seed, 20, 8), 8)
    windows = np.array([[*context, word] for word in range(8)])
    assert model.probabilities(windows).sum() == pytest.approx(1)


def test_it_learns_what_was_planted() -> None:
    random = Random(0)
    texts = [[0, 1 if random.random() < 0.9 else 2, 3] for _ in range(4000)]
    model = KneserNey(texts, 4)
    start = model.start
    assert model.probabilities(np.array([[start, start, start, 0, 1]]))[0] == pytest.approx(0.9, abs=0.02)


def test_too_large_a_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        KneserNey([[1]], 1 << 12)
