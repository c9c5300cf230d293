"""What happens on the Archive tab: finding, paging, families, deleting.

Which documents a visitor has kept is known to the browser alone, which sends
their ids along. The layout is in `archive`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.keep_actions import Keeping
from components.numbered import numbered
from components.views.archive import KINDS, entries_html, family_html
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.store import PAGE, Query
from swatchbook.shelf import Shelf

COPIED = (
    "Deleted here. Its copy in the archive repository follows; that dataset's history on the Hub still holds it until"
    " whoever owns the dataset clears it."
)


@dataclass
class ArchiveActions:
    """Each answer is drawn by the tab's script; `number` tells two of them apart."""

    keeping: Keeping
    shelf: Shelf

    def press(self, event: gr.EventData) -> dict[str, Any]:
        data = event._data or {}
        try:
            match str(data.get("act")):
                case "find":
                    return self._found(data)
                case "family":
                    return self._family(data)
                case "delete":
                    return self._deleted(data)
            return _answer()
        except ArchiveError as error:
            return _answer(problem=str(error))

    def _found(self, data: dict[str, Any]) -> dict[str, Any]:
        models = self.keeping.archive.models()
        typed = str(data.get("model", "")).strip()[:200]
        fitting = _fitting(typed, models)
        if len(fitting) != 1:
            some = f"Several models are called so: {', '.join(fitting[:6])}; choose one."
            problem = some if fitting else f"No listed run holds a model called {typed}; choose one from the list."
            return _answer(problem=problem)
        query = _query(data, fitting[0])
        entries = self.keeping.archive.find(query)
        return _answer(
            list=entries_html(entries, self.shelf),
            append=query.before is not None,
            more=entries[-1].number if len(entries) == PAGE else None,
            status=_told(len(entries), query),
            models=models,
            about=self._about(),
        )

    def _about(self) -> str:
        """What is to be known of the archive itself: a damaged file that was moved aside, or what is still to come."""
        mirror = self.keeping.mirror
        if mirror is not None and (left := mirror.state().returning):
            return f"This disk was empty: {left} documents are still being brought back from the archive repository."
        return self.keeping.archive.file.news

    def _family(self, data: dict[str, Any]) -> dict[str, Any]:
        id = str(data.get("id", ""))[:64]
        return _answer(family=family_html(self.keeping.archive.family(id, _own(data)), id))

    def _deleted(self, data: dict[str, Any]) -> dict[str, Any]:
        id, key = str(data.get("id", ""))[:64], str(data.get("key", ""))[:64].strip()
        if not self.keeping.archive.delete(id, key):
            return _answer(problem="Nothing was deleted: this is not the key of it, or it is gone already.")
        if self.keeping.mirror is None:
            return _answer(gone=id, status="Deleted.")
        self.keeping.mirror.nudge()
        return _answer(gone=id, status=COPIED)


def _answer(**said: Any) -> dict[str, Any]:
    return numbered(said)


def _own(data: dict[str, Any]) -> tuple[str, ...]:
    own = data.get("own", [])
    return tuple(str(id)[:64] for id in own[:500]) if isinstance(own, list) else ()


def _fitting(typed: str, models: list[str]) -> list[str]:
    """The models that are meant by what was typed: a whole name as it is, else those whose names hold it."""
    if not typed or "/" in typed or typed in models:
        return [typed]
    return [name for name in models if typed.casefold() in name.casefold()]


def _query(data: dict[str, Any], model: str) -> Query:
    kind, before = str(data.get("kind", "")), str(data.get("before") or "")
    return Query(
        text=str(data.get("text", "")),
        kind=kind if kind in KINDS else "",
        model=model,
        own=_own(data),
        only_own=bool(data.get("mine")),
        before=int(before[:15]) if before.isdigit() else None,
    )


def _told(count: int, query: Query) -> str:
    """What a search found, in words."""
    if query.before is not None:
        return f"{count} more."
    if count:
        newest = "The newest " if count == PAGE else ""
        return f"{newest}{count} document{'' if count == 1 else 's'}, newest first."
    if query.only_own:
        return "Nothing that was kept from this browser fits."
    if query.text or query.kind or query.model:
        return "Nothing listed fits. Fewer words find more; what is not listed opens by its link alone."
    return "Nothing is listed yet. Keep a run in Compare, and list it, to find it here."
