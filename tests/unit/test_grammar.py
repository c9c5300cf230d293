"""Grammars: what they expand to, what they refuse, and which sentences they can derive."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.kitchen.corpus import distinct_texts, grammar_of
from swatchbook.kitchen.derive import Deriver, split_sentences
from swatchbook.kitchen.grammar import Grammar, GrammarError, modified, parse_grammar
from swatchbook.kitchen.recipe import pantry_recipes

SMALL = parse_grammar(
    {
        "origin": ["#[hero:#name#]one# #two#", "#two# #two#"],
        "name": ["Ann", "Bob"],
        "one": ["#hero# saw #thing.a#.", "#who#The man said that #they# lost #their# #thing.s#."],
        "two": ["#clause.capitalize#.", "Then #clause#!"],
        "clause": ["someone wept", "the #thing# #verb.ed#"],
        "thing": ["owl", "dog", "pony"],
        "verb": ["carry", "love", "jump at dawn"],
        "who": ["[they:she][their:her]", "[they:he][their:his]"],
    }
)


@pytest.mark.parametrize(
    ("text", "modifiers", "expected"),
    [
        ("owl", ("a",), "an owl"),
        ("unicorn", ("a",), "a unicorn"),
        ("dog", ("a", "capitalize"), "A dog"),
        ("pony", ("s",), "ponies"),
        ("boy", ("s",), "boys"),
        ("box", ("s",), "boxes"),
        ("church", ("s",), "churches"),
        ("tomato", ("s",), "tomatoes"),
        ("carry home", ("ed",), "carried home"),
        ("love", ("ed",), "loved"),
        ("play", ("ed",), "played"),
    ],
)
def test_modifiers(text: str, modifiers: tuple[str, ...], expected: str) -> None:
    assert modified(text, modifiers) == expected


@given(st.integers(0, 2**31))
def test_the_same_seed_gives_the_same_text(seed: int) -> None:
    assert SMALL.expand(Random(seed)) == SMALL.expand(Random(seed))


@given(st.integers(0, 2**31))
def test_every_sentence_it_writes_can_be_derived(seed: int) -> None:
    deriver = Deriver(SMALL)
    assert all(deriver.derives(sentence) for sentence in split_sentences(SMALL.expand(Random(seed))))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The man said that she lost her ponies.", True),
        ("The man said that she lost his ponies.", False),
        ("Bob saw an owl.", True),
        ("Bob saw an dog.", False),
        ("The dog jumped at dawn.", True),
        ("the dog jumped at dawn.", False),
        ("Then someone wept!", True),
        ("Then someone wept.", False),
        ("", False),
    ],
)
def test_derivability(sentence: str, expected: bool) -> None:
    assert Deriver(SMALL).derives(sentence) is expected


def test_a_value_kept_in_an_earlier_sentence_agrees_with_itself() -> None:
    grammar = parse_grammar(
        {"origin": ["[x:#n#]Hail, #x#. #x# and #x# it is."], "n": ["salt", "iron"]},
    )
    deriver = Deriver(grammar)
    assert deriver.derives("salt and salt it is.")
    assert not deriver.derives("salt and iron it is.")


@pytest.mark.parametrize(
    "rules",
    [
        {"origin": ["#missing#"]},
        {"origin": ["a stray # here"]},
        {"origin": ["#origin.shout#"]},
        {"origin": []},
    ],
)
def test_what_leads_nowhere_is_refused(rules: dict[str, list[str]]) -> None:
    with pytest.raises(GrammarError):
        parse_grammar(rules)


def test_a_rule_that_never_ends_is_stopped() -> None:
    with pytest.raises(GrammarError, match="leads back to itself"):
        parse_grammar({"origin": ["again #origin#"]}).expand(Random(0))


def test_a_poor_grammar_says_that_it_has_no_more() -> None:
    grammar = parse_grammar({"origin": ["#n#."], "n": ["one", "two"]})
    with pytest.raises(GrammarError, match="nothing new"):
        list(distinct_texts(grammar, 0))


def test_swapping_twice_changes_nothing() -> None:
    assert SMALL.swapped("name", "thing").swapped("name", "thing") == SMALL
    assert SMALL.swapped("name", "thing").rules["name"] == SMALL.rules["thing"]


@pytest.mark.parametrize("recipe", pantry_recipes(), ids=lambda recipe: recipe.name)
class TestPantry:
    def test_it_is_rich(self, recipe) -> None:  # type: ignore[no-untyped-def]
        grammar = grammar_of(recipe)
        phrases = {phrase for phrases in grammar.rules.values() for phrase in phrases}
        assert len(grammar.rules) >= 50
        assert len(phrases) >= 700

    def test_it_derives_what_it_writes(self, recipe) -> None:  # type: ignore[no-untyped-def]
        grammar = grammar_of(recipe)
        deriver = Deriver(grammar)
        for seed in range(40):
            for sentence in split_sentences(grammar.expand(Random(seed))):
                assert deriver.derives(sentence), sentence

    def test_it_does_not_derive_anything(self, recipe) -> None:  # type: ignore[no-untyped-def]
        grammar = grammar_of(recipe)
        deriver = Deriver(grammar)
        sentences = [sentence for seed in range(20) for sentence in split_sentences(grammar.expand(Random(seed)))]
        longer = [sentence for sentence in sentences if len(sentence.split()) > 4]
        backwards = [" ".join(reversed(sentence.split())) for sentence in longer]
        assert not any(map(deriver.derives, backwards))

    def test_texts_do_not_run_out(self, recipe) -> None:  # type: ignore[no-untyped-def]
        grammar: Grammar = grammar_of(recipe)
        texts = distinct_texts(grammar, 3)
        assert len({next(texts) for _ in range(12_000)}) == 12_000
