"""From a recipe to texts: the fresh ones a model reads, and those held back from it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from swatchbook.kitchen.grammar import Grammar, GrammarError, read_grammar
from swatchbook.kitchen.recipe import PANTRY, Expand, Recipe

ROWS = 12_000
"""Distinct texts that stand for a corpus where a count is needed: to learn a vocabulary, or to be read."""
HELD_OUT = 400
MAX_REPEATS = 2_000


def grammar_of(recipe: Recipe, pantry: Path = PANTRY) -> Grammar:
    """The recipe's grammar with its steps applied, in order."""
    grammar = Grammar({})
    for step in recipe.steps:
        if isinstance(step, Expand):
            grammar = read_grammar(pantry / step.expand / "grammar.json")
        elif step.apply:
            grammar = grammar.swapped(*step.swap)
    return grammar


def distinct_texts(grammar: Grammar, seed: int, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Texts without end, none twice. Raises GrammarError when the grammar has no more to say."""
    random, seen, repeats = Random(seed), set(without), 0
    while repeats < MAX_REPEATS:
        text = grammar.expand(random)
        repeats = repeats + 1 if text in seen else 0
        if text not in seen:
            seen.add(text)
            yield text
    raise GrammarError(f"This grammar gave nothing new in {MAX_REPEATS} texts; it needs more rules or words.")


def held_out(recipe: Recipe, grammar: Grammar) -> list[str]:
    """The texts that the model never reads."""
    return list(islice(distinct_texts(grammar, recipe.seed + 1), HELD_OUT))


def training_texts(recipe: Recipe, grammar: Grammar) -> Iterator[str]:
    """The texts that the model reads, in order, each once."""
    return distinct_texts(grammar, recipe.seed, frozenset(held_out(recipe, grammar)))
