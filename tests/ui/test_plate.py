"""A plate in a real browser, opened from disk with the network off; and the picture that is drawn of one."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from swatchbook.archive.plates.page import picture_html, plate_html
from swatchbook.notes import Blind, Note, Span, Vote
from swatchbook.runs import Credit, Lane, ModelRef, Run, Sample, Settings, Tag, Trace
from swatchbook.settings import ROOT
from tests.ui.conftest import ARTIFACTS, PATIENCE
from tests.ui.test_safety import HOSTILE

PICTURE = (ROOT / "assets" / "js" / "picture.js").read_text(encoding="utf-8")
COLOURS = {"keeper": "rgb(20,130,150)", "oracle": "rgb(130,80,200)", "again": "rgb(20,130,150)"}
SAID = "she had counted the ships twice and the fog kept one of them before the lamp"
WORDS = SAID.split()
DAY = "2026-01-02T03:04:05+00:00"
FLIP = "\u202e"
"""From here on, text runs from right to left."""


def sample(lane: str, index: int, **more: Any) -> Sample:
    """A text of some words, the third of them surprising."""
    said = [f" {word}" for word in WORDS[: 6 + 3 * index]]
    ends = [len("".join(said[: n + 1])) for n in range(len(said))]
    bits = [0.4 if n % 3 else 1.2 * (n + index) for n in range(len(said))]
    tops = [[" sea", " fog"]] * len(said)
    trace = Trace(surprisal=bits, top_text=tops, top_bits=[[1.0, 2.0]] * len(said))
    plain = {"lane": lane, "index": index, "seed": 7 + index, "text": "".join(said), "finish": "end", "ends": ends}
    return Sample.model_validate({**plain, "token_ids": [1] * len(said), "trace": trace, **more})


def calm() -> Run:
    """A run as people make them, with notes, readings and credits."""
    lanes = [
        Lane(id="keeper", model=ModelRef(source="house", repo="keeper", commit="0123456789ab")),
        Lane(id="oracle", model=ModelRef(source="hub", repo="maker/oracle"), mode="chat"),
        Lane(id="again", model=ModelRef(source="house", repo="keeper", commit="0123456789ab"), repeats="keeper"),
    ]
    held = [
        sample(lane.id, index, filling=[word]) for lane in lanes for word in ("nurse", "engineer") for index in range(3)
    ]
    held[1] = held[1].model_copy(update={"tags": [Tag(name="cut off"), Tag(name="loop", token=4)]})
    first = Note(
        id="n1",
        text="Both count.",
        author="Ines",
        created=DAY,
        at=[Span(lane="keeper", sample=0, start=5, end=24), Span(lane="oracle", sample=1)],
    )
    notes = [
        first,
        Note(id="n2", text="Only one does.", answers="n1", contests=True, created=DAY),
        Note(id="n3", text="A refrain.", at=[Span(lane="keeper", sample=1)], tag="loop", contests=True, created=DAY),
    ]
    votes = [Vote(question="best", lanes=["oracle"]), Vote(question="alike", lanes=["keeper", "again"])]
    return Run(
        title="What the harbour said",
        created=DAY,
        template="The {nurse|engineer} said that",
        settings=Settings(samples=3),
        lanes=lanes,
        samples=held,
        notes=notes,
        readings=[
            Blind(order=["again", "oracle", "keeper"], votes=votes, reader="Ines", words="C is dry.", created=DAY)
        ],
        credits=[Credit(model=lanes[0].model, author="house", licence="cc0-1.0", datasets=["logs"])],
        machine="a machine",
        versions={"torch": "2.13"},
    )


def hostile() -> Run:
    """A run every text of which tries to break out."""
    every = FLIP + " ".join([*HOSTILE, "</style><script>window.hit=1</script>", "</title>", "\x00\x1b[31m\x07", "]]>"])
    short, name = "</title></style>${window.hit=1}", f"{FLIP}<b>"
    lane = Lane(id="keeper", model=ModelRef(source="hub", repo="some/body"))
    ends = [len(text.encode()) for text in (every[:9], every)]
    trace = Trace(surprisal=[9, 9], top_text=[[every, short]] * 2, top_bits=[[1, 2]] * 2)
    told = {"lane": "keeper", "filling": [every, short], "prompt": every, "tags": [Tag(name=short, detail=every[:200])]}
    held = [
        Sample.model_validate({**told, "text": every, "token_ids": [1, 2], "ends": ends, "trace": trace}),
        Sample.model_validate({**told, "finish": "failed", "error": every, "index": 1}),
    ]
    at = [Span(lane="keeper", sample=0, start=3, end=40), Span(lane="keeper")]
    return Run(
        title=f"{short}{FLIP}"[:120],
        template=f"{every} {{{short.replace('{', '').replace('}', '')}|b}}",
        settings=Settings(stop=["</style>", name]),
        lanes=[lane, lane.model_copy(update={"id": "again"})],
        samples=held,
        notes=[
            Note(id="n1", text=every, author=name, at=at),
            Note(id="n2", text=every, at=at[:1], tag=short, contests=True),
        ],
        readings=[Blind(order=["keeper", "again"], words=every, reader=name)],
        credits=[Credit(model=lane.model, author=every[:200], licence=short, datasets=[every[:200]], parents=[short])],
        machine=every[:200],
        versions={short: every[:200]},
    )


@pytest.fixture(scope="module")
def alone(browser: BrowserContext) -> Iterator[BrowserContext]:
    """A window without a network."""
    assert browser.browser
    context = browser.browser.new_context(offline=True)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def opened(context: BrowserContext, html: str, folder: Path, width: int = 1280, **media: Any) -> tuple[Page, list[str]]:
    """The page, opened from a file; and what it asked for or did that a plate must not."""
    file, faults = folder / "plate.html", list[str]()
    file.write_text(html, encoding="utf-8")
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(**media)
    page.on("request", lambda request: _own(request.url, file) or faults.append(request.url))
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(file.as_uri())
    return page, faults


def _own(url: str, file: Path) -> bool:
    """Whether an address is the page itself, a place on it, or a typeface inside it."""
    return url.partition("#")[0] == file.as_uri() or url.startswith("data:font/woff2;")


def test_a_plate_reads_without_script_or_network(browser: BrowserContext, tmp_path: Path) -> None:
    assert browser.browser
    context = browser.browser.new_context(offline=True, java_script_enabled=False)
    page, faults = opened(context, plate_html(calm(), COLOURS), tmp_path)
    assert page.title() == "What the harbour said · Swatchbook"
    words = page.locator("main").inner_text()
    for said in ("she had counted the ships", "Both count.", "objects to note 1", "contested", "C is dry.", "cc0-1.0"):
        assert said in words
    page.get_by_role("link", name="note 1").first.click()
    assert page.url.endswith("#note-1")
    assert page.locator("#lane-1-1").get_attribute("class") == "sample"
    assert not faults
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_plate_has_no_serious_finding_and_fits(
    alone: BrowserContext, tmp_path: Path, scheme: str, width: int
) -> None:
    page, faults = opened(alone, plate_html(calm(), COLOURS), tmp_path, width, color_scheme=scheme)
    page.screenshot(path=ARTIFACTS / f"plate-{scheme}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for face in ("Fraunces", "Inter", "JetBrains Mono"):
        assert page.evaluate("face => [...document.fonts].find(f => f.family.includes(face)).status", face) == "loaded"
    found = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
    assert not [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
    assert not faults


def test_a_line_is_as_deep_and_as_coloured_as_it_says(alone: BrowserContext, tmp_path: Path) -> None:
    page, _ = opened(alone, plate_html(calm(), COLOURS), tmp_path, color_scheme="light")
    drawn = page.evaluate(
        """() => [...document.querySelectorAll('.c0 .text u.s2, .c0 .text u.s4, .c1 .text u.s8')].map(node => {
        const style = getComputedStyle(node);
        return [node.className, style.textDecorationThickness, style.textDecorationColor]; })"""
    )
    assert ["s2", "2px", "rgb(20, 130, 150)"] in drawn
    assert ["s4", "4px", "rgb(20, 130, 150)"] in drawn
    assert ["s8", "9px", "rgb(130, 80, 200)"] in drawn


def test_a_plate_prints_on_paper(alone: BrowserContext, tmp_path: Path) -> None:
    page, faults = opened(alone, plate_html(calm(), COLOURS), tmp_path, 703, color_scheme="dark", media="print")
    page.screenshot(path=ARTIFACTS / "plate-print.png", full_page=True)
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.lanes')).gridTemplateColumns.split(' ').length") == 2
    )
    assert page.evaluate("getComputedStyle(document.querySelector('.sample')).breakInside") == "avoid"
    assert page.pdf(path=ARTIFACTS / "plate.pdf", prefer_css_page_size=True)[:4] == b"%PDF"
    assert not faults


def test_a_hostile_run_runs_nothing(alone: BrowserContext, tmp_path: Path) -> None:
    run = hostile()
    for make in (plate_html, picture_html):
        page, faults = opened(alone, make(run, {"keeper": "red}</style><script>window.hit=1</script>"}), tmp_path)
        page.wait_for_timeout(200)
        assert page.evaluate("window.hit") is None
        for kind in ("script", "img", "iframe", "svg", "math", "form", "a[href^=javascript]", "style + style"):
            assert page.locator(kind).count() == 0
        assert HOSTILE[0] in page.locator("main").inner_text()
        assert page.title().startswith("</title></style>${window.hit=1}")
        assert page.evaluate("document.styleSheets.length") == 1
        assert not faults
        page.close()


def test_text_that_runs_the_other_way_turns_nothing_else_around(alone: BrowserContext, tmp_path: Path) -> None:
    page, _ = opened(alone, plate_html(hostile(), {}), tmp_path)
    loose = page.evaluate(
        """flip => { const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        const loose = [];
        while (walk.nextNode()) {
          if (!walk.currentNode.data.includes(flip)) continue;
          let node = walk.currentNode.parentElement;
          while (getComputedStyle(node).unicodeBidi === 'normal') node = node.parentElement;
          if (node.matches('main, section, li, .sample, .made, .head')) loose.push(node.outerHTML.slice(0, 200));
        }
        return loose; }""",
        FLIP,
    )
    assert loose == []


def drawn(context: BrowserContext, html: str, width: int) -> Image.Image:
    """The picture of a page, as the browser draws it."""
    page = context.new_page()
    page.emulate_media(color_scheme="dark")
    data: str = page.evaluate(
        """async ([source, html, width]) => {
          const picture = new Function(`${source}; return picture;`)();
          const bytes = new Uint8Array(await (await picture(html, width)).arrayBuffer());
          return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')); }""",
        [PICTURE, html, width],
    )
    assert page.locator("iframe").count() == 0, "the frame it was laid out in is gone"
    assert page.evaluate("window.hit") is None
    page.close()
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def near(colour: tuple[int, ...], wanted: tuple[int, int, int]) -> bool:
    return all(abs(each - other) <= 3 for each, other in zip(colour, wanted, strict=True))


