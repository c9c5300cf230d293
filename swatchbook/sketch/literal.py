"""A foreign text as a piece of a template that says exactly that text, whatever stands before and after it."""

from __future__ import annotations

import re

_MEANS = re.compile(r"\\(?=[\\#\[\]{,]|\Z)|#(?=[A-Za-z][A-Za-z0-9_]*[.#]|\[)|\[(?=[A-Za-z][A-Za-z0-9_]*:)|\{(?=\{|\Z)")
"""What a template would not take for itself. At the end, a brace or a \\ could get company."""


def literal(text: str) -> str:
    """The text with a \\ before each character that would mean something."""
    return _MEANS.sub(r"\\\g<0>", text)
