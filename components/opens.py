"""Opening a run that is there already: from a file, a draft in the browser, or a link.

Nothing is loaded for it: the run is shown as it was. Its prompt, palette and
settings go onto the controls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import form
from components.after import PARTS, After
from components.keep_actions import read_draft
from components.palette_bar import PaletteBar, Trail, notice
from components.session import Session
from swatchbook.archive import links
from swatchbook.archive.documents import Document, kinds
from swatchbook.archive.errors import ArchiveError
from swatchbook.palettes import Palette
from swatchbook.runs import Lane, Run, RunError, read_run

CONTROLS = 5 + len(form.FIELDS)
"""The prompt, what shows the palette, and the settings."""
PACKED, BLIND = "packed", "blind"
"""Parameters of an address: a document that it carries itself, and whether to hide names. Kinds have their own."""


@dataclass
class Opens:
    """Opens runs on the page of `bar`."""

    bar: PaletteBar
    after: After

    def file(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, document: bytes | None
    ) -> tuple[Any, ...]:
        """A run dropped on the page."""
        return self._open(session, lanes, name, trail, lambda: read_run(document or b""))

    def draft(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, event: gr.EventData
    ) -> tuple[Any, ...]:
        """A run that the browser has kept as a draft."""
        body = str((event._data or {}).get("body", ""))
        return self._open(session, lanes, name, trail, lambda: read_draft(body))

    async def link(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, request: gr.Request
    ) -> tuple[Any, ...]:
        """What the address names or carries, if it does and no draft of it is open already."""
        params = request.query_params
        id = next((params[kind.parameter] for kind in kinds().values() if params.get(kind.parameter)), None)
        packed = params.get(PACKED)
        if session.run is not None or not (id or packed):
            return _nothing("")
        try:
            found = await asyncio.to_thread(self.after.keeping.find, id) if id else links.unpack(packed or "")[1]
        except ArchiveError as error:
            return _nothing(str(error))
        return self._found(session, lanes, name, trail, found, kept=bool(id), blind=bool(params.get(BLIND)), own=False)

    async def kept(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, event: gr.EventData
    ) -> tuple[Any, ...]:
        """A document chosen in the Archive tab."""
        id = str((event._data or {}).get("id", ""))
        try:
            if session.performance is not None:
                raise RunError("A run is going; stop it before you open another.")
            found = await asyncio.to_thread(self.after.keeping.find, id)
        except (ArchiveError, RunError) as error:
            return _nothing(str(error))
        return self._found(session, lanes, name, trail, found, kept=True)

    def _found(
        self,
        session: Session,
        lanes: list[Lane],
        name: str,
        trail: Trail,
        found: Document,
        kept: bool,
        blind: bool = False,
        own: bool = True,
    ) -> tuple[Any, ...]:
        """A document that was found, of whatever kind."""
        if isinstance(found, Palette):
            title = found.title
            shown = (
                self.bar.replace(trail, lanes, name, found.lanes, title)
                if own
                else self.bar.borrow(trail, found.lanes, title)
            )
            return *(gr.skip() for _ in range(PARTS + 1)), *shown, *(gr.skip() for _ in form.FIELDS)
        if not isinstance(found, Run):
            return _nothing("This kind of document cannot be opened on this page yet.")
        session.show(found, kept=found.id if kept else None)
        if blind and len(found.lanes) > 1:
            session.hide(found)
        told = "" if found.samples else "This is a run without its texts: press Run to have them written here."
        return self._shown(session, lanes, name, trail, found, told, own)

    def _open(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, read: Callable[[], Run]
    ) -> tuple[Any, ...]:
        try:
            if session.performance is not None:
                raise RunError("A run is going; stop it before you open another.")
            run = read()
        except RunError as error:
            return _nothing(str(error))
        session.show(run)
        return self._shown(session, lanes, name, trail, run)

    def _shown(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, run: Run, told: str = "", own: bool = True
    ) -> tuple[Any, ...]:
        """The board and all that belongs to it, then the controls; a link's palette does not become one's own."""
        asked = [lane for lane in run.lanes if not lane.repeats]
        palette = self.bar.replace(trail, lanes, name, asked) if own else self.bar.borrow(trail, asked)
        return *self.after.shown(session, told), run.template, *palette, *form.write(run.settings)


def _nothing(problem: str) -> tuple[Any, ...]:
    """Everything as it is, with a notice where there is one."""
    return gr.skip(), notice(problem) if problem else gr.skip(), *(gr.skip() for _ in range(PARTS - 2 + CONTROLS))
