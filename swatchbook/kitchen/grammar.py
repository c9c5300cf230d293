"""Grammars in Tracery's form: rules that expand to text.

A grammar is a dictionary of rules, each a list of phrases. `#rule#` stands for
an expansion of a rule, `#rule.a.capitalize#` for a modified one, `[x:#rule#]`
keeps an expansion for the rest of the text, where `#x#` repeats it. Commas in
kept values stand for themselves. Nothing here knows of models or files' places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

MAX_DEPTH = 40
MODIFIERS = ("a", "s", "ed", "capitalize")
_TOKEN = re.compile(r"\[(?P<name>\w+):(?P<value>[^\[\]]*)\]|#(?P<actions>(?:\[[^\[\]]*\])*)(?P<ref>\w+(?:\.\w+)*)#")
_VOWELS = "aeiou"


class GrammarError(ValueError):
    """A grammar that cannot be read or expanded; its message is one sentence for a person."""


@dataclass(frozen=True)
class Ref:
    """A place where a rule, or a kept value, is put in."""

    rule: str
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Save:
    """Keep an expansion of `value` under `name`; it adds no text by itself."""

    name: str
    value: tuple[str | Ref, ...]


Part = str | Ref | Save
Phrase = tuple[Part, ...]
Rules = dict[str, tuple[Phrase, ...]]


@dataclass(frozen=True)
class Grammar:
    rules: Rules

    def expand(self, random: Random, rule: str = "origin", kept: Mapping[str, str] | None = None) -> str:
        """One text, decided by the generator's state and by the values kept beforehand, if any."""
        return self._rule(rule, random, dict(kept or {}), 0)

    def keeps(self, rule: str, random: Random) -> dict[str, str]:
        """The values that an expansion of this rule keeps."""
        kept: dict[str, str] = {}
        self._rule(rule, random, kept, 0)
        return kept

    def swapped(self, first: str, second: str) -> Grammar:
        """The same grammar with the expansions of two rules exchanged."""
        for name in (first, second):
            if name not in self.rules:
                raise GrammarError(f"There is no rule called {name} to swap.")
        return Grammar({**self.rules, first: self.rules[second], second: self.rules[first]})

    def _rule(self, name: str, random: Random, kept: dict[str, str], depth: int) -> str:
        if depth > MAX_DEPTH:
            raise GrammarError(f"The rule {name} leads back to itself more than {MAX_DEPTH} times.")
        if name in kept:
            return kept[name]
        if name not in self.rules:
            raise GrammarError(f"Nothing was kept under {name} before it was used.")
        phrases = self.rules[name]
        phrase = phrases[int(random.random() * len(phrases))]
        return self._phrase(phrase, random, kept, depth + 1)

    def _phrase(self, phrase: Phrase, random: Random, kept: dict[str, str], depth: int) -> str:
        text = []
        for part in phrase:
            if isinstance(part, str):
                text.append(part)
            elif isinstance(part, Save):
                kept[part.name] = self._phrase(part.value, random, kept, depth)
            else:
                text.append(modified(self._rule(part.rule, random, kept, depth), part.modifiers))
        return "".join(text)


def parse_grammar(rules: dict[str, list[str]]) -> Grammar:
    """Read Tracery's dictionary. Raises GrammarError when a name in it leads nowhere."""
    parsed = {name: tuple(parse_phrase(text) for text in texts) for name, texts in rules.items()}
    parts = [part for phrases in parsed.values() for phrase in phrases for part in _flat(phrase)]
    known = set(parsed) | {part.name for part in parts if isinstance(part, Save)}
    for part in parts:
        if isinstance(part, Ref) and part.rule not in known:
            raise GrammarError(f"#{part.rule}# names no rule of this grammar.")
    if empty := [name for name, phrases in parsed.items() if not phrases]:
        raise GrammarError(f"The rule {empty[0]} has nothing to expand to.")
    return Grammar(parsed)


def read_grammar(path: Path) -> Grammar:
    return parse_grammar(json.loads(path.read_text(encoding="utf-8")))


def parse_phrase(text: str) -> Phrase:
    """The parts of one phrase, in order."""
    parts: list[Part] = []
    at = 0
    for match in _TOKEN.finditer(text):
        parts += [text[at : match.start()], *_parts(match)]
        at = match.end()
    parts.append(text[at:])
    kept = tuple(part for part in parts if part != "")
    if stray := next((part for part in kept if isinstance(part, str) and re.search(r"[#\[\]]", part)), None):
        raise GrammarError(f"A # or a bracket has no partner in {stray[:60]!r}.")
    return kept


def modified(text: str, modifiers: tuple[str, ...]) -> str:
    for name in modifiers:
        text = _MODIFIER[name](text)
    return text


def _parts(match: re.Match[str]) -> list[Part]:
    if match["name"]:
        value = parse_phrase(match["value"])
        return [Save(match["name"], tuple(part for part in value if not isinstance(part, Save)))]
    rule, *modifiers = match["ref"].split(".")
    if unknown := [name for name in modifiers if name not in MODIFIERS]:
        raise GrammarError(f"The modifier .{unknown[0]} is not one of {', '.join(MODIFIERS)}.")
    return [*parse_phrase(match["actions"]), Ref(rule, tuple(modifiers))]


def _flat(phrase: Phrase) -> list[Part]:
    nested = [part for save in phrase if isinstance(save, Save) for part in save.value]
    return [*phrase, *nested]


def _article(text: str) -> str:
    sounds_like_you = text[:1] == "u" and text[2:3] == "i"
    return f"{'an' if text[:1].lower() in _VOWELS and not sounds_like_you else 'a'} {text}"


def _plural(text: str) -> str:
    if text.endswith("y") and text[-2:-1] not in _VOWELS:
        return text[:-1] + "ies"
    return text + ("es" if text.endswith(("s", "x", "z", "ch", "sh", "ato")) else "s")


def _past(text: str) -> str:
    verb, space, rest = text.partition(" ")
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        verb = verb[:-1] + "ied"
    else:
        verb += "d" if verb.endswith("e") else "ed"
    return verb + space + rest


_MODIFIER: dict[str, Callable[[str], str]] = {
    "a": _article,
    "s": _plural,
    "ed": _past,
    "capitalize": lambda text: text[:1].upper() + text[1:],
}
