"""Failure tags by stated rules, so that a failure is an exhibit and not an error.

Each rule looks at one finished text. Rules are plain counts: no model judges
another. They say that something happened, not that it is bad.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

LOOP_REPEATS = 3
LOOP_TOKENS = 12
"""A loop is a block said at least 3 times in a row, at least 12 tokens in all, up to the end."""
ECHO_WORDS = 6
"""An echo is at least 6 words in a row taken from the prompt (or all of a shorter prompt of 3 or more)."""
SOUP_SHARE = 0.02
"""Byte soup is a text in which at least 2 % of the characters stand for invalid UTF-8."""

RULES = {
    "empty": "nothing but white space",
    "loop": f"it ends in one block of tokens said {LOOP_REPEATS} or more times, {LOOP_TOKENS} tokens or more in all",
    "cut off": "the token limit or the context came in mid-sentence",
    "echo": f"{ECHO_WORDS} or more words in a row are taken from the prompt",
    "byte soup": "2 % or more of the characters stand for bytes that are not valid UTF-8",
}

_SENTENCE_END = re.compile(r"[.!?…。！？:;][\"'”’»)\]]*\s*$")


class Finding(NamedTuple):
    """A rule that a text met; `token` is where it begins, when that is known."""

    name: str
    detail: str
    token: int | None = None


def loop_start(ids: Sequence[int]) -> tuple[int, int] | None:
    """The loop at the end of the ids as (first token, block length), or None.

    The shortest block that fills the longest tail wins. Time is O(n²) for n ids.
    """
    best: tuple[int, int] | None = None
    for period in range(1, len(ids) // LOOP_REPEATS + 1):
        start = len(ids) - period
        while start > 0 and ids[start - 1] == ids[start - 1 + period]:
            start -= 1
        length = len(ids) - start
        if length >= max(LOOP_TOKENS, LOOP_REPEATS * period) and (best is None or start < best[0]):
            best = (start, period)
    return best


def echoed_words(text: str, prompt: str) -> int:
    """The most words in a row that the text shares with the prompt, case ignored."""
    theirs, ours = _words(prompt), _words(text)
    longest, previous = 0, [0] * (len(theirs) + 1)
    for word in ours:
        current = [0] * (len(theirs) + 1)
        for at, other in enumerate(theirs, 1):
            if word == other:
                current[at] = previous[at - 1] + 1
                longest = max(longest, current[at])
        previous = current
    return longest


def findings(ids: Sequence[int], text: str, prompt: str, finish: str) -> list[Finding]:
    """The rules that a finished text met, in the order of RULES.

    `ids` are the drawn tokens without an end token; `finish` is how the sample ended.
    """
    if finish not in ("end", "stop", "length", "context"):
        return []
    found = []
    if not text.strip():
        found.append(Finding("empty", RULES["empty"]))
    if loop := loop_start(ids):
        found.append(Finding("loop", f"{loop[1]} tokens again and again", loop[0]))
    if finish in ("length", "context") and text.strip() and not _SENTENCE_END.search(text):
        found.append(Finding("cut off", RULES["cut off"]))
    asked = len(_words(prompt))
    if 3 <= min(ECHO_WORDS, asked) <= (shared := echoed_words(text, prompt)):
        found.append(Finding("echo", f"{shared} words in a row from the prompt"))
    if text and text.count("\ufffd") / len(text) >= SOUP_SHARE:
        found.append(Finding("byte soup", RULES["byte soup"]))
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())[:2000]
