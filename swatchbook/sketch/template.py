"""A template as it is written, taken apart once: text, `{{name}}`, `{{#if name}}`, and the tags of the grammar.

    Dear {{name}}, outside there is #weather.a#. {{#if cold}}Wear a coat.{{else}}Enjoy it.{{/if}}

Tags are those of Tracery (Kate Compton, 2014): `#symbol#`, `#symbol.modifier#`, `#[hero:#name#]story#` and
`[hero:#name#]`. A `\\` before `#`, `[`, `]`, `{`, `,` or itself makes it plain, and a `#` that begins no tag is
plain anyway. What is filled in later is never read by this module. Its twin is in `assets/js/template.js`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

MAX_NESTED = 8
"""Most brackets inside each other."""
MAX_MODIFIERS = 8
"""Most modifiers of one tag."""

_PLAIN = re.compile(r"[^\\{#\[\],]+")
_ESCAPED = re.compile(r"\\[\\#\[\]{,]")
_BRACES = re.compile(r"\{\{([^{}\n]*)\}\}")
_REST_OF_LINE = re.compile(r"[ \t]*(\r?\n|\Z)")
_WORD = re.compile(r"[^ \t\r{}#/\\]+")
_IF = re.compile(r"#if[ \t]+([^ \t\r{}#/\\]+)")
_SYMBOL = r"([A-Za-z][A-Za-z0-9_]{0,31})"
_SAVE = re.compile(rf"\[{_SYMBOL}:(POP\])?")
_CALL = re.compile(_SYMBOL + r"((?:\.[A-Za-z]+(?:\([^()#\n]{0,80}\))?)*)#")
_MODIFIER = re.compile(r"\.([A-Za-z]+)(?:\(([^()#\n]*)\))?")
_ELSE, _END, _CLOSE = "else", "/if", "]"
_STRAY = {
    _ELSE: "This {{else}} belongs to no {{#if name}}, which has one at most; take it out.",
    _END: "This {{/if}} closes no {{#if name}}; take it out.",
}


class TemplateFault(ValueError):
    """`at` is the offset of the fault in characters; `said` a sentence that names its cause and the next step."""

    def __init__(self, at: int, said: str) -> None:
        super().__init__(said)
        self.at, self.said = at, said


@dataclass(frozen=True, slots=True)
class Said:
    """Text that stays as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """`{{name}}`; `at` is its offset in the template, as in all that follow."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class If:
    """`{{#if name}}then{{else}}other{{/if}}`."""

    name: str
    at: int
    then: Template
    other: Template


@dataclass(frozen=True, slots=True)
class Save:
    """`[symbol:rule,rule]`: what the symbol means from here on. No rules take the last meaning back (`[symbol:POP]`);
    no symbol has the rule filled in for what it saves, and shows nothing (`[#rule#]`, in a tag only)."""

    symbol: str
    at: int
    rules: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Modifier:
    name: str
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """`#[save]symbol.modifier#`."""

    symbol: str
    at: int
    saves: tuple[Save, ...] = ()
    modifiers: tuple[Modifier, ...] = ()


Part: TypeAlias = Said | Value | If | Save | Tag
Template: TypeAlias = tuple[Part, ...]


@lru_cache(128)
def parse(text: str) -> Template:
    """The parts of a template. Raises TemplateFault at the first fault."""
    return _Reader(text).parts(0, ())[0]


def names(template: Template) -> list[tuple[str, int]]:
    """Every name that is filled in or asked for, with its offset, in order."""
    return [(part.name, part.at) for part in _walk(template) if isinstance(part, Value | If)]


def symbols(template: Template) -> list[tuple[str, int]]:
    """Every symbol of the grammar that is used, with its offset, but those that the template itself saved before."""
    saved: set[str] = set()
    used: list[tuple[str, int]] = []
    for part in _walk(template):
        if isinstance(part, Save):
            saved.add(part.symbol)
        elif isinstance(part, Tag) and part.symbol not in saved:
            used.append((part.symbol, part.at))
    return used


def saved(template: Template) -> set[str]:
    """Every symbol that the template saves, whether the grammar knows it or not."""
    return {part.symbol for part in _walk(template) if isinstance(part, Save) and part.symbol}


def modifiers(template: Template) -> list[tuple[str, int]]:
    """Every modifier that is used, with the offset of its tag."""
    return [(each.name, part.at) for part in _walk(template) if isinstance(part, Tag) for each in part.modifiers]


def _walk(template: Template) -> Iterator[Part]:
    """Every part in the order in which it is met: what a tag saves before the tag, a rule before its symbol."""
    for part in template:
        before = (part.saves,) if isinstance(part, Tag) else part.rules if isinstance(part, Save) else ()
        for each in before:
            yield from _walk(each)
        yield part
        if isinstance(part, If):
            yield from _walk(part.then + part.other)


class _Reader:
    """Reads one template. What begins with a bracket is read once, however often the reader comes to it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.known: dict[int, tuple[Save, int] | None] = {}
        self.nested = 0
        self.branching = False

    def parts(self, at: int, stops: tuple[str, ...]) -> tuple[Template, str, int]:
        """The parts from `at` up to one of `stops`, that stop ("" where none came), and the offset after it."""
        parts = _Parts()
        while at < len(self.text):
            if self.text[at] in stops:
                return parts.done(), self.text[at], at + 1
            if not self.text.startswith("{{", at):
                at = self._take(at, parts)
                continue
            word, end = self._braces(at)
            indent, after = self._line(at, end) if word in (_ELSE, _END) or _IF.fullmatch(word) else (0, end)
            parts.trim(indent)
            if word not in (_ELSE, _END):
                part, at = self._if(at, word, after) if word.startswith("#") else (Value(word, at), end)
                parts.append(part)
            elif word in stops or _CLOSE in stops:
                return parts.done(), word if word in stops else "", after
            else:
                raise TemplateFault(at, _STRAY[word])
        return parts.done(), "", at

    def _take(self, at: int, parts: _Parts) -> int:
        """Take what begins at `at` where no braces do: a tag, a saved symbol, or plain text; the offset after it."""
        letter = self.text[at]
        found: tuple[Part, int] | None = None
        if letter == "#":
            found = self._tag(at)
        elif letter == "[" and _SAVE.match(self.text, at):
            found = self._save(at)
        if found:
            parts.append(found[0])
            return found[1]
        if _ESCAPED.match(self.text, at):
            at += 1
        plain = _PLAIN.match(self.text, at)
        end = plain.end() if plain else at + 1
        parts.say(self.text[at:end])
        return end

    def _braces(self, at: int) -> tuple[str, int]:
        """What stands in the braces at `at`, and the offset after them."""
        braces = _BRACES.match(self.text, at)
        if not braces:
            raise TemplateFault(at, 'After "{{" must come a name and "}}", as in {{name}}; write \\{{ for the braces.')
        word = braces[1].strip(" \t")
        if word not in (_ELSE, _END) and not _WORD.fullmatch(word) and not _IF.fullmatch(word):
            said = "means nothing here; what may stand in braces is name, #if name, else and /if."
            raise TemplateFault(at, f"{{{{{word[:40]}}}}} {said}")
        return word, braces.end()

    def _line(self, at: int, end: int) -> tuple[int, int]:
        """Where a line holds only the braces: how many blanks stand before them, and the offset of the next line."""
        start = self.text.rfind("\n", 0, at) + 1
        rest = _REST_OF_LINE.match(self.text, end)
        return (at - start, rest.end()) if rest and not self.text[start:at].strip(" \t") else (0, end)

    def _if(self, at: int, word: str, after: int) -> tuple[If, int]:
        name = word.removeprefix("#if").strip(" \t")
        if self.branching:
            said = "stands inside another; close that one first with {{/if}}."
            raise TemplateFault(at, f"{{{{#if {name[:40]}}}}} {said}")
        self.branching = True
        then, stop, after = self.parts(after, (_ELSE, _END))
        other: Template = ()
        if stop == _ELSE:
            other, stop, after = self.parts(after, (_END,))
        if not stop:
            raise TemplateFault(at, f"{{{{#if {name[:40]}}}}} is never closed; write {{{{/if}}}} where it ends.")
        self.branching = False
        return If(name, at, then, other), after

    def _tag(self, at: int) -> tuple[Tag, int] | None:
        """The tag at `at`, or None where the # begins none."""
        saves: list[Save] = []
        after = at + 1
        while self.text.startswith("[", after):
            if (found := self._save(after)) is None:
                return None
            saves.append(found[0])
            after = found[1]
        if not (call := _CALL.match(self.text, after)):
            return None
        given = [Modifier(name, tuple(words.split(",")) if words else ()) for name, words in _MODIFIER.findall(call[2])]
        if len(given) > MAX_MODIFIERS:
            said = f"#{call[1]}# has {len(given):,} modifiers, and {MAX_MODIFIERS} is the most; take some out."
            raise TemplateFault(at, said)
        return Tag(call[1], at, tuple(saves), tuple(given)), call.end()

    def _save(self, at: int) -> tuple[Save, int] | None:
        """The bracket at `at`, or None where it is never closed."""
        if at not in self.known:
            self.nested += 1
            if self.nested > MAX_NESTED:
                said = f"More than {MAX_NESTED} brackets stand inside each other; close some, or write \\[."
                raise TemplateFault(at, said)
            self.known[at] = self._bracket(at)
            self.nested -= 1
        return self.known[at]

    def _bracket(self, at: int) -> tuple[Save, int] | None:
        head = _SAVE.match(self.text, at)
        if head and head[2]:
            return Save(head[1], at, ()), head.end()
        symbol, after = (head[1], head.end()) if head else ("", at + 1)
        rules: list[Template] = []
        stop = ","
        while stop == ",":
            rule, stop, after = self.parts(after, (",", _CLOSE) if head else (_CLOSE,))
            rules.append(rule)
        whole = head is not None or [type(part) for part in rules[0]] == [Tag]
        return (Save(symbol, at, tuple(rules)), after) if stop and whole else None


class _Parts:
    """Parts as they come, texts side by side joined to one."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._said: list[str] = []

    def say(self, text: str) -> None:
        self._said.append(text)

    def trim(self, count: int) -> None:
        """Take back the last characters that were said."""
        if count:
            self._said = ["".join(self._said)[:-count]]

    def append(self, part: Part) -> None:
        self._settle()
        self._parts.append(part)

    def done(self) -> Template:
        self._settle()
        return tuple(self._parts)

    def _settle(self) -> None:
        if text := "".join(self._said):
            self._parts.append(Said(text))
        self._said.clear()
