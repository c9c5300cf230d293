"""A published piece as a stranger has it: unpacked somewhere, started with `python app.py`, and tried in a browser."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page

from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.publish.bundle import FOLDER, make
from tests.ui.conftest import PATIENCE, free_port, only_here
from tests.ui.program import started
from tests.works import mixed_sketch, work

SLOW = 60_000
"""Milliseconds to load a model on a busy machine."""
OTHER = "sketch: 1\ntitle: Another\nsteps:\n  - id: a\n    text: not yours\n"


@contextmanager
def piece(
    sketch: Sketch,
    folder: Path,
    python: Path = Path(sys.executable),
    prepare: Callable[[Path, Path], None] = lambda _, __: None,
) -> Iterator[str]:
    """The address of the running piece: nothing of the repository is on its path.

    `prepare` is given the interpreter and the piece's folder before it starts.
    """
    zipfile.ZipFile(io.BytesIO(make(work(sketch), "zip").zip())).extractall(folder)
    prepare(python, folder / FOLDER)
    with started(free_port(), folder / FOLDER, str(python), PYTHONPATH="", SWATCHBOOK_MEMORY_GB="1") as address:
        yield address


@pytest.fixture(scope="module")
def lamp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A piece with a step of words alone and one that a house model writes."""
    with piece(mixed_sketch(), tmp_path_factory.mktemp("lamp")) as address:
        yield address


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A tab that asks nobody but this machine, and on which no script fails."""
    problems: list[str] = []
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("request", lambda request: only_here(request.url, problems))
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert not problems, problems


def test_a_piece_shows_what_was_recorded_and_then_writes(lamp: str, page: Page) -> None:
    page.goto(lamp)
    page.get_by_role("heading", name="A letter from the lamp").wait_for()
    page.locator(".results", has_text="Dear Ada, the lamp is lit.").wait_for()
    page.get_by_label("Who is it for?").fill("Grace <b>{{name}}</b> #omen#")
    page.get_by_role("button", name="Run").click()
    page.locator(".results", has_text="For Grace <b>{{name}}</b> #omen#: a lid turns.").wait_for()
    page.get_by_text("Done.").wait_for(state="attached", timeout=SLOW)
    written = page.locator(".results .text").last.inner_text()
    assert written.strip()
    assert "the lamp is lit" not in written
    page.get_by_text("What it is made of").click()
    page.locator(".made", has_text="cc0-1.0").wait_for()
    assert page.get_by_role("tab").count() == 0


def posted(address: str, data: Any) -> str:
    """What the page is told to show after a program has pressed Run and sent this along."""
    events = httpx2.get(f"{address}/config", timeout=10).json()["dependencies"]
    number = {trigger: event["id"] for event in events for _, trigger in event["targets"]}
    session = "s" * 10
    for trigger, sent in (("load", None), ("submit", data)):
        asked = {"data": [None], "event_data": sent, "fn_index": number[trigger], "session_hash": session}
        assert httpx2.post(f"{address}/gradio_api/queue/join", json=asked, timeout=10).status_code == 200
        said = _told(address, session)
    return said


def _told(address: str, session: str) -> str:
    """All that one event answered, as it came."""
    with httpx2.stream("GET", f"{address}/gradio_api/queue/data?session_hash={session}", timeout=30) as answer:
        heard = ""
        for line in answer.iter_lines():
            heard += line
            if line.startswith("data:") and json.loads(line[5:])["msg"] == "process_completed":
                return heard
    raise AssertionError("the event has no end")


@pytest.mark.parametrize(
    "data",
    [
        {"sketch": OTHER, "values": {"name": "Ada"}},
        {"text": OTHER, "values": {"name": "Ada"}},
        {"values": {"name": "Ada", "sketch": OTHER}},
        {"values": {"name": ["Ada"]}},
        {"values": OTHER},
        {"values": {"name": "x" * 1_000}},
    ],
    ids=["sketch", "text", "one more value", "a list", "no values", "too long"],
)
def test_who_posts_a_sketch_in_place_of_values_is_refused(lamp: str, data: Any) -> None:
    said = posted(lamp, data)
    assert "not yours" not in said
    assert "alert" in said
    assert "Traceback" not in said


def test_who_posts_values_is_answered(lamp: str) -> None:
    assert "For Linus: " in posted(lamp, {"values": {"name": "Linus"}, "seed": 3})


def test_no_file_of_the_piece_is_served(lamp: str) -> None:
    for path in ("file=sketch.yaml", "file=app.py", "file=../app.py", "file=/etc/hostname", "upload"):
        assert httpx2.get(f"{lamp}/gradio_api/{path}", timeout=10).status_code in (403, 404, 405)
