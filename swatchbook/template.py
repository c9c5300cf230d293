"""Prompt templates with slots: `The {nurse|engineer} said that`.

A slot is a pair of braces with at least one bar inside; each of its words is
taken in turn, and several slots multiply. Braces without a bar are plain text.
Substitution is a single pass, so a word is never expanded again.
"""

from __future__ import annotations

import itertools
import math
import re

from swatchbook.runs import MAX_FILLINGS, MAX_PROMPT, MAX_WORD, RunError

SLOT = re.compile(r"\{([^{}|]*(?:\|[^{}|]*)+)\}")


def slots(template: str) -> list[list[str]]:
    """The words of each slot, in order; words keep inner spaces and lose outer ones."""
    return [[word.strip() for word in match[1].split("|")] for match in SLOT.finditer(template)]


def fillings(template: str) -> list[tuple[str, ...]]:
    """Every combination of slot words, the last slot turning fastest; `[()]` without slots.

    Raises RunError when there are more than MAX_FILLINGS or a word is written twice.
    """
    if len(template) > MAX_PROMPT:
        raise RunError(f"The prompt has {len(template):,} characters; {MAX_PROMPT:,} is the most.")
    choices = slots(template)
    for words in choices:
        if len(set(words)) != len(words):
            raise RunError(f"The slot {{{'|'.join(words)[:60]}}} holds the same word twice; remove one.")
    if any(len(word) > MAX_WORD for words in choices for word in words):
        raise RunError(f"A slot's word has more than {MAX_WORD:,} characters; shorten it.")
    count = math.prod(len(words) for words in choices)
    if count > MAX_FILLINGS:
        raise RunError(f"These slots make {count:,} prompts; {MAX_FILLINGS} is the most. Remove a slot or some words.")
    return list(itertools.product(*choices))


def fill(template: str, filling: tuple[str, ...]) -> str:
    """The template with each slot replaced by its word of the filling."""
    words = iter(filling)
    return SLOT.sub(lambda _: next(words), template)
