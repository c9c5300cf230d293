"""Close reading: what happens when a visitor writes on a run, answers, or contests.

Each act changes the session's run, or what is being composed. A run that is
kept never changes: the note goes to a child. Raises RunError with one sentence.
"""

from __future__ import annotations

import re
from typing import Any

from components.session import Composing, Session
from components.views.notes import tag_names
from swatchbook.notes import MAX_NAME, MAX_NOTE, MAX_PLACES, Note, Span
from swatchbook.runs import MAX_NOTES, Run, RunError

ACTS = ("note", "contest", "answer", "object", "unplace", "drop-note", "write", "remove")
STALE = "Swatchbook was restarted while this page was open, so it has forgotten the run; reload the page."


def press(session: Session, data: dict[str, Any]) -> None:
    """Do what a press on the board or on the notes asks for."""
    run, act = session.run, str(data.get("act"))
    if run is None:
        raise RunError(STALE)
    if session.performance is not None:
        raise RunError("Notes are written on a finished run; wait until this one has ended, or stop it.")
    match act:
        case "note":
            _place(session, _span(session, run, data))
        case "contest":
            session.composing = _against_tag(session, run, data)
        case "answer" | "object":
            session.composing = Composing(answers=_known(run, str(data.get("note"))), contests=act == "object")
        case "unplace" if session.composing is not None:
            gone = number_in(data.get("place"))
            session.composing.at = [span for at, span in enumerate(session.composing.at) if at != gone]
        case "remove":
            _remove(session, str(data.get("note")))
        case "drop-note":
            session.composing = None
        case "write" if session.composing is not None:
            _write(session, run, session.composing, data)


def _place(session: Session, span: Span) -> None:
    """Begin a note at this place, or link the place to the one that is being written."""
    if session.composing is None or session.composing.tag is not None:
        session.composing = Composing()
    at = session.composing.at
    if span in at:
        return
    if len(at) >= MAX_PLACES:
        raise RunError(f"A note has at most {MAX_PLACES} places; take one out first.")
    at.append(span)


def number_in(said: Any) -> int | None:
    """A number from the page; None for anything else."""
    text = str(said)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _span(session: Session, run: Run, data: dict[str, Any]) -> Span:
    """The place that a press names: a sample, or some characters of its text."""
    key, _, place = str(data.get("sample")).rpartition(":")
    lane, number = session.lane_id(key), number_in(place)
    samples = run.of(lane)
    if number is None or number >= len(samples):
        raise RunError("This text is no longer on the page; choose the words again.")
    first, end = number_in(data.get("start")), number_in(data.get("end"))
    if first is None or end is None:
        return Span(lane=lane, sample=number)
    last = min(end, len(samples[number].text))
    if first >= last:
        raise RunError("No words of a text are selected; select some, then write the note.")
    return Span(lane=lane, sample=number, start=first, end=last)


def _against_tag(session: Session, run: Run, data: dict[str, Any]) -> Composing:
    span = _span(session, run, {"sample": data.get("sample")})
    tag = str(data.get("tag"))
    if tag not in tag_names(run, span):
        raise RunError("This tag is no longer on the page; press it again.")
    return Composing(at=[span], tag=tag, contests=True)


def _known(run: Run, id: str) -> str:
    if not any(note.id == id for note in run.notes):
        raise RunError("The note you answer is no longer on the page.")
    return id


def _write(session: Session, run: Run, composing: Composing, data: dict[str, Any]) -> None:
    words = str(data.get("text", "")).strip()
    if not words:
        raise RunError("The note is empty; write a few words, then save it.")
    if len(words) > MAX_NOTE:
        raise RunError(f"The note has {len(words):,} characters; {MAX_NOTE:,} is the most.")
    if len(run.notes) >= MAX_NOTES:
        raise RunError(f"A run holds {MAX_NOTES:,} notes; keep this one and go on in another.")
    if composing.answers is not None:
        _known(run, composing.answers)
    note = Note(
        text=clean(words),
        author=clean(str(data.get("author", "")).strip()[:MAX_NAME]),
        at=[_narrowed(run, span, str(data.get(f"words-{number}", ""))) for number, span in enumerate(composing.at)],
        answers=composing.answers,
        tag=composing.tag,
        contests=composing.contests,
    )
    session.change(lambda before: before.model_copy(update={"notes": [*before.notes, note]}))
    session.own.add(note.id)
    session.composing = None


def _remove(session: Session, id: str) -> None:
    """Take back a note that was written on this page, kept nowhere and answered by nobody."""
    if session.kept is not None or id not in session.own:
        raise RunError("Only a note that was written on this page and not kept yet can be removed.")
    if session.run is not None and any(note.answers == id for note in session.run.notes):
        raise RunError("This note was answered, so it stays; remove the answers first.")
    if session.composing is not None and session.composing.answers == id:
        session.composing = None
    session.change(lambda before: before.model_copy(update={"notes": [note for note in before.notes if note.id != id]}))


def _narrowed(run: Run, span: Span, words: str) -> Span:
    """A place on a whole sample, narrowed to the words that the visitor wrote out. Raises RunError without them."""
    if not words.strip() or span.start is not None or span.sample is None:
        return span
    text, said = run.of(span.lane)[span.sample].text, re.escape(words.strip())
    found = re.search(said, text) or re.search(said, text, re.IGNORECASE)
    if found is None:
        raise RunError(f"“{words.strip()[:60]}” does not stand in that text; write the words as they stand there.")
    return span.model_copy(update={"start": found.start(), "end": found.end()})


def clean(said: str) -> str:
    """What a visitor wrote, without the halves of characters that no file can hold."""
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
