"""What one page's Browse tab remembers on the server: the query, the way on, and what is read closely.

Holds no library and asks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from components.numbered import numbered, numbers
from swatchbook.hub.catalogue import Query
from swatchbook.hub.dossier import Dossier

ORDER = ("head", "family", "rows", "rest")
"""How the parts of the stage follow one another."""


@dataclass
class Stage:
    """What is being read closely: its parts by name, in the order in which they are shown."""

    query: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    dossier: Dossier | None = None
    conflict: str = ""
    id: int = field(default_factory=lambda: next(numbers))

    def shown(self) -> dict[str, Any]:
        """New lists each time: the page is sent what differs."""
        ordered = sorted(self.parts.items(), key=lambda part: ORDER.index(part[0].partition("-")[0]))
        parts = [{"id": name, "html": markup} for name, markup in ordered]
        return numbered({"id": self.id, "query": self.query, "parts": parts})


@dataclass
class Browsing:
    """One page's Browse tab on the server: the query, the way on, how many models are shown, how many of
    them the Hub listed and how many were looked through for those, and what is on the stage."""

    query: Query = field(default_factory=Query)
    next: str | None = None
    shown: int = 0
    found: int = 0
    looked: int = 0
    stage: Stage = field(default_factory=Stage)

    def __deepcopy__(self, memo: object) -> Browsing:
        """Each page begins with an empty one."""
        return Browsing()
