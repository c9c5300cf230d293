"""Taking a run along: as a file of one of several formats, as a picture, or packed into a link.

The page's script makes the file out of what is answered here, so nothing lies on the server's disk for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.numbered import numbers
from components.palette_bar import notice
from components.session import Session
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.links import pack
from swatchbook.archive.plates.card import picture_html
from swatchbook.archive.plates.page import plate_html
from swatchbook.archive.plates.table import csv_text, jsonl_text
from swatchbook.runs import Run
from swatchbook.shelf import Shelf

FORMATS = {
    "json": ("The run as JSON", "everything; opens here again, today and later"),
    "html": ("A page", "one file to read, print or send, without a network"),
    "png": ("A picture", "the first samples of each model, for sharing"),
    "csv": ("A table, CSV", "one row for each sample; opens in a spreadsheet"),
    "jsonl": ("A table, JSON lines", "one line for each sample; for programs"),
}
"""Each format: its name, and what it is for."""
_MEDIA = {"json": "application/json", "html": "text/html", "csv": "text/csv", "jsonl": "application/jsonl"}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


@dataclass
class Taking:
    """Writes the session's run in the format that was asked for."""

    shelf: Shelf

    def take(self, session: Session, event: gr.EventData) -> Any:
        """A file for the page's script: its name, its kind and its content; `number` tells two of them apart."""
        run, kind = session.run, str((event._data or {}).get("format"))
        if run is None or session.performance is not None or kind not in FORMATS:
            return {"number": next(numbers), "problem": "The run is still being written; wait until it has ended."}
        if session.order and kind != "json":
            return {
                "number": next(numbers),
                "problem": "The names are hidden; reveal them before you take the run along.",
            }
        colours = {lane.id: session.look(self.shelf).colour(lane) for lane in run.lanes}
        made = {"number": next(numbers), "name": f"{_stem(run)}.{kind}", "media": _MEDIA.get(kind, "image/png")}
        return {**made, "content": self._content(run, kind, colours)}

    def _content(self, run: Run, kind: str, colours: dict[str, str]) -> str:
        writers: dict[str, Callable[[], str]] = {
            "json": run.to_json,
            "csv": lambda: csv_text(run),
            "jsonl": lambda: jsonl_text(run),
            "html": lambda: plate_html(run, colours),
            "png": lambda: picture_html(run, colours),
        }
        return writers[kind]()

    def packed(self, session: Session) -> tuple[Any, Any]:
        """The query of a link that carries the run itself, without its texts."""
        if session.run is None or session.performance is not None or session.order:
            return gr.skip(), notice("There is no finished run to link to; press Run first.")
        try:
            packed = pack("run", session.run)
        except ArchiveError as error:
            return gr.skip(), notice(str(error))
        return {"packed": packed, "number": next(numbers)}, ""


def _stem(run: Run) -> str:
    """A file's name without its ending: the title or the prompt's first words, and the day."""
    words = _NOT_IN_NAMES.sub("-", (run.title or run.template)[:60]).strip("-").lower()[:40].strip("-")
    return f"swatchbook-{words or 'run'}-{run.created[:10]}"
