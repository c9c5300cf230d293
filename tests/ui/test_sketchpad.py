"""The Sketchpad, clicked through: a sketch is opened, altered, run, kept, shared, visited, and comes back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from swatchbook.archive.links import pack
from swatchbook.sketch.kept import KeptSketch
from tests.fakes import Script
from tests.ui.conftest import ARTIFACTS, Opener, Served, Tab, only_here
from tests.ui.test_access import serious, sideways
from tests.ui.test_archive import until

LETTER = """\
# A letter to try
sketch: 1
title: A letter to try
author: Bo
inputs:
  name:
    ask: Who is it for?
    default: Ada
  really:
    ask: With all my heart?
    kind: toggle
grammar:
  sky: [hail]
steps:
  - id: head
    text: "For {{name}} under #sky#"
  - id: draft  # two voices
    prompt: "{{head}}, and"
    model: [house/keeper, house/cook]
  - id: tail
    text: Yours.
show: [head, draft]
"""
EVIL = "{{secret}} #sky# <img src=x onerror=alert(1)> *bold*"
NAMES = ["keeper", "cook", "clerk", "oracle"]
SAID = ["she had counted the ships", "butter the tin"]


def on_the_pad(app: Served, opener: Opener, text: str = LETTER, **more: Any) -> Tab:
    """The page with a sketch of one's own on the pad."""
    tab = opener(app.address, tab="sketchpad", packed=pack("sketch", KeptSketch(text=text)), **more)
    ready(tab)
    return tab


def ready(tab: Tab) -> None:
    expect(tab.page.locator("#pad .pad-item").first).to_be_attached()
    expect(tab.page.locator("#preview .piece-title")).to_be_visible()


def field(tab: Tab, key: str) -> Locator:
    """A field of the form view, by the place that it edits."""
    return tab.page.locator(f"#pad [data-key={key!r}]")


def view(tab: Tab, name: str) -> None:
    tab.page.locator("#pad .views").get_by_role("button", name=name).click()


def source(tab: Tab) -> Locator:
    return tab.page.get_by_label("The sketch's text")


def written(tab: Tab, text: str) -> None:
    """Wait until the text holds some words."""
    until(tab, "(words) => swatchbook.pad.text().includes(words)", text)


def texts(page: Page) -> list[str]:
    return page.locator(".results .text").all_inner_texts()


def run(tab: Tab, button: str = "Run") -> None:
    """Press Run, and wait until all is said."""
    tab.page.evaluate("document.querySelector('#preview p.sr').textContent = ''")
    tab.page.locator("#preview").get_by_role("button", name=button).click()
    expect(tab.page.locator("#preview p.sr")).to_contain_text("Done.")


def pressed_out(tab: Tab, name: str) -> None:
    """Press a button of the pad as often as it can be pressed."""
    button = tab.page.locator("#pad").get_by_role("button", name=name)
    for _ in range(30):
        if button.is_enabled():
            button.click()
    expect(button).to_be_disabled()


def test_a_new_user_alters_an_example_in_both_views(app: Served, opener: Opener) -> None:
    tab = opener(app.address, tab="sketchpad")
    ready(tab)
    tab.page.locator("#gallery").get_by_role("button", name="Islands that are on no chart").click()
    expect(tab.page.locator("#preview .piece-title")).to_have_text("Islands that are on no chart")
    expect(tab.page.locator("#gallery details")).not_to_have_attribute("open", "")
    before = texts(tab.page)
    assert len(before[0].split("\n")) > 3
    field(tab, "title").fill("")
    expect(tab.page.locator("#pad .faults")).to_contain_text("Line 4")
    expect(tab.page.locator("#preview .told")).to_contain_text("Line 4: ")
    field(tab, "title").fill("Islands of my own")
    expect(tab.page.locator("#preview .piece-title")).to_have_text("Islands of my own")
    expect(tab.page.locator("#pad .faults li")).to_have_count(0)
    expect(tab.page.locator("#preview .told")).not_to_contain_text("Line")
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
    expect(fault).to_contain_text('#iland# has no rules in the grammar. Did you mean "island"?')
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


