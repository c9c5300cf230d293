"""Whether a text says the name of the model that wrote it, which ends a blind reading.

Works on plain strings. A name is looked for as people write it: with or without
the size and the kind that follow it, in any case, joined by anything.
"""

from __future__ import annotations

import re

_PART = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?")
_SIZE = re.compile(r"\d+(?:\.\d+)?[mbkt]?|v\d*|\d+", re.IGNORECASE)
_KINDS = {
    "instruct",
    "chat",
    "base",
    "it",
    "hf",
    "gguf",
    "preview",
    "model",
    "mini",
    "small",
    "large",
    "tiny",
    "medium",
}
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+")
SHORTEST = 3
"""Letters under which a word is too common to be a name."""


def stems(name: str, owner: str = "") -> list[str]:
    """The forms in which a model called `name`, made by `owner`, may name itself; longest first."""
    words = [word for word in re.split(r"[-_./ ]+", name) if word]
    while len(words) > 1 and (_SIZE.fullmatch(words[-1]) or words[-1].lower() in _KINDS):
        words.pop()
    first = _PART.match(words[0]) if words else None
    forms = {"-".join(words), *([first[0]] if first and len(words) == 1 else []), owner}
    return sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)


def said_name(text: str, name: str, owner: str = "") -> tuple[int, int] | None:
    """Where a text says the model's name first, as characters `start:end`; None where it does not."""
    found = [match for form in stems(name, owner) if (match := _pattern(form).search(text))]
    return min((match.span() for match in found), key=lambda span: (span[0], -span[1]), default=None)


def _pattern(form: str) -> re.Pattern[str]:
    """The form with anything but letters and digits between its parts, as a word of its own."""
    parts = r"[\W_]*".join(re.escape(part) for part in _PIECE.findall(form))
    return re.compile(rf"(?<![^\W_]){parts}(?![^\W\d_])", re.IGNORECASE)