def test_a_picture_is_drawn_of_a_run(alone: BrowserContext) -> None:
    image = drawn(alone, picture_html(calm(), COLOURS), 1200)
    image.save(ARTIFACTS / "plate-picture.png")
    assert image.width == 2400
    assert 1000 < image.height < 8000
    colours = {colour: count for count, colour in image.getcolors(1 << 20) or []}
    paper, keeper, oracle, ink = (250, 248, 243), (20, 130, 150), (130, 80, 200), (29, 27, 24)
    for wanted, least in ((paper, 100_000), (keeper, 5_000), (oracle, 5_000), (ink, 5_000)):
        assert sum(count for colour, count in colours.items() if near(colour, wanted)) > least
    assert near(image.getpixel((5, image.height - 5)), paper)  # type: ignore[arg-type]


def test_a_picture_of_a_hostile_run_is_still_drawn(alone: BrowserContext) -> None:
    run = hostile()
    run.samples[0].text += "\ufffe\uffff]]>&amp;"
    assert drawn(alone, picture_html(run, {}), 600).width == 1200


def test_a_picture_too_tall_ends_and_says_so(alone: BrowserContext) -> None:
    html = picture_html(calm(), COLOURS).replace("<footer", "<p>word</p>" * 400 + "<footer")
    image = drawn(alone, html, 400)
    assert image.size == (800, 8000)
    band = {image.getpixel((400, y)) for y in range(7850, 8000)}
    assert any(near(colour, (184, 60, 10)) for colour in band)  # type: ignore[arg-type]
