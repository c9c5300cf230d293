"""Dossiers and models side by side: what is stated, what not, the family, and rows of datasets."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.fake_hub import FakeHub
from tests.ui.conftest import Opener, Served
from tests.ui.library import KIN, browse, find, swatch


def test_a_dossier_takes_four_questions_at_most(book: Served, hub: FakeHub, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "acorn")
    asked = len(hub.log)
    swatch(page, "acorn").locator(".plate").click()
    expect(page.locator(".dossier h2")).to_have_text("acorn")
    family = hub.log.find("base_model")
    before = [each for each in hub.log[asked:] if each not in family and "old/oak" not in each.target]
    assert len(before) <= 4, [each.target for each in before]
    assert "model=new/acorn@" in page.url


def test_a_dossier_says_what_is_stated_and_what_is_not(book: Served, opener: Opener) -> None:
    page = browse(opener, book, model="new/acorn")
    dossier = page.locator(".dossier")
    expect(dossier).to_contain_text("MIT")
    expect(dossier).to_contain_text("English, French. No other is stated.")
    expect(dossier).to_contain_text("trained further from")
    energy = dossier.locator("dl > div", has=page.get_by_text("Energy used", exact=True))
    expect(energy).to_contain_text("not stated")
    expect(dossier).to_contain_text("intended uses")
    family = page.locator(".family")
    expect(family).to_contain_text(KIN)
    expect(family).to_contain_text(re.compile("does not go with"))
    expect(family).to_contain_text("CC BY-NC 4.0")
    licence = dossier.locator("dl > div", has=page.get_by_text("Licence", exact=True))
    expect(licence).to_contain_text("But old/oak is under CC BY-NC 4.0")
    expect(page.locator(".documents")).to_contain_text("<script>window.hit=1</script>")
    assert page.evaluate("window.hit") is None
    page.locator(".documents summary", has_text="Files").click()
    expect(page.locator(".documents")).to_contain_text("config.json")


def test_one_walks_the_family_and_back(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "acorn")
    swatch(page, "acorn").locator(".plate").click()
    page.locator(".family").get_by_role("link", name=KIN).click()
    expect(page.locator(".dossier h2")).to_have_text("oak")
    page.go_back()
    expect(page.locator(".dossier h2")).to_have_text("acorn")
    page.go_back()
    expect(page.locator(".stage")).to_be_hidden()
    expect(swatch(page, "acorn")).to_be_visible()
    swatch(page, "acorn").locator(".plate").click()
    expect(page.locator(".dossier")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".stage")).to_be_hidden()
    assert "model=" not in page.url
    assert page.evaluate("document.activeElement.dataset.key").startswith("open-new/acorn")


def test_a_dossier_behind_another_tab_takes_neither_the_focus_nor_the_address(book: Served, opener: Opener) -> None:
    page = browse(opener, book, model="new/acorn")
    expect(page.locator(".family")).to_contain_text(KIN)
    page.goto(f"{book.address}/?tab=compare&model=new/acorn")
    page.locator("#prompt textarea").focus()
    page.locator(".dossier").wait_for(state="attached")
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    assert "tab=compare" in page.url
    assert page.evaluate("document.activeElement.closest('.stage')") is None
    page.get_by_role("tab", name="Browse").click()
    expect(page.locator(".dossier h2")).to_have_text("acorn")


def test_what_comes_is_said(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    heard = page.locator("main > .sr[role=status]")
    swatch(page, "oracle").locator(".plate").click()
    expect(heard.filter(has_text="Dossier of The oracle.")).to_have_count(1)
    add = page.locator(".dossier .add")
    expect(add).to_have_accessible_name("Added: oracle is on your palette; press to take it off")
    add.click()
    expect(add).to_have_accessible_name("Add to palette")


def test_five_rows_are_shown_as_they_are(book: Served, opener: Opener) -> None:
    page = browse(opener, book, model="new/acorn")
    page.get_by_role("button", name="five rows").click()
    rows = page.locator(".rows")
    expect(rows).to_contain_text("<script>alert('row')</script>")
    expect(rows.locator("tbody tr")).to_have_count(5)
    expect(rows.locator("th", has_text="<b>page</b>")).to_be_visible()


def test_models_lie_side_by_side_with_differences_first(book: Served, opener: Opener) -> None:
    page = browse(opener, book, model="new/acorn")
    page.get_by_role("button", name="Lay beside its parent").click()
    table = page.locator(".beside table")
    expect(table.locator("tr.group").first).to_have_text("What differs")
    differs = table.locator("tbody").first
    expect(differs.get_by_role("row", name="Licence").first).to_contain_text("CC BY-NC 4.0")
    expect(differs.get_by_role("row", name="Architecture")).to_have_count(0)
    expect(table.locator("tbody").nth(1).get_by_role("row", name="Architecture")).to_contain_text("llama")
    assert "beside=new/acorn" in page.url
    page.reload()
    expect(page.locator(".beside table")).to_be_visible()


def test_what_is_chosen_to_lie_side_by_side_is_in_view(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    box = page.locator(".shelf").first.get_by_role("checkbox").first
    box.check()
    tray = page.locator(".tray").bounding_box()
    assert tray is not None
    assert 0 < tray["y"] < 900


def test_two_to_four_models_are_ticked(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    boxes = page.locator(".shelf").first.get_by_role("checkbox")
    boxes.nth(0).check()
    lay = page.get_by_role("button", name="Lay side by side")
    expect(lay).to_be_disabled()
    for number in (1, 2, 3):
        boxes.nth(number).check()
    expect(boxes.nth(4)).to_be_disabled()
    lay.click()
    expect(page.locator(".beside thead th")).to_have_count(5)
    page.locator(".back").click()
    page.get_by_role("button", name="None of these").click()
    expect(page.locator(".tray")).to_be_hidden()
