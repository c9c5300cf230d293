"""What happens when a visitor reads one model closely, or lays several side by side.

Each action returns what the stage shows next. Reading and judging are
`swatchbook.library`'s work, markup that of the views; finding models is in
`browse_actions`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from components.browsing import Browsing, Stage
from components.colour import swatch_colour
from components.render import text
from components.views.beside import Column, beside_html
from components.views.documents import rest_html, rows_html
from components.views.dossier import head_html
from components.views.family import family_html
from swatchbook.hub.catalogue import read_name
from swatchbook.hub.dossier import Dossier
from swatchbook.hub.errors import HubError
from swatchbook.hub.facts import Facts, File
from swatchbook.hub.fit import Machine
from swatchbook.library import Library
from swatchbook.runs import ModelRef, RunError
from swatchbook.shelf import Pick

MOST_BESIDE = 4


@dataclass
class StageActions:
    """The stage's actions, on one library."""

    library: Library

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
            said = f"{dataset[:100]}: {error}"
            stage.parts[part] = f'<div class="notice" role="alert"><p>{text(said)}</p></div>'
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
            conflict = next((row.conflict for row in family.rows if row.own and row.conflict), "")
            if conflict != stage.conflict and stage.dossier is not None:
                stage.conflict = conflict
                self._put_head(stage, stage.dossier)
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
            pick = self.library.shelf.known(ref)
            return Column(ref.repo, last, verdict, about=pick.blurb if pick else "", colour=swatch_colour(pick))
        except (HubError, RunError) as error:
            return Column(name[:100], problem=str(error))

    def _put(self, stage: Stage, dossier: Dossier) -> None:
        stage.parts["rest"] = rest_html(dossier, self.library.hub.wire.hub)
        self._put_head(stage, dossier)
        # The card is on the page by now; a session need not hold it.
        stage.dossier = replace(dossier, card=None)

    def _put_head(self, stage: Stage, dossier: Dossier) -> None:
        pick = self.library.shelf.known(dossier.facts.ref) or Pick(dossier.facts.ref, dossier.facts, None)
        verdict = self.library.verdict(dossier.facts, self.library.machine(), _all_files(dossier))
        stage.parts["head"] = head_html(dossier, pick, verdict, self.library.hub.wire.hub, stage.conflict)


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
