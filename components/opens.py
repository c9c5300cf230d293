"""Opening a run that is there already: from a file, a draft in the browser, or a link.

Nothing is loaded for it: the run is shown as it was. Its prompt, palette and
settings go onto the controls.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import address, form
from components.after import PARTS, After
from components.keep_actions import read_draft
from components.note_actions import number_in
from components.palette_bar import PaletteBar, Trail, hint, notice
from components.piece_actions import PieceSession
from components.session import Session
from swatchbook.archive.documents import Document, kinds
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.links import unpack
from swatchbook.palettes import Palette
from swatchbook.runs import Lane, Run, RunError, read_run
from swatchbook.sketch.to_run import run_of

CONTROLS = 6 + len(form.FIELDS)
"""The prompt, what shows the palette, the settings, and the link."""
PACKED, BLIND = "packed", "blind"
"""Parameters of an address: a document that it carries itself, and whether to hide names. Kinds have their own."""
HERE = ("run", "palette")
"""Kinds that open in Compare."""
TO_SKETCH = '<button type="button" class="link" data-tab="sketchpad">Back to the sketch</button>'
BUSY = "A run is going; stop it before you open another."


@dataclass(frozen=True)
class Page:
    """What an event of the page is handed: its session, and the palette of its bar."""

    session: Session
    lanes: list[Lane]
    name: str
    trail: Trail


@dataclass
class Opens:
    """Opens runs on the page of `bar`."""

    bar: PaletteBar
    after: After

    def file(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, document: bytes | None
    ) -> tuple[Any, ...]:
        """A run dropped on the page."""
        page = Page(session, lanes, name, trail)
        try:
            return self._found(page, read_run(document or b""))
        except RunError as error:
            return _nothing(str(error))

    def draft(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, event: gr.EventData
    ) -> tuple[Any, ...]:
        """A run that the browser has kept as a draft: chosen from the list, or back `again` after a reload."""
        data, page = event._data or {}, Page(session, lanes, name, trail)
        try:
            run = read_draft(str(data.get("body", "")))
            return self._found(page, run, blind=bool(data.get("blind")), own=not data.get("again"))
        except RunError as error:
            return _nothing(str(error))

    async def link(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, request: gr.Request
    ) -> tuple[Any, ...]:
        """What the address names or carries, if it does and no draft of it is open already."""
        params = request.query_params
        parameters = sorted(
            (kind.parameter for kind in kinds().values() if kind.name in HERE), key=lambda name: name != "run"
        )
        id = next((params[name] for name in parameters if params.get(name)), None)
        packed, page = params.get(PACKED, ""), Page(session, lanes, name, trail)
        if ".sketch." in packed[:24]:
            return _nothing("")
        if session.run is not None or not (id or packed):
            return _nothing("")
        try:
            found = await asyncio.to_thread(self.after.keeping.find, id) if id else unpack(packed or "")[1]
            if session.run is not None:  # a draft, or a run that was begun meanwhile
                return _nothing("")
            blind = bool(params.get(BLIND))
            return await asyncio.to_thread(self._found, page, found, kept=bool(id), blind=blind, own=False)
        except (ArchiveError, RunError) as error:
            return _nothing(str(error))

    async def kept(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, event: gr.EventData
    ) -> tuple[Any, ...]:
        """A document chosen in the Archive tab."""
        data = event._data or {}
        id, page = str(data.get("id", "")), Page(session, lanes, name, trail)
        if data.get("kind", HERE[0]) not in HERE:
            return _nothing("")
        try:
            if session.performance is not None:
                raise RunError(BUSY)
            found = await asyncio.to_thread(self.after.keeping.find, id)
            return await asyncio.to_thread(self._found, page, found, kept=True)
        except (ArchiveError, RunError) as error:
            return _nothing(str(error))

    def cell(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, pad: PieceSession, event: gr.EventData
    ) -> tuple[Any, ...]:
        """A step of a sketch's last result at one round or line, with the prompt that its texts followed, as a run."""
        data, page = event._data or {}, Page(session, lanes, name, trail)
        try:
            if pad.record is None:
                raise RunError("There is no result of the sketch any more; run it again.")
            at, column = number_in(str(data.get("at", ""))), number_in(str(data.get("column", "")))
            place = str(data.get("step", "")), at or 0, column
            run, told = run_of(pad.record, *place)
            return self._found(page, run, told=hint(told, TO_SKETCH))
        except RunError as error:
            return _nothing(str(error))

    def _found(
        self, page: Page, found: Document, kept: bool = False, blind: bool = False, own: bool = True, told: str = ""
    ) -> tuple[Any, ...]:
        """A document that was found, of whatever kind; `told` is a notice on it. Raises RunError while a run goes."""
        if isinstance(found, Palette):
            return self._palette(page, found, own)
        if not isinstance(found, Run):
            raise RunError("This kind of document cannot be opened on this page yet.")
        session = page.session
        with session.lock:
            if session.performance is not None:
                raise RunError(BUSY)
            session.show(found, kept=found.id if kept else None)
            if blind and len(found.lanes) > 1:
                session.hide(found)
        bare = "" if found.samples else "This is a run without its texts: press Run to have them written here."
        return self._shown(page, found, told or hint(bare), own)

    def _palette(self, page: Page, found: Palette, own: bool) -> tuple[Any, ...]:
        shown = (
            self.bar.replace(page.trail, page.lanes, page.name, found.lanes, found.title)
            if own
            else self.bar.borrow(page.trail, found.lanes, found.title)
        )
        return *(gr.skip() for _ in range(PARTS + 1)), *shown, *(gr.skip() for _ in form.FIELDS), gr.skip()

    def _shown(self, page: Page, run: Run, told: str, own: bool) -> tuple[Any, ...]:
        """The board and all that belongs to it, then the controls; a link's palette does not become one's own."""
        asked = [lane for lane in run.lanes if not lane.repeats]
        palette = self._taken(page, asked, own)
        query = f"run={page.session.kept}" if page.session.kept else address.query(run.template, asked, run.settings)
        controls = run.template, *palette, *form.write(run.settings), query
        return *self.after.shown(page.session, told), *controls

    def _taken(self, page: Page, asked: list[Lane], own: bool) -> tuple[Any, ...]:
        """The run's palette on the bar; while names are hidden it would tell them, and the bar stays as it is."""
        if page.session.order:
            return tuple(gr.skip() for _ in self.bar.shown)
        return self.bar.replace(page.trail, page.lanes, page.name, asked) if own else self.bar.borrow(page.trail, asked)


def _nothing(problem: str) -> tuple[Any, ...]:
    """Everything as it is, with a notice where there is one."""
    return gr.skip(), notice(problem) if problem else gr.skip(), *(gr.skip() for _ in range(PARTS - 2 + CONTROLS))