def test_it_runs_streams_stops_and_asks_for_nothing_twice(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    assert texts(tab.page) == ["For Ada under hail"]
    app.engine.scripts["cook"] = Script([f" w{n}" for n in range(200)], delay=0.2)
    tab.page.locator("#preview [name=name]").fill("Grace")
    expect(tab.page.locator("#preview .results")).to_contain_text("For Grace under hail")
    tab.page.locator("#preview").get_by_role("button", name="Run").click()
    cook = tab.page.locator("#preview .card", has_text="cook")
    expect(cook).to_contain_text("w5")
    expect(cook).to_contain_text("writing")
    expect(tab.page.locator("#preview .card", has_text="keeper")).to_contain_text(SAID[0])
    expect(tab.page.locator("#preview").get_by_role("button", name="Run")).to_be_disabled()
    tab.page.locator("#preview").get_by_role("button", name="Stop").click()
    expect(tab.page.locator("#preview p.sr")).to_have_text("Done. 1 stopped.")
    expect(cook).to_contain_text("stopped")
    until(tab, "() => !document.querySelector('#preview .going')")
    assert app.engine.running == 0
    app.engine.scripts["cook"] = Script([" butter the tin"])
    asked = len(app.engine.asked)
    run(tab)
    assert app.engine.asked[asked:] == ["For Grace under hail, and"]
    run(tab)
    assert len(app.engine.asked) == asked + 1
    field(tab, "steps/2/text").fill("Yours, as ever.")
    field(tab, "show-tail").check()
    expect(tab.page.locator("#preview .results")).to_contain_text("Yours, as ever.")
    expect(tab.page.locator("#preview .results")).to_contain_text("butter the tin")
    run(tab)
    assert len(app.engine.asked) == asked + 1
    field(tab, "add-model-1").select_option("house/oracle")
    expect(tab.page.locator("#preview .told")).to_contain_text("2 of 3 texts are still true")
    run(tab)
    assert len(app.engine.asked) == asked + 2
    run(tab, "Another")
    assert len(app.engine.asked) == asked + 5
    tab.page.locator("#preview [name=name]").fill(EVIL)
    expect(tab.page.locator("#preview .results .text").first).to_have_text(f"For {EVIL} under hail")
    run(tab)
    tab.page.get_by_text("How each text was made").click()
    assert f"For {EVIL} under hail, and" in tab.page.locator(".behind pre.asked").all_inner_texts()
    assert tab.page.locator("#preview img").count() == 0
    tab.shot("sketchpad-run")


def copied(tab: Tab, name: str) -> str:
    """The address that a button under the pad puts into the clipboard."""
    tab.page.evaluate("navigator.clipboard.writeText('')")
    tab.page.get_by_role("button", name=name, exact=True).click()
    return str(until(tab, "() => navigator.clipboard.readText()"))


def visited(tab: Tab, address: str) -> Page:
    """The visitors' page on a phone, at night."""
    page = tab.page.context.new_page()
    problems: list[str] = []
    page.on("request", lambda request: only_here(request.url, problems))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    expect(page.locator("#visit .piece-title")).to_be_visible()
    assert not problems
    return page


def test_a_visitor_sees_the_piece_alone(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visited(tab, copied(tab, "Copy the link for visitors"))
    assert page.locator("[role=tab], #pad, #share, #palette").count() == 0
    expect(page.locator(".asks").get_by_role("button", name="Stop")).to_be_hidden()
    page.get_by_label("Who is it for?").fill(EVIL)
    page.get_by_label("With all my heart?").check()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#visit p.sr")).to_have_text("Done.")
    assert texts(page)[0] == f"For {EVIL} under hail"
    assert page.locator("#visit img").count() == 0
    for text, said in zip(texts(page)[1:], SAID, strict=True):
        assert said in text
    page.get_by_text("How each text was made").click()
    page.get_by_text("What it is made of").click()
    expect(page.locator(".made")).to_contain_text("# A letter to try")
    expect(page.locator(".made")).to_contain_text("cc0-1.0")
    phone = Tab(page, app.address)
    phone.shot("visit-dark-390")
    assert sideways(phone) <= 0
    assert not serious(phone)
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("Open it in the Sketchpad")).click()
    expect(page.locator("#preview .piece-title")).to_have_text("A letter to try")
    assert page.evaluate("swatchbook.pad.text()") == LETTER
    phone.shot("sketchpad-dark-390")
    assert sideways(phone) <= 0
    garbage = opener(app.address, tab="sketchpad", packed="1.sketch.AAAAAAAA.AAAA")
    expect(garbage.page.locator(".pad-said")).to_contain_text("link")
    page.goto(f"{app.address}/visit?sketch=nobody")
    expect(page.locator("#visit [role=alert]")).to_contain_text("There is nothing under this link")
    expect(page.get_by_role("button", name="Run")).to_have_count(0)


def test_each_keep_is_a_version_and_a_reload_brings_all_back(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keep = tab.page.locator("#share [data-key=keep]")
    keep.click()
    expect(tab.page.locator("#share")).to_contain_text("“A letter to try” is kept.")
    until(tab, "() => location.search.includes('sketch=')")
    field(tab, "title").fill("A better letter")
    field(tab, "add-model-1").select_option("house/oracle")
    written(tab, "oracle")
    tab.page.get_by_role("button", name="Take cook off this step").click()
    until(tab, "() => !swatchbook.pad.text().includes('cook')")
    run(tab)
    tab.page.get_by_role("button", name="Freeze the last result").click()
    expect(tab.page.locator("#share")).to_contain_text("Frozen: it goes along")
    tab.page.locator("#share [name=listed]").check()
    keep.click()
    expect(tab.page.locator("#share")).to_contain_text("“A better letter” is kept. It is listed in the Archive.")
    tab.page.get_by_role("button", name="Show earlier versions").click()
    versions = tab.page.locator(".version-list > li")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("A better letter")
    expect(versions.first).to_contain_text("oracle")
    tab.page.locator("#share").screenshot(path=ARTIFACTS / "sketchpad-versions.png")
    field(tab, "title").fill("Not kept yet")
    written(tab, "Not kept yet")
    tab.page.reload()
    ready(tab)
    expect(field(tab, "title")).to_have_value("Not kept yet")
    expect(tab.page.locator(".pad-said")).to_contain_text("What you changed since then is back")
    expect(tab.page.locator("#preview [name=name]")).to_have_value("Ada")
    tab.page.locator("#pad").get_by_role("button", name="Undo").click()
    expect(field(tab, "title")).to_have_value("A better letter")
    tab.page.get_by_role("button", name="Show earlier versions").click()
    versions.last.get_by_role("button", name="Go back to it").click()
    expect(field(tab, "title")).to_have_value("A letter to try")
    written(tab, "model: [house/keeper, house/cook]")
    page = visited(tab, copied(tab, "Copy its short link"))
    expect(page.locator("#visit .piece-title")).to_have_text("A better letter")
    expect(page.locator(".results")).to_contain_text(SAID[0])
    expect(page.locator(".told")).to_contain_text("Press Run for one of your own")
    tab.page.get_by_role("button", name="New", exact=True).click()
    expect(field(tab, "title")).to_have_value("A new sketch")
    assert "sketch=" not in tab.page.url.replace("tab=sketchpad", "")
    field(tab, "title").fill("A draft of mine")
    written(tab, "A draft of mine")
    tab.page.reload()
    ready(tab)
    expect(field(tab, "title")).to_have_value("A draft of mine")
    tab.page.locator("#tabs button[data-tab-id=archive]").click()
    entry = tab.page.locator("#archive .entry", has_text="A better letter").first
    entry.locator("a.open").click()
    expect(field(tab, "title")).to_have_value("A better letter")
    expect(tab.page.locator("#pad")).to_be_visible()


def test_a_run_becomes_a_sketch_and_a_step_becomes_a_run(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="The {door|sea} was open, and", models="house/keeper,house/cook", samples=1)
    tab.run()
    tab.done()
    tab.page.get_by_role("button", name="Make a sketch with this sample of cook").last.click()
    expect(tab.page.locator("#pad")).to_be_visible()
    expect(tab.page.locator(".pad-said")).to_contain_text("Made of the run")
    expect(field(tab, "inputs/word/choose")).to_have_value("door\nsea")
    expect(tab.page.locator("#share")).to_contain_text("word: sea")
    tab.page.locator("#preview").get_by_label("sea").check()
    run(tab)
    expect(tab.page.locator("#preview .card", has_text="cook")).to_contain_text("The sea was open, and butter the tin")
    tab.page.get_by_text("How each text was made").click()
    tab.page.get_by_role("button", name="Open in Compare").last.click()
    expect(tab.page.locator("#prompt textarea")).to_be_visible()
    expect(tab.page.locator("#prompt textarea")).to_have_value(re.compile("The sea was open, and"))
    expect(tab.lane("cook")).to_contain_text("butter the tin")
    tab.page.get_by_role("button", name="Make a sketch of this").click()
    expect(tab.page.locator("#pad")).to_be_visible()
    expect(tab.page.locator("#share")).to_contain_text("Frozen results")


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
    expect(page.locator("#pad .faults")).to_contain_text("Line 3")
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
