"""One desk on a fake engine and a made-up house, and what a browser tells it: for tests of the Sketchpad's events."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr

from components.desk import Desk, desk
from components.keep_actions import Keeping
from components.pad_session import Origin, PadSession
from swatchbook.archive.store import Archive
from swatchbook.settings import AppSettings
from swatchbook.shelf import Shelf
from swatchbook.sketch.kept import KeptSketch
from tests.conftest import SCRATCH
from tests.fakes import FakeEngine, Script
from tests.ui.house import make_house

LETTER = """\
# A letter in two voices
sketch: 1
title: A letter
author: Bo
inputs:
  name:
    ask: Who is it for?
    default: Ada
  mood:
    ask: Mood
    choose: [tender, furious]
steps:
  - id: draft
    prompt: "Dear {{name}}, I feel {{mood}} and"
    model: [house/keeper, house/cook]
    config: {max_tokens: 40}
  - id: page
    text: "For {{name}}:{{draft}}"
show: [page]
"""
OTHER = LETTER.replace("I feel", "Today I feel").replace("house/cook", "house/clerk")
"""The next thing somebody makes of it."""
PLAIN = "sketch: 1\ntitle: Words\ninputs:\n  name:\n    ask: Who?\nsteps:\n  - id: a\n    text: Hello {{name}}.\n"


@cache
def a_shelf() -> Shelf:
    """The models of the made-up house."""
    return Shelf(make_house(SCRATCH / "house"))


def a_desk(folder: Path) -> tuple[Desk, FakeEngine]:
    """A desk with an archive of its own, and the engine that it asks."""
    engine = FakeEngine({"keeper": Script([" the fog"]), "cook": Script([" butter"])})
    settings = AppSettings(data=folder)
    return desk(engine, settings, a_shelf(), Keeping(Archive(folder / "archive"), settings)), engine


def sent(**data: Any) -> gr.EventData:
    """What a press sends along."""
    return gr.EventData(None, data)


def request(**query: str) -> gr.Request:
    """What Gradio tells of a request."""
    return cast(gr.Request, SimpleNamespace(session_hash="page", query_params=query))


def a_page() -> PadSession:
    """A page that has opened, with nothing on it that came of something."""
    session = PadSession()
    session.draft(0)
    return session


def origin(session: PadSession) -> Origin:
    """What was opened last on a page."""
    return list(session.origins.values())[-1] if session.origins else session.draft(0)


async def played(made: Desk, session: PadSession, text: str, values: Any = None, **more: Any) -> list[dict[str, Any]]:
    """Everything that the preview shows of one performance."""
    event = sent(**{"text": text, "of": origin(session).of, "values": {} if values is None else values, **more})
    return [shown async for shown, _ in made.sharing.play(session, event)]


async def pressed(made: Desk, session: PadSession, act: str, text: str = LETTER, **more: Any) -> tuple[Any, Any]:
    """What a press under the pad shows there, and what becomes of the pad; the form is as it was performed."""
    last = origin(session).record
    asked = {"values": last.values, "seed": last.seed} if last else {}
    event = sent(**{"act": act, "text": text, "of": origin(session).of, **asked, **more})
    return await made.sharing.press(session, event, request())


def kept_in(made: Desk, session: PadSession) -> KeptSketch:
    """What the archive has of the sketch that is open."""
    assert origin(session).base is not None
    found = made.sharing.keeping.find(origin(session).base.id)
    assert isinstance(found, KeptSketch)
    return found
