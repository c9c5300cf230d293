"""A published piece's own page: its models where they are there, and what was recorded where they are not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr

from components.colour import GREY
from components.standalone import colour, visits
from components.visit import Visit, Visits
from swatchbook.runs import ModelRef
from swatchbook.settings import AppSettings
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.publish.bundle import make
from swatchbook.sketch.publish.contents import Contents, read_contents
from swatchbook.sketch.publish.stock import Stock
from tests.fakes import FakeEngine, Script
from tests.works import house_ref, house_sketch, hub_sketch, work


def contents(sketch: Sketch, folder: Path) -> Contents:
    """The piece as it was published and unpacked."""
    for name, data in make(work(sketch), "zip").files.items():
        if "/" not in name:
            (folder / name).write_bytes(data)
    return read_contents(folder)


async def told(page: Visits, query: Mapping[str, str], sent: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a visitor sees at first, and last after pressing Run."""
    visit = Visit()
    first = await page.open(visit, cast(gr.Request, SimpleNamespace(query_params=query)))
    shown = [value async for value in page.play(visit, gr.EventData(None, sent))]
    return first, shown[-1]


async def test_a_model_that_is_there_writes(tmp_path: Path) -> None:
    made, settings = contents(house_sketch(), tmp_path), AppSettings(offline=True)
    engine = FakeEngine({"lighthouse-keeper": Script(["the", " fog"])})
    page = visits(made, Stock(settings, made.sketch.models), engine, settings)
    first, last = await told(page, {"sketch": "another", "s": "x"}, {"values": {"name": "Grace"}})
    assert "A letter from the lamp" in first["front"]
    assert first["steps"][0]["cards"][0]["texts"] == ["Dear Ada, the lamp is lit."]
    assert "cc0-1.0" in first["made"]
    assert last["steps"][0]["cards"][0]["texts"] == ["the fog"]


async def test_a_model_that_cannot_be_had_brings_out_what_was_recorded_and_says_why(tmp_path: Path) -> None:
    made, settings = contents(hub_sketch(), tmp_path), AppSettings(offline=True)
    stock = Stock(settings, made.sketch.models)
    stock.start().join(10)
    _, last = await told(visits(made, stock, FakeEngine(), settings), {}, {"values": {}})
    assert last["steps"][0]["cards"][0]["texts"] == ["Dear Ada, the lamp is lit."]
    assert "lantern/ember cannot be asked here: there is no network here" in last["told"]
    assert "Shown instead" in last["told"]
    assert last["running"] is False


def test_colours_are_the_house_models_own_or_come_of_the_name() -> None:
    assert colour(None) == GREY
    assert colour(house_ref("oracle")) != colour(house_ref("clerk"))
    hub = ModelRef(source="hub", repo="lantern/ember")
    assert colour(hub) == colour(hub.model_copy(update={"commit": "1234567"}))
