"""Opening runs while other things happen on the same page: what was begun first is never called something else."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from components.after import After
from components.keep_actions import Keeping, KeptMeanwhile
from components.opens import Opens
from components.pad_session import PadSession
from components.palette_bar import PaletteBar, Trail
from components.session import Session
from swatchbook.archive.documents import Document
from swatchbook.archive.store import Archive
from swatchbook.notes import Note
from swatchbook.runner import Performance
from swatchbook.runs import Lane, ModelRef, Run, Sample
from swatchbook.settings import AppSettings
from swatchbook.shelf import Shelf
from tests.desks import a_desk, played
from tests.fakes import FakeEngine
from tests.ui.house import make_house


class Slow(Keeping):
    """An archive that answers when it is told to."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive, AppSettings())
        self.asked, self.go = threading.Event(), threading.Event()

    def find(self, id: str) -> Document:
        self.asked.set()
        assert self.go.wait(20)
        return super().find(id)

    def put(self, *given: Any) -> Any:
        self.asked.set()
        assert self.go.wait(20)
        return super().put(*given)


class Request:
    """What Gradio tells of a request."""

    session_hash = "page"

    def __init__(self, **params: str) -> None:
        self.query_params = params


class Press:
    def __init__(self, **data: Any) -> None:
        self._data = data


def a_run(text: str) -> Run:
    lane = Lane(id="lane-1", model=ModelRef(source="house", repo="keeper"))
    return Run(template=text, lanes=[lane], samples=[Sample(lane="lane-1", text=text, finish="end")])


@pytest.fixture
def opens(tmp_path: Path) -> Opens:
    shelf = Shelf(make_house(tmp_path / "house"))
    keeping = Slow(Archive(tmp_path / "data"))
    return Opens(PaletteBar(shelf), After(shelf, keeping))


def slow(opens: Opens) -> Slow:
    assert isinstance(opens.after.keeping, Slow)
    return opens.after.keeping


async def asked(opens: Opens, opening: Any) -> asyncio.Task[Any]:
    """An opening that waits for the archive."""
    task = asyncio.create_task(opening)
    await asyncio.to_thread(slow(opens).asked.wait, 20)
    return task


async def test_a_link_does_not_take_the_place_of_a_draft_that_came_first(opens: Opens) -> None:
    kept = opens.after.keeping.archive.keep(a_run("from the link"))
    session = Session()
    opening = await asked(opens, opens.link(session, [], "", Trail(), Request(run=kept.document.id)))  # type: ignore[arg-type]
    draft = a_run("from the draft")
    session.show(draft)
    slow(opens).go.set()
    await opening
    assert session.run is draft
    assert session.kept is None


async def test_a_run_that_was_begun_meanwhile_is_not_called_the_kept_one(opens: Opens) -> None:
    kept = opens.after.keeping.archive.keep(a_run("kept"))
    session = Session()
    opening = await asked(opens, opens.kept(session, [], "", Trail(), Press(id=kept.document.id)))  # type: ignore[arg-type]
    begun = a_run("begun")
    session.show(begun)
    session.performance = Performance(begun, FakeEngine(), lambda _: Path("/nowhere"))
    slow(opens).go.set()
    answer = await opening
    assert "stop it before you open another" in str(answer[1])
    session.ended(begun)
    assert session.run is begun
    assert session.kept is None


async def test_what_was_written_while_the_archive_kept_is_not_lost(opens: Opens) -> None:
    session, first, other = Session(), a_run("first"), a_run("other")
    session.show(first)
    keeping = asyncio.create_task(asyncio.to_thread(slow(opens).keep, session, {}, ""))
    await asyncio.to_thread(slow(opens).asked.wait, 20)
    session.show(other.model_copy(update={"notes": [Note(text="mine")]}))
    slow(opens).go.set()
    with pytest.raises(KeptMeanwhile) as told:
        await keeping
    assert session.run is not None
    assert session.run.notes[0].text == "mine"
    assert session.kept is None
    assert opens.after.keeping.archive.open(told.value.kept.document.id) is not None
    assert told.value.kept.key in opens.after._said(told.value.kept)


class Rendering(After):
    """Shows a session's parts, the first time only when it is told to."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked, self.go = threading.Event(), threading.Event()

    def parts(self, session: Session) -> tuple[Any, ...]:
        parts = super().parts(session)
        self.asked.set()
        assert self.go.wait(20)
        return parts


async def test_a_press_is_answered_before_the_next_is_looked_at(opens: Opens) -> None:
    after, session, run = Rendering(opens.after.shelf, opens.after.keeping), Session(), a_run("two voices")
    other = Lane(id="lane-2", model=ModelRef(source="house", repo="cook"))
    session.show(run.model_copy(update={"lanes": [*run.lanes, other]}))

    def press(**data: Any) -> asyncio.Task[Any]:
        return asyncio.create_task(asyncio.to_thread(after.press, session, Press(**data), Request()))  # type: ignore[arg-type]

    reading = press(act="read", sample="lane-1:0")
    await asyncio.to_thread(after.asked.wait, 20)
    hiding = press(act="hide")
    answered, _ = await asyncio.wait({hiding}, timeout=0.2)
    assert not answered
    assert not session.order
    after.go.set()
    assert "keeper" in str(await reading)
    assert "keeper" not in str(await hiding)


PICKED = """\
sketch: 1
title: A pick
steps:
  - id: draft
    prompt: Go
    model: house/keeper
    config: {max_tokens: 40}
  - id: tone
    prompt: "{{draft}}?"
    pick: [cold, warm]
"""


async def test_a_step_is_opened_with_its_settings_and_a_pick_without_texts(opens: Opens, tmp_path: Path) -> None:
    pad, session = PadSession(), Session()
    *going, ended = await played(a_desk(tmp_path)[0], pad, PICKED)
    assert all("Open in Compare" not in each["behind"] for each in going)
    assert ended["behind"].count("Open in Compare") == 2

    def opened(step: str) -> str:
        press: Any = Press(step=step, at="0", column="")
        return str(opens.cell(session, [], "", Trail(), pad, press)[1])

    assert "The palette and the settings are now those of the sketch" in opened("draft")
    assert session.run is not None
    assert [(each.text, each.token_ids) for each in session.run.samples] == [(" the fog", [])]
    assert session.run.settings.max_tokens == 40
    assert "Out of 2 options the pick took “cold” (50 %)" in opened("tone")
    assert (session.run.template, session.run.samples) == (" the fog?", [])
    assert "No model is asked" in opened("page")
