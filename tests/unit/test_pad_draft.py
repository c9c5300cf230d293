"""What is frozen and not kept is held by the browser beside the draft, and comes back from there as a stranger's."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.desk import Desk
from components.pad_draft import DAMAGED
from components.pad_session import PadSession
from components.session import Session
from components.views.share import LOOSE
from swatchbook.runs import Lane, ModelRef, Run, Sample
from swatchbook.sketch.kept import MAX_EXAMPLES, KeptSketch
from tests.desks import LETTER, a_desk, played, pressed, request, sent


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)[0]


async def test_the_browser_holds_frozen_results_and_gives_them_back(made: Desk) -> None:
    session, later = PadSession(), PadSession()
    for name in ("Ada", "Zoë"):
        await played(made, session, LETTER, {"name": name})
        panel, _ = await pressed(made, session, "freeze")
    body = panel["frozen"]
    panel = made.opens.drafted(later, sent(of=0, frozen=body))
    assert later.origin.examples == session.origin.examples
    assert "name: Zoë" in panel["html"]
    assert panel["back"] is True
    await pressed(made, later, "keep")
    kept = later.origin.base
    assert kept is not None
    assert kept.examples == session.origin.examples
    panel, _ = await pressed(made, later, "versions")
    assert panel["frozen"] == ""
    panel, _ = await pressed(made, later, "thaw", at="0")
    opened = PadSession()
    await made.opens.link(opened, request(sketch=kept.id))
    made.opens.drafted(opened, sent(of=opened.of, frozen=panel["frozen"]))
    assert opened.origin.examples == later.origin.examples == session.origin.examples[1:]


async def test_a_sample_that_became_a_frozen_result_is_held(made: Desk) -> None:
    cook = ModelRef(source="house", repo="cook", commit="0123456")
    run = Run(
        template="Take",
        lanes=[Lane(id="a", model=cook)],
        samples=[Sample(lane="a", seed=1, text=" butter", finish="end")],
    )
    session, later = PadSession(), PadSession()
    _, panel = made.opens.from_run(Session(run=run), session, sent(sample="a:0"))
    made.opens.drafted(later, sent(of=0, frozen=panel["frozen"]))
    assert later.origin.examples == session.origin.examples != []


async def test_what_is_too_large_to_be_held_is_said(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER)
    whole = session.record
    assert whole is not None
    for field in ("text", "prompt", "rendered"):
        cells = [cell.model_copy(update={field: "é" * 190_000}) for cell in whole.cells]
        session.record = whole.model_copy(update={"cells": cells})
        panel, _ = await pressed(made, session, "freeze")
        assert panel["frozen"] == ""
        assert LOOSE in panel["html"]
    await pressed(made, session, "thaw", at="0")
    session.record = whole.model_copy(update={"values": {"name": "x" * 100}})
    panel, _ = await pressed(made, session, "freeze")
    assert LOOSE not in panel["html"]
    assert panel["frozen"]


async def test_what_a_browser_gives_back_is_not_believed(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER)
    await pressed(made, session, "freeze")
    (one,) = session.origin.examples
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
        panel = made.opens.drafted(other, sent(of=0, frozen=body))
        assert DAMAGED in panel["html"]
        assert (other.origin.examples, panel["frozen"]) == ([], "")
