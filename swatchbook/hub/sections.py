"""A card's text cut into labelled sections, for finding out what it says something about.

Labels are headings, in Markdown or HTML, and bold words at the start of a line.
Code, comments and a template's filler count as nothing. Reads at most
`MAX_READ` characters, in time proportional to them; knows nothing of what the
labels mean, and its texts are for reading, not for showing as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

MAX_READ = 150_000
"""Most characters of a card that are looked through."""
MAX_LABELS = 2_000
"""Labels after which a text is no longer cut."""
EXCERPT = 160
"""Most characters quoted."""
_BEFORE = 60
"""Characters quoted before a phrase."""

_BOLD_LEVEL = 7
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.{1,200})")
_HTML_HEADING = re.compile(r"\s{0,8}<h([1-6])\b[^<>]{0,200}>([^<>]{1,200})</h", re.IGNORECASE)
_BOLD = re.compile(r"\s{0,8}(?:[-*+] )?(?:\*\*|__)(.{2,80}?)(?:\*\*|__)(.*)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()\s]{0,300}\)")
_TAG = re.compile(r"<[^<>]{0,300}>")
_MARKUP = re.compile(r"[*_`#>|~\s]+")
_TWO_LETTERS = re.compile(r"\w\W*\w")
_FILLER = re.compile(
    r"more information needed|needs more information|information needed\b|carbon emissions can be estimated"
    r"|^\W*(?:to ?do|tbd|tba|wip|n/?a|coming soon|optional|unknown|unspecified|not (?:available|given|specified))\W*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Part:
    """A label and the lines up to the next one. `about` counts the given headings that the label matches."""

    level: int
    label: str
    about: frozenset[int]
    lines: list[str] = field(default_factory=list)


class Sections:
    """A text in parts, each with what its label is about, by index of the headings it was read with."""

    def __init__(self, text: str, headings: Sequence[re.Pattern[str]]) -> None:
        self._headings = headings
        self._parts = [Part(0, "", frozenset())]
        self._sentences: list[str] = []
        for line in _outside_code(_without_comments(text[:MAX_READ])):
            self._take(line)
        self._prose = "\n".join(self._sentences)

    def under(self, matter: int) -> tuple[str, str] | None:
        """A label about this matter with something under it, and the beginning of that; None without any."""
        for start, part in enumerate(self._parts):
            if matter in part.about and (text := " ".join(islice(self._lines(start, matter), 8))):
                return part.label, _excerpt(text, 0)
        return None

    def phrase(self, pattern: re.Pattern[str]) -> str | None:
        """The words around the first place where the pattern matches, within their line; rows of tables say nothing."""
        found = pattern.search(self._prose)
        if found is None:
            return None
        start = self._prose.rfind("\n", 0, found.start()) + 1
        end = self._prose.find("\n", found.end())
        return _excerpt(self._prose[start : end if end >= 0 else None], found.start() - start - _BEFORE)

    def _take(self, line: str) -> None:
        level, label, rest = _label(line) if len(self._parts) < MAX_LABELS else (0, "", line)
        if level:
            about = frozenset(n for n, heading in enumerate(self._headings) if heading.search(label))
            self._parts.append(Part(level, label, about))
        plain = _plain(rest)
        if _TWO_LETTERS.search(plain) and not _FILLER.search(plain):
            self._parts[-1].lines.append(plain)
            if not rest.lstrip().startswith("|"):
                self._sentences.append(plain)

    def _lines(self, start: int, matter: int) -> Iterator[str]:
        """What belongs to a label: its own lines, and those of labels below it unless they are about something else."""
        top, skipped = self._parts[start].level, None
        yield from self._parts[start].lines
        for part in islice(self._parts, start + 1, None):
            if part.level <= top:
                return
            if skipped is not None and part.level > skipped:
                continue
            skipped = part.level if part.about and matter not in part.about else None
            if skipped is None:
                yield from part.lines


def _label(line: str) -> tuple[int, str, str]:
    """How deep a line's label lies (0 without one), the label, and what follows it on the line."""
    if found := _HEADING.match(line):
        return len(found[1]), _plain(found[2]), ""
    if found := _HTML_HEADING.match(line):
        return int(found[1]), _plain(found[2]), ""
    if found := _BOLD.match(line):
        return _BOLD_LEVEL, _plain(found[1]).rstrip(": "), found[2].lstrip(": ")
    return 0, "", line


def _plain(line: str) -> str:
    return _MARKUP.sub(" ", _TAG.sub(" ", _LINK.sub(r"\1", line))).strip(" -")


def _excerpt(text: str, start: int) -> str:
    """`EXCERPT` characters of a text, from a word's beginning to a word's end."""
    start = text.find(" ", start) + 1 if start > 0 else 0
    end = start + EXCERPT
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + EXCERPT // 2)
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _without_comments(text: str) -> str:
    """The text without `<!-- … -->`; one that is never closed goes to the end."""
    kept: list[str] = []
    while text:
        before, opened, rest = text.partition("<!--")
        kept.append(before)
        text = rest.partition("-->")[2] if opened else ""
    return "".join(kept)


def _outside_code(text: str) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        if _FENCE.match(line):
            inside = not inside
        elif not inside and line and not line.isspace():
            yield line
