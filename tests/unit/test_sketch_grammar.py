"""Templates filled in: Tracery's behaviour by hand, values that stay what was typed, dice, and what never ends."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.dice import Dice, seed_of
from swatchbook.sketch.grammar import DRAW, WORK, Endless, Work, fill, holds, modified
from swatchbook.sketch.template import parse

GRAMMAR = {
    "name": ["Yuuma"],
    "animal": ["unicorn"],
    "story": ["#hero# rode #hero.a#", "[side:#animal#]#hero# rode a #side#"],
    "set": ["[they:she][them:her]", "[they:he][them:him]"],
    "tale": ["#they# saw #them#"],
    "nest": ["#hero#, #[hero:Bo]inner#, #hero#"],
    "inner": ["#hero#!"],
    "loop": ["x #loop#"],
    "double": ["#twice##twice#"],
    "twice": ["#double#"],
}


def filled(
    text: str, values: Mapping[str, str] = {}, grammar: Mapping[str, Sequence[str]] = GRAMMAR, seed: int = 1
) -> str:
    return fill(parse(text), values, grammar, Dice(seed))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#name#", "Yuuma"),
        ("#name.s# and #animal.s#", "Yuumas and unicorns"),
        ("#animal.a.capitalize#", "A unicorn"),
        ("#animal.capitalize.a#", "a Unicorn"),
        ("#[hero:#name#]hero#", "Yuuma"),
        ("#[hero:#name#][pet:cat]hero# with #pet#", "Yuuma with cat"),
        ("[hero:#name#]#hero# went out, #hero#", "Yuuma went out, Yuuma"),
        ("[name:Ann]#name#[name:POP]#name#", "AnnYuuma"),
        ("[name:Ann][name:Bo]#name#[name:POP]#name#", "BoAnn"),
        ("#[name:Ann]name# #name#", "Ann Yuuma"),
        ("#[hero:Ann]nest#", "Ann, Bo!, Ann"),
        ("#missing#", "((missing))"),
        ("[a:x]#a#[a:POP]#a#", "x((a))"),
        ("#name.nonsense#", "Yuuma((.nonsense))"),
        (r"\#name\#", "#name#"),
        ("# #name#", "# Yuuma"),
    ],
)
def test_tags_do_what_they_do_in_tracery(text: str, said: str) -> None:
    assert filled(text) == said


def test_a_saved_symbol_is_drawn_once_and_a_list_each_time() -> None:
    grammar = {"face": [str(n) for n in range(100)]}
    for seed in range(20):
        once = filled("[a:#face#]#a# #a#", grammar=grammar, seed=seed).split()
        assert once[0] == once[1]
    assert {filled("[a:x,y]#a#", seed=seed) for seed in range(20)} == {"x", "y"}


def test_a_rule_may_save_for_what_comes_after_it() -> None:
    assert {filled("#[#set#]tale#", seed=seed) for seed in range(20)} == {"she saw her", "he saw him"}


@pytest.mark.parametrize(
    ("modifier", "before", "after"),
    [
        ("capitalize", "the cat", "The cat"),
        ("capitalize", "ßa", "SSa"),
        ("capitalize", "𐐨x", "𐐀x"),
        ("capitalize", "", ""),
        ("capitalizeAll", "the old-time cat", "The Old-Time Cat"),
        ("capitalizeAll", "don't été noir", "Don't Été Noir"),
        ("capitalizeAll", "'tis 2nd", "'Tis 2nd"),
        ("a", "owl", "an owl"),
        ("a", "cat", "a cat"),
        ("a", "unicorn", "a unicorn"),
        ("a", "umbrella", "an umbrella"),
        ("a", "Owl", "an Owl"),
        ("a", "", "a "),
        ("s", "cat", "cats"),
        ("s", "fox", "foxes"),
        ("s", "finch", "finches"),
        ("s", "pass", "passes"),
        ("s", "city", "cities"),
        ("s", "day", "days"),
        ("ed", "walk", "walked"),
        ("ed", "love", "loved"),
        ("ed", "cry", "cried"),
        ("ed", "play", "played"),
        ("ed", "pass", "passed"),
        ("firstS", "man of war", "mans of war"),
        ("firstS", "cat", "cats"),
        ("comma", "well", "well,"),
        ("comma", "well!", "well!"),
        ("inQuotes", "hi", '"hi"'),
    ],
)
def test_modifiers_are_those_of_tracery(modifier: str, before: str, after: str) -> None:
    assert modified(before, modifier) == after
    assert filled(f"[x:{before}]#x.{modifier}#") == after


def test_replace_takes_what_is_found_as_it_is() -> None:
    assert filled("#a.replace(a.,$&)#", grammar={"a": ["a.ab a."]}) == "$&ab $&"
    assert filled("#a.replace(b)##a.replace()##a.replace#", grammar={"a": ["abc"]}) == "acabcabc"


@pytest.mark.parametrize("value", ["{{x}}", "#name#", "[a:b]", "{{#if x}}", "\\#", "((a))", "{{v}}", "#[a:b]name.s#"])
def test_what_was_typed_comes_out_as_typed(value: str) -> None:
    grammar = {**GRAMMAR, "said": ["{{v}}"]}
    values = {"v": value, "x": "no!"}
    assert filled("{{v}}#said#[k:{{v}}]#k##[k:#said#]k#", values, grammar) == value * 4


@pytest.mark.parametrize(
    ("value", "true"), [("yes", True), ("no", False), ("", False), (" \n\u3000", False), ("No", True), ("0", True)]
)
def test_an_if_holds_for_what_is_neither_blank_nor_no(value: str, true: bool) -> None:
    assert holds(value) is true
    assert filled("{{#if v}}#name#{{else}}{{v}}.{{/if}}", {"v": value}) == ("Yuuma" if true else f"{value}.")
    assert filled("{{#if w}}a{{else}}b{{/if}}{{w}}") == "b"


@pytest.mark.parametrize(
    ("text", "grammar", "said"),
    [
        ("#loop#", GRAMMAR, "#loop#; give loop a rule that ends"),
        ("#twice#", GRAMMAR, "a rule that ends"),
        ("#a#", {"a": ["[b:#a#]"]}, "give a a rule"),
        ("#a#", {"a": ["#[a:#a#]x#"]}, "give a a rule"),
        ("#a#" * 4001, {"a": ["x"]}, "at #a#"),
        ("#a#" * 21, {"a": ["x" * 1000]}, "more than 20,000 characters at #a#"),
        ("{{v}}{{v}}", {}, "more than 20,000 characters; let"),
        (
            "#a.replace(x,yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy)#",
            {"a": ["x" * 999]},
            "20,000 characters",
        ),
        (
            "#b.s.s.s.s.s.s.s.s#",
            {"a": ["x" * 16_000], "b": ["#a.s.s.s.s.s#"]},
            "200,000 characters are gone over at #a#",
        ),
        ("#a#" * 4000, {"a": ["{{w}}" * 3900]}, "200,000 characters are gone over at #a#; draw less"),
    ],
)
def test_what_never_ends_is_stopped_with_a_sentence(text: str, grammar: dict[str, list[str]], said: str) -> None:
    with pytest.raises(Endless) as stopped:
        filled(text, {"v": "x" * 10_001}, grammar)
    assert said in str(stopped.value)


def test_what_many_templates_cost_is_taken_from_one_purse() -> None:
    grammar, work = {"a": [""], "b": ["#a.s#!"]}, Work()
    fill(parse("#b.s.s#"), {}, grammar, Dice(1), work)
    assert WORK - work.left == 2 * DRAW + len("#a.s#!") + len("") + len("s!") + len("s!s")
    for at in range(work.left // (3900 * DRAW)):
        fill(parse("#a#" * 3900), {}, grammar, Dice(at), work)
    with pytest.raises(Endless, match="draws from its grammar too often"):
        fill(parse("#a#" * 3900), {}, grammar, Dice(1), work)
    with pytest.raises(Endless, match="draws from its grammar too often in all; let it draw less"):
        fill(parse("#a#"), {}, grammar, Dice(1), work)


def test_a_value_is_looked_at_once_however_often_it_is_asked_for() -> None:
    holds.cache_clear()
    assert filled("{{#if v}}x{{/if}}" * 1000, {"v": " " * 16_000}) == ""
    assert holds.cache_info().misses == 1


@given(st.text("aé'9 -\n_𐐨ß\x7f\x80") | st.text())
@settings(max_examples=200)
def test_each_word_gets_its_capital(text: str) -> None:
    """Letter by letter, as Tracery does it."""
    words, inside = "", False
    for letter in text:
        words += letter if inside else modified(letter, "capitalize")
        inside = letter > "\x7f" or letter.isalnum() or (inside and letter == "'")
    assert modified(text, "capitalizeAll") == words


def derived(text: str, grammar: Mapping[str, Sequence[str]]) -> set[str]:
    """Every text that a template without modifiers can become, by trying every rule."""
    head, mark, rest = text.partition("#")
    if not mark:
        return {head}
    symbol, _, rest = rest.partition("#")
    tails = derived(rest, grammar)
    heads = set().union(*(derived(rule, grammar) for rule in grammar[symbol]))
    return {head + a + b for a, b in itertools.product(heads, tails)}


@settings(max_examples=60)
@given(st.lists(st.text("xyz ", max_size=3), min_size=1, max_size=3), st.integers(0, 2**31 - 1), st.data())
def test_whatever_comes_out_can_be_derived(words: list[str], seed: int, data: st.DataObject) -> None:
    grammar: dict[str, list[str]] = {"a": words}
    for symbol, below in (("b", "a"), ("c", "b")):
        rule = st.lists(st.sampled_from(["-", "#a#", f"#{below}#"]), min_size=1, max_size=2).map("".join)
        grammar[symbol] = data.draw(st.lists(rule, min_size=1, max_size=2))
    text = filled("<#c#|#b#>", grammar=grammar, seed=seed)
    assert text in derived("<#c#|#b#>", grammar)
    assert text == filled("<#c#|#b#>", grammar=grammar, seed=seed)


def test_every_rule_is_drawn_as_often_as_the_others() -> None:
    drawn = Counter(Dice(seed, "step", 0).choose(5) for seed in range(5000))
    assert sum((drawn[face] - 1000) ** 2 / 1000 for face in range(5)) < 18.5  # chi-square, 4 degrees: one in a thousand
    one = Dice("a")
    drawn = Counter(one.choose(3) for _ in range(3000))
    assert sum((drawn[face] - 1000) ** 2 / 1000 for face in range(3)) < 13.8


def test_dice_and_seeds_are_the_same_for_ever() -> None:
    """A seed whose UTF-16 bytes spell foobar, which FNV-1a's authors hash to 0xbf9cf968, and mulberry32 from there."""
    dice = Dice(b"foobar".decode("utf-16-le"))
    assert [dice.number32() for _ in range(3)] == [4041625555, 1420129204, 1512530472]
    assert seed_of(b"foobar".decode("utf-16-le")) == 4041625555 >> 1
    assert seed_of(7, "draft", 0) == seed_of("7", "draft", "0")
    assert len({seed_of(7, "draft", at) for at in range(1000)}) == 1000
