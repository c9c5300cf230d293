"""What happens when a visitor does something on the Browse tab.

Each action takes what the controls hold and returns what the page shows next.
Finding, reading and judging are `swatchbook.library`'s work, markup that of the
views. The layout is in `browse`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import gradio as gr

from components import browse_form
from components.render import ago, text
from components.views.beside import Column, beside_html
from components.views.documents import rest_html, rows_html
from components.views.dossier import head_html
from components.views.family import family_html
from components.views.swatches import Swatch, grid, results_html, shelf_html
from swatchbook.hub.catalogue import Page, Query, read_name
from swatchbook.hub.dossier import Dossier
from swatchbook.hub.errors import BadName, HubError
from swatchbook.hub.facts import Facts, File
from swatchbook.hub.fit import Machine
from swatchbook.hub.shelves import reasons, shelves, written
from swatchbook.library import Library
from swatchbook.runs import ModelRef, RunError
from swatchbook.shelf import Pick

MOST_BESIDE = 4
AGED = 120.0
"""Seconds from which the age of what is shown is said."""

ORDER = ("head", "family", "rows", "rest")
"""How the parts of the stage follow one another."""

_numbers = itertools.count(1)


@dataclass
class Stage:
    """What is being read closely: its parts by name, in the order in which they are shown."""

    query: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    dossier: Dossier | None = None
    id: int = field(default_factory=lambda: next(_numbers))

    def shown(self) -> dict[str, Any]:
        """New lists each time: the page is sent what differs."""
        ordered = sorted(self.parts.items(), key=lambda part: ORDER.index(part[0].partition("-")[0]))
        parts = [{"id": name, "html": markup} for name, markup in ordered]
        return {"number": next(_numbers), "id": self.id, "query": self.query, "parts": parts}


@dataclass
class Browsing:
    """One page's Browse tab on the server: the query, the way on, and what is on the stage."""

    query: Query = field(default_factory=Query)
    next: str | None = None
    shown: int = 0
    stage: Stage = field(default_factory=Stage)

    def __deepcopy__(self, memo: object) -> Browsing:
        """Each page begins with an empty one."""
        return Browsing()


