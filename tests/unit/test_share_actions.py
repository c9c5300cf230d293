"""What lies under the pad: keeping, versions, remixes, frozen results, links, and files to take along."""

from __future__ import annotations

import asyncio
import base64
import io
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import yaml

from components.desk import Desk
from components.keep_actions import Keeping
from components.pad_session import PadSession
from swatchbook.archive.links import unpack
from swatchbook.archive.store import Kept
from swatchbook.runs import RunError
from swatchbook.sketch.fits import fits
from swatchbook.sketch.kept import MAX_EXAMPLES, KeptSketch
from swatchbook.sketch.parts import MAX_SKETCH
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Record, read_record
from swatchbook.sketch.splice import rename
from swatchbook.sketch.workflow import from_workflow
from tests.desks import LETTER, PLAIN, a_desk, a_page, origin, played, pressed, request, sent
from tests.fakes import Script

OTHER = LETTER.replace("I feel", "Today I feel").replace("house/cook", "house/clerk")


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)[0]


def kept_in(made: Desk, session: PadSession) -> KeptSketch:
    """What the archive has of the sketch that is open."""
    assert origin(session).base is not None
    found = made.sharing.keeping.find(origin(session).base.id)
    assert isinstance(found, KeptSketch)
    return found


async def test_each_keep_is_a_version_and_what_changed_is_told(made: Desk) -> None:
    session = PadSession()
    panel, pad = await pressed(made, session, "keep")
    first = kept_in(made, session)
    assert (first.text, first.title, first.parent, first.relation) == (LETTER, "A letter", None, None)
    assert pad == gr.skip()
    assert f'data-kept="{first.id}"' in panel["html"]
    first_key = origin(session).key
    assert first_key in panel["html"]
    await pressed(made, session, "keep", OTHER, listed="on")
    second = kept_in(made, session)
    assert (second.parent, second.relation, second.text) == (first.id, "version", OTHER)
    own = [{"id": first.id, "key": first_key}]
    panel, _ = await pressed(made, session, "versions", OTHER, own=own)
    told = panel["html"].split("version-list")[1]
    assert told.count("<li><p>") == 2
    assert told.index("clerk") < told.index("The first that is kept")
    assert "Today I feel" in told
    panel, pad = await pressed(made, session, "back", OTHER, id=first.id, own=own)
    assert pad["text"] == LETTER
    await pressed(made, session, "keep")
    assert kept_in(made, session).parent == second.id
    with pytest.raises(RunError, match="not there any more"):
        made.sharing._back(origin(session), {"id": "nobody"})


async def test_others_versions_that_are_not_listed_are_not_shown(made: Desk) -> None:
    author = PadSession()
    await pressed(made, author, "keep")
    key = origin(author).key
    await pressed(made, author, "keep", OTHER)
    newest = kept_in(made, author)
    visitor = PadSession()
    await made.opens.link(visitor, request(sketch=newest.id))
    mine, false = {"id": newest.parent, "key": key}, {"id": newest.parent, "key": "x"}
    for own, count in (([], 1), ([mine], 2), ([false], 1), ([newest.parent], 1), ("no list", 1)):
        panel, _ = await pressed(made, visitor, "versions", OTHER, own=own)
        assert panel["html"].split("version-list")[1].count("<li><p>") == count
    with pytest.raises(RunError, match="not there any more"):
        made.sharing._back(origin(visitor), {"id": newest.parent})


async def test_what_somebody_else_kept_becomes_a_remix_with_its_lineage(made: Desk) -> None:
    bo, cy = PadSession(), PadSession()
    await pressed(made, bo, "keep")
    first = kept_in(made, bo)
    opened, panel = await made.opens.link(cy, request(sketch=first.id))
    assert opened["text"] == LETTER
    assert "data-secret" not in panel["html"]
    assert origin(bo).key not in panel["html"]
    _, pad = await pressed(made, cy, "keep", OTHER)
    remix = kept_in(made, cy)
    assert (remix.parent, remix.relation) == (first.id, "remix")
    assert [(each.id, each.title, each.author) for each in remix.lineage] == [(first.id, "A letter", "Bo")]
    assert read_sketch(remix.text).remix_of == "A letter by Bo"
    assert pad["text"] == remix.text
    assert remix.text.startswith("# A letter in two voices\n")
    di = PadSession()
    await made.opens.link(di, request(sketch=remix.id))
    await pressed(made, di, "keep", remix.text)
    again = kept_in(made, di)
    assert [each.id for each in again.lineage] == [first.id, remix.id]
    assert again.text == remix.text
    await pressed(made, di, "keep", f"{again.text}# mine now\n")
    assert kept_in(made, di).relation == "version"
    assert kept_in(made, di).lineage == again.lineage


