"""What a page shows when it opens: what the address says, over what the browser kept, over the first example.

One event restores the controls of all tabs; then Browse fills its shelves, and
opens the dossier that the address names.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import archive, browse, browse_form, compare, form, sketchpad
from components.actions import Actions
from components.browse_actions import BrowseActions
from components.browsing import Browsing
from components.examples import examples
from components.opens import PACKED, Opens
from components.pad_open import EXAMPLE, RECORD, SKETCH, PadOpens
from components.palette_bar import QUICK, PaletteBar, Trail
from components.stage_actions import StageActions
from swatchbook.hub.catalogue import Query
from swatchbook.hub.errors import BadName

TABS = ("browse", "compare", "sketchpad", "archive")
SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": browse.AT_ONCE}


@dataclass
class Opening:
    """Restores a page: what is known at once, and then, of the palette, what the Hub has to be asked for."""

    bar: PaletteBar
    runs: Actions
    finds: BrowseActions
    reads: StageActions

    def controls(self, kept: Any, trail: Trail, request: gr.Request) -> tuple[Any, ...]:
        """The tab, the palette, a notice, Compare's controls and Browse's."""
        params, found = request.query_params, self.runs.restore(request)
        query, problem = _query(request)
        palette = self.bar.restore(kept, trail, examples()[0].palette(self.bar.shelf), request)
        trail.wanted.warnings += [*found.warnings, *([problem] if problem else [])]
        asked = params.get("tab") or _tab_of(params)
        return (
            gr.Tabs(selected=asked if asked in TABS else TABS[0]),
            *palette,
            found.prompt,
            *form.write(found.settings),
            *browse_form.write(query or Query()),
        )

    async def shelves(self, browsing: Browsing, request: gr.Request) -> AsyncIterator[Any]:
        """The models that the address asks for, or the first shelves."""
        query, _ = _query(request)
        if query is None:
            yield self.finds.shelves(browsing)
            return
        async for listing in self.finds.search(browsing, *browse_form.write(query)):
            yield listing

    async def stage(self, browsing: Browsing, request: gr.Request) -> AsyncIterator[Any]:
        """The dossier, or the models side by side, that the address names."""
        params = request.query_params
        if name := params.get("model"):
            async for shown in self.reads.read(browsing, name):
                yield shown
        elif names := params.get("beside"):
            async for shown in self.reads.lay(browsing, names.split(",")):
                yield shown


def wire(
    demo: gr.Blocks,
    opening: Opening,
    opens: Opens,
    tabs: gr.Tabs,
    made: compare.Parts,
    found: browse.Parts,
    kept: archive.Parts,
    pad: sketchpad.Parts,
    pad_opens: PadOpens,
) -> None:
    bar = opening.bar
    outputs = [tabs, *bar.shown, made.prompt, *made.fields, *found.fields]
    restored = demo.load(opening.controls, [bar.kept, bar.trail], outputs, **QUICK)
    learnt = restored.then(bar.learnt, [bar.lanes, bar.name, bar.trail], [*bar.shown, bar.notice], **QUICK)
    # The controls change one after the other, and the plan that follows each may have seen only some of them.
    learnt.then(opening.runs.plan, [bar.lanes, *made.asked], made.plan, **QUICK)
    page = [made.session, bar.lanes, bar.name, bar.trail]
    shown = compare.opened(made, bar)
    restored.then(opens.link, page, shown, **SLOW)
    kept.tab.select(opens.kept, page, shown, **SLOW)
    demo.load(pad_opens.link, pad.session, pad.opened, **SLOW)
    kept.tab.select(pad_opens.kept, pad.session, pad.opened, **SLOW)
    made.board.submit(pad_opens.from_run, [made.session, pad.session], pad.opened, **SLOW)
    made.after.sketch.click(pad_opens.from_run, [made.session, pad.session], pad.opened, **SLOW)
    pad.piece.click(opens.cell, [*page, pad.session], shown, **SLOW)
    demo.load(opening.shelves, found.browsing, found.shelves, **SLOW)
    demo.load(opening.stage, found.browsing, found.stage, **SLOW)


def _tab_of(params: Mapping[str, str]) -> str:
    """The tab that an address without one means."""
    if {SKETCH, RECORD, EXAMPLE} & set(params) or ".sketch." in params.get(PACKED, "")[:24]:
        return "sketchpad"
    return "compare" if {"prompt", "run", PACKED} & set(params) else TABS[0]


def _query(request: gr.Request) -> tuple[Query | None, str]:
    """What the address looks for, or why that cannot be looked for."""
    try:
        return browse_form.from_address(request.query_params), ""
    except BadName as error:
        return None, str(error)
