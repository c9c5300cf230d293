"""Writing into the form of the pad, letter by letter: nothing that is typed changes under one's hands."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.conftest import Opener, Served, Tab
from tests.ui.pad import field, on_the_pad, source, view, written

WORDS = """sketch: 1
title: Words
grammar:
  thing: [fog, rain]
  other: [a, b]
steps:
  - id: page
    text: "#thing# #other#"
"""


def name(tab: Tab, symbol: str) -> Locator:
    return field(tab, f"rename-symbol-{symbol}")


@pytest.mark.parametrize("delay", [0, 60, 200], ids=["at once", "fast", "slowly"])
def test_blanks_and_line_ends_stay_while_one_types(app: Served, opener: Opener, delay: int) -> None:
    tab = on_the_pad(app, opener, WORDS)
    things, title = field(tab, "grammar/thing"), field(tab, "title")
    things.press("Control+a")
    things.press_sequentially("sea fog\na big storm", delay=delay)
    written(tab, "a big storm")
    expect(things).to_have_value("sea fog\na big storm")
    title.press("Control+a")
    title.press_sequentially("Me and you", delay=delay)
    written(tab, "title: Me and you")
    expect(title).to_have_value("Me and you")
    tab.page.get_by_role("button", name="Undo").click()
    expect(title).to_have_value("Words")
    tab.page.get_by_role("button", name="Undo").click()
    expect(things).to_have_value("fog\nrain")


def test_one_name_can_be_typed_while_another_is_taken_over(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, WORDS)
    name(tab, "thing").fill("weather")
    other = name(tab, "other")
    other.press("Control+a")
    other.press_sequentially("letters", delay=60)
    expect(other).to_have_value("letters")
    other.press("Tab")
    written(tab, "#weather# #letters#")


def test_what_is_typed_after_a_new_name_goes_where_the_name_went(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, WORDS)
    name(tab, "thing").fill("weather")
    field(tab, "grammar/thing").select_text()
    tab.page.keyboard.type("snow")
    written(tab, "weather:")
    written(tab, "snow")
    expect(field(tab, "grammar/weather")).to_have_value("snow")


def test_a_name_that_is_refused_stays_and_says_why(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, WORDS)
    thing = name(tab, "thing")
    thing.fill("other")
    thing.press("Tab")
    expect(tab.page.locator(".refused")).to_contain_text("is already the name of words")
    expect(thing).to_have_value("other")
    expect(thing).to_have_attribute("aria-invalid", "true")
    title = field(tab, "title")
    title.fill("Weather words")
    written(tab, "title: Weather words")
    expect(thing).to_have_value("other")
    expect(tab.page.locator(".refused")).to_contain_text("is already the name of words")
    title.fill("Words")
    thing.press("End")
    thing.press_sequentially("s")
    expect(tab.page.locator(".refused")).to_have_count(0)
    thing.press("Tab")
    view(tab, "Text")
    expect(source(tab)).to_have_value(WORDS.replace("thing", "others"))


def test_what_is_refused_in_one_sketch_is_not_shown_in_another(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, WORDS)
    name(tab, "thing").fill("no name")
    name(tab, "thing").press("Tab")
    expect(tab.page.locator(".refused")).to_contain_text("write no_name")
    tab.page.get_by_role("button", name="New", exact=True).click()
    expect(field(tab, "title")).to_have_value("A new sketch")
    expect(tab.page.locator(".refused")).to_have_count(0)
    tab.page.get_by_role("button", name="Undo").click()
    expect(name(tab, "thing")).to_have_value("thing")
    expect(tab.page.locator(".refused")).to_have_count(0)


def test_a_fault_stands_under_its_field_and_a_word_is_put_where_one_wrote_last(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, WORDS)
    page = field(tab, "steps/0/text")
    page.fill("Now ")
    insert = tab.page.locator("[data-insert='#other#']")
    field(tab, "title").press("End")
    insert.click()
    expect(page).to_have_value("Now #other#")
    page.press("Home")
    field(tab, "title").press("End")
    insert.click()
    expect(page).to_have_value("#other#Now #other#")
    page.fill("#nothing#")
    expect(page.locator("+ .refused")).to_contain_text("#nothing# has no words")
    page.fill("#thing#")
    expect(tab.page.locator(".refused")).to_have_count(0)
