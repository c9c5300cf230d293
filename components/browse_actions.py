"""What happens when a visitor looks for models on the Browse tab.

Each action takes what the controls hold and returns what the shelves show next.
Finding and judging are `swatchbook.library`'s work, markup that of the views;
what is read closely is in `stage_actions`, the layout in `browse`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr

from components import browse_form
from components.browsing import Browsing
from components.numbered import numbers
from components.render import ago
from components.views.swatches import Swatch, grid, results_html, shelf_html
from swatchbook.hub.catalogue import Page, Query
from swatchbook.hub.errors import BadName, HubError
from swatchbook.hub.facts import Facts
from swatchbook.hub.fit import Machine
from swatchbook.hub.shelves import shelves, written
from swatchbook.library import Library
from swatchbook.shelf import Pick

AGED = 120.0
"""Seconds from which the age of what is shown is said."""


@dataclass
class BrowseActions:
    """The shelves' actions, on one library."""

    library: Library

    def shelves(self, browsing: Browsing) -> dict[str, Any]:
        """The first visit's shelves, without asking anybody."""
        browsing.query, browsing.next = Query(), None
        machine = self.library.machine()
        parts = []
        for shelf in shelves():
            entries = [(entry.facts, entry.why) for entry in shelf.entries]
            if shelf.house:
                entries = [(pick.facts, pick.blurb) for pick in self.library.shelf.house()]
            swatches = [self._swatch(facts, machine, why) for facts, why in entries]
            parts.append(shelf_html(shelf.title, shelf.line, swatches))
        status = f"The facts on these shelves were written down on {written()}; a dossier asks the Hub anew."
        return _listing("".join(parts), status, query="")

    def anew(self, browsing: Browsing) -> tuple[Any, ...]:
        """The first visit's shelves, and controls that ask for nothing."""
        return self.shelves(browsing), *browse_form.write(Query())

    async def search(self, browsing: Browsing, *values: Any) -> AsyncIterator[dict[str, Any]]:
        """The models that the controls ask for; what was known first, what the Hub says now after it."""
        try:
            query = await asyncio.to_thread(browse_form.read, values)
        except BadName as error:
            yield _listing(None, str(error), warn=True)
            return
        browsing.query, address = query, browse_form.address(query)
        yield {**_listing(None, "Asking the Hub…", query=address), "waiting": True}
        try:
            async for page in self.library.catalogue.pages(query):
                if browsing.query is not query:
                    return
                yield self._first(browsing, page, address)
        except HubError as error:
            if browsing.query is query:
                yield self._without(browsing, error)

    async def revisit(self, browsing: Browsing, event: gr.EventData) -> AsyncIterator[tuple[Any, ...]]:
        """Back or forward: what the address looks for now, on the controls and on the page."""
        said = dict(parse_qsl(str((event._data or {}).get("query", ""))[:4000].removeprefix("?")))
        try:
            query = await asyncio.to_thread(browse_form.from_address, said)
        except BadName as error:
            yield _listing(None, str(error), warn=True), *(gr.skip() for _ in browse_form.FIELDS)
            return
        if query is None:
            yield self.anew(browsing)
            return
        controls = browse_form.write(query)
        async for listing in self.search(browsing, *controls):
            yield listing, *controls

    async def more(self, browsing: Browsing) -> Any:
        """The next page, added below."""
        query, at = browsing.query, browsing.next
        if at is None:
            return _listing("", "That is all.", append=True)
        try:
            page = await self.library.catalogue.page(query, at)
        except HubError as error:
            return _listing("", str(error), append=True, more=True, warn=True)
        if browsing.query is not query or browsing.next != at:
            return gr.skip()
        browsing.next = page.next
        browsing.shown += len(page.models)
        browsing.found += len(page.models)
        browsing.looked += page.looked
        return _listing(
            grid(self._swatches(page.models)), self._status(browsing, page), append=True, more=page.next is not None
        )

    def _first(self, browsing: Browsing, page: Page, address: str) -> dict[str, Any]:
        house = self._house(browsing.query)
        browsing.next, browsing.shown = page.next, len(page.models) + len(house)
        browsing.found, browsing.looked = len(page.models), page.looked
        markup = results_html(self._swatches([*house, *page.models]))
        return _listing(markup, self._status(browsing, page), query=address, more=page.next is not None)

    def _without(self, browsing: Browsing, error: HubError) -> dict[str, Any]:
        """What is here answers, where the Hub does not."""
        house = self._house(browsing.query, fetched=True)
        browsing.next, browsing.shown = None, len(house)
        said = " These models are here all the same." if house else " The first shelf works all the same."
        return _listing(results_html(self._swatches(house)), f"{error}{said}", warn=True)

    def _house(self, query: Query, fetched: bool = False) -> list[Facts]:
        """Models that lie here and answer the query: the house's, and without the Hub what was fetched."""
        picks = self.library.shelf.here() if fetched else self.library.shelf.house()
        return [pick.facts for pick in picks if query.finds(pick.facts)]

    def _swatches(self, models: Sequence[Facts]) -> list[Swatch]:
        machine = self.library.machine()
        return [self._swatch(facts, machine) for facts in models]

    def _swatch(self, facts: Facts, machine: Machine, why: str = "") -> Swatch:
        shelf = self.library.shelf
        known = shelf.known(facts.ref)
        pick = known if known and known.facts == facts else Pick(facts.ref, facts, shelf.hue(facts))
        return Swatch(pick, self.library.verdict(facts, machine), why)

    def _status(self, browsing: Browsing, page: Page) -> str:
        """How many models are shown, of how many looked through, and how old that is."""
        shown = f"{browsing.shown:,} model{'' if browsing.shown == 1 else 's'}{' so far' if page.next else ''}"
        parts = [shown if browsing.shown else "No model that the Hub lists answers to all of this; ask for less"]
        if browsing.query.sort == "unsung":
            again = ", each batch by itself" if browsing.looked > page.looked else ""
            parts.append(f"sorted among the {browsing.looked:,} changed last{again}")
        elif browsing.looked > browsing.found:
            parts.append(f"{browsing.looked:,} looked through")
        if page.problem or page.age > AGED:
            parts.append(f"as the Hub had it {ago(page.age)}")
        return " · ".join(parts) + "." + (f" {page.problem}" if page.problem else "")


def _listing(
    markup: str | None,
    status: str,
    *,
    append: bool = False,
    more: bool = False,
    query: str | None = None,
    warn: bool = False,
) -> dict[str, Any]:
    """What the page is sent of the shelves; None for markup or query leaves what is there."""
    return {
        "number": next(numbers),
        "html": markup,
        "append": append,
        "more": more,
        "status": status,
        "query": query,
        "names": browse_form.names(),
        "warn": warn,
    }
