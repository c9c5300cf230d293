"""The visit page: one piece and nothing else, as its visitor sees it. A published piece is this page alone.

It takes what the visitor wrote and nothing more: the sketch is the server's own.
Where a model cannot answer, what it wrote before stands in for it, and that is said.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from components import render
from components.numbered import numbered
from components.piece_actions import Pieces, PieceSession, fault, posted
from components.theme import html, script
from components.views.cards import Cards
from components.views.piece import form_html, front_html, made_html
from swatchbook.runs import Credit, RunError
from swatchbook.sketch.fits import fitting
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.record import Record
from swatchbook.sketch.values import ValueFault, accept

PIECE = """<div class="piece"><div class="front"></div><div class="asks"></div><div class="told" role="status"></div>
<p class="sr" role="status"></p><div class="results"></div><div class="behind-place"></div>
<div class="made-place"></div></div>"""
RUNS_AT_ONCE = 8
"""Visitors whose runs go at the same time; later ones wait in the queue."""
SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
TAKEN = {"values", "seed", "run"}
"""What the page may post: what the visitor wrote, the dice, and the number of the run."""
ONLY_VALUES = "This page takes what a visitor wrote and nothing else; the sketch is its own."


@dataclass
class Exhibit:
    """A sketch that is shown, its recorded results, and whom it is owed to. `back` leads to it in a pad, as markup."""

    sketch: Sketch
    text: str
    records: list[Record] = field(default_factory=list)
    lineage: list[Ancestor] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    back: str = ""


@dataclass
class Visit(PieceSession):
    """One visitor's page."""

    exhibit: Exhibit | None = None

    def __deepcopy__(self, memo: object) -> Visit:
        return Visit()


Find = Callable[[Mapping[str, str]], Exhibit]
"""The piece that an address names. Raises RunError with one sentence."""


@dataclass
class Visits:
    """What happens on the page."""

    pieces: Pieces
    find: Find

    async def open(self, visit: Visit, request: gr.Request) -> dict[str, Any]:
        """The piece as it stands before anybody has written anything: with its first recorded result, if it has one."""
        try:
            visit.exhibit = shown = await asyncio.to_thread(self.find, dict(request.query_params))
        except RunError as error:
            return fault(error)
        shown.records = fitting(shown.records, shown.sketch)
        first = next(iter(shown.records), None)
        values = first.values if first else accept(shown.sketch, {})
        value = {
            "front": front_html(shown.sketch),
            "form": form_html(shown.sketch, values),
            "made": made_html(shown.sketch, shown.text, shown.lineage, shown.credits, shown.back),
        }
        return numbered({**value, **(self._recorded(shown, first, "") if first else {"steps": [], "behind": ""})})

    async def play(self, visit: Visit, event: gr.EventData) -> AsyncIterator[dict[str, Any]]:
        """Perform the piece with what the visitor wrote; a model's failure brings out a recorded result."""
        data, shown, record = event._data or {}, visit.exhibit, None
        try:
            if shown is None:
                raise RunError("There is no piece on this page; open it by its link again.")
            if not isinstance(data, dict) or data.keys() - TAKEN:
                raise ValueFault(ONLY_VALUES)
            async with contextlib.aclosing(self.pieces.run(visit, shown.sketch, shown.text, data)) as states:
                async for value, ended in states:
                    record = ended
                    yield value
        except RunError as error:
            yield fault(error)
            return
        if record and shown.records and _failed(record, shown.sketch):
            why = next(cell.error for cell in record.cells if cell.error)
            stands_in = self._recorded(shown, nearest(shown.records, record.values), why or "")
            yield numbered({**stands_in, "running": False})

    async def stop(self, visit: Visit, event: gr.EventData) -> None:
        visit.halt(posted(event))

    def _recorded(self, shown: Exhibit, record: Record, why: str) -> dict[str, Any]:
        """A recorded result, and why it is shown."""
        cards = Cards(shown.sketch, self.pieces.colour, compares=False)
        on = f" on {record.created[:10]}" if record.created else ""
        said = f"Written{on}, with the words above. Press Run for one of your own."
        if why:
            written = ", ".join(f"{name}: {value}" for name, value in record.values.items())
            said = f"{why} Shown instead is what was written{on}{f' for {written}' if written else ''}."
        told = f'<p class="small recorded">{render.text(said)}</p>'
        return {"steps": cards.steps(record.cells), "behind": cards.behind(record.cells), "told": told}


def _failed(record: Record, sketch: Sketch) -> bool:
    """Whether nothing came that a visitor is to see, because something failed."""
    seen = [cell for cell in record.cells if cell.step in sketch.shown and not cell.skipped]
    return any(cell.status == "failed" for cell in record.cells) and all(cell.status != "done" for cell in seen)


def nearest(records: list[Record], values: Mapping[str, str]) -> Record:
    """The recorded result whose values have most in common with these."""
    return max(records, key=lambda record: sum(record.values.get(name) == value for name, value in values.items()))


def build(demo: gr.Blocks, visits: Visits) -> None:
    """Lay the page out inside the current block and wire it."""
    visit = gr.State(Visit())
    piece = html(None, elem_id="visit", html_template=PIECE, js_on_load=script("piece"))
    demo.load(visits.open, visit, piece, concurrency_limit=RUNS_AT_ONCE, **SLOW)
    piece.submit(visits.play, visit, piece, concurrency_limit=RUNS_AT_ONCE, trigger_mode="multiple", **SLOW)
    piece.input(visits.stop, visit, None, queue=False, **SLOW)
