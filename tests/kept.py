"""Runs as they are kept, of any size, with texts, traces and notes such as models and readers write; and what is
to be true of an archive that holds them.

The same arguments make the same run, but for its id.
"""

from __future__ import annotations

import random
import sqlite3
from itertools import accumulate, product
from pathlib import Path
from typing import Any

from swatchbook.archive.file import NAME
from swatchbook.notes import Note, Span
from swatchbook.runs import Lane, ModelRef, Run, Sample, Settings, Trace

_SYLLABLES = [
    first + second
    for first in ("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "th", "v", "w")
    for second in ("a", "e", "i", "o", "u")
]
_MANY = len(_SYLLABLES)
WHEN = "2026-01-02T03:04:05+00:00"
MODELS = ("house/lighthouse-keeper", "house/clerk", "owner/small-llama", "owner/other-small")


def _vocabulary(count: int) -> list[str]:
    """Made-up words of one to three syllables, the shortest first, as the commonest words of a language are."""
    words = [*_SYLLABLES, *map("".join, product(_SYLLABLES, repeat=2))]
    longer = random.Random(11).sample(range(_MANY**3), count - len(words))
    return words + ["".join(_SYLLABLES[place // _MANY**at % _MANY] for at in range(3)) for place in longer]


WORDS = _vocabulary(49152)
"""As many as a tokenizer has tokens."""
_COMMON = range(5000)
_WEIGHTS = list(accumulate(1 / (place + 1) for place in _COMMON))
"""Zipf's law, summed up: the word of rank n is n times rarer than the first."""


def a_text(chance: random.Random, words: int) -> list[str]:
    return [WORDS[place] for place in _drawn(chance, words)]


def _drawn(chance: random.Random, count: int, noise: bool = False) -> list[int]:
    """Tokens: as a language has them, or with `noise` all alike, as a model writes that is asked to at random."""
    return (
        chance.choices(range(len(WORDS)), k=count) if noise else chance.choices(_COMMON, cum_weights=_WEIGHTS, k=count)
    )


def a_sample(chance: random.Random, lane: str, index: int, tokens: int, noise: bool = False) -> Sample:
    ids = _drawn(chance, tokens, noise)
    said = [f" {WORDS[token]}" for token in ids]
    return Sample(
        lane=lane,
        index=index,
        seed=7 + index,
        prompt="Tell me of the sea.",
        prompt_tokens=6,
        token_ids=ids,
        ends=list(accumulate(len(word.encode()) for word in said)),
        text="".join(said),
        trace=_trace(chance, ids, noise),
        finish="length",
    )


def a_run(
    lanes: int = 2, samples: int = 2, tokens: int = 8, seed: int = 0, says: str = "", noise: bool = False, **about: Any
) -> Run:
    """A run of `lanes` x `samples` x `tokens`. `says` is one more sample, without a trace; `about` sets the rest."""
    chance = random.Random(seed)
    columns = [Lane(id=f"lane-{at}", model=ModelRef.parse(MODELS[at % len(MODELS)])) for at in range(lanes)]
    held = [a_sample(chance, lane.id, at, tokens, noise) for lane in columns for at in range(samples)]
    extra = [Sample(lane="lane-0", index=samples, text=says, finish="end")] if says else []
    place = Span(lane="lane-0", sample=0)
    told: dict[str, Any] = {
        "title": " ".join(a_text(chance, 3)),
        "template": "Tell me of the sea.",
        "notes": [Note(id="note-0", text=" ".join(a_text(chance, 12)), created=WHEN, at=[place])] if held else [],
        "created": WHEN,
    }
    settings = Settings(samples=max(1, samples), max_tokens=max(1, tokens))
    return Run(settings=settings, lanes=columns, samples=[*held, *extra], **(told | about))


def _trace(chance: random.Random, ids: list[int], noise: bool) -> Trace:
    """The token itself and four others at each place, with what each would cost."""
    tops = [[token, *_drawn(chance, 4, noise)] for token in ids]
    bits = [sorted(round(chance.expovariate(0.4), 4) for _ in range(5)) for _ in ids]
    return Trace(
        surprisal=[row[0] for row in bits],
        entropy=[round(chance.uniform(0, 9), 4) for _ in ids],
        top_ids=tops,
        top_bits=bits,
        top_text=[[f" {WORDS[token]}" for token in row] for row in tops],
    )


def intact(folder: Path) -> None:
    """The file is whole, its index agrees with its texts, and its totals with its items."""
    database = sqlite3.connect(folder / NAME)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for (first,) in database.execute("SELECT first FROM shelves").fetchall():
        database.execute(f"INSERT INTO words_{first} (words_{first}) VALUES ('integrity-check')")
    counted = database.execute("SELECT count(*), coalesce(sum(size), 0) FROM items").fetchone()
    assert database.execute("SELECT items, bytes FROM totals").fetchall() == [counted]
    assert database.execute("SELECT count(*) FROM bodies").fetchone()[0] == counted[0]
    database.close()
