"""Runs, as the archive keeps them."""

from __future__ import annotations

from typing import Any

from swatchbook.archive.documents import Kind, Words, cut
from swatchbook.notes import Note, Span
from swatchbook.runs import FORMAT, ModelRef, Run, read_run


def plain(ref: ModelRef) -> str:
    """A model's name without its commit."""
    return str(ref.model_copy(update={"commit": None}))


def _words(run: Run) -> Words:
    texts = dict.fromkeys(sample.text for sample in run.samples if sample.text.strip())
    remarks = [*(note.text for note in run.notes), *(blind.words for blind in run.readings if blind.words)]
    return Words(run.title, run.template, "\n".join(texts), "\n".join(remarks))


def _models(run: Run) -> list[str]:
    return list(dict.fromkeys(plain(lane.model) for lane in run.lanes))


def specification(run: Run) -> Run:
    """What a run is, without what came of it or where it came from: it can be run again from this.

    Notes lose the places that lie in samples. A contest of a tag is left out with its tag, and so is
    what answers it. Credits are left out, too: they are looked up again by whoever runs it.
    """
    notes: dict[str, Note] = {}
    for note in run.notes:
        if note.tag is None and (note.answers is None or note.answers in notes):
            notes[note.id] = note.model_copy(update={"at": _lanes_of(note.at)})
    left: dict[str, Any] = {"samples": [], "readings": [], "credits": [], "machine": "", "versions": {}}
    return run.model_copy(update={**left, "notes": list(notes.values()), "parent": None, "relation": None})


def _lanes_of(at: list[Span]) -> list[Span]:
    return [span.model_copy(update={"sample": None, "start": None, "end": None}) for span in at]


KIND = Kind(
    name="run",
    parameter="run",
    version=FORMAT,
    read=read_run,
    words=_words,
    models=_models,
    brief=lambda run: cut(run.template),
    packed=specification,
    relation=lambda run: run.relation or "",
)
