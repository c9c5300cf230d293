"""Where people stumble over YAML, in words that need no YAML: what is refused, and what its parser complains of.

Says sentences; decides nothing.
"""

from __future__ import annotations

import re

_TAG = r"#(?:\[[^\]\n]{0,200}\])?[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z]+(?:\([^()#\n]*\))?)*#"
_WORD = r"#(?=\S)[^\s,\]}]*"
_LOST = rf"(?:(?P<tag>{_TAG})|(?P<word>{_WORD}))"
LOST = re.compile(rf"[ \t]+{_LOST}")
"""What YAML takes for a comment behind a text, since a space stands before its #: a symbol of the grammar, or a word
such as #1. A remark of the author has a blank after its #."""
LOST_BETWEEN = re.compile(rf"(?:\A|^[ \t]*[,:?])[ \t,:?]*{_LOST}", re.MULTILINE)
"""The same between the things that stand in brackets or braces, where something is before it on its line: one of
them, or a sign. A # that begins a line is a remark there, too."""
_WIDE = {"\x85": "a line end", "\u2028": "a line end", "\u2029": "a line end", "\ufeff": "a byte order mark"}
QUOTE = "put the whole text in quotes, or below a | on lines of its own"
"""The next step wherever a text holds something that YAML takes for its own."""


def clipped(text: str, most: int = 40) -> str:
    """Foreign words as a sentence may hold them."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text[: most + 1])
    return f"{text[:most]}…" if len(text) > most else text


def forbidden(letter: str) -> str:
    name = _WIDE.get(letter, "a control character")
    if "\ud800" <= letter <= "\udfff":
        name = "half of a character"
    return f"Here is {name} that cannot be seen (U+{ord(letter):04X}); delete it, and type the place anew."


def marked(mark: str) -> str:
    means = {"*": "repeats another part", "&": "names a part to repeat it", "!": "names a type"}[mark]
    return f'"{mark}" at the beginning {means}, which a sketch cannot; if it belongs to the text, {QUOTE}.'


def begins(letters: str) -> str:
    return f'A text that begins with "{letters}" needs quotes; {QUOTE}.'


def twice(key: str, line: int) -> str:
    return f'"{clipped(key)}" is here a second time (first in line {line}); remove one of them.'


def lost(tag: str | None, word: str | None) -> str:
    """What to say of either kind of text that is lost."""
    remark = "" if tag else "put a blank after # if it is one, or else "
    said = "and what follows it is lost: after a space, # begins a remark"
    return f'"{clipped(tag or word or "")}" {said}; {remark}{QUOTE}.'


def explain(problem: str, here: str, began: str) -> tuple[bool, str]:
    """What a complaint of YAML's parser means, and whether it is about where the part began, not where it stumbled.

    `here` and `began` are the two places: the line above and the line itself, with a NUL where the place is.
    libyaml and PyYAML's own parser word their complaints differently; `problem` may be of either.
    """
    for complaint, looks, of_beginning, said in _STUMBLES:
        place = began if of_beginning else here
        if re.search(complaint, problem) and (found := re.search(looks, place)):
            letter = place.partition("\0")[2][:1]
            words = {name: clipped(text) for name, text in found.groupdict("").items()}
            return of_beginning, said.format(quote=QUOTE, letter=clipped(letter), **words)
    return False, f"This line cannot be read; where it holds a text with signs of its own, {QUOTE}."


_START = r"\n[ ]*(?:-[ ]+)*"
_KEY = r"(?:(?P<key>[^\s'\"\[{#:-][^:#\n]*):[ ]+)"
_VALUE = f"{_START}{_KEY}?"
_MISPLACED = r"expected key|block end|'-' indicator|document start"
_STUMBLES: tuple[tuple[str, str, bool, str], ...] = (
    ("", r"\n(?: *\0)? *\t", False, "This line is indented with a tab; use spaces, two for each level."),
    (
        "quoted scalar found unexpected",
        "",
        True,
        "The quote that opens here is never closed; write it again where the text ends.",
    ),
    (
        "escape|Unicode",
        "",
        False,
        r"In double quotes, \ begins a sign of its own; write \\ for a plain one, or take single quotes.",
    ),
    ("", _VALUE + r"{\0?{", False, 'A text that begins with "{{{{" needs quotes; {quote}.'),
    ("alias|anchor|tag", "", True, '"{letter}" at the beginning of a text means something else in YAML; {quote}.'),
    (
        "block scalar",
        "",
        True,
        'After "{letter}" the text begins on the next line, further in; move it there.',
    ),
    ("cannot start", "", False, '"{letter}" cannot begin a text; {quote}.'),
    ("mapping values", _START + _KEY + r"\S.*\0", False, 'The text after "{key}:" holds a colon of its own; {quote}.'),
    (
        "mapping values|find expected ':'",
        r"(?:^|\n)\0?[ ]*(?:-[ ]+)*\0?(?P<key>[A-Za-z_]\w*):[^\s:/]",
        False,
        'After "{key}:" a space is missing; add it.',
    ),
    (
        "find expected ':'",
        r"(?:^|\n)\0?[ ]*(?:-[ ]+)*\0?(?P<key>[A-Za-z_]\w*):[^\s:/]",
        True,
        'After "{key}:" a space is missing; add it.',
    ),
    (
        "find expected ':'",
        "",
        True,
        "This line has no key with a colon; add one, or begin it further in than the key above.",
    ),
    ("mapping values", "", False, "This line is further in than it can be; begin it under the key above it."),
    ("mapping keys", "", False, '"?" and a space cannot begin a text; {quote}.'),
    ("sequence entries", "", False, 'A list begins below its key; put "- " on a line of its own.'),
    (
        _MISPLACED,
        _VALUE + r"['\"].*\0",
        False,
        "The quotes end before the text does; put them around all of it, and double each one inside.",
    ),
    (_MISPLACED, _VALUE + r"[\[{].*\0[\]}}]", False, 'Here is one "{letter}" too many; remove it.'),
    (_MISPLACED, _VALUE + r"(?P<open>[\[{]).*\0", False, 'A text that begins with "{open}" needs quotes; {quote}.'),
    ("flow (sequence|mapping)", "", True, "What begins here lacks a comma or the bracket that closes it; add it."),
    ("node content", "", False, 'Before "{letter}" something is missing; write it, or {quote}.'),
    (
        _MISPLACED,
        "",
        False,
        "This line begins where none can; give it as many spaces as those it belongs to.",
    ),
)
