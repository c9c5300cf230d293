"""The page: its header and its tabs, one `build` each, and how it is launched."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from components import afterwards, api, archive, browse, compare, opening, sketchpad, visit
from components.actions import Actions, Engine
from components.after import After
from components.archive_actions import ArchiveActions
from components.browse_actions import BrowseActions
from components.desk import desk
from components.disk_actions import DiskActions
from components.exhibits import Exhibits
from components.keep_actions import Keeping, keep_in
from components.launch import CACHE_SWEEP, WAITING
from components.launch import launch_options as launch_options
from components.opens import Opens
from components.palette_bar import QUICK, PaletteBar
from components.stage_actions import StageActions
from components.theme import html
from components.visit import Visits
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.library import Library
from swatchbook.settings import AppSettings
from swatchbook.sketch.publish.space import Publisher

SKIP = "<a class='skip' href='#tabs'>Skip to the tab's contents</a>"


def build(
    engine: Engine,
    settings: AppSettings,
    house: Path = HOUSE,
    library: Library | None = None,
    keeping: Keeping | None = None,
    publisher: Publisher | None = None,
) -> gr.Blocks:
    """The whole page on this engine, with these models: the library's, or the house models and the settings' Hub.

    What is kept goes to `keeping`, or into the settings' data folder.
    """
    library = library or Library(settings, house)
    keeping = keeping or keep_in(settings)
    with gr.Blocks(title="Swatchbook", analytics_enabled=False, fill_width=True, delete_cache=CACHE_SWEEP) as demo:
        gr.Navbar(visible=False)
        html(f'<header class="masthead">{SKIP}<h1>Swatchbook</h1></header>', elem_id="masthead")
        bar = PaletteBar(library.shelf, settings.public_address() or "")
        disk, finds, reads = DiskActions(library, bar), BrowseActions(library), StageActions(library)
        runs = Actions(engine, settings, bar, library.pace)
        after = After(library.shelf, keeping)
        opens = Opens(bar, after)
        api.build(api.Api(runs, keeping))  # before any event whose function has one of these names
        draft = afterwards.drafts()
        table = desk(engine, settings, library.shelf, keeping, publisher)
        with gr.Tabs(elem_id="tabs", selected="browse") as tabs:
            with gr.Tab("Browse", id="browse", render_children=True):
                found = browse.build(finds, reads, bar, disk)
            with gr.Tab("Compare", id="compare", render_children=True):
                made = compare.build(runs, opens, draft)
            with gr.Tab("Sketchpad", id="sketchpad", render_children=True):
                pad = sketchpad.build(table)
            with gr.Tab("Archive", id="archive", render_children=True):
                kept = archive.build(ArchiveActions(keeping, library.shelf))
        bar.wire()
        bar.bar.submit(after.keep_palette, [bar.lanes, bar.name], bar.notice, **QUICK)
        disk.wire(demo, found.shelves, found.stage).then(reads.again, found.browsing, found.stage, **QUICK)
        opening.wire(demo, opening.Opening(bar, runs, finds, reads), opens, tabs, made, found, kept, pad, table.opens)
    with demo.route("Visit", "visit", show_in_navbar=False):
        gr.Navbar(visible=False)
        visit.build(demo, Visits(table.pieces, Exhibits(keeping, library.shelf).find))
    demo.queue(max_size=WAITING, api_open=False)
    return demo
