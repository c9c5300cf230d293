"""Blind reading: hiding the names of a run that is there, and taking down what was chosen before they are shown.

A run that is kept never changes: the choices go to a child. Raises RunError
with one sentence.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from components.look import LETTERS
from components.note_actions import STALE, clean
from components.session import Session
from swatchbook.blind import reading
from swatchbook.notes import MAX_NAME, MAX_NOTE
from swatchbook.runs import MAX_READINGS, Run, RunError
from swatchbook.strict import sentence


def hide(session: Session) -> None:
    """Hide the names of the run that is shown."""
    if session.run is None:
        raise RunError(STALE)
    if session.performance is not None:
        raise RunError("The run is still being written; hide the names when it has ended.")
    if len(session.run.lanes) < 2:
        raise RunError("A blind reading needs two models at least; this run has one.")
    session.hide(session.run)


def reveal(session: Session, data: dict[str, Any]) -> None:
    """Keep what was chosen, if anything was, and show the names."""
    run = session.run
    if run is None or not session.order or session.performance is not None:
        raise RunError("The run is still being written; reveal the names when it has ended.")
    alike = _chosen(session, data, "alike")
    if len(alike) not in (0, 2):
        raise RunError("The two most alike are two: tick two, or none.")
    votes = [("best", _chosen(session, data, "best")[:1]), ("strangest", _chosen(session, data, "strangest")[:1])]
    words = clean(str(data.get("words", "")).strip()[:MAX_NOTE])
    if words or alike or any(lanes for _, lanes in votes):
        _take_down(
            session, run, [*votes, ("alike", alike)], words, clean(str(data.get("author", ""))[:MAX_NAME].strip())
        )
    session.order = ()


def _take_down(session: Session, run: Run, votes: list[tuple[str, list[str]]], words: str, reader: str) -> None:
    if len(run.readings) >= MAX_READINGS:
        raise RunError(f"A run holds {MAX_READINGS} blind readings; start another run to go on.")
    try:
        blind = reading(run, session.order, votes, words, reader)
    except ValidationError as error:
        raise RunError(f"These answers do not go together: {sentence(error)}.") from None
    session.change(lambda before: before.model_copy(update={"readings": [*before.readings, blind]}))


def _chosen(session: Session, data: dict[str, Any], question: str) -> list[str]:
    """The lanes chosen for a question, by the letters they have; a form sends one as a word, several as a list."""
    said = data.get(question, [])
    letters = [said] if isinstance(said, str) else [str(each) for each in list(said)[:8]]
    shown = LETTERS[: len(session.order)]
    return [session.order[shown.index(letter)] for letter in dict.fromkeys(letters) if letter and letter in shown]
