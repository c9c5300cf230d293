"""What can be done with a run once it is there: keep, read closely, read blind, repeat, take along.

Each event changes the session and then shows all parts anew from it. The
layout is in `afterwards`; what an act does is in the modules of its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import blind_actions, keep_actions, note_actions
from components.actions import EMPTY
from components.lanes import Board
from components.palette_bar import notice
from components.reading import reading_html
from components.session import Session
from components.views.ballot import ballot_html
from components.views.drift import drift_html
from components.views.kept import keep_html, kept_palette_html
from components.views.notes import notes_html
from swatchbook.archive.drift import drift
from swatchbook.archive.errors import ArchiveError
from swatchbook.runs import Lane, RunError
from swatchbook.shelf import Shelf

Shown = tuple[Any, ...]
"""The board, a notice, and then the parts: keep, drift, ballot, notes, draft."""
PARTS = 7


@dataclass
class After:
    """The acts on a run that is there."""

    shelf: Shelf
    keeping: keep_actions.Keeping

    def parts(self, session: Session) -> tuple[Any, ...]:
        """Everything below the board, as it is now; nothing while a run goes."""
        run = session.run
        if run is None or session.performance is not None or not run.samples:
            return "", "", "", "", None
        look = session.look(self.shelf)
        moved = drift_html(drift(session.before, run)) if session.before else ""
        keep = "" if look.blind else keep_html(run, session.kept, session.key, self.keeping.standing(session))
        return (
            keep,
            moved,
            ballot_html(run, look),
            notes_html(run, look, session.composing),
            self.keeping.draft(session),
        )

    def shown(self, session: Session, problem: str = "") -> Shown:
        """The board and all parts, as they are now."""
        run = session.run
        board = EMPTY if run is None or not run.samples else Board(run, session.look(self.shelf)).still(run)
        return board, notice(problem) if problem else "", *self.parts(session)

    def board_press(self, session: Session, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """A press on the board: a sample read token by token, or a note on it. The reading, then what is shown."""
        data = event._data or {}
        if data.get("act") == "read":
            return self._reading(session, data), *(gr.skip() for _ in range(PARTS))
        return gr.skip(), *self.press(session, event, request)

    def press(self, session: Session, event: gr.EventData, request: gr.Request) -> Shown:
        """A press on the notes, the ballot or what keeps a run."""
        data = event._data or {}
        act, before = str(data.get("act")), session.run
        try:
            if act in note_actions.ACTS:
                note_actions.press(session, data)
            elif act == "hide":
                blind_actions.hide(session)
            elif act == "reveal":
                blind_actions.reveal(session, data)
            elif act == "keep":
                self.keeping.keep(session, data, request.session_hash or "")
        except (RunError, ArchiveError) as error:
            return gr.skip(), notice(str(error)), *(gr.skip() for _ in range(PARTS - 2))
        still = session.run is before and act not in ("hide", "reveal")
        board, told, *parts = self.shown(session)
        return gr.skip() if still else board, told, *parts

    def keep_palette(self, lanes: list[Lane], name: str, request: gr.Request) -> str:
        """Keep the palette of the bar; what is said of it."""
        try:
            kept = self.keeping.keep_palette(lanes, name, request.session_hash or "")
        except (RunError, ArchiveError) as error:
            return notice(str(error))
        return kept_palette_html(kept.document.id, kept.key, self.keeping.standing(Session(kept=kept.document.id)))

    def standing(self, session: Session) -> Any:
        """How the run stands with the archive now; asked while the archive repository has not got it yet."""
        if session.run is None or session.kept is None:
            return gr.skip()
        return keep_html(session.run, session.kept, session.key, self.keeping.standing(session))

    def _reading(self, session: Session, data: dict[str, Any]) -> str:
        """One sample, token by token."""
        lane_id, _, number = str(data.get("sample")).rpartition(":")
        if session.run is None or session.order or not number.isdigit():
            return ""
        samples = session.run.of(lane_id)
        return reading_html(session.run.lane(lane_id), samples[int(number)]) if int(number) < len(samples) else ""
