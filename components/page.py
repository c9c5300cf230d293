"""The page: its header and its tabs, one `build` each, and how it is launched."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from components import afterwards, api, archive, browse, compare, opening
from components.actions import Actions, Engine
from components.after import After
from components.archive_actions import ArchiveActions
from components.browse_actions import BrowseActions
from components.disk_actions import DiskActions
from components.guard import Guard
from components.keep_actions import Keeping, keep_in
from components.opens import Opens
from components.palette_bar import QUICK, PaletteBar
from components.stage_actions import StageActions
from components.theme import html, page_options, routes
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.library import Library
from swatchbook.runs import MAX_DOCUMENT
from swatchbook.settings import AppSettings

WAITING = 24
"""Actions that may wait in the queue; the next one is told to try again."""
CACHE_SWEEP = (600, 3600)
"""Seconds between two sweeps of downloaded files, and the age at which one is swept."""


# Gradio sums up its queue's statistics with pandas after every event; nobody reads them here.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")


def build(
    engine: Engine,
    settings: AppSettings,
    house: Path = HOUSE,
    library: Library | None = None,
    keeping: Keeping | None = None,
) -> gr.Blocks:
    """The whole page on this engine, with these models: the library's, or the house models and the settings' Hub.

    What is kept goes to `keeping`, or into the settings' data folder.
    """
    library = library or Library(settings, house)
    keeping = keeping or keep_in(settings)
    with gr.Blocks(title="Swatchbook", analytics_enabled=False, fill_width=True, delete_cache=CACHE_SWEEP) as demo:
        html('<header class="masthead"><h1>Swatchbook</h1></header>', elem_id="masthead")
        bar = PaletteBar(library.shelf, settings.public_address() or "")
        disk, finds, reads = DiskActions(library, bar), BrowseActions(library), StageActions(library)
        runs = Actions(engine, settings, bar, library.pace)
        after = After(library.shelf, keeping)
        opens = Opens(bar, after)
        api.build(api.Api(runs, keeping))  # before any event whose function has one of these names
        draft = afterwards.drafts()
        with gr.Tabs(elem_id="tabs", selected="browse") as tabs:
            with gr.Tab("Browse", id="browse", render_children=True):
                found = browse.build(finds, reads, bar, disk)
            with gr.Tab("Compare", id="compare", render_children=True):
                made = compare.build(runs, opens, draft)
            with gr.Tab("Archive", id="archive", render_children=True):
                kept = archive.build(ArchiveActions(keeping, library.shelf))
        bar.wire()
        bar.bar.submit(after.keep_palette, [bar.lanes, bar.name], bar.notice, **QUICK)
        disk.wire(demo, found.shelves, found.stage).then(reads.again, found.browsing, found.stage, **QUICK)
        opening.wire(demo, opening.Opening(bar, runs, finds, reads), opens, tabs, made, found, kept)
    demo.queue(max_size=WAITING, api_open=False)
    return demo


def launch_options(settings: AppSettings) -> dict[str, Any]:
    """What `launch` is given: the look, the guard, and Gradio's extras turned off."""
    return {
        "server_name": settings.host,
        "server_port": settings.port or None,
        "app_kwargs": {"middleware": [Middleware(Guard, origins=own_origins(settings))], "routes": routes()},
        "max_file_size": MAX_DOCUMENT,
        "state_session_capacity": 500,
        "run_history": False,
        "footer_links": [],
        "ssr_mode": False,
        "enable_monitoring": False,
        "pwa": False,
        "mcp_server": False,
        "share": settings.share,
        **page_options(),
    }


def own_origins(settings: AppSettings) -> list[str]:
    """Where a Space's page is served, in case the proxy before it changes the Host header."""
    if settings.space_id is None:
        return []
    return [f"https://{re.sub('[^a-z0-9]+', '-', settings.space_id.lower())}.hf.space"]