@dataclass
class BrowseActions:
    """The tab's actions, on one library."""

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
            query = browse_form.read(values)
        except BadName as error:
            yield _listing(None, str(error), warn=True)
            return
        browsing.query, address = query, browse_form.address(query)
        yield _listing(None, "Asking the Hub…", query=address)
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
            query = browse_form.from_address(said)
        except BadName as error:
            yield _listing(None, str(error), warn=True), *(gr.skip() for _ in browse_form.FIELDS)
            return
        controls = browse_form.write(query or Query())
        if query is None:
            yield self.anew(browsing)
            return
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
        return _listing(
            grid(self._swatches(page.models)), self._status(browsing, page), append=True, more=page.next is not None
        )

    async def open(self, browsing: Browsing, event: gr.EventData) -> AsyncIterator[Any]:
        """A model's dossier: its facts, then its family as it grows."""
        name = str((event._data or {}).get("model", ""))
        async for shown in self.read(browsing, name):
            yield shown

    async def read(self, browsing: Browsing, name: str) -> AsyncIterator[Any]:
        """The dossier of the model that is called so."""
        stage = browsing.stage = Stage(query=_query(model=name))
        try:
            ref = _ref(name)
            stage.query = _query(model=_plain(ref))
            stage.parts["head"] = f'<p class="waiting">Opening {text(ref.repo)}…</p>'
            yield stage.shown()
            facts = None
            async for dossier in self.library.dossier(ref):
                facts = dossier.facts
                await asyncio.to_thread(self._put, stage, dossier)
                stage.query = _query(model=_plain(dossier.facts.ref))
                if browsing.stage is stage:
                    yield stage.shown()
            if facts is not None and facts.source == "hub":
                async for shown in self._family(browsing, stage, facts):
                    yield shown
        except (HubError, RunError) as error:
            stage.parts["head"] = f'<div class="notice" role="alert"><p>{text(str(error))}</p></div>'
            if browsing.stage is stage:
                yield stage.shown()

    async def rows(self, browsing: Browsing, event: gr.EventData) -> AsyncIterator[Any]:
        """Five rows of a dataset that the open dossier names."""
        dataset, stage = str((event._data or {}).get("dataset", "")), browsing.stage
        if stage.dossier is None or dataset not in stage.dossier.facts.datasets:
            return
        part = f"rows-{dataset}"
        stage.parts[part] = f'<p class="waiting">Asking for five rows of {text(dataset[:100])}…</p>'
        yield stage.shown()
        try:
            stage.parts[part] = rows_html(await self.library.rows(dataset))
        except HubError as error:
            stage.parts[part] = f'<div class="notice" role="alert"><p>{text(str(error))}</p></div>'
        if browsing.stage is stage:
            yield stage.shown()

    async def beside(self, browsing: Browsing, event: gr.EventData) -> AsyncIterator[Any]:
        """Two to four dossiers in one table."""
        async for shown in self.lay(browsing, str((event._data or {}).get("models", "")).split()):
            yield shown

    async def lay(self, browsing: Browsing, names: Sequence[str]) -> AsyncIterator[Any]:
        """These models side by side, four at most; one that cannot be had says why in its column."""
        names = list(dict.fromkeys(names))[:MOST_BESIDE]
        stage = browsing.stage = Stage(query=_query(beside=",".join(names)))
        stage.parts["head"] = '<p class="waiting">Laying them side by side…</p>'
        yield stage.shown()
        machine = self.library.machine()
        columns = await asyncio.gather(*(self._column(name, machine) for name in names))
        stage.parts["head"] = beside_html(columns)
        if browsing.stage is stage:
            yield stage.shown()

    def again(self, browsing: Browsing) -> Any:
        """The open dossier with its verdict judged anew: the model may have been fetched by now."""
        stage = browsing.stage
        if stage.dossier is None:
            return gr.skip()
        self._put_head(stage, stage.dossier)
        return stage.shown()

    def close(self, browsing: Browsing) -> None:
        """The visitor is back at the shelves: what was still coming for the stage is not sent."""
        browsing.stage = Stage()

    async def _family(self, browsing: Browsing, stage: Stage, facts: Facts) -> AsyncIterator[Any]:
        async for family in self.library.family(facts):
            stage.parts["family"] = family_html(family)
            if browsing.stage is not stage:
                return
            yield stage.shown()

    async def _column(self, name: str, machine: Machine) -> Column:
        """One model's dossier as a column, or the sentence that says why there is none."""
        try:
            ref, last = _ref(name), None
            async for dossier in self.library.dossier(ref):
                last = dossier
            assert last is not None, "a dossier is shown or refused"
            verdict = self.library.verdict(last.facts, machine, _all_files(last))
            return Column(ref.repo, last, verdict, about=self._about(ref))
        except (HubError, RunError) as error:
            return Column(name[:100], problem=str(error))

    def _about(self, ref: ModelRef) -> str:
        """One line on a model: the house's own, or the reason why it is on a shelf."""
        pick = self.library.shelf.known(ref)
        return (pick.blurb if pick else "") or reasons().get(ref.repo, "")

    def _put(self, stage: Stage, dossier: Dossier) -> None:
        stage.parts["rest"] = rest_html(dossier, self.library.hub.wire.hub)
        self._put_head(stage, dossier)
        # The card is on the page by now; a session need not hold it.
        stage.dossier = replace(dossier, card=None)

    def _put_head(self, stage: Stage, dossier: Dossier) -> None:
        pick = self.library.shelf.known(dossier.facts.ref) or Pick(dossier.facts.ref, dossier.facts, None)
        verdict = self.library.verdict(dossier.facts, self.library.machine(), _all_files(dossier))
        stage.parts["head"] = head_html(dossier, pick, verdict, self.library.hub.wire.hub)

    def _first(self, browsing: Browsing, page: Page, address: str) -> dict[str, Any]:
        house = self._house(browsing.query)
        browsing.next, browsing.shown = page.next, len(page.models) + len(house)
        markup = results_html(self._swatches([*house, *page.models]))
        return _listing(markup, self._status(browsing, page), query=address, more=page.next is not None)

    def _without(self, browsing: Browsing, error: HubError) -> dict[str, Any]:
        """What is here answers, where the Hub does not."""
        house = self._house(browsing.query, fetched=True)
        browsing.next, browsing.shown = None, len(house)
        said = " These models are here all the same." if house else ""
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
            parts.append(f"sorted among the {page.looked:,} changed last")
        elif page.looked > len(page.models):
            parts.append(f"{len(page.models):,} of the last {page.looked:,} looked through")
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
        "number": next(_numbers),
        "html": markup,
        "append": append,
        "more": more,
        "status": status,
        "query": query,
        "names": browse_form.names(),
        "warn": warn,
    }


def _query(**said: str) -> str:
    """What is on the stage, as the address says it."""
    return urlencode({name: value[:1000] for name, value in said.items()}, safe="/@,", errors="replace")


def _all_files(dossier: Dossier) -> tuple[File, ...] | None:
    """The files, unless there are others: a verdict from half a list would be wrong."""
    return None if dossier.more_files else dossier.files


def _ref(name: str) -> ModelRef:
    """The model that a press or an address names. Raises HubError or RunError."""
    return ModelRef.parse(name) if name.startswith("house/") else read_name(name)


def _plain(ref: ModelRef) -> str:
    """A model as the address names it: house models without their commit."""
    return str(ref.model_copy(update={"commit": None}) if ref.source == "house" else ref)
