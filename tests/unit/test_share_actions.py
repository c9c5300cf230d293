"""What lies under the pad: links, and files to take along."""

from __future__ import annotations

import base64
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import yaml

from components.desk import Desk
from components.pad_session import PadSession
from swatchbook.archive.links import unpack
from swatchbook.sketch.kept import KeptSketch
from swatchbook.sketch.parts import MAX_SKETCH
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import read_record
from swatchbook.sketch.workflow import from_workflow
from tests.desks import LETTER, OTHER, PLAIN, a_desk, a_page, kept_in, origin, played, pressed, request, sent


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)[0]


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