async def test_what_is_kept_already_makes_no_version(made: Desk) -> None:
    session, told = PadSession(), "Nothing has changed since this was kept."
    await pressed(made, session, "keep")
    await played(made, session, LETTER)
    renamed = rename(LETTER, "name", "whom")
    steps: list[tuple[str, dict[str, Any]]] = [
        (LETTER, {}), (OTHER, {}), (OTHER, {"listed": "on"}), (renamed, {}), (f"{renamed}# a remark\n", {})
    ]  # fmt: skip
    for text, more in steps:
        await pressed(made, session, "freeze", text)
        panel, _ = await pressed(made, session, "keep", text, **more)
        assert told not in panel["html"]
        before = kept_in(made, session)
        panel, pad = await pressed(made, session, "keep", text, **more)
        assert told in panel["html"]
        assert (pad, kept_in(made, session)) == (gr.skip(), before)
    assert made.sharing.keeping.archive.taken()[0] == len(steps) + 1
    assert made.sharing.keeping.archive.delete(before.id, origin(session).key or "")
    panel, _ = await pressed(made, session, "keep", text)
    assert told not in panel["html"]
    assert kept_in(made, session).id != before.id


class OneAtATime(Keeping):
    """Notices when a second document comes while one is being kept."""

    entered, most = 0, 0

    def put(self, *given: Any) -> Kept:
        self.entered += 1
        self.most = max(self.most, self.entered)
        time.sleep(0.05)  # long enough for the other press to come, if it could
        kept = super().put(*given)
        self.entered -= 1
        return kept


async def test_keep_pressed_twice_at_once_keeps_once(made: Desk) -> None:
    session, keeping = PadSession(), OneAtATime(made.sharing.keeping.archive, made.sharing.keeping.settings)
    made.sharing.keeping = keeping
    panels = await asyncio.gather(*(pressed(made, session, "keep") for _ in range(2)))
    assert keeping.most == 1
    assert keeping.archive.taken()[0] == 1
    assert sum("Nothing has changed since this was kept." in panel["html"] for panel, _ in panels) == 1


async def test_a_link_holds_the_text_and_its_lineage_and_opens_as_nobodys(made: Desk) -> None:
    bo, cy, di = PadSession(), PadSession(), PadSession()
    await pressed(made, bo, "keep")
    await made.opens.link(cy, request(sketch=kept_in(made, bo).id))
    await pressed(made, cy, "keep", OTHER)
    shown, _ = await pressed(made, cy, "visit-link", kept_in(made, cy).text)
    assert shown["copy"] == f"sketch={kept_in(made, cy).id}"
    lineage = origin(cy).lineage
    altered = f"{OTHER}# altered\n"
    for act, key, visit in (("visit-link", "copy", True), ("pad-link", "copy", False), ("visit", "open", True)):
        shown, pad = await pressed(made, cy, act, altered)
        assert (shown["visit"], pad) == (visit, gr.skip())
        packed, _, tab = shown[key].removeprefix("packed=").partition("&")
        kind, found = unpack(packed)
        assert isinstance(found, KeptSketch)
        assert (kind, found.text, found.lineage, tab) == ("sketch", altered, lineage, "" if visit else "tab=sketchpad")
    opened, _ = await made.opens.link(di, request(packed=packed))
    assert opened["text"] == altered
    await pressed(made, di, "keep", altered)
    assert (kept_in(made, di).parent, kept_in(made, di).lineage) == (None, lineage)
    await made.opens.link(di, request(packed=packed))
    await pressed(made, di, "keep", altered.replace("author: Bo", "author: Di"))
    assert [each.author for each in kept_in(made, di).lineage] == [*(each.author for each in lineage), "Bo"]
    assert read_sketch(kept_in(made, di).text).remix_of.endswith("by Bo")
    shown, _ = await pressed(made, di, "kept-link", OTHER)
    assert shown["copy"] == f"sketch={kept_in(made, di).id}"


