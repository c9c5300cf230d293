"""Keeping from a page: what is kept, what a visitor is told, and drafts that come back from the browser."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import pytest

from components.keep_actions import PER_VISITOR, Keeping, read_draft
from components.session import Session
from components.views.kept import keep_html
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.store import Archive
from swatchbook.palettes import Palette
from swatchbook.runs import Lane, ModelRef, Note, Run, RunError, Sample
from swatchbook.settings import AppSettings


def a_run(text: str = "she had counted the ships") -> Run:
    lane = Lane(id="lane-1", model=ModelRef(source="house", repo="keeper"))
    return Run(template="The door", lanes=[lane], samples=[Sample(lane="lane-1", text=text, finish="end")])


def opened(run: Run) -> Session:
    session = Session()
    session.show(run)
    return session


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(Archive(tmp_path), AppSettings())


def test_what_is_kept_is_opened_as_it_was(keeping: Keeping) -> None:
    session = opened(a_run())
    keeping.keep(session, {"title": "  A door \udc00 ", "listed": "on"})
    assert session.run is not None
    assert session.kept == session.run.id
    assert session.run.title.startswith("A door")
    assert session.key
    assert keeping.find(session.kept) == session.run
    entry = keeping.archive.entry(session.kept)
    assert entry is not None
    assert entry.listed


def test_keeping_twice_keeps_once(keeping: Keeping) -> None:
    session = opened(a_run())
    keeping.keep(session, {})
    first = session.kept
    keeping.keep(session, {})
    assert session.kept == first
    assert keeping.archive.taken()[0] == 1


def test_a_note_after_keeping_makes_a_child_that_can_be_kept(keeping: Keeping) -> None:
    session = opened(a_run())
    keeping.keep(session, {"title": "First"})
    parent = session.kept
    session.change(lambda run: run.model_copy(update={"notes": [Note(text="x")]}))
    assert session.kept is None
    assert session.run is not None
    assert session.run.parent == parent
    keeping.keep(session, {"title": "Second"})
    assert parent is not None
    assert [entry.title for entry in keeping.archive.family(parent, [session.kept or ""])] == ["First", "Second"]


@pytest.mark.parametrize("id", ["", "x", "../..", "a" * 22, "\0", "é" * 22])
def test_what_opens_nothing_gets_one_answer(keeping: Keeping, id: str) -> None:
    with pytest.raises(ArchiveError, match="There is nothing under this link"):
        keeping.find(id)


def test_a_palette_is_kept(keeping: Keeping) -> None:
    kept = keeping.keep_palette(a_run().lanes, "Two voices")
    found = keeping.find(kept.document.id)
    assert isinstance(found, Palette)
    assert (found.title, found.lanes) == ("Two voices", a_run().lanes)
    with pytest.raises(RunError, match="palette is empty"):
        keeping.keep_palette([], "")


@pytest.mark.parametrize(
    ("settings", "said", "silent"),
    [
        (AppSettings(), "data folder of this machine", "temporary"),
        (AppSettings(space_id="a/b"), "disk is temporary", "opens only here"),
        (AppSettings(share=True), "data folder of this machine", "opens only here"),
        (AppSettings(host="0.0.0.0"), "data folder of this machine", "opens only here"),
    ],
)
def test_the_page_says_how_long_it_lasts(tmp_path: Path, settings: AppSettings, said: str, silent: str) -> None:
    keeping = Keeping(Archive(tmp_path), settings)
    session = opened(a_run())
    keeping.keep(session, {})
    assert session.run is not None
    html = keep_html(session.run, session.kept, session.key, keeping.standing(session))
    assert said in html
    assert silent not in html
    assert ("opens only here" in html) == keeping.home


def test_a_draft_comes_back_as_it_went(keeping: Keeping) -> None:
    session = opened(a_run("text 🙂 \x00"))
    draft = keeping.draft(session)
    assert draft is not None
    assert read_draft(draft["body"]) == session.run
    keeping.keep(session, {})
    assert keeping.draft(session) == {"id": draft["id"], "body": None}
    assert keeping.draft(session) == {"id": "", "body": None}


def test_opening_what_is_kept_leaves_the_draft_before_it_alone(keeping: Keeping) -> None:
    session, kept = opened(a_run("a draft")), keeping.archive.keep(a_run("kept"))
    keeping.draft(session)
    session.show(kept.document, kept=kept.document.id)  # type: ignore[arg-type]
    assert keeping.draft(session) == {"id": "", "body": None}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "!!!",
        base64.b64encode(b"no zlib").decode(),
        base64.b64encode(zlib.compress(b"x" * 100)[:-3]).decode(),
        base64.b64encode(zlib.compress(b"{}")).decode(),
        base64.b64encode(zlib.compress(bytes(200_000_000), 9)).decode(),
    ],
)
def test_a_draft_that_is_none_is_refused(body: str) -> None:
    with pytest.raises(RunError) as refusal:
        read_draft(body)
    assert len(str(refusal.value)) < 200


def test_on_a_space_nobody_fills_the_archive_alone(tmp_path: Path) -> None:
    shared = Keeping(Archive(tmp_path), AppSettings(space_id="a/b"))
    for _ in range(PER_VISITOR.amount):
        shared.keep(opened(a_run()), {}, "one")
    with pytest.raises(ArchiveError, match="kept from one page within an hour"):
        shared.keep(opened(a_run()), {}, "one")
    shared.keep(opened(a_run()), {}, "another")
    assert shared.archive.taken()[0] == PER_VISITOR.amount + 1
