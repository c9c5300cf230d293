"""The visitors' page: which piece an address names, what a visitor may send, and what is shown when a model fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from components.desk import Desk
from components.exhibits import Exhibits
from components.gallery import gallery
from components.pad_session import PadSession
from components.visit import ONLY_VALUES, Visit, Visits, nearest
from swatchbook.archive.links import pack
from swatchbook.runs import RunError
from swatchbook.sketch.kept import Ancestor, KeptSketch
from swatchbook.sketch.record import Record
from tests.desks import LETTER, PLAIN, a_desk, a_shelf, origin, played, pressed, request
from tests.fakes import FakeEngine, Script
from tests.kept import a_run

Made = tuple[Desk, FakeEngine, Visits]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    desk, engine = a_desk(tmp_path)
    return desk, engine, Visits(desk.pieces, Exhibits(desk.sharing.keeping, a_shelf()).find)


async def kept(desk: Desk, *names: str, text: str = LETTER) -> str:
    """The id of a kept sketch with a frozen result for each of some names."""
    session = PadSession()
    for name in names:
        await played(desk, session, text, {"name": name})
        await pressed(desk, session, "freeze", text)
    await pressed(desk, session, "keep", text)
    assert origin(session).base is not None
    return origin(session).base.id


async def run(page: Visits, visit: Visit, data: Any) -> list[dict[str, Any]]:
    """Everything that a visitor is shown after sending something."""
    return [shown async for shown in page.play(visit, gr.EventData(None, data))]


async def test_a_kept_piece_opens_with_its_first_result_and_says_what_it_is_made_of(made: Made) -> None:
    desk, engine, page = made
    id = await kept(desk, "Ada", "Bo & Co")
    asked = len(engine.asked)
    visit = Visit()
    shown = await page.open(visit, request(sketch=id))
    assert [card["texts"] for card in shown["steps"][0]["cards"]] == [
        ["For Bo &amp; Co: the fog"],
        ["For Bo &amp; Co: butter"],
    ]
    assert 'value="Bo &amp; Co"' in shown["form"]
    assert "A letter" in shown["front"]
    for said in ("house/keeper", "cc0-1.0", "A letter in two voices", f"./?sketch={id}&amp;tab=sketchpad"):
        assert said in shown["made"]
    assert len(engine.asked) == asked
    *_, last = await run(page, visit, {"values": {"name": "Grace", "mood": "furious"}, "seed": 3})
    assert last["steps"][0]["cards"][1]["texts"] == ["For Grace: butter"]
    assert visit.record is not None
    assert visit.record.seed == 3


async def test_links_results_and_the_house_s_sketches_open_too(made: Made) -> None:
    desk, _, page = made
    lineage = [Ancestor(title="The first", author="Bo")]
    packed = pack("sketch", KeptSketch(text=PLAIN, title="Words", lineage=lineage))
    visit = Visit()
    shown = await page.open(visit, request(packed=packed))
    assert "The first" in shown["made"]
    assert (await run(page, visit, {"values": {"name": "<b>"}}))[-1]["steps"][0]["cards"][0]["texts"] == [
        "Hello &lt;b&gt;."
    ]
    session = PadSession()
    await played(desk, session, LETTER, {"name": "Grace"})
    told, _ = await pressed(desk, session, "keep-record")
    shown = await page.open(Visit(), request(record=told["own"][0]))
    assert 'value="Grace"' in shown["form"]
    for each in gallery():
        shown = await page.open(Visit(), request(example=each.name))
        assert each.sketch.title[:12] in shown["front"].replace("&#39;", "'")
        assert "alert" not in shown.get("told", "")


GARBAGE: list[dict[str, str]] = [
    {},
    {"sketch": "nobody"},
    {"sketch": "x" * 100_000},
    {"record": "../../etc/passwd"},
    {"example": "nothing"},
    {"packed": "1.sketch.AAAAAAAA.AAAA"},
    {"packed": "1.sketch." + "A" * 100_000},
    {"packed": "9.sketch.AAAAAAAA.AAAA"},
    {"packed": "%00.sketch.%ff"},
    {"packed": "1.run.AAAAAAAA.AAAA"},
    {"packed": pack("sketch", KeptSketch(text=PLAIN))[:-4]},
    {"packed": pack("sketch", KeptSketch(text="title: ["))},
    {"packed": pack("run", a_run())},
    {"run": "nobody"},
]


@pytest.mark.parametrize("query", GARBAGE, ids=range(len(GARBAGE)))
async def test_what_names_no_piece_is_told_in_a_sentence(made: Made, query: dict[str, str]) -> None:
    _, engine, page = made
    visit = Visit()
    shown = await page.open(visit, request(**query))
    assert 'role="alert"' in shown["told"]
    assert len(shown["told"]) < 700
    (after,) = await run(page, visit, {"values": {}})
    assert "There is no piece on this page" in after["told"]
    assert engine.asked == []


async def test_a_run_of_compare_is_no_piece(made: Made) -> None:
    desk, _, page = made
    run_id = desk.sharing.keeping.put(a_run(), "run", False, "page").document.id
    with pytest.raises(RunError, match="no sketch"):
        page.find({"sketch": run_id})


ONLY = ONLY_VALUES[:40]
POSTED: dict[str, tuple[Any, str]] = {
    "another key": ({"values": {"name": "Ada"}, "text": PLAIN}, ONLY),
    "a sketch": ({"values": {"name": "Ada"}, "sketch": PLAIN}, ONLY),
    "an act": ({"act": "keep"}, ONLY),
    "a list": (["values", "seed"], ONLY),
    "a text": ("values", ONLY),
    "a number": (5, ONLY),
    "no values": ({}, "Values come as an object"),
    "values in a list": ({"values": ["Ada"]}, "Values come as an object"),
    "another input": ({"values": {"name": "Ada", "draft": "written"}}, "no input &quot;draft&quot;"),
    "1 MB": ({"values": {"name": "x" * 1_000_000}}, "takes 200 characters"),
    "no option": ({"values": {"mood": "calm"}}, "is one of tender, furious"),
}


@pytest.mark.parametrize(("posted", "said"), POSTED.values(), ids=POSTED.keys())
async def test_nothing_but_values_is_taken(made: Made, posted: Any, said: str) -> None:
    desk, engine, page = made
    visit = Visit()
    await page.open(visit, request(sketch=await kept(desk)))
    (shown,) = await run(page, visit, posted)
    assert said in shown["told"]
    assert len(shown["told"]) < 800
    assert shown["running"] is False
    assert engine.asked == []
    assert visit.record is None


async def test_a_failing_model_brings_out_the_nearest_recorded_result_and_says_so(made: Made) -> None:
    desk, engine, page = made
    id = await kept(desk, "Ada", "Grace")
    desk.pieces.memo._cells.clear()
    engine.scripts["cook"] = engine.scripts["keeper"] = Script(refuse="The weights are <b>damaged</b>.")
    visit = Visit()
    await page.open(visit, request(sketch=id))
    *_, failed, last = await run(page, visit, {"values": {"name": "Ada", "mood": "furious"}})
    assert failed["status"] == "Done. 4 failed."
    assert last["steps"][0]["cards"][1]["texts"] == ["For Ada: butter"]
    assert "The weights are &lt;b&gt;damaged&lt;/b&gt;. Shown instead is what was written on" in last["told"]
    assert "name: Ada, mood: tender" in last["told"]
    assert last["running"] is False
    engine.scripts["keeper"] = Script([" the fog"])
    alone = await kept(desk)
    await page.open(visit, request(sketch=alone))
    *_, last = await run(page, visit, {"values": {}})
    assert last["steps"][0]["cards"][0]["texts"] == ["For Ada: the fog"]
    assert "needs it" in last["steps"][0]["cards"][1]["foot"]
    assert "damaged" in last["told"]


def test_the_nearest_result_has_most_values_in_common() -> None:
    records = [Record(sketch="x", values=dict(zip("abc", said, strict=True))) for said in ("111", "122", "222")]
    for said, place in (("111", 0), ("123", 1), ("223", 2), ("999", 0), ("129", 1)):
        assert nearest(records, dict(zip("abc", said, strict=True))) is records[place]
