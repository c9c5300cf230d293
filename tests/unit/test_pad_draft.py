"""What is frozen and not kept is held by the browser beside the draft, and comes back from there as a stranger's."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from components.desk import Desk
from components.pad_draft import DAMAGED
from components.pad_session import PadSession
from components.session import Session
from components.views.share import LOOSE
from swatchbook.runs import Lane, ModelRef, Run, Sample
from swatchbook.sketch.kept import MAX_EXAMPLES, KeptSketch
from tests.desks import LETTER, a_desk, origin, played, pressed, request, sent


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)[0]


async def test_the_browser_holds_frozen_results_and_gives_them_back(made: Desk) -> None:
    session, later = PadSession(), PadSession()
    for name in ("Ada", "Zoë"):
        await played(made, session, LETTER, {"name": name})
        panel, _ = await pressed(made, session, "freeze")
    body = panel["frozen"]
    panel = made.opens.drafted(later, sent(of=0, name="", frozen=body))
    assert origin(later).examples == origin(session).examples
    assert "name: Zoë" in panel["html"]
    assert "frozen" not in panel
    panel, _ = await pressed(made, later, "keep")
    assert panel["frozen"] == ""
    kept = origin(later).base
    assert kept is not None
    assert kept.examples == origin(session).examples
    panel, _ = await pressed(made, later, "thaw", at="0")
    opened = PadSession()
    await made.opens.link(opened, request(sketch=kept.id))
    made.opens.drafted(opened, sent(of=origin(opened).of, name="", frozen=panel["frozen"]))
    assert origin(opened).examples == origin(later).examples == origin(session).examples[1:]


async def test_a_sample_that_became_a_frozen_result_is_held(made: Desk) -> None:
    cook = ModelRef(source="house", repo="cook", commit="0123456")
    run = Run(
        template="Take",
        lanes=[Lane(id="a", model=cook)],
        samples=[Sample(lane="a", seed=1, text=" butter", finish="end")],
    )
    session, later = PadSession(), PadSession()
    _, panel = made.opens.from_run(Session(run=run), session, sent(sample="a:0"))
    made.opens.drafted(later, sent(of=0, name="", frozen=panel["frozen"]))
    assert origin(later).examples == origin(session).examples != []


async def test_what_is_too_large_to_be_held_is_said(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER)
    whole = origin(session).record
    assert whole is not None
    for field in ("text", "prompt", "rendered"):
        cells = [cell.model_copy(update={field: "é" * 190_000}) for cell in whole.cells]
        origin(session).record = whole.model_copy(update={"cells": cells})
        panel, _ = await pressed(made, session, "freeze")
        assert panel["frozen"] == ""
        assert LOOSE in panel["html"]
        await pressed(made, session, "thaw", at="0")
    origin(session).record = whole.model_copy(update={"values": {"name": "x" * 100}})
    panel, _ = await pressed(made, session, "freeze")
    assert LOOSE not in panel["html"]
    assert panel["frozen"]


async def test_what_a_browser_gives_back_is_not_believed(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER)
    await pressed(made, session, "freeze")
    (one,) = origin(session).examples
    empty = KeptSketch(text="")
    bad = {
        "a cell of no step": [one.model_copy(update={"cells": [one.cells[0].model_copy(update={"step": "secret"})]})],
        "a value of no input": [one.model_copy(update={"values": {"secret": "x"}})],
        "no sketch": [one.model_copy(update={"sketch": "title: ["})],
        "too many": [one] * (MAX_EXAMPLES + 1),
        "too long": [one.model_copy(update={"cells": one.cells * 700})],
    }
    bodies = [empty.model_copy(update={"examples": each}).model_dump_json() for each in bad.values()]
    for body in (
        *bodies,
        "nothing",
        "{",
        '{"sketch":2,"text":""}',
        "\ud800",
        one.to_json(),
        ["x"],
        {"examples": []},
        7,
    ):
        other = PadSession()
        panel = made.opens.drafted(other, sent(of=0, name="", frozen=body))
        assert DAMAGED in panel["html"]
        assert (origin(other).examples, panel["frozen"]) == ([], "")


async def test_what_is_given_back_late_goes_to_the_sketch_that_it_was_frozen_with(made: Desk) -> None:
    session, page = PadSession(), PadSession()
    await played(made, session, LETTER)
    panel, _ = await pressed(made, session, "freeze")
    body = panel["frozen"]
    await made.opens.link(page, request())
    opened, _ = made.opens.example(page, sent(example="islands"))
    await played(made, page, LETTER, of=opened["of"])
    last = origin(page).record
    assert made.opens.drafted(page, sent(of=0, name="", frozen=body))["of"] == 0
    assert page.at(0).examples == origin(session).examples
    example = page.at(opened["of"])
    assert (example.examples, example.record, page.record) == ([], last, last)
    text = opened["text"].replace("author:", "author: Not")
    await pressed(made, page, "keep", text, of=opened["of"])
    assert example.base is not None
    assert (example.base.examples, len(example.base.lineage)) == ([], 1)
    assert page.at(0).base is None


async def test_what_is_given_back_joins_what_was_frozen_meanwhile(made: Desk) -> None:
    session, page = PadSession(), PadSession()
    await played(made, session, LETTER)
    panel, _ = await pressed(made, session, "freeze")
    await played(made, page, LETTER, {"name": "Zoë"}, of=0)
    await pressed(made, page, "freeze", of=0)
    told = made.opens.drafted(page, sent(of=0, name="", frozen=panel["frozen"]))
    assert [each.values["name"] for each in page.at(0).examples] == ["Zoë", "Ada"]
    assert "Zoë" in told["frozen"]
    again = made.opens.drafted(page, sent(of=0, name="", frozen=told["frozen"]))
    assert len(page.at(0).examples) == 2
    assert "frozen" not in again


class Slow(str):
    """A body that is read until somebody says so."""

    begun, go = threading.Event(), threading.Event()

    def __len__(self) -> int:
        self.begun.set()
        assert self.go.wait(10)
        return super().__len__()


async def test_another_sketch_that_is_opened_meanwhile_gets_none_of_it(made: Desk) -> None:
    session, page = PadSession(), PadSession()
    await played(made, session, LETTER)
    panel, _ = await pressed(made, session, "freeze")
    body = Slow(panel["frozen"])
    reading = threading.Thread(target=made.opens.drafted, args=(page, sent(of=0, name="", frozen=body)))
    reading.start()
    assert body.begun.wait(10)
    opened, _ = made.opens.example(page, sent(example=""))
    body.go.set()
    reading.join()
    assert page.at(opened["of"]).examples == []
    assert page.at(0).examples == origin(session).examples


async def test_each_press_is_for_the_sketch_that_it_names(made: Desk) -> None:
    page = PadSession()
    first, second = (made.opens.example(page, sent(example=""))[0]["of"] for _ in range(2))
    await played(made, page, LETTER, of=first)
    panel, _ = await pressed(made, page, "freeze", of=first)
    assert (panel["of"], len(page.at(first).examples), page.at(second).examples) == (first, 1, [])
    panel, _ = await pressed(made, page, "freeze", LETTER.replace("I feel", "Today I feel"), of=second)
    assert "There is no result" in panel["html"]
    for of, count in ((first, 1), (second, 0), (first, 1), (4_000, 0)):
        panel = made.opens.drafted(page, sent(of=of))
        assert (panel["of"], panel["html"].count('data-act="thaw"')) == (of, count)
    for of in (None, "1", True, [first], {}):
        assert made.opens.drafted(page, sent(of=of))["of"] == 0


async def test_the_frozen_results_go_to_the_browser_only_when_they_change(made: Desk) -> None:
    session = PadSession()
    *_, (_, panel) = [shown async for shown in made.sharing.play(session, sent(text=LETTER, of=0, values={}))]
    assert "frozen" not in panel
    changes = [("versions", False), ("freeze", True), ("versions", False), ("freeze", False), ("nothing", False)]
    changes += [("thaw", True), ("freeze", True), ("keep", True), ("keep", False), ("thaw", True), ("back", False)]
    for act, sends in changes:
        panel, _ = await pressed(made, session, act, at="0")
        assert ("frozen" in panel) == sends, act
