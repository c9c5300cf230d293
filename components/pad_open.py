"""Opening a sketch on the pad: an example, a file, a link, what was kept, or a run that becomes one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.gallery import gallery, named
from components.keep_actions import Keeping
from components.numbered import numbers
from components.opens import PACKED
from components.pad_draft import give_back
from components.pad_session import Origin, PadSession
from components.piece_actions import posted
from components.session import Session
from components.share_actions import Sharing
from components.views.share import notice_html
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.links import unpack
from swatchbook.runs import RunError
from swatchbook.sketch.dotprompt import from_dotprompt
from swatchbook.sketch.from_run import sketch_of
from swatchbook.sketch.kept import Ancestor, KeptSketch, read_kept
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import examine
from swatchbook.sketch.record import Record, read_record
from swatchbook.sketch.workflow import from_workflow

SKETCH, RECORD, EXAMPLE = "sketch", "record", "example"
"""Parameters of an address that open a sketch: what was kept, a result of one, and one that comes with the house."""
EMPTY = """sketch: 1
title: A new sketch
inputs:
  name:
    ask: Who is it for?
    default: Ada
steps:
  - id: letter
    prompt: "Dear {{name}},"
    model: house/lighthouse-keeper
"""
_OURS = re.compile(rb'\{\s*"(record|sketch)"\s*:')
MADE = (
    "Made of the run, whose texts are frozen with it. A sketch draws with other numbers than a run does, so what it"
    " writes anew will differ."
)
Opened = tuple[Any, Any]
"""The pad and what lies under it."""


@dataclass
class PadOpens:
    keeping: Keeping
    sharing: Sharing

    def example(self, session: PadSession, event: gr.EventData) -> Opened:
        """One of the house's sketches, or an empty one."""
        shown = named(str(posted(event).get("example", "")))
        origin = session.begin(source=_source(shown.sketch) if shown else None)
        return self._opened(origin, shown.text if shown else EMPTY, folded=True)

    def drafted(self, session: PadSession, event: gr.EventData) -> Any:
        """The pad stepped to a text that came of something else; or the browser gives back what it held for one."""
        data, told = posted(event), ""
        origin, frozen = session.at(data.get("of")), data.get("frozen")
        if not frozen:
            session.leave()
            return self.sharing.panel(origin)
        try:
            give_back(origin, frozen)
        except RunError as error:
            told = notice_html(str(error), bad=True)
        return self.sharing.panel(origin, told)

    def file(self, session: PadSession, body: bytes | None) -> Opened:
        """A file dropped on the page: a sketch, a kept one, a result, a prompt or a workflow."""
        try:
            found, told = read_file(body or b"")
        except RunError as error:
            return said(str(error)), gr.skip()
        if isinstance(found, str):
            return self._opened(session.begin(), found, " ".join(told))
        return self._document(session, found)

    async def link(self, session: PadSession, request: gr.Request) -> Opened:
        """What the address names or carries; else the first of the house's sketches, under the browser's own draft."""
        try:
            found = await asyncio.to_thread(lookup, self.keeping, dict(request.query_params))
        except (ArchiveError, RunError) as error:
            return self._first(session, str(error))
        if found is None:
            return self._first(session)
        return self._document(session, found, kept=SKETCH in request.query_params)

    def _first(self, session: PadSession, told: str = "") -> Opened:
        opened = self._opened(session.at(0), gallery()[0].text, told)
        return {**opened[0], "restore": True}, opened[1]

    async def kept(self, session: PadSession, event: gr.EventData) -> Opened:
        """A sketch or a result chosen in the Archive tab; anything else is not for the pad."""
        data = posted(event)
        if data.get("kind") not in (SKETCH, RECORD):
            return gr.skip(), gr.skip()
        try:
            found = await asyncio.to_thread(lookup, self.keeping, {SKETCH: str(data.get("id", ""))})
        except (ArchiveError, RunError) as error:
            return said(str(error)), gr.skip()
        return (gr.skip(), gr.skip()) if found is None else self._document(session, found, kept=True)

    def from_run(self, run_session: Session, session: PadSession, event: gr.EventData) -> Opened:
        """The run of Compare as a sketch; a sample that was chosen is its first frozen example."""
        data = posted(event)
        run = run_session.run
        try:
            if run is None or run_session.performance is not None:
                raise RunError("There is no finished run; press Run in Compare first.")
            if run_session.order:
                raise RunError("The names are hidden; reveal them before you make a sketch of the run.")
            lane, _, place = str(data.get("sample", "")).rpartition(":")
            chosen = run.of(lane)[int(place)] if lane and place.isascii() and place.isdigit() else None
            text, examples = sketch_of(run, chosen)
        except (RunError, IndexError) as error:
            return said(str(error)), gr.skip()
        return self._opened(session.begin(None, examples), text, MADE, folded=True)

    def _document(self, session: PadSession, found: KeptSketch | Record, kept: bool = False) -> Opened:
        """A document on the pad. What the archive has not kept is nobody's version; whose it is comes along."""
        if isinstance(found, Record):
            told = "A result that was kept; it is frozen with this sketch."
            opened = self._opened(session.begin(None, [found]), found.sketch, told)
            return {**opened[0], "values": found.values}, opened[1]
        sketch = None if kept else examine(found.text).sketch
        source = _source(sketch) if sketch else None
        origin = session.begin(found if kept else None, found.examples, found.lineage, source)
        opened = self._opened(origin, found.text, folded=True)
        return {**opened[0], "kept": found.id if kept else ""}, opened[1]

    def _opened(self, origin: Origin, text: str, told: str = "", folded: bool = False) -> tuple[dict[str, Any], Any]:
        value = {"number": next(numbers), "text": text, "said": told, "folded": folded, "of": origin.of}
        return value, self.sharing.panel(origin)


def _source(sketch: Sketch) -> Ancestor:
    """Whose a sketch was before somebody altered it here."""
    return Ancestor(title=sketch.title, author=sketch.author)


def said(problem: str) -> dict[str, Any]:
    """A sentence for the pad, which stays as it is."""
    return {"number": next(numbers), "problem": problem}


def lookup(keeping: Keeping, params: Mapping[str, str]) -> KeptSketch | Record | None:
    """The sketch or result that an address names, or None where it names none. Raises ArchiveError or RunError."""
    if id := params.get(SKETCH) or params.get(RECORD):
        found = keeping.find(id)
        if not isinstance(found, KeptSketch | Record):
            raise RunError("What this link names is no sketch; open it in Compare.")
        return found
    if (packed := params.get(PACKED, "")) and ".sketch." in packed[:24]:
        found = unpack(packed)[1]
        assert isinstance(found, KeptSketch)  # its kind stands in the link, and was checked with it
        return found
    if name := params.get(EXAMPLE):
        shown = named(name)
        if shown is None:
            known = ", ".join(each.name for each in gallery())
            raise RunError(f"No sketch of the house is called {name[:40]}; there are {known}.")
        return KeptSketch(text=shown.text, title=shown.sketch.title)
    return None


def read_file(body: bytes) -> tuple[str | KeptSketch | Record, list[str]]:
    """What a file holds, and what of it could not be brought along. Raises RunError."""
    head = body[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
    if found := _OURS.match(head):
        return (read_record if found[1] == b"record" else read_kept)(body), []
    if head.startswith(b"{"):
        return from_workflow(_text(body))
    if head.startswith(b"---"):
        return from_dotprompt(_text(body))
    return _text(body), []


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RunError("This file is not text in UTF-8; save it as UTF-8 and open it again.") from None
