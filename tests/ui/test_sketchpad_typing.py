"""The Sketchpad under busy hands: what is typed, pressed or waited for is lost by no answer that comes meanwhile."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from components import sketchpad
from swatchbook.archive.links import pack
from swatchbook.sketch.kept import KeptSketch
from tests.fakes import Script
from tests.ui.conftest import Opener, Served, Tab, serving, until
from tests.ui.pad import LETTER, copied, field, on_the_pad, ready, run, texts, visited, written

ASKS = LETTER.replace(
    "  really:",
    "  mood:\n    ask: In which mood?\n    choose: [merry, sad, bold]\n"
    "  times:\n    ask: How often?\n    kind: number\n    default: 2\n  really:",
).replace("under #sky#", "under #sky#, {{mood}} {{times}}")


def button(page: Page, name: str) -> Locator:
    return page.locator("#preview, #visit").get_by_role("button", name=name)


def test_what_a_visitor_types_stays_while_the_piece_is_redrawn(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, ASKS)
    page, told = tab.page, tab.page.locator("#preview .results")
    visitor = page.locator("#preview form")
    name, times = visitor.get_by_label("Who is it for?"), visitor.get_by_label("How often?")
    field(tab, "inputs/name/default").fill("Zoe")
    expect(name).to_have_value("Zoe")  # nobody has written into it, so it follows the sketch
    name.press("Control+a")
    page.keyboard.type("Grace", delay=60)
    expect(told).to_contain_text("For Grace under")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("XY", delay=60)
    expect(told).to_contain_text("For GracXYe under")
    expect(name).to_be_focused()
    visitor.get_by_label("merry").focus()
    for mood in ("sad", "bold"):
        page.keyboard.press("ArrowDown")
        expect(told).to_contain_text(f"hail, {mood} 2")
        expect(visitor.get_by_label(mood)).to_be_focused()
    times.focus()
    for count in (3, 4):
        page.keyboard.press("ArrowUp")
        expect(told).to_contain_text(f"hail, bold {count}")
    expect(times).to_be_focused()
    field(tab, "inputs/times/ask").fill("How many times?")
    expect(visitor.get_by_label("How many times?")).to_have_value("4")
    expect(name).to_have_value("GracXYe")
    expect(visitor.get_by_label("bold")).to_be_checked()
    field(tab, "inputs/name/default").fill("Bo")
    title = field(tab, "title")
    was = title.input_value()
    title.fill("")
    expect(page.locator("#pad .faults")).to_contain_text("Title")
    page.locator("#pad [data-do=undo]").click()
    expect(title).to_have_value(was)
    expect(name).to_have_value("GracXYe")


def test_what_is_pressed_takes_along_an_edit_on_its_way(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    held: list[Route] = []

    def edited_while(key: str, words: str, press: Locator) -> None:
        """Alter a field, and press while the server has not yet heard of it."""
        tab.page.route("**/component_server**", lambda route: held.append(route))
        field(tab, key).fill(words)
        press.click()
        assert words not in tab.page.evaluate("swatchbook.pad.text()")
        while held:
            held.pop(0).continue_()
        written(tab, words)
        tab.page.unroute("**/component_server**")

    asked = len(app.engine.asked)
    edited_while("steps/1/prompt", "{{head}}, once more", button(tab.page, "Run"))
    expect(tab.page.locator("#preview p.sr")).to_have_text("Done.")
    assert app.engine.asked[asked:] == ["For Ada under hail, once more"] * 2
    edited_while("title", "A quick letter", tab.page.locator("#share [data-key=keep]"))
    expect(tab.page.locator("#share")).to_contain_text("“A quick letter” is kept.")


def test_what_is_typed_while_a_remix_is_kept_stays_and_counts_as_not_kept(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, LETTER.replace("under", "beneath"))
    page, held = tab.page, list[Route]()
    field(tab, "author").fill("Cy")
    written(tab, "author: Cy")

    def hold(route: Route) -> None:
        """What comes of the press is held up on its way."""
        if '"act":"keep"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", hold)
    keep, kept = page.locator("#share [data-key=keep]"), page.locator("#share [data-kept]")
    keep.click()
    field(tab, "title").fill("Typed meanwhile")
    written(tab, "Typed meanwhile")
    held.pop().continue_()
    page.unroute("**/*")
    expect(kept).to_contain_text("“A letter to try” is kept")
    until(tab, "() => JSON.parse(sessionStorage.getItem('swatchbook-sketch')).name.startsWith('sketch=')")
    assert page.evaluate("JSON.parse(sessionStorage.getItem('swatchbook-sketch')).changed")
    expect(field(tab, "title")).to_have_value("Typed meanwhile")
    keep.click()
    expect(kept).to_contain_text("“Typed meanwhile” is kept")
    written(tab, "remix_of: A letter to try by Bo")
    until(tab, "() => !JSON.parse(sessionStorage.getItem('swatchbook-sketch')).changed")


def test_letters_typed_together_are_undone_together_however_late_the_answer(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    title, held = field(tab, "title"), list[Route]()
    title.press("Control+a")
    title.press_sequentially("A")
    written(tab, "title: A\n")
    tab.page.route("**/component_server**", lambda route: held.append(route))
    with tab.page.expect_request("**/component_server**"):
        title.press_sequentially("B")
    tab.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 60_000; }")
    held.pop().continue_()
    written(tab, "title: AB")
    tab.page.unroute("**/component_server**")
    tab.page.locator("#pad [data-do=undo]").click()
    expect(title).to_have_value("A letter to try")


def test_the_focus_stays_with_the_buttons_of_a_run(app: Served, opener: Opener) -> None:
    app.engine.scripts["cook"] = Script([f" w{n}" for n in range(200)], delay=0.3)
    tab = on_the_pad(app, opener, LETTER.replace("under", "long under"))  # asked nowhere else, so nothing is remembered
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for page in (tab.page, visited(tab, copied(tab, "Copy the link for visitors"))):
        for name in ("Run", "Another"):
            button(page, name).press("Enter")
            expect(button(page, "Stop")).to_be_visible()
            expect(button(page, name)).to_be_focused()
            expect(button(page, name)).to_be_disabled()
            button(page, "Stop").press("Enter")
            expect(button(page, "Stop")).to_be_hidden()
            expect(button(page, "Run")).to_be_focused()
            expect(button(page, "Run")).to_be_enabled()
            expect(page.locator(".piece p.sr")).to_have_text(re.compile(r"[Ss]topped"))  # it may not have begun
    expect(page).to_have_title("A letter to try")


def test_undo_leads_back_to_what_a_text_came_of(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    kept, undo = tab.page.locator("#share [data-kept]"), tab.page.get_by_role("button", name="Undo")
    tab.page.locator("#share [data-key=keep]").click()
    expect(kept).to_be_visible()
    tab.page.get_by_role("button", name="New", exact=True).click()
    expect(field(tab, "title")).to_have_value("A new sketch")
    expect(kept).to_have_count(0)
    undo.click()
    expect(kept).to_contain_text("“A letter to try” is kept")
    until(tab, "() => location.search.includes('sketch=')")
    tab.page.get_by_role("button", name="Redo").click()
    expect(kept).to_have_count(0)
    field(tab, "title").fill("A draft of mine")
    written(tab, "A draft of mine")
    tab.open(tab="sketchpad", packed=pack("sketch", KeptSketch(text=ASKS)))
    ready(tab)
    expect(tab.page.locator(".pad-said")).to_have_text("Your draft is a step back: press Undo.")
    expect(field(tab, "title")).to_have_value("A letter to try")
    undo.click()
    expect(field(tab, "title")).to_have_value("A draft of mine")
    expect(undo).to_be_disabled()
    tab.page.reload()
    ready(tab)
    expect(field(tab, "title")).to_have_value("A draft of mine")


def test_frozen_results_that_were_not_kept_are_there_again_with_the_draft(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    frozen = tab.page.locator("#share [data-act=thaw]")
    held = "JSON.parse(localStorage.getItem('swatchbook-sketch')).frozen"
    run(tab)
    tab.page.locator("#share [data-key=freeze]").click()
    expect(frozen).to_have_count(1)
    tab.page.reload()
    ready(tab)
    expect(frozen).to_have_count(1)
    field(tab, "title").fill("A draft of mine")
    written(tab, "A draft of mine")
    tab.open(tab="sketchpad")
    ready(tab)
    expect(field(tab, "title")).to_have_value("A draft of mine")
    expect(frozen).to_have_count(1)
    assert "she had counted" in tab.page.evaluate(held)
    tab.open(tab="sketchpad", packed=pack("sketch", KeptSketch(text=ASKS)))
    ready(tab)
    expect(frozen).to_have_count(0)
    tab.page.get_by_role("button", name="Undo").click()
    expect(frozen).to_have_count(1)
    tab.page.locator("#share [data-key=keep]").click()
    expect(tab.page.locator("#share [data-kept]")).to_be_visible()
    until(tab, f"() => !{held}")
    expect(frozen).to_have_count(1)


def froze(tab: Tab) -> Locator:
    """Freeze a result of the sketch, which had none."""
    frozen = tab.page.locator("#share [data-act=thaw]")
    run(tab)
    tab.page.locator("#share [data-key=freeze]").click()
    expect(frozen).to_have_count(1)
    return frozen


def test_two_tabs_do_not_mix_their_drafts(app: Served, opener: Opener) -> None:
    one = on_the_pad(app, opener)
    frozen = froze(one)
    froze(on_the_pad(app, opener, ASKS))
    field(one, "title").fill("Still mine")
    written(one, "Still mine")
    one.page.reload()
    ready(one)
    expect(field(one, "title")).to_have_value("Still mine")
    expect(frozen).to_have_count(1)
    expect(one.page.locator("#share")).to_contain_text("name: Ada, really: no")


def test_no_sketch_shows_the_frozen_results_of_another(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    page, held = tab.page, list[Route]()
    frozen = froze(tab)
    page.get_by_role("button", name="New", exact=True).click()
    expect(frozen).to_have_count(0)
    undo, redo = (page.locator(f"#pad [data-do={name}]") for name in ("undo", "redo"))
    undo.evaluate("(undo) => { undo.click(); document.querySelector('#pad [data-do=redo]').click(); }")
    page.locator("#share [data-key=keep]").click()
    expect(page.locator("#share [data-kept]")).to_contain_text("“A new sketch” is kept")
    expect(frozen).to_have_count(0)
    undo.click()
    expect(frozen).to_have_count(1)

    def hold(route: Route) -> None:
        """What is given back is held up on its way."""
        if "she had counted" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", hold)
    tab.open(tab="sketchpad")
    ready(tab)
    page.get_by_role("button", name="New", exact=True).click()
    expect(field(tab, "title")).to_have_value("A new sketch")
    with page.expect_response(lambda response: response.request == held[0].request):
        held[0].continue_()
    expect(frozen).to_have_count(0)
    undo.click()
    expect(frozen).to_have_count(1)
    redo.click()
    expect(frozen).to_have_count(0)


def test_words_are_dragged_without_moving_a_step(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    words = field(tab, "steps/2/text")
    words.select_text()
    place = words.bounding_box()
    assert place is not None
    tab.page.mouse.move(place["x"] + 20, place["y"] + 14)
    tab.page.mouse.down()
    field(tab, "steps/1/prompt").hover()
    tab.page.mouse.up()
    expect(field(tab, "steps/1/prompt")).to_have_value(re.compile(r"Yours\."))
    expect(words).to_have_value("")
    until(tab, "() => swatchbook.pad.text().match(/Yours/g)?.length === 1")
    expect(tab.page.locator("[data-part=steps] .pad-item").last.get_by_label("Name", exact=True)).to_have_value("tail")


def test_a_run_that_waits_says_so_and_one_that_cannot_begin_is_given_up(
    house: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketchpad, "RUNS_AT_ONCE", 1)
    with serving(house) as app:
        app.engine.scripts = dict.fromkeys(("keeper", "cook"), Script([" on"] * 400, delay=0.3))
        first, second = on_the_pad(app, opener), on_the_pad(app, opener, ASKS)
        button(first.page, "Run").click()
        expect(first.page.locator("#preview .results")).to_contain_text("on on")
        asked = len(app.engine.asked)
        button(second.page, "Run").click()
        told = second.page.locator("#preview .told")
        expect(told).to_have_text("Waiting: other runs go first.")
        button(second.page, "Stop").click()
        expect(button(second.page, "Run")).to_be_enabled()
        button(first.page, "Stop").click()
        expect(second.page.locator("#preview p.sr")).to_have_text("Stopped before it began.")
        assert len(app.engine.asked) == asked
        full: dict[str, Any] = {"status": 503, "json": {"detail": "Queue is full."}}
        second.page.route("**/queue/join*", lambda route: route.fulfill(**full))
        button(second.page, "Run").click()
        expect(told).to_have_text("The server does not answer; try again.")
        second.page.unroute("**/queue/join*")
        app.engine.scripts = dict.fromkeys(("keeper", "cook"), Script([" on"]))
        run(second)
        assert "on" in texts(second.page)[1]
