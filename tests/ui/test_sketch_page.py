"""A sketch's static page in a real browser, opened from disk with the network off: what is replayed, what is live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, Page, expect

from swatchbook.sketch.piece import fill_in
from swatchbook.sketch.publish.page import static_page
from swatchbook.sketch.reader import read_sketch
from tests.ui.conftest import ARTIFACTS, PATIENCE
from tests.ui.test_safety import HOSTILE as ALIVE
from tests.unit.test_sketch_page import EVIL, HOSTILE, LETTER, hostile, recorded

LIVE = """\
sketch: 1
title: Everything without a model
inputs:
  words:
    ask: Some lines
    kind: long
  loud:
    ask: Loud
    kind: toggle
  count:
    ask: How many
    kind: number
    least: -5
    most: 100
  mood:
    ask: Mood
    choose: [tender, furious]
grammar:
  who: ["#[x:{{words}}]animal.a#", "[y:owl,fox]#y# and #y#", nobody]
  animal: [owl, unicorn, "#animal# of #animal#"]
  deep: ["#deep##deep#", x]
steps:
  - id: rows
    each: words
    text: "{{line}} #who#"
  - id: verse
    repeat: 3
    text: "{{#if loud}}#who.capitalize#!{{else}}{{count}} #who#{{/if}} {{verse}}"
  - id: cold
    when: {mood: furious, loud: "yes"}
    text: "#who#"
  - id: after
    text: "[{{cold}}|{{rows}}]"
  - id: endless
    text: "{{#if loud}}#deep#{{/if}}"
  - id: needs
    text: "{{endless}}"
show: [rows, verse, cold, after, endless, needs]
"""
SHOWN = """([words, loud, count, mood, seed]) => {
    const form = document.getElementById('ask');
    form.elements.words.value = words;
    form.elements.loud.checked = loud;
    form.elements.count.value = count;
    form.elements.mood.value = mood;
    Math.random = () => seed / 2 ** 31;
    document.getElementById('another').click();
    return [...document.querySelectorAll('#result section')].map((each) =>
        [...each.querySelectorAll('h2, .text, .failed')].map((said) => said.textContent));
}"""

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def alone(browser: BrowserContext) -> Iterator[BrowserContext]:
    """A window without a network."""
    assert browser.browser
    context = browser.browser.new_context(offline=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def opened(alone: BrowserContext, tmp_path: Path) -> Iterator[Opened]:
    """Opens a page from a file; afterwards, none may have asked for anything, failed, or done what a text told it."""
    faults: list[str] = []
    file = tmp_path / "index.html"

    def open_page(html: str, width: int = 1280, context: BrowserContext = alone) -> Page:
        file.write_text(html, encoding="utf-8")
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.on(
            "request", lambda asked: asked.url.startswith((file.as_uri(), "data:font/")) or faults.append(asked.url)
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(file.as_uri())
        return page

    yield open_page
    for page in alone.pages:
        if page.evaluate("() => window.hit"):
            faults.append("a text ran")
        page.close()
    assert not faults, faults


def texts(page: Page) -> list[str]:
    """What was written, without what it went on from."""
    own = "[...text.childNodes].filter((node) => node.className !== 'lead').map((node) => node.textContent).join('')"
    script = f"(all) => all.map((text) => {own})"
    found: list[str] = page.locator("#result .text").evaluate_all(script)
    return found


def performed(values: dict[str, str], seed: int) -> list[list[str]]:
    """The same as it comes of the house's own performer."""
    piece = fill_in(read_sketch(LIVE), values, seed)
    sections: dict[str, list[str]] = {}
    for cell in piece.cells:
        if cell.status != "skipped":
            said = [text for text in (cell.text, cell.error) if text]
            sections.setdefault(cell.step, [cell.step]).extend(said)
    return list(sections.values())


