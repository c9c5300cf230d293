"""What the archive needs to know of a document, whatever its kind.

A kind is one file in `kinds/`, which makes a `Kind` called KIND. Knows no
database and no file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from swatchbook.archive.errors import ArchiveError

SHOWN = 160
"""Most characters of a line in a list."""


class Document(Protocol):
    """What every kind's document has; `parent` is the id of the one that it came of."""

    id: str
    title: str
    created: str
    parent: str | None

    def to_json(self) -> str: ...

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Words:
    """What a document can be found by."""

    title: str = ""
    prompt: str = ""
    text: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: how it is read, found, shown in a list, and carried in a link.

    `read` raises ArchiveError or RunError. `packed` is the document without what no link can hold.
    """

    name: str
    parameter: str
    """The address's parameter that opens one: `?run=<id>`."""
    version: int
    read: Callable[[bytes], Any]
    words: Callable[[Any], Words]
    models: Callable[[Any], list[str]]
    """The models in it, without their commits, as `house/name` or `owner/name`."""
    brief: Callable[[Any], str]
    """One line that says what it is, for a list."""
    packed: Callable[[Any], Any]
    relation: Callable[[Any], str] = lambda _document: ""
    """How it came of its parent."""


def cut(text: str) -> str:
    """A text as one line of a list."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


@cache
def kinds() -> dict[str, Kind]:
    """Every kind there is, by its name."""
    from swatchbook.archive import kinds as folder

    names = [f"{folder.__name__}.{found.name}" for found in pkgutil.iter_modules(folder.__path__)]
    modules = [importlib.import_module(name) for name in names]
    return {module.KIND.name: module.KIND for module in modules}


def kind_of(name: str) -> Kind:
    """Raises ArchiveError for a kind that is not known here."""
    if name not in kinds():
        raise ArchiveError(f"This is a {name[:40]!r}, which this Swatchbook does not know; update it to open this.")
    return kinds()[name]
