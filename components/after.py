"""What can be done with a run once it is there: keep, read closely, read blind, repeat, take along.

Each event changes the session and then shows all parts anew from it. The
layout is in `afterwards`; what an act does is in the modules of its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import blind_actions, keep_actions, note_actions
from components.actions import board_of
from components.numbered import numbered, numbers
from components.palette_bar import notice
from components.reading import reading_html
from components.session import Session
from components.views.ballot import ballot_html
from components.views.drift import drift_html
from components.views.kept import Standing, keep_html, kept_notice_html
from components.views.notes import notes_html
from swatchbook.archive.drift import drift
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.store import Kept
from swatchbook.runs import Lane, RunError
from swatchbook.shelf import Shelf

Shown = tuple[Any, ...]
"""The board, a notice, and then the parts: keep, drift, ballot, reading, notes, draft."""
PARTS = 8


@dataclass
class After:
    """The acts on a run that is there."""

    shelf: Shelf
    keeping: keep_actions.Keeping

    def parts(self, session: Session) -> tuple[Any, ...]:
        """Everything below the board, as it is now; nothing while a run goes."""
        number = next(numbers)
        *markup, draft = self._below(session)
        if draft and "id" in draft:
            draft = {"number": number, **draft}
        return *({"number": number, "html": each} for each in markup), draft

    def _below(self, session: Session) -> tuple[Any, ...]:
        run = session.run
        if run is None or session.performance is not None or not (run.samples or run.notes):
            return "", "", "", "", "", None
        look = session.look(self.shelf)
        moved = drift_html(drift(session.before, run)) if session.before and not look.blind else ""
        keep = "" if look.blind else keep_html(run, *self._kept(session))
        drafted, blind = session.drafted or (None, False)
        held = drafted is run and blind == look.blind and not session.kept
        draft = gr.skip() if held else self.keeping.draft(session)
        notes = notes_html(run, look, session.composing, frozenset() if session.kept else session.own)
        return keep, moved, ballot_html(run, look), session.reading, notes, draft

    def _kept(self, session: Session) -> tuple[str | None, str | None, Standing]:
        standing = self.keeping.standing(session)
        return session.kept, session.key, standing

    def cleared(self) -> tuple[Any, ...]:
        """Nothing below the board: what is there belongs to the run before."""
        return *[numbered({"html": ""})] * (PARTS - 3), gr.skip()

    def shown(self, session: Session, told: str = "") -> Shown:
        """The board, a notice and all parts, as they are now."""
        return board_of(session, self.shelf), told, *self.parts(session)

    def press(self, session: Session, event: gr.EventData, request: gr.Request) -> Shown:
        """A press on the board, the notes, the ballot or what keeps a run.

        What it is answered with is made before the next press is looked at, and numbered, so that the page drops it
        where the next one's answer has come before it: it could show names that were hidden meanwhile.
        """
        with session.lock:
            try:
                return self._answer(session, event._data or {}, request.session_hash or "")
            except keep_actions.KeptMeanwhile as meanwhile:
                return gr.skip(), self._said(meanwhile.kept), *(gr.skip() for _ in range(PARTS - 2))
            except (RunError, ArchiveError) as error:
                return gr.skip(), notice(str(error)), *(gr.skip() for _ in range(PARTS - 2))

    def _answer(self, session: Session, data: dict[str, Any], visitor: str) -> Shown:
        before, order = session.run, session.order
        self._do(session, str(data.get("act")), data, visitor)
        still = session.run is before and session.order == order
        return gr.skip() if still else board_of(session, self.shelf), "", *self.parts(session)

    def _do(self, session: Session, act: str, data: dict[str, Any], visitor: str) -> None:
        if act in note_actions.ACTS:
            note_actions.press(session, data)
        elif act == "read":
            session.reading = self._reading(session, data)
        elif act == "hide":
            blind_actions.hide(session)
        elif act == "reveal":
            blind_actions.reveal(session, data)
        elif act == "keep":
            self.keeping.keep(session, data, visitor)

    def keep_palette(self, lanes: list[Lane], name: str, request: gr.Request) -> str:
        """Keep the palette of the bar; what is said of it."""
        try:
            return self._said(self.keeping.keep_palette(lanes, name, request.session_hash or ""))
        except (RunError, ArchiveError) as error:
            return notice(str(error))

    def _said(self, kept: Kept) -> str:
        """What is said of a document that is no longer, or never was, the page's run."""
        id, kind = kept.document.id, kept.kind
        return kept_notice_html(kind.name, kind.parameter, id, kept.key, self.keeping.standing(Session(kept=id)))

    def standing(self, session: Session) -> Any:
        """How the run stands with the archive now; asked while the archive repository has not got it yet."""
        with session.lock:
            if session.run is None or session.performance is not None or session.order:
                return gr.skip()
            return {"number": next(numbers), "html": keep_html(session.run, *self._kept(session))}

    def _reading(self, session: Session, data: dict[str, Any]) -> str:
        """One sample, token by token."""
        lane_id, _, place = str(data.get("sample")).rpartition(":")
        number = note_actions.number_in(place)
        if session.run is None or session.order or number is None:
            return ""
        samples = session.run.of(lane_id)
        return reading_html(session.run.lane(lane_id), samples[number]) if number < len(samples) else ""
