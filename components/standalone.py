"""A published piece as a page: what its visitors see, made of the files in its folder, and nothing else.

The page that the app shows under a link and this one are the same; only where the
sketch, its models and their credits come from differs.
"""

from __future__ import annotations

import hashlib

import gradio as gr

from components.colour import GREY, shade
from components.launch import CACHE_SWEEP, WAITING
from components.piece_actions import Pieces
from components.visit import Exhibit, Visits, build
from swatchbook import house
from swatchbook.runs import ModelRef, RunError
from swatchbook.settings import AppSettings
from swatchbook.sketch.play import Performs
from swatchbook.sketch.publish.contents import Contents
from swatchbook.sketch.publish.stock import Stock


def page(contents: Contents, stock: Stock, engine: Performs, settings: AppSettings) -> gr.Blocks:
    """The whole page of one piece."""
    title = contents.sketch.title
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True, delete_cache=CACHE_SWEEP) as demo:
        build(demo, visits(contents, stock, engine, settings))
    demo.queue(max_size=WAITING, api_open=False)
    return demo


def visits(contents: Contents, stock: Stock, engine: Performs, settings: AppSettings) -> Visits:
    """What happens on it: whatever its address says, it is about this piece."""
    owed = contents.owed
    shown = Exhibit(contents.sketch, contents.text, contents.records, owed.lineage, owed.credits)
    pieces = Pieces(engine, stock.locate, colour, lambda refs: list(map(contents.credit, refs)), settings.deadline)
    return Visits(pieces, lambda _: shown)


def colour(ref: ModelRef | None) -> str:
    """A model's colour: a house model's own, or one that its name decides."""
    if ref is None:
        return GREY
    try:
        model = house.find(ref)
        return shade(model.hue, model.parameters)
    except RunError:
        return shade(int.from_bytes(hashlib.sha256(ref.repo.encode()).digest()[:4], "big") % 360, None)
