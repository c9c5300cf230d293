"""Fetching models and keeping the disk in order, as the page shows it.

A strip under the palette follows every fetch; a list in Browse shows what is
on disk. Fetching itself is `swatchbook.hub.fetch`'s work, the list that of
`disk`. Whoever presses Fetch is known by the page's session alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from components.palette_bar import QUICK, PaletteBar, Trail, notice
from components.theme import html, script
from components.views.disk import arrived_html, disk_html, stopped_html, strip_html
from swatchbook.hub.errors import Absent, HubError, Refused
from swatchbook.library import Library
from swatchbook.runs import ModelRef, RunError

FETCHES: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "multiple",
    "concurrency_limit": 64,
    "concurrency_id": "fetches",
}
"""Following a fetch takes next to nothing, so many may do it."""

SHARED_IDLE = 3600.0
"""Seconds for which a model has to lie unused before a visitor of a public Space may delete it: it may be another's."""


@dataclass
class DiskActions:
    """The strip, the list and what happens on them."""

    library: Library
    bar: PaletteBar
    strip: gr.HTML = field(init=False)
    list: gr.HTML = field(init=False)
    fold: gr.Accordion = field(init=False)
    order: gr.Radio = field(init=False)

    def __post_init__(self) -> None:
        self.strip = html(elem_id="strip", html_template="<div></div>", js_on_load=script("strip"))

    def layout(self) -> None:
        """The list, inside the current block."""
        with gr.Accordion("On this disk", open=False) as self.fold:
            choices = [("biggest first", "biggest"), ("longest unused first", "oldest")]
            self.order = gr.Radio(choices, value="biggest", label="Order", elem_id="disk-order")
            self.list = html(elem_id="kept", js_on_load=script("presses"))

    def wire(self, demo: gr.Blocks, *parts: gr.HTML) -> gr.events.Dependency:
        """Presses on the bar, the list and these parts fetch models; call it when all is laid out.

        Returns the event after which a fetch is over.
        """
        fetched = gr.on(
            [part.play for part in (self.bar.bar, self.bar.notice, self.list, *parts)],
            self.fetch,
            self.bar.trail,
            [self.strip, self.bar.notice],
            **FETCHES,
        ).then(self.listed, self.order, self.list, **QUICK)
        # Drawn from the palette as it is by then: it may have changed while the model came.
        fetched.then(self.bar.chips, self._palette, self.bar.bar, **QUICK)
        gr.on([self.fold.expand, self.order.change], self.listed, self.order, self.list, **QUICK)
        self.strip.delete(self.stop, None, [self.strip, self.bar.notice], **QUICK)
        deleted = self.list.delete(self.delete, self.order, [self.list, self.bar.notice], **QUICK)
        deleted.then(self.bar.chips, self._palette, self.bar.bar, **QUICK)
        self.bar.takes_from(self.list)
        demo.load(self.follow, None, self.strip, **{**FETCHES, "concurrency_id": "followers"})
        demo.unload(self.leave)
        return fetched

    @property
    def _palette(self) -> Any:
        return [self.bar.lanes, self.bar.name, self.bar.trail]

    async def fetch(self, trail: Trail, request: gr.Request, event: gr.EventData) -> AsyncIterator[tuple[Any, Any]]:
        """Fetch a model and follow it to its end. Between, the notice belongs to whatever else the visitor does."""
        trail.told = False
        yield gr.skip(), '<div class="notice"><p>Asking the Hub which files this model needs…</p></div>'
        try:
            ref = await self._begin(str((event._data or {}).get("model", "")), asker(request))
            yield self._strip(), ""
            async for _ in self.library.fetcher.watch(ref):
                yield self._strip(), gr.skip()
        except (HubError, RunError) as error:
            yield self._strip(), notice(str(error))
            return
        trail.told = False
        yield self._strip(), self._ending(ref)

    async def follow(self) -> AsyncIterator[str]:
        """Show the fetches that go on when a page is opened, until none does."""
        while going := self.library.fetcher.going():
            with contextlib.suppress(Absent):  # it was over, and forgotten, between the two questions
                async for _ in self.library.fetcher.watch(going[0].ref):
                    yield self._strip()
        yield self._strip()

    def stop(self, request: gr.Request, event: gr.EventData) -> tuple[str, str]:
        """Stop a fetch, unless someone else who is here wants it too; what has come stays for the next time."""
        try:
            ref = ModelRef.parse(str((event._data or {}).get("model", "")))
            stopped = self.library.fetcher.cancel(ref, asker(request))
        except (HubError, RunError) as error:
            return self._strip(), notice(str(error))
        if stopped:
            return self._strip(), stopped_html(ref)
        return self._strip(), notice(f"Someone else here waits for {ref.repo} too, so it is fetched to its end.")

    def leave(self, request: gr.Request) -> None:
        """A page was closed: its fetches go on, and no longer count as asked for by someone present."""
        self.library.fetcher.leave(None, asker(request))

    def listed(self, order: str) -> str:
        """What is on disk."""
        disk = self.library.disk
        return disk_html(disk.models("oldest" if order == "oldest" else "biggest"), disk.left(), disk.most, disk.free())

    def delete(self, order: str, event: gr.EventData) -> tuple[str, str]:
        """Delete one model from disk."""
        problem = ""
        idle = SHARED_IDLE if self.library.settings.on_space else 0.0
        try:
            self.library.disk.delete(ModelRef.parse(str((event._data or {}).get("model", ""))), idle)
        except (HubError, RunError) as error:
            problem = notice(str(error))
        return self.listed(order), problem

    async def _begin(self, said: str, who: str) -> ModelRef:
        """Start the fetch, once it is known that the model could be run. Raises HubError or RunError."""
        facts = await self.library.catalogue.facts(ModelRef.parse(said))
        files = await self.library.files(facts.ref)
        verdict = self.library.verdict(facts, self.library.machine(), files)
        if verdict.word == "not here":
            raise Refused(f"{facts.name} is not fetched: {verdict.why}")
        return self.library.fetcher.start(facts, who).ref

    def _ending(self, ref: ModelRef) -> str:
        """What is said of a fetch that is over."""
        ended = self.library.fetcher.progress(ref)
        if ended is not None and ended.problem:
            return notice(ended.problem)
        return arrived_html(ref) if self.library.disk.find(ref) else ""

    def _strip(self) -> str:
        return strip_html(self.library.fetcher.going())


def asker(request: gr.Request) -> str:
    """Who asks, as one page's session."""
    return str(request.session_hash or "")
