"""From tab to tab: with Back and Forward, with keys, and with what leads from one to another."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.ui.conftest import Opener, Served
from tests.ui.pad import LETTER, field, on_the_pad, run, texts
from tests.ui.test_archive import kept, ran


def on(page: Page, name: str) -> None:
    """The tab is in front, and the address says so."""
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(f"[?&]tab={name.lower()}"))


def test_back_leads_to_the_tab_one_came_from_as_it_was(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, LETTER)
    page = tab.page
    field(tab, "title").fill("Another title")
    expect(page.locator("#preview .piece-title")).to_have_text("Another title")
    run(tab)
    sketch, written = page.url, texts(page)
    page.get_by_text("How each text was made").click()
    page.get_by_role("button", name="Open in Compare").last.click()
    expect(page.locator("#notice")).to_contain_text("The palette and the settings are now those of the sketch's step.")
    on(page, "Compare")
    expect(page).to_have_url(re.compile("prompt="))
    page.locator("#palette .chip-name").first.click()
    expect(page.locator(".dossier h2")).to_have_text("The keeper")
    page.wait_for_url(re.compile("model=house/keeper"))
    on(page, "Browse")
    page.go_back()
    on(page, "Compare")
    page.get_by_role("tab", name="Archive").click()
    on(page, "Archive")
    page.locator("#palette .chip").first.get_by_role("button", name="Remove").click()
    expect(page).to_have_url(re.compile("models=house/cook&"))
    page.go_back()
    on(page, "Compare")
    expect(page).to_have_url(re.compile("models=house/cook&"))
    expect(tab.lane("cook")).to_contain_text("butter the tin")
    page.go_back()
    on(page, "Sketchpad")
    assert page.url == sketch
    expect(field(tab, "title")).to_have_value("Another title")
    assert texts(page) == written
    page.go_forward()
    on(page, "Compare")
    assert "prompt=" in page.url
    page.get_by_role("button", name="Back to the sketch").click()
    on(page, "Sketchpad")
    expect(page.locator("#notice")).to_be_hidden()
    page.reload()
    on(page, "Sketchpad")


def test_back_opens_again_only_what_is_not_there_any_more(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, samples=1)
    page, first = tab.page, kept(tab, "First")
    page.locator("#run").click()
    tab.done()
    second = kept(tab, "Second")
    for id in (first, second):
        page.get_by_role("tab", name="Archive").click()
        page.locator(f".entry[data-id='{id}'] a.open").click()
        page.wait_for_url(re.compile(f"run={id}&tab=compare"))
    page.go_back()
    on(page, "Archive")
    page.go_back()
    page.wait_for_url(re.compile(f"run={first}"))
    on(page, "Compare")
    expect(page.locator(f"#keep [data-link='run={first}']")).to_be_attached()


def test_the_first_stop_leads_to_the_contents_of_the_tab_and_arrows_lead_along_the_tabs(
    app: Served, opener: Opener
) -> None:
    page = opener(app.address, tab="archive").page
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the tab's contents")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport(ratio=1)
    for name in ("Archive", "Browse"):
        page.get_by_role("tab", name=name).click()
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("tabpanel")).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[role=tabpanel]')?.checkVisibility()")
    page.get_by_role("tab", name="Browse").focus()
    for keys, opened in (
        (("ArrowRight", "ArrowRight", "ArrowLeft"), "Compare"),
        (("End",), "Archive"),
        (("ArrowRight", "ArrowLeft", "ArrowLeft"), "Sketchpad"),
        (("Home", "ArrowRight"), "Compare"),
    ):
        for key in (*keys, "Enter"):
            page.keyboard.press(key)
        on(page, opened)
