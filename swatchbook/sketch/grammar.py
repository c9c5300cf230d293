"""A template filled in: values in their places, and the tags of the grammar drawn out with dice.

What a visitor or a model wrote is put in as text and never read as a template; only what the author wrote is.
The grammar is Tracery's (Kate Compton, 2014), with its modifiers for English. Its twin is in
`assets/js/grammar.js`: the same parts, values and dice give the same text there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from swatchbook.runs import RunError
from swatchbook.sketch.dice import Dice
from swatchbook.sketch.template import If, Part, Said, Save, Tag, Template, Value, parse

MAX_DEPTH = 60
"""Most tags and saved symbols inside each other."""
MAX_EXPANSIONS = 4_000
"""Most tags drawn for one template."""
MAX_CHARACTERS = 20_000
"""Most characters that one template comes to, those that were saved on the way counted too."""
MAX_WORK = 200_000
"""Most characters that are gone over for one template: of every rule that is drawn, and of every text that a modifier
changes. Each draw counts for `DRAW` more."""
DRAW = 20
WORK = 2_000_000
"""The same for all templates of a performance together."""
OFF = "no"
"""The value of a toggle that is off."""
_BLANK = "".join(
    map(chr, (*range(9, 14), 32, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
)
_YOUNG = re.compile("[\u019b\u0264\u1c8a\ua7cb-\ua7dd\U00010d50-\U00010d8f\U00016ea0-\U00016edf]")
"""Letters that got their capitals after Unicode 14. They stay small: of those, machines know some and others not."""
_VOWELS = frozenset("aeiouAEIOU")
_WORD = re.compile(r"[0-9A-Za-z\x80-\U0010ffff][0-9A-Za-z\x80-\U0010ffff']*")


class Endless(RunError):
    """A grammar that goes on for too long; the message names the symbol and the next step."""


class Work:
    """What many templates may cost together, in characters as in `MAX_WORK`."""

    def __init__(self, left: int = WORK) -> None:
        self.left = left

    def spend(self, cost: int) -> None:
        """Raises Endless where less than this is left, and from then on."""
        self.left -= cost
        if self.left < 0:
            raise Endless("This sketch draws from its grammar too often in all; let it draw less.")


def fill(
    template: Template,
    values: Mapping[str, str],
    grammar: Mapping[str, Sequence[str]],
    dice: Dice,
    work: Work | None = None,
) -> str:
    """The text that a template becomes; a value that is not there is empty. What it costs is taken from `work`.

    Raises Endless when the grammar goes on for too long, and TemplateFault when one of its rules is no template.
    """
    return _Filling(values, grammar, dice, work or Work()).text(template)


@lru_cache(64)  # A template may ask often, and a value may be long.
def holds(value: str) -> bool:
    """Whether `{{#if}}` holds for a value: it is neither blank nor `no`."""
    return value != OFF and value.strip(_BLANK) != ""


class _Filling:
    """One template as it is filled in. What its symbols were saved as lasts until it is done."""

    def __init__(self, values: Mapping[str, str], grammar: Mapping[str, Sequence[str]], dice: Dice, work: Work) -> None:
        self._values, self._grammar, self._dice, self._work = values, grammar, dice, work
        self._saved: dict[str, list[list[str]]] = {}
        self._former: dict[str, list[str]] = {}
        self._depth = self._drawn = self._characters = self._worked = 0
        self._symbol = ""

    def text(self, template: Template) -> str:
        return "".join(map(self._part, template))

    def _part(self, part: Part) -> str:
        if isinstance(part, Said):
            return self._counted(part.text)
        if isinstance(part, Value):
            return self._counted(self._values.get(part.name, ""))
        if isinstance(part, If):
            return self.text(part.then if holds(self._values.get(part.name, "")) else part.other)
        if isinstance(part, Save):
            return self._save(part)
        return self._tag(part)

    def _tag(self, tag: Tag) -> str:
        self._deeper(tag.symbol)
        for save in tag.saves:
            self._save(save)
        text = self._draw(tag.symbol)
        for modifier in tag.modifiers:
            self._spend(len(text))
            changed = modified(text, modifier.name, *modifier.given)
            self._counted(changed[len(text) :])
            text = changed
        for save in reversed(tag.saves):
            if save.rules and (meanings := self._saved.get(save.symbol)):
                self._former[save.symbol] = meanings.pop()
        self._depth -= 1
        return text

    def _draw(self, symbol: str) -> str:
        """One of what a symbol means: what it was saved as, else its rules, else what it was saved as in a tag."""
        if meaning := self._saved.get(symbol):
            return self._counted(meaning[-1][self._dice.choose(len(meaning[-1]))])
        if rules := self._grammar.get(symbol):
            rule = rules[self._dice.choose(len(rules))]
            self._spend(len(rule))
            return self.text(parse(rule))
        if former := self._former.get(symbol):
            return self._counted(former[self._dice.choose(len(former))])
        return self._counted(f"(({symbol}))")

    def _save(self, save: Save) -> str:
        self._deeper(save.symbol)
        texts = [self.text(rule) for rule in save.rules]
        if texts and save.symbol:
            self._saved.setdefault(save.symbol, []).append(texts)
        elif save.symbol:
            self._former.pop(save.symbol, None)
            if meanings := self._saved.get(save.symbol):
                meanings.pop()
        self._depth -= 1
        return ""

    def _deeper(self, symbol: str) -> None:
        self._symbol = symbol or self._symbol
        self._depth += 1
        self._drawn += 1
        if self._depth > MAX_DEPTH or self._drawn > MAX_EXPANSIONS:
            raise Endless(
                f"The grammar goes on for too long at #{self._symbol}#; give {self._symbol} a rule that ends."
            )
        self._spend(DRAW)

    def _spend(self, cost: int) -> None:
        self._worked += cost
        if self._worked > MAX_WORK:
            said = f"more than {MAX_WORK:,} characters are gone over at #{self._symbol}#"
            raise Endless(f"While this is filled in, {said}; draw less there, or let it be shorter.")
        self._work.spend(cost)

    def _counted(self, text: str) -> str:
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            at = f" at #{self._symbol}#" if self._symbol else ""
            raise Endless(f"The text comes to more than {MAX_CHARACTERS:,} characters{at}; let it be shorter.")
        return text


def modified(text: str, name: str, *given: str) -> str:
    """A text after a modifier; one that is not known says its name after the text, as in Tracery."""
    return MODIFIERS[name](text, *given) if name in MODIFIERS else f"{text}((.{name}))"


def _upper(letter: str) -> str:
    return letter if _YOUNG.match(letter) else letter.upper()


def _capitalize(text: str, *_: str) -> str:
    return _upper(text[:1]) + text[1:]


def _capitalize_all(text: str, *_: str) -> str:
    """Each word with a capital. Letters with accents and the apostrophe belong to a word, which Tracery forgets."""
    return _WORD.sub(lambda word: _capitalize(word[0]), text)


def _article(text: str, *_: str) -> str:
    """a or an. A word such as unicorn, with i for its third letter, has a."""
    sounds_like_you = text[:1] in ("u", "U") and text[2:3] in ("i", "I")
    return f"an {text}" if text[:1] in _VOWELS and not sounds_like_you else f"a {text}"


def _plural(text: str, *_: str) -> str:
    if text.endswith("y") and text[-2:-1] not in _VOWELS:
        return f"{text[:-1]}ies"
    return text + ("es" if text.endswith(("s", "h", "x")) else "s")


def _past(text: str, *_: str) -> str:
    if text.endswith("y") and text[-2:-1] not in _VOWELS:
        return f"{text[:-1]}ied"
    return text + ("d" if text.endswith("e") else "ed")


def _first_plural(text: str, *_: str) -> str:
    first, gap, rest = text.partition(" ")
    return _plural(first) + gap + rest


def _comma(text: str, *_: str) -> str:
    return text if text.endswith((",", ".", "?", "!")) else f"{text},"


def _in_quotes(text: str, *_: str) -> str:
    return f'"{text}"'


def _replace(text: str, old: str = "", new: str = "", *_: str) -> str:
    return text.replace(old, new) if old else text


MODIFIERS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "capitalize": _capitalize,
        "capitalizeAll": _capitalize_all,
        "a": _article,
        "s": _plural,
        "firstS": _first_plural,
        "ed": _past,
        "comma": _comma,
        "inQuotes": _in_quotes,
        "replace": _replace,
    }
)
"""Tracery's modifiers for English, by name: each takes a text, and `replace` what to look for and what to put there."""
