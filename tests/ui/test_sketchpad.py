"""The Sketchpad, clicked through: a sketch is opened and altered in both views, by the keys alone, and from files."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.ui.conftest import Opener, Served, until
from tests.ui.pad import (
    EVIL,
    LETTER,
    NAMES,
    SAID,
    field,
    on_the_pad,
    pressed_out,
    ready,
    source,
    texts,
    view,
    written,
)
from tests.ui.test_access import serious, sideways


def test_a_new_user_alters_an_example_in_both_views(app: Served, opener: Opener) -> None:
    tab = opener(app.address, tab="sketchpad")
    ready(tab)
    tab.page.locator("#gallery").get_by_role("button", name="Islands that are on no chart").click()
    expect(tab.page.locator("#preview .piece-title")).to_have_text("Islands that are on no chart")
    expect(tab.page.locator("#gallery details")).not_to_have_attribute("open", "")
    before = texts(tab.page)
    assert len(before[0].split("\n")) > 3
    field(tab, "title").fill("")
    expect(tab.page.locator("#pad .faults")).to_contain_text("Title: This is empty")
    expect(tab.page.locator("#preview .told")).to_contain_text("Title: This is empty")
    field(tab, "title").fill("Islands of my own")
    expect(tab.page.locator("#preview .piece-title")).to_have_text("Islands of my own")
    expect(tab.page.locator("#pad .faults li")).to_have_count(0)
    expect(tab.page.locator("#preview .told")).not_to_contain_text("empty")
    field(tab, "grammar/approach").fill("Land ho, says #person#, and\n")
    expect(tab.page.locator("#preview .results")).to_contain_text(
        re.compile("Land ho, says (Ruth|Olave|Agnes|Tom|Qu|Mi)")
    )
    tab.page.locator("#preview [name=ship]").fill(EVIL[:60])
    field(tab, "grammar/approach").fill("The {{ship}}!")
    expect(tab.page.locator("#preview .results")).to_contain_text(f"The {EVIL[:60]}!")
    view(tab, "Text")
    assert "# No model writes here" in source(tab).input_value()
    source(tab).fill(source(tab).input_value().replace('"#island#"', '"#iland#"'))
    fault = tab.page.locator("#pad .faults li")
    expect(fault).to_contain_text('#iland# has no words to draw from. Did you mean "island"?')
    number = int(re.sub(r"\D", "", fault.get_by_role("button").inner_text()))
    expect(tab.page.locator(".layer .faulty")).to_have_count(1)
    assert "#iland#" in tab.page.locator(".layer .line").nth(number - 1).inner_text()
    view(tab, "Form")
    fault.get_by_role("button").click()
    faulty = tab.page.locator("#pad .form-view [aria-invalid]")
    expect(faulty).to_be_focused()
    assert "#iland#" in faulty.input_value()
    view(tab, "Text")
    fault.get_by_role("button").click()
    expect(source(tab)).to_be_focused()
    at = source(tab).evaluate("area => area.value.slice(0, area.selectionStart).split('\\n').length")
    assert at == number
    tab.page.keyboard.press("Control+z")
    expect(fault).to_have_count(0)
    view(tab, "Form")
    pressed_out(tab, "Undo")
    expect(field(tab, "title")).to_have_value("Two letters for you")
    pressed_out(tab, "Redo")
    expect(fault).to_contain_text("#iland#")
    tab.page.get_by_role("button", name="Undo").click()
    expect(field(tab, "title")).to_have_value("Islands of my own")
    written(tab, "The {{ship}}!")
    tab.shot("sketchpad-form")
    field(tab, "grammar/saint").scroll_into_view_if_needed()
    tab.page.locator("#preview .piece").evaluate("piece => piece.scrollTo(0, piece.scrollHeight)")
    expect(tab.page.locator("#preview").get_by_role("button", name="Run")).to_be_in_viewport(ratio=1)
    tab.page.get_by_role("button", name="Share, keep or publish it").click()
    expect(tab.page.get_by_role("button", name="Copy the link for visitors")).to_be_focused()


def test_models_steps_and_variables_are_clicked_together(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    added = field(tab, "add-model-1")
    added.focus()
    expect(added.locator("optgroup").first.locator("option")).to_have_text([f"house/{name}" for name in NAMES])
    added.select_option("house/clerk")
    written(tab, "house/clerk@")
    tab.page.get_by_role("button", name="Take keeper off this step").press("Enter")
    until(tab, "() => !swatchbook.pad.text().includes('keeper')")
    expect(tab.page.get_by_role("button", name="Take cook off this step")).to_be_focused()
    assert re.search(r"model:\n      - house/cook\n      - house/clerk@[0-9a-f]+:chat\n", source(tab).input_value())
    assert "# two voices" in source(tab).input_value()
    tail = tab.page.locator(".pad-item", has=tab.page.locator("[data-key='steps/2/text']"))
    field(tab, "steps/2/text").fill("Yours, ")
    tail.get_by_role("button", name="{{name}}").click()
    written(tab, "Yours, {{name}}")
    expect(field(tab, "steps/2/text")).to_be_focused()
    tab.page.keyboard.type("!")
    written(tab, "Yours, {{name}}!")
    tail.get_by_role("button", name="Move step tail up").click()
    expect(field(tab, "steps/1/text")).to_have_value("Yours, {{name}}!")
    expect(tab.page.get_by_role("button", name="Move step tail up")).to_be_focused()
    steps = tab.page.locator("[data-part=steps] .pad-item")
    steps.nth(1).locator(".grip").drag_to(steps.nth(2))
    expect(field(tab, "steps/2/text")).to_have_value("Yours, {{name}}!")
    field(tab, "show-tail").check()
    written(tab, "- tail")
    for name in ("head", "draft", "tail"):
        field(tab, f"show-{name}").uncheck()
    expect(tab.page.locator(".pad-said")).to_contain_text("has to see one step at least")
    expect(field(tab, "show-tail")).to_be_checked()
    field(tab, "rename-head").fill("opening")
    field(tab, "rename-head").press("Enter")
    written(tab, "{{opening}}, and")
    tab.page.get_by_role("button", name="Ask for yes or no").click()
    expect(field(tab, "inputs/really2/ask")).to_be_focused()
    tab.page.get_by_role("button", name="Let a model choose").click()
    expect(tab.page.locator("[data-part=steps] .pad-item")).to_have_count(4)
    expect(tab.page.locator("#pad .faults li")).to_have_count(0)
    assert "# two voices" in source(tab).input_value()


def test_with_the_keys_alone_and_for_everybody(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    page = tab.page
    view(tab, "Text")
    source(tab).focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("# and more")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#preview p.sr")).to_have_text("Done.")
    assert app.engine.running == 0
    expect(page.locator("#board .lane")).to_have_count(0)
    page.get_by_role("button", name="Form", exact=True).focus()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.key") == "steps/0/text":
            break
    page.keyboard.press("End")
    page.keyboard.type(", {{really}}")
    expect(page.locator("#preview .results")).to_contain_text("For Ada under hail, no")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#preview [type=submit]')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#preview .results")).to_contain_text(SAID[1])
    tab.fold("How a sketch is written")
    tab.fold("Open a sketch from a file")
    page.locator("#preview").get_by_text("How each text was made").click()
    for fold in page.locator("#pad details > summary, #share details > summary").all():
        fold.click()
    page.locator("#gallery summary").click()
    field(tab, "title").fill("")
    expect(page.locator("#pad .faults")).to_contain_text("Title")
    assert not serious(tab)
    assert sideways(tab) <= 0
    tab.fold("How a sketch is written")
    view(tab, "Text")
    tab.shot("sketchpad-light-1280")
    assert not serious(tab)


GARBAGE = {
    "sketch.yaml": b"\xff\xfe\x00not text",
    "result.json": b'{"record": 1, "nothing": true}',
    "workflow.json": b"{broken",
    "a.prompt": b"---\nmodel: [\n---\n",
}


def test_files_are_opened_and_garbage_changes_nothing(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    tab.page.locator("#share").get_by_text("Download", exact=True).click()
    with tab.page.expect_download() as taken:
        tab.page.get_by_role("button", name=re.compile("^The sketch")).click()
    assert Path(taken.value.path()).read_text() == LETTER
    tab.fold("Open a sketch from a file")
    drop = tab.page.locator("#open-sketch input[type=file]")
    for name, body in GARBAGE.items():
        tab.page.evaluate("document.querySelector('.pad-said').textContent = ''")
        drop.set_input_files({"name": name, "mimeType": "text/plain", "buffer": body})
        expect(tab.page.locator(".pad-said")).not_to_be_empty()
        assert tab.page.evaluate("swatchbook.pad.text()") == LETTER
        tab.page.locator("#open-sketch").get_by_role("button", name=re.compile("Clear|Remove")).first.click()
    mine = LETTER.replace("A letter to try", EVIL[:40])
    drop.set_input_files({"name": "sketch.yaml", "mimeType": "text/yaml", "buffer": mine.encode()})
    written(tab, EVIL[:40])