async def test_a_sketch_too_long_for_a_link_is_kept_instead(made: Desk) -> None:
    chance = random.Random(1)
    rules = [f"  a{n}: [{', '.join(f'b{chance.getrandbits(64):x}' for _ in range(180))}]\n" for n in range(6)]
    long = f"{PLAIN}grammar:\n{''.join(rules)}"
    session = PadSession()
    panel, _ = await pressed(made, session, "visit-link", long)
    assert "too long for a link" in panel["html"]
    assert "keep it" in panel["html"]
    await pressed(made, session, "keep", long)
    assert (await pressed(made, session, "kept-link", long))[0]["visit"] is True


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
    assert "earlier words" not in panel["html"]
    (kept,) = kept_in(made, session).examples
    for each in (published, kept):
        assert fits(each, read_sketch(text))
        assert each.values == {"whom": "Grace", "mood": "tender"}
        assert [cell.step for cell in each.cells] == ["note", "note", "page", "page"]
    await played(made, session, OTHER)
    panel, _ = await pressed(made, session, "freeze", OTHER)
    assert "earlier words" not in panel["html"]
    panel, _ = await pressed(made, session, "keep", OTHER)
    assert "One frozen result is of an earlier text" in panel["html"]
    assert panel["html"].count("earlier words") == 1


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


async def taken(made: Desk, session: PadSession, kind: str, text: str = LETTER) -> tuple[str, bytes]:
    """A file's name and content."""
    shown = await made.sharing.take(session, sent(format=kind, text=text, of=origin(session).of))
    assert "file" in shown, shown["html"]
    return shown["file"]["name"], base64.b64decode(shown["file"]["content"])


async def test_every_file_can_be_taken(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER, {"name": "Grace"})
    assert await taken(made, session, "yaml") == ("a-letter.yaml", LETTER.encode())
    name, page = await taken(made, session, "html")
    assert (name, b"the fog" in page, b"Grace" in page) == ("a-letter.html", True, True)
    assert all(f":{made.pieces.colour(model)}}}".encode() in page for model in read_sketch(LETTER).models)
    name, result = await taken(made, session, "record")
    assert read_record(result) == origin(session).record
    name, prompt = await taken(made, session, "prompt")
    assert name == "draft.prompt"
    assert yaml.safe_load(prompt.decode().split("---")[1])["model"]
    name, flow = await taken(made, session, "workflow")
    assert name == "workflow.json"
    assert "keeper" in from_workflow(flow.decode())[0]


@pytest.mark.parametrize("kind", ["zip", "space-zerogpu", "space-cpu", "space-static"])
async def test_a_piece_of_words_can_be_taken_for_every_place(made: Desk, kind: str) -> None:
    name, content = await taken(made, PadSession(), kind, PLAIN)
    files = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert name.endswith(".zip")
    assert any(file.endswith("index.html" if kind == "space-static" else "sketch.yaml") for file in files)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("record", LETTER, "There is no result"),
        ("html", LETTER, "nothing is yet; run the sketch once first"),
        ("space-static", LETTER, "run the sketch once first"),
        ("prompt", PLAIN, "No step of this sketch asks a model"),
        ("exe", PLAIN, "exe&#39; is no place to publish to"),
        ("yaml", "title: [", "Line 1"),
        ("zip", "x" * 1_000_000, "at most 32 KB"),
    ],
    ids=["record", "html", "static", "prompt", "exe", "yaml", "zip"],
)
async def test_a_file_that_cannot_be_made_is_told_in_a_sentence(made: Desk, kind: str, text: str, said: str) -> None:
    shown = await made.sharing.take(a_page(), sent(format=kind, text=text))
    assert "file" not in shown
    assert said in shown["html"]


@pytest.mark.parametrize("act", ["keep", "visit-link", "pad-link", "visit"])
@pytest.mark.parametrize(
    "text",
    ["", "title: [", "x" * (MAX_SKETCH + 1), LETTER.replace("{{name}}", "{{nobody}}"), None],
    ids=["nothing", "no YAML", "too long", "a name that is not there", "no text"],
)
async def test_a_sketch_with_faults_is_neither_kept_nor_linked(made: Desk, act: str, text: Any) -> None:
    panel, pad = await pressed(made, PadSession(), act, text)
    assert 'role="alert"' in panel["html"]
    assert pad == gr.skip()
    assert made.sharing.keeping.archive.taken()[0] == 0


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
