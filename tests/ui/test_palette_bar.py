"""The palette, on the page: added to, named, reordered, kept, and carried by a link."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.fake_hub import FakeHub
from tests.ui.conftest import Opener, Served
from tests.ui.library import browse, swatch


def test_a_chip_is_moved_to_the_end_and_keeps_the_focus(book: Served, opener: Opener) -> None:
    page = browse(opener, book, models="house/keeper,house/cook,house/oracle")
    chips = page.locator("#palette .chip-name")
    page.get_by_role("button", name="Move keeper later").focus()
    for order in (["cook", "keeper", "oracle"], ["cook", "oracle", "keeper"], ["cook", "oracle", "keeper"]):
        page.keyboard.press("Enter")
        expect(chips).to_have_text(order)
        expect(page.get_by_role("button", name="Move keeper later")).to_be_focused()


def test_the_palette_is_added_to_named_reordered_cleared_and_taken_back(book: Served, opener: Opener) -> None:
    page = browse(opener, book, models="house/keeper,house/cook")
    chips = page.locator("#palette .chip-name")
    swatch(page, "oracle").get_by_role("button", name="Add").click()
    expect(chips).to_have_text(["keeper", "cook", "oracle"])
    expect(swatch(page, "oracle").locator(".add")).to_have_text("Added ×")
    page.get_by_role("button", name="Move oracle earlier").click()
    expect(chips).to_have_text(["keeper", "oracle", "cook"])
    page.locator("#palette .chip").nth(2).drag_to(page.locator("#palette .chip").nth(0))
    expect(chips).to_have_text(["cook", "keeper", "oracle"])
    page.locator("#palette-name").fill("Three voices")
    page.keyboard.press("Tab")
    expect(page.locator("#palette .palette")).to_have_attribute("data-query", re.compile("palette=Three"))
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(chips).to_have_count(0)
    page.get_by_role("button", name="Take my palette back").click()
    expect(chips).to_have_text(["cook", "keeper", "oracle"])
    swatch(page, "oracle").locator(".add").click()
    expect(chips).to_have_text(["cook", "keeper"])
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#plan")).to_contain_text("2 models")


def test_a_palette_is_kept_in_the_browser_and_a_link_does_not_overwrite_it(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    chips = page.locator("#palette .chip-name")
    page.get_by_role("button", name="Clear", exact=True).click()
    swatch(page, "twin-a").locator(".add").click()
    expect(chips).to_have_text(["twin-a"])
    page.goto(f"{book.address}/?tab=browse")
    expect(chips).to_have_text(["twin-a"])
    page.goto(f"{book.address}/?tab=browse&models=house/cook,house/keeper&palette=Sent")
    expect(chips).to_have_text(["cook", "keeper"])
    expect(page.locator("#palette-name")).to_have_value("Sent")
    page.get_by_role("button", name="Take my own palette back").click()
    expect(chips).to_have_text(["twin-a"])
    page.goto(f"{book.address}/?tab=browse&models=house/cook")
    expect(chips).to_have_text(["cook"])
    page.goto(f"{book.address}/?tab=browse")
    expect(chips).to_have_text(["twin-a"])


def test_a_model_of_the_hub_is_pinned_to_its_commit(book: Served, hub: FakeHub, opener: Opener) -> None:
    page = browse(opener, book, model="new/acorn")
    page.get_by_role("button", name="Add to palette").click()
    sha = hub.repo("new/acorn").head.sha
    chip = page.locator("#palette .chip", has_text="acorn")
    expect(chip).to_have_attribute("title", re.compile(f"new/acorn@{sha}"))
    assert f"new/acorn@{sha}" in page.url
    page.get_by_role("tab", name="Compare").click()
    page.locator("#run").click()
    expect(page.locator(".lane", has_text="acorn")).to_contain_text("not fetched yet")


def test_two_tabs_of_one_browser_agree_on_the_palette(book: Served, opener: Opener) -> None:
    first, second = browse(opener, book), browse(opener, book)
    for page in (first, second):
        expect(page.locator("#palette .chip")).to_have_count(4)
    swatch(second, "twin-a").locator(".add").click()
    expect(first.locator("#palette .chip-name").last).to_have_text("twin-a")
    swatch(first, "twin-b").locator(".add").click()
    for page in (first, second):
        expect(page.locator("#palette .chip-name").nth(4)).to_have_text("twin-a")
        expect(page.locator("#palette .chip-name").nth(5)).to_have_text("twin-b")
    first.goto(f"{book.address}/?tab=browse")
    expect(first.locator("#palette .chip")).to_have_count(6)


def test_a_link_that_was_changed_gives_the_own_palette_back_later_too(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    page.get_by_role("button", name="Clear", exact=True).click()
    swatch(page, "twin-a").locator(".add").click()
    chips = page.locator("#palette .chip-name")
    expect(chips).to_have_text(["twin-a"])
    page.goto(f"{book.address}/?tab=browse&models=house/cook,house/keeper")
    page.get_by_role("button", name="Remove cook").click()
    expect(chips).to_have_text(["keeper"])
    page.goto(f"{book.address}/?tab=browse")
    expect(chips).to_have_text(["keeper"])
    page.get_by_role("button", name="Take my palette back").click()
    expect(chips).to_have_text(["twin-a"])


def test_a_chips_name_opens_the_dossier_of_its_model(book: Served, opener: Opener) -> None:
    page = browse(opener, book, models="house/keeper,house/cook")
    page.get_by_role("tab", name="Compare").click()
    page.locator("#palette .chip-name", has_text="cook").click()
    expect(page.locator(".dossier h2")).to_have_text("The cook")
    expect(page.get_by_role("tab", name="Browse")).to_have_attribute("aria-selected", "true")
    assert page.title() == "The cook · Swatchbook"