def test_what_needs_no_model_comes_out_as_the_house_performs_it(opened: Opened) -> None:
    page = opened(static_page(LIVE, []))
    lines = st.lists(st.text("ab \t{#}é😀\u3000", max_size=6), max_size=24).map("\n".join)
    count = st.integers(-5, 100) | st.floats(-5, 100).map(lambda number: round(number, 9)) | st.just(1.5e-7)
    cases: list[tuple[Any, ...]] = []

    @settings(max_examples=60, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(st.tuples(lines, st.booleans(), count, st.sampled_from(["tender", "furious"]), st.integers(0, 2**31 - 1)))
    def gather(case: tuple[Any, ...]) -> None:
        cases.append(case)

    gather()
    for words, loud, number, mood, seed in cases:
        values = {
            "words": words,
            "loud": "yes" if loud else "no",
            "count": repr(number) if "e" not in repr(number) else f"{number:.12f}",
            "mood": mood,
        }
        assert page.evaluate(SHOWN, [words, loud, values["count"], mood, seed]) == performed(values, seed), values


def test_a_page_opens_on_what_was_recorded_and_replays_what_is_chosen(opened: Opened) -> None:
    first, other = recorded(), recorded("Bo", seed=9)
    page = opened(static_page(LETTER, [first, other]))
    shown = [cell.text for cell in first.cells if cell.text]
    order = [
        shown[0],
        *(
            text
            for step in ("draft", "tone", "reply")
            for cell in first.cells
            if cell.step == step
            for text in [cell.text]
            if text
        ),
    ]
    assert texts(page) == order
    expect(page.locator("#told")).to_contain_text("recorded on 2 January 2026 for these words")
    expect(page.get_by_label("Who is it for?")).to_have_value("Ada")
    expect(page.locator(".split li.chosen").first).to_have_text("tender61 %")
    page.get_by_role("button", name="Who is it for? Bo").click()
    assert texts(page)[:3] == [cell.text for cell in other.cells if cell.step in ("postmark", "draft")]
    expect(page.get_by_label("Who is it for?")).to_have_value("Bo")
    expect(page.locator("[aria-pressed=true]")).to_contain_text("Who is it for? Bo")


def test_other_words_get_the_nearest_recorded_answer_and_are_told_so(opened: Opened) -> None:
    page = opened(static_page(LETTER, [recorded("Bo"), recorded()]))
    page.get_by_label("Who is it for?").fill("Zoe {{mood}} #weather#")
    page.get_by_label("Who is it for?").press("Enter")
    expect(page.locator("#told")).to_have_text(
        "This page cannot ask a model. It shows an answer recorded on 2 January 2026 for other words: "
        "Who is it for? Bo."
    )
    assert texts(page)[0].startswith("Sent to Zoe {{mood}} #weather# in ")
    assert "The lamp went out." in texts(page)
    page.get_by_label("Who is it for?").fill("Ada")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#told")).to_contain_text("for these words")
    assert "I have counted the ships." in texts(page)


def test_another_rolls_the_dice_and_goes_through_what_was_recorded_for_the_same_words(opened: Opened) -> None:
    page = opened(static_page(LETTER, [recorded(), recorded(seed=11)]))
    seen = set()
    for _ in range(12):
        page.get_by_role("button", name="Another").click()
        seen.add(texts(page)[0])
        assert page.locator("[aria-pressed=true]").count() == 1
    assert len(seen) > 1
    assert all(text.startswith("Sent to Ada in ") for text in seen)


def test_without_any_record_it_says_so_and_does_what_it_can(opened: Opened) -> None:
    page = opened(static_page(LETTER, []))
    expect(page.locator("#told")).to_contain_text("no answer was recorded")
    assert texts(page)[0].startswith("Sent to Ada")
    expect(page.locator("#result .lane pre").first).to_contain_text("Dear Ada, outside there is")
    assert page.locator("#recorded").is_hidden()


def test_how_it_was_made_shows_prompts_and_below_it_the_sketch(opened: Opened) -> None:
    page = opened(static_page(LETTER, [recorded()]))
    page.get_by_text("How each text was made").click()
    expect(page.locator("#behind")).to_contain_text("Dear Ada, outside there is")
    expect(page.locator("#behind")).to_contain_text("house/keeper")
    page.get_by_text("The whole sketch").click()
    assert page.locator("#whole > pre").inner_text() == LETTER


def test_nothing_a_text_says_happens(opened: Opened) -> None:
    text, record = hostile()
    record.cells[1].text = " ".join(ALIVE)
    page = opened(static_page(text, [record]))
    page.get_by_text("How each text was made").click()
    for said in (HOSTILE, " ".join(ALIVE)):
        assert said in texts(page)
    assert page.locator("h1").inner_text() == EVIL
    page.locator("[name=name]").fill(" ".join(ALIVE)[:150])
    page.get_by_role("button", name="Run").click()
    assert texts(page)[0] == f"{EVIL} {' '.join(ALIVE)[:150]}"


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_it_can_be_used_by_everyone(opened: Opened, scheme: Any, width: int) -> None:
    page = opened(static_page(LETTER, [recorded(), recorded("Bo")]), width)
    page.emulate_media(color_scheme=scheme)
    page.get_by_text("How each text was made").click()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=ARTIFACTS / f"sketch-page-{width}.png", full_page=True)


def test_without_scripts_the_recorded_text_is_there(browser: BrowserContext, opened: Opened) -> None:
    assert browser.browser
    plain = browser.browser.new_context(java_script_enabled=False, offline=True)
    page = opened(static_page(LETTER, [recorded()]), context=plain)
    expect(page.locator("main")).to_contain_text("I have counted the ships.")
    assert page.locator("#ask").is_hidden()
    plain.close()
