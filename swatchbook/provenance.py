"""Where a run was made: the versions and the machine that its texts depend on, and whom they are owed to."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from swatchbook import __version__
from swatchbook.calibrate import processor
from swatchbook.runs import Credit, Lane, ModelRef

if TYPE_CHECKING:
    from swatchbook.shelf import Pick, Shelf

LIBRARIES = ("torch", "transformers", "tokenizers")
"""Libraries whose version can change a text. Their metadata are read; they are not imported."""


@cache
def versions() -> dict[str, str]:
    """The version of everything that takes part in writing a text."""
    found = {"swatchbook": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@cache
def machine() -> str:
    """The processor: two of different kinds may round differently, and so write different texts."""
    return f"{processor()}, {platform.system()}"[:200]


def credits(lanes: list[Lane], shelf: Shelf) -> list[Credit]:
    """Whom each model of these lanes is owed to, as far as it is known here."""
    return credits_of((lane.model for lane in lanes), shelf)


def credits_of(refs: Iterable[ModelRef], shelf: Shelf) -> list[Credit]:
    """Whom each of these models is owed to, once each."""
    return [_credit(ref, shelf.known(ref)) for ref in dict.fromkeys(refs)]


def _credit(ref: ModelRef, pick: Pick | None) -> Credit:
    if pick is None:
        return Credit(model=ref)
    facts = pick.facts
    return Credit(
        model=ref,
        author=(facts.author or "")[:200],
        licence=(facts.licence or "")[:200],
        datasets=[name[:200] for name in facts.datasets[:20]],
        parents=[parent.repo[:200] for parent in facts.parents[:8]],
    )
