"""Model and dataset cards: front matter over plain text."""

from __future__ import annotations

from typing import Any

import yaml


def card(text: str, **front: Any) -> str:
    """A README.md. Without front matter it is the text alone."""
    if not front:
        return text
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n{text}"
