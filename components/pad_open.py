"""Opening a sketch on the pad: an example, a file, a link, what was kept, or a run that becomes one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.descent import key_to
from components.gallery import gallery, named
from components.keep_actions import Keeping
from components.numbered import numbers
from components.opens import PACKED
from components.pad_draft import find, give_back
from components.pad_session import Origin, PadSession
from components.piece_actions import posted
from components.session import Session
from components.share_actions import Sharing
from components.views.share import notice_html
from swatchbook.archive.errors import ArchiveError, Unreadable
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
GONE = (
    "What your draft came of is not there any more, and whose it was is not known without it; the draft can be kept"
    " anew, but if it is made of somebody else’s, write their name beside remix_of first."
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
        if shown is None:
            return self._opened(session.begin(Origin()), EMPTY, folded=True)
        origin = session.begin(Origin(source=_source(shown.sketch)))
        return self._opened(origin, shown.text, folded=True, name=f"{EXAMPLE}={shown.name}")

    def drafted(self, session: PadSession, event: gr.EventData) -> Any:
        """The pad stepped to a text that came of something else; or the browser gives back what it held for one."""
        data, faults = posted(event), []
        if "name" in data:
            origin = session.draft(data.get("of"))
            faults = self._given_back(origin, data)
        else:
            session.leave()
            origin = session.at(data.get("of"))
        self.sharing.recall(origin, data)
        return self.sharing.panel(origin, notice_html(" ".join(faults), bad=True) if faults else "")

    def _given_back(self, origin: Origin, data: Mapping[str, Any]) -> list[str]:
        """Find again what a draft came of, and freeze what was frozen with it; returns why something could not be."""
        faults = []
        try:
            self._find(origin, str(data["name"]))
            origin.sought = False
        except Unreadable:
            faults.append(GONE)
        except RunError as error:
            faults.append(str(error))
        except ArchiveError as error:
            origin.sought = origin.base is None
            faults.append(str(error))
        if origin.base:
            origin.key = origin.key or key_to(self.keeping, origin.base.id, data)
        try:
            if frozen := data.get("frozen"):
                give_back(origin, frozen)
        except RunError as error:
            faults.append(str(error))
        return faults

    def _find(self, origin: Origin, name: str) -> None:
        """What a draft came of, by its name in an address, unless that is known already."""
        kind, _, which = name.partition("=")
        found = lookup(self.keeping, {kind: which})
        if found and not (origin.base or origin.brought):
            find(origin, _came(found, name))

    def file(self, session: PadSession, body: bytes | None) -> Opened:
        """A file dropped on the page: a sketch, a kept one, a result, a prompt or a workflow."""
        try:
            found, told = read_file(body or b"")
        except RunError as error:
            return said(str(error)), gr.skip()
        if isinstance(found, str):
            return self._opened(session.begin(Origin()), found, " ".join(told))
        return self._document(session, found)

    async def link(self, session: PadSession, request: gr.Request) -> Opened:
        """What the address names or carries; else the first of the house's sketches, under the browser's own draft."""
        return await asyncio.to_thread(self._linked, session, dict(request.query_params))

    def _linked(self, session: PadSession, params: Mapping[str, str]) -> Opened:
        try:
            found = lookup(self.keeping, params)
        except (ArchiveError, RunError) as error:
            return self._first(session, str(error))
        if found is None:
            return self._first(session)
        return self._document(session, found, "=".join(_asked(params)))

    def _first(self, session: PadSession, told: str = "") -> Opened:
        opened = self._opened(session.draft(0), gallery()[0].text, told)
        return {**opened[0], "restore": True}, opened[1]

    async def kept(self, session: PadSession, event: gr.EventData) -> Opened:
        """A sketch or a result chosen in the Archive tab; anything else is not for the pad."""
        data = posted(event)
        kind, id = data.get("kind"), str(data.get("id", ""))
        if kind not in (SKETCH, RECORD):
            return gr.skip(), gr.skip()
        try:
            found = await asyncio.to_thread(lookup, self.keeping, {kind: id})
        except (ArchiveError, RunError) as error:
            return said(str(error)), gr.skip()
        if found is None:
            return gr.skip(), gr.skip()
        return await asyncio.to_thread(self._document, session, found, f"{kind}={id}")

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
        return self._opened(session.begin(Origin(examples=examples)), text, MADE, folded=True)

    def _document(self, session: PadSession, found: KeptSketch | Record, name: str = "") -> Opened:
        """A document on the pad; `name` is that of an address which opens it."""
        origin = session.begin(_came(found, name))
        if isinstance(found, KeptSketch):
            return self._opened(origin, found.text, folded=True, name=name)
        told = "A result that was kept; it is frozen with this sketch."
        return self._opened(origin, found.sketch, told, name=name, values=found.values)

    def _opened(
        self,
        origin: Origin,
        text: str,
        told: str = "",
        folded: bool = False,
        name: str = "",
        values: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any], Any]:
        self.sharing.recall(origin, {"text": text, "values": values})
        value = {"number": next(numbers), "text": text, "said": told, "folded": folded, "of": origin.of}
        return {**value, "name": name, "values": values}, self.sharing.panel(origin)


def _came(found: KeptSketch | Record, name: str) -> Origin:
    """What a text came of. What the archive has not kept is nobody's version; whose it is comes along."""
    if isinstance(found, Record):
        return Origin(examples=[found], brought=[found] if name else [])
    examples, lineage = list(found.examples), list(found.lineage)
    if name.startswith(f"{SKETCH}="):
        return Origin(base=found, examples=examples, lineage=lineage)
    sketch = examine(found.text).sketch
    source = _source(sketch) if sketch else None
    return Origin(source=source, examples=examples, lineage=lineage, brought=list(examples) if name else [])


def _source(sketch: Sketch) -> Ancestor:
    """Whose a sketch was before somebody altered it here."""
    return Ancestor(title=sketch.title, author=sketch.author)


def said(problem: str) -> dict[str, Any]:
    """A sentence for the pad, which stays as it is."""
    return {"number": next(numbers), "problem": problem}


def _asked(params: Mapping[str, str]) -> tuple[str, str]:
    """Which parameter of an address opens a sketch, and what it says; both empty where none does."""
    packed = [PACKED] if ".sketch." in params.get(PACKED, "")[:24] else []
    return next(((kind, params[kind]) for kind in (SKETCH, RECORD, *packed, EXAMPLE) if params.get(kind)), ("", ""))


def lookup(keeping: Keeping, params: Mapping[str, str]) -> KeptSketch | Record | None:
    """The sketch or result that an address names, or None where it names none. Raises ArchiveError or RunError."""
    kind, which = _asked(params)
    if kind in (SKETCH, RECORD):
        found = keeping.find(which)
        if not isinstance(found, KeptSketch | Record):
            raise RunError("What this link names is no sketch; open it in Compare.")
        return found
    if kind == PACKED:
        found = unpack(which)[1]
        assert isinstance(found, KeptSketch)  # its kind stands in the link, and was checked with it
        return found
    if kind == EXAMPLE:
        shown = named(which)
        if shown is None:
            known = ", ".join(each.name for each in gallery())
            raise RunError(f"No sketch of the house is called {which[:40]}; there are {known}.")
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
