"""Browse: models as artifacts, found, read, laid side by side, and picked.

Lays out the tab and wires its controls to `browse_actions` and `stage_actions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import browse_form
from components.browse_actions import BrowseActions
from components.browsing import Browsing
from components.disk_actions import DiskActions
from components.palette_bar import QUICK, PaletteBar
from components.stage_actions import StageActions
from components.theme import html, script
from components.views.swatches import legend_html

AT_ONCE = 16
"""Questions of all visitors that are answered at the same time; later ones wait in the queue."""
ASKS: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": AT_ONCE}
INTRO = (
    "Open models, as the people who made them describe them: what each is made of and from, who may do what with it,"
    " what nobody says, and whether it runs here. Put those you like on your palette; every tab uses it."
)
SHELVES = (
    '<p class="status" role="status"></p><div class="shelves"></div>'
    '<p class="more"><button type="button" class="load-more" data-on="expand" hidden>Load more</button></p>'
    '<div class="tray" hidden><span></span>'
    '<button type="button" data-on="submit" data-key="lay">Lay side by side</button>'
    '<button type="button" class="link">None of these</button></div>'
)
STAGE = (
    '<section class="stage" tabindex="-1" aria-label="A closer look" hidden>'
    '<button type="button" class="link back">Back to the shelves</button><div class="stage-body"></div></section>'
)


@dataclass
class Parts:
    """The tab's components that events read or change."""

    browsing: gr.State
    fields: list[gr.components.Component]
    go: gr.Button
    first: gr.Button
    shelves: gr.HTML
    stage: gr.HTML


def build(finds: BrowseActions, reads: StageActions, bar: PaletteBar, disk: DiskActions) -> Parts:
    """Lay out the tab inside the current block and wire it."""
    parts = _layout(disk)
    _wire_shelves(parts, finds)
    _wire_stage(parts, reads)
    bar.takes_from(parts.shelves)
    bar.takes_from(parts.stage)
    return parts


def _layout(disk: DiskActions) -> Parts:
    browsing = gr.State(Browsing())
    html(f'<h2 class="title">Browse: a book of swatches</h2><p class="intro">{INTRO}</p>', elem_id="browse-intro")
    with gr.Column(elem_id="finding"):
        with gr.Row(elem_id="look"):
            search, sort = browse_form.looking()
            go = gr.Button("Search", variant="primary", elem_id="find", scale=0, min_width=110)
        with gr.Row(elem_classes="folds"):
            with gr.Accordion("Filters", open=False):
                named = browse_form.filters()
            with gr.Accordion("What the colours and words say", open=False):
                html(legend_html())
            disk.layout()
            first = gr.Button("The first shelves", elem_id="first", size="sm", scale=0, min_width=120)
    fields = [{**named, "search": search, "sort": sort}[name] for name in browse_form.FIELDS]
    shelves = html(elem_id="shelves", html_template=SHELVES, js_on_load=script("shelves"))
    stage = html(elem_id="stage", html_template=STAGE, js_on_load=script("stage"))
    return Parts(browsing, fields, go, first, shelves, stage)


def _wire_shelves(parts: Parts, actions: BrowseActions) -> None:
    asked = [parts.browsing, *parts.fields]
    search = parts.fields[browse_form.FIELDS.index("search")]
    gr.on([parts.go.click, search.submit], actions.search, asked, parts.shelves, trigger_mode="always_last", **ASKS)
    parts.first.click(actions.anew, parts.browsing, [parts.shelves, *parts.fields], **QUICK)
    parts.shelves.input(actions.revisit, parts.browsing, [parts.shelves, *parts.fields], **ASKS)
    parts.shelves.expand(actions.more, parts.browsing, parts.shelves, trigger_mode="once", **ASKS)


def _wire_stage(parts: Parts, actions: StageActions) -> None:
    stage: dict[str, Any] = {"inputs": parts.browsing, "outputs": parts.stage, "trigger_mode": "multiple", **ASKS}
    gr.on([parts.shelves.select, parts.stage.select], actions.open, **stage)
    gr.on([parts.shelves.submit, parts.stage.submit], actions.beside, **stage)
    parts.stage.expand(actions.rows, **stage)
    parts.stage.clear(actions.close, parts.browsing, None, **QUICK)
