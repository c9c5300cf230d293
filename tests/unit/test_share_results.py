"""Results under the pad: performed, remembered, frozen, kept by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.desk import Desk
from components.pad_session import PadSession
from swatchbook.sketch.fits import fits
from swatchbook.sketch.kept import MAX_EXAMPLES
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Record
from swatchbook.sketch.splice import rename
from tests.desks import LETTER, OTHER, PLAIN, a_desk, a_page, kept_in, origin, played, pressed, request, sent
from tests.fakes import Script


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)[0]


async def test_results_are_frozen_thawed_and_go_along(made: Desk) -> None:
    session = PadSession()
    panel, _ = await pressed(made, session, "freeze")
    assert "There is no result" in panel["html"]
    for name in ("Ada", "Bo", "Bo", *map(str, range(MAX_EXAMPLES))):
        await played(made, session, LETTER, {"name": name})
        for _ in range(2):
            panel, _ = await pressed(made, session, "freeze")
    assert f"{MAX_EXAMPLES} results are frozen, which is the most" in panel["html"]
    assert len({each.id for each in origin(session).examples}) == len(origin(session).examples) == MAX_EXAMPLES
    first = origin(session).examples[0].id
    for at in ("0", "99", "x", None):
        await pressed(made, session, "thaw", at=at)
    assert len(origin(session).examples) == MAX_EXAMPLES - 1
    assert first not in [each.id for each in origin(session).examples]
    await pressed(made, session, "keep")
    assert kept_in(made, session).examples == origin(session).examples
    visitor = PadSession()
    await made.opens.link(visitor, request(sketch=kept_in(made, session).id))
    assert origin(visitor).examples == origin(session).examples


async def test_the_same_result_is_frozen_once(made: Desk) -> None:
    session = PadSession()
    for text, again in ((LETTER, False), (LETTER, True), (f"{LETTER}# a remark\n", True)):
        await played(made, session, text)
        panel, _ = await pressed(made, session, "freeze", text)
        assert ("frozen already" in panel["html"], len(origin(session).examples)) == (again, 1)
    await played(made, session, LETTER, seed=8)
    panel, _ = await pressed(made, session, "freeze")
    assert ("frozen already" in panel["html"], len(origin(session).examples)) == (False, 2)


async def test_frozen_results_follow_a_name_that_is_changed(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER, {"name": "Grace"})
    await pressed(made, session, "freeze")
    text = rename(rename(LETTER, "name", "whom"), "draft", "note")
    panel, _ = await pressed(made, session, "freeze", text)
    assert "<bdi>whom: Grace, mood: tender</bdi>" in panel["html"]
    origin(session).examples = [origin(session).record]  # type: ignore[list-item]
    (published,) = made.sharing.work(origin(session), text, {}).fitting
    panel, _ = await pressed(made, session, "keep", text)
    assert "left out" not in panel["html"]
    assert "other words" not in panel["html"]
    (kept,) = kept_in(made, session).examples
    for each in (published, kept):
        assert fits(each, read_sketch(text))
        assert each.values == {"whom": "Grace", "mood": "tender"}
        assert [cell.step for cell in each.cells] == ["note", "note", "page", "page"]
    await played(made, session, OTHER)
    panel, _ = await pressed(made, session, "freeze", OTHER)
    assert "other words" not in panel["html"]
    panel, _ = await pressed(made, session, "keep", OTHER)
    assert "One frozen result is of an earlier text" in panel["html"]
    assert panel["html"].count("other words") == 1


async def test_a_result_that_failed_or_was_stopped_is_neither_frozen_nor_published(tmp_path: Path) -> None:
    made, engine = a_desk(tmp_path)
    session = PadSession()
    engine.scripts["cook"] = Script(refuse="The weights are damaged.")
    await played(made, session, LETTER)
    panel, _ = await pressed(made, session, "freeze")
    assert "failed or was stopped" in panel["html"]
    assert made.sharing.records(origin(session), LETTER) == []
    engine.scripts["cook"] = Script()
    await played(made, session, LETTER)
    assert made.sharing.records(origin(session), LETTER) == [origin(session).record]
    assert made.sharing.records(origin(session), OTHER) == []
    await pressed(made, session, "freeze")
    assert made.sharing.records(origin(session), OTHER) == [origin(session).record]


async def test_a_result_is_kept_by_itself_as_often_as_one_likes(made: Desk) -> None:
    session = PadSession()
    assert "There is no result" in (await pressed(made, session, "keep-record"))[0]["html"]
    await played(made, session, LETTER, {"name": "Grace"})
    told = [(await pressed(made, session, "keep-record"))[0] for _ in range(2)]
    ids = [each["copy"].removeprefix("record=").removesuffix("&tab=sketchpad") for each in told]
    assert len(set(ids)) == 2
    for id, each in zip(ids, told, strict=True):
        found = made.sharing.keeping.find(id)
        assert isinstance(found, Record)
        assert (found.values["name"], found.sketch, found.cells) == ("Grace", LETTER, origin(session).record.cells)  # type: ignore[union-attr]
        assert made.sharing.keeping.archive.delete(*each["own"][:2])


@pytest.mark.parametrize(
    "values",
    [{"nme": "Ada"}, {"name": "x" * 1_000_000}, {"sketch": OTHER}, ["Ada"], "Ada", {"name": ["Ada"]}, {"mood": "calm"}],
    ids=["another key", "1 MB", "a sketch", "a list", "a text", "a list in a value", "no option"],
)
async def test_values_that_do_not_fit_are_refused_in_a_sentence(tmp_path: Path, values: Any) -> None:
    made, engine = a_desk(tmp_path)
    (shown,) = await played(made, PadSession(), LETTER, values)
    assert 'role="alert"' in shown["told"]
    assert len(shown["told"]) < 800
    assert shown["running"] is False
    assert engine.asked == []


async def test_what_the_preview_shows_follows_the_text(tmp_path: Path) -> None:
    made, engine = a_desk(tmp_path)
    session = PadSession()
    shown = await played(made, session, LETTER, {"name": "Grace"})
    assert [shown[0]["running"], shown[-1]["running"], shown[-1]["status"]] == [True, False, "Done."]
    assert [card["texts"] for card in shown[-1]["steps"][0]["cards"]] == [["For Grace: the fog"], ["For Grace: butter"]]
    assert [each["number"] for each in shown] == sorted(each["number"] for each in shown)
    again = made.pad.look({"text": LETTER, "values": {"name": "Grace"}})
    assert again["piece"]["steps"] == shown[-1]["steps"]
    later = made.pad.look({"text": LETTER.replace("house/cook", "house/clerk"), "values": {"name": "Grace"}})
    assert "1 of 2 texts are still true" in later["piece"]["told"]
    assert len(engine.asked) == 2
    for said in ({"text": "title: ["}, {"text": LETTER.replace("{{mood}}", "{{moo}}")}, "nothing", None):
        found = made.pad.look(said)
        assert (bool(found["faults"]), found["piece"]) == (True, None)
    assert made.pad.look({"text": LETTER, "values": ["x"], "seed": "y"})["faults"] == []
    assert made.pad.edit({"text": "x" * 1_000_000, "act": "take", "path": '["title"]'}).keys() == {"problem"}


async def test_a_deadline_ends_a_performance_and_stop_does(tmp_path: Path) -> None:
    made, engine = a_desk(tmp_path)
    engine.scripts["keeper"] = Script([" word"] * 40, delay=0.05)
    made.pieces.deadline = 0.1
    session = PadSession()
    shown = await played(made, session, LETTER)
    assert "stopped" in shown[-1]["status"]
    assert session.play is None
    made.pieces.deadline = 30
    async for state, _ in made.sharing.play(session, sent(text=LETTER, values={})):
        await made.sharing.stop(session, sent())
        last = state
    assert "stopped" in last["status"]
    assert engine.running == 0


async def test_what_is_remembered_is_the_last_result_of_a_page_that_has_performed_none(tmp_path: Path) -> None:
    made, engine = a_desk(tmp_path)
    before = PadSession()
    await played(made, before, LETTER, {"name": "Grace"}, seed=3)
    last, asked = origin(before).record, len(engine.asked)
    assert last is not None
    shown: dict[str, Any] = {"values": {"name": "Grace"}, "seed": 3}
    for act in ("freeze", "keep-record", "record", "html"):
        page = PadSession()
        opened, _ = await made.opens.link(page, request())
        assert origin(page).record is None
        if act in ("record", "html"):
            assert "file" in await made.sharing.take(page, sent(format=act, text=LETTER, of=opened["of"], **shown))
        else:
            for _ in range(2):
                panel, _ = await pressed(made, page, act, **shown)
                assert 'role="alert"' not in panel["html"]
        found = origin(page).record
        assert found is not None
        assert found == last.model_copy(update={"id": found.id, "created": found.created})
        assert origin(page).examples == ([found] if act == "freeze" else [])
    assert len(engine.asked) == asked
    for other in ({"seed": None}, {"seed": 4}, {"values": {}}, {"text": OTHER}, {"text": "title: ["}):
        panel, _ = await pressed(made, a_page(), "freeze", **{**shown, **other})
        assert "There is no result" in panel["html"]
    assert len(engine.asked) == asked


async def test_a_page_that_opens_on_texts_that_are_known_has_a_result(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER)
    await pressed(made, session, "keep")
    page, draft = PadSession(), PadSession()
    await made.opens.link(page, request(sketch=kept_in(made, session).id))
    await made.opens.link(draft, request())
    made.opens.drafted(draft, sent(of=0, name="", frozen="", text=LETTER))
    for found in (origin(page).record, draft.at(0).record):
        assert found is not None
        assert (found.sketch, found.cells) == (LETTER, origin(session).record.cells)  # type: ignore[union-attr]


async def test_what_is_shown_is_frozen_before_what_was_performed_last(made: Desk) -> None:
    session = PadSession()
    for name in ("Ada", "Grace"):
        await played(made, session, LETTER, {"name": name})
    last = origin(session).record
    await pressed(made, session, "freeze", values={"name": "Grace"})
    await pressed(made, session, "freeze", values={"name": "Zoë"})  # which nobody has written to
    assert origin(session).examples == [last]
    await pressed(made, session, "freeze", values={})
    assert [each.values["name"] for each in origin(session).examples] == ["Ada", "Grace"]


async def test_what_failed_in_a_place_is_no_result_that_is_remembered(tmp_path: Path) -> None:
    made, engine = a_desk(tmp_path)
    engine.scripts["cook"] = Script(refuse="There is no room.")
    await played(made, PadSession(), LETTER)
    rules = "".join(f"  a{n}: ['{f'#a{n + 1}#' * 10}']\n" for n in range(8))
    for text in (LETTER, f"{PLAIN}  - id: b\n    text: '#a0#'\ngrammar:\n{rules}  a8: [x]\n"):
        read_sketch(text)
        panel, _ = await pressed(made, a_page(), "freeze", text)
        assert "There is no result" in panel["html"]
