"""Browse, clicked through on a fake engine and against a fake Hub: finding, reading, comparing, picking."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.fake_hub import FakeHub, Repo
from tests.fake_hub.cards import card
from tests.ui.conftest import PATIENCE, Opener, Served, Tab
from tests.ui.library import KIN, browse, choose, find, status, swatch
from tests.ui.test_access import serious, sideways


def test_the_first_shelves_ask_nobody(book: Served, hub: FakeHub, opener: Opener) -> None:
    page = opener(book.address, plain=True).page
    expect(page.get_by_role("tab", name="Browse")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".shelf h3").first).to_have_text("House models")
    expect(page.locator(".shelf").first.locator(".swatch")).to_have_count(6)
    assert page.locator(".shelf").count() >= 6
    expect(swatch(page, "keeper").locator(".verdict")).to_contain_text("runs here")
    assert not hub.log


def test_a_model_is_found_by_language_and_size_and_the_address_says_so(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    page.get_by_role("button", name="Filters").click()
    choose(page, "Language", "French")
    choose(page, "At most", "50M")
    page.locator("#find").click()
    expect(status(page)).to_contain_text(re.compile(r"\d+ models?"))
    assert "language=fr" in page.url
    assert "to=50M" in page.url
    names = page.locator(".results h4").all_inner_texts()
    assert names
    page.reload()
    expect(page.locator(".results h4").first).to_be_visible()
    assert page.locator(".results h4").all_inner_texts() == names


def test_more_is_added_below_and_what_was_shown_stays(book: Served, hub: FakeHub, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "")
    expect(page.locator(".results .swatch")).to_have_count(6 + 60)
    first = page.locator(".results h4").first.text_content()
    asked = len(hub.log)
    page.get_by_role("button", name="Load more").click()
    expect(page.locator("ul.results > .swatch")).to_have_count(6 + 120)
    assert page.locator("#shelves h4").first.text_content() == first
    assert len(hub.log) == asked + 1
    expect(status(page)).to_contain_text("126 models")


def test_back_leads_from_search_to_search(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "acorn")
    find(page, "oak")
    expect(swatch(page, "oak")).to_be_visible()
    page.go_back()
    expect(swatch(page, "acorn")).to_be_visible()
    expect(page.locator("#search input, #search textarea").first).to_have_value("acorn")
    page.go_back()
    expect(page.locator(".shelf").first).to_be_visible()
    page.go_forward()
    expect(swatch(page, "acorn")).to_be_visible()


def test_the_first_shelves_are_those_of_a_first_visit(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "acorn")
    page.get_by_role("button", name="The first shelves").click()
    expect(page.locator(".shelf").first).to_be_visible()
    expect(page.locator("#search input, #search textarea").first).to_have_value("")


def test_a_language_that_nobody_offers_is_refused_in_words(book: Served, hub: FakeHub, opener: Opener) -> None:
    page = browse(opener, book)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Language", exact=True).first.fill("Klingonish")
    page.keyboard.press("Tab")
    page.locator("#find").click()
    expect(status(page)).to_contain_text("No language that is known here is called 'Klingonish'")
    assert not hub.log


def test_what_begins_with_the_letters_typed_comes_first(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    page.get_by_role("button", name="Filters").click()
    language = page.get_by_label("Language", exact=True).first
    language.click()
    page.keyboard.type("fr")
    page.keyboard.press("Enter")
    expect(language).to_have_value("French")
    page.locator("#find").click()
    expect(status(page)).to_contain_text(re.compile(r"\d model"))
    assert "language=fr" in page.url


def test_a_list_closes_behind_whoever_tabs_past_it(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Language", exact=True).first.focus()
    open_lists = page.locator("ul[role=listbox]:visible")
    for label in ("At least", "At most", "Licence"):
        expect(open_lists).to_have_count(1)
        page.keyboard.press("Tab")
        expect(page.get_by_label(label, exact=True).first).to_be_focused()
    page.locator("#find").focus()
    expect(open_lists).to_have_count(0)


def test_a_swatch_opens_in_another_tab_as_any_link_does(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "acorn")
    with page.context.expect_page() as opened:
        swatch(page, "acorn").locator(".plate").click(modifiers=["ControlOrMeta"])
    expect(opened.value.locator(".dossier h2")).to_have_text("acorn")
    expect(page.locator(".stage")).to_be_hidden()


def test_a_pasted_address_finds_its_model(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "https://huggingface.co/new/acorn")
    expect(page.locator(".results h4")).to_have_text(["acorn"])


def test_a_place_far_down_is_found_again(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "")
    page.locator(".results .swatch .plate").nth(50).scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 500
    page.locator(".results .swatch .plate").nth(50).click()
    expect(page.locator(".stage")).to_be_visible()
    page.go_back()
    expect(page.locator(".stage")).to_be_hidden()
    assert abs(page.evaluate("scrollY") - before) < 200


def test_a_query_that_makes_no_sense_is_named(book: Served, hub: FakeHub, opener: Opener) -> None:
    page = browse(opener, book, **{"from": "8B", "to": "10M"})
    expect(page.locator("#notice")).to_contain_text("No model is both larger than 8B and smaller than 10M")
    assert not hub.log
    page = browse(opener, book, q="<script>window.hit=1</script>", model="<img src=x onerror=window.hit=1>")
    expect(page.locator("#stage [role=alert]")).to_contain_text("owner/name")
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_browse_has_no_serious_finding_and_scrolls_one_way(
    book: Served, hub: FakeHub, opener: Opener, scheme: str, width: int
) -> None:
    long = card("# Long\n" + "w" * 300, pipeline_tag="text-generation")
    hub.add(Repo("x" * 40 + "/" + "unbroken" * 10, {"README.md": long, "config.json": "{}"}))
    tab = opener(book.address, width=width, scheme=scheme, tab="browse")
    for fold in ("Filters", "What the colours and words say", "On this disk"):
        tab.fold(fold)
    look(tab, f"shelves-{scheme}-{width}")
    for name, query in (
        ("results", "q=unbroken"), ("dossier", "model=new/acorn"), ("beside", f"beside=new/acorn,{KIN},house/keeper"),
    ):  # fmt: skip
        tab.page.goto(f"{book.address}/?tab=browse&{query}")
        shown = {"results": ".results .swatch", "dossier": ".family", "beside": ".beside table"}[name]
        tab.page.locator(shown).first.wait_for(timeout=PATIENCE)
        for fold in tab.page.locator(":is(#stage, #shelves) summary:visible").all()[:12]:
            fold.click()
        look(tab, f"{name}-{scheme}-{width}")


def look(tab: Tab, name: str) -> None:
    tab.page.wait_for_timeout(300)
    tab.shot(f"browse-{name}")
    assert not serious(tab), name
    assert sideways(tab) <= 0, name


def test_sixty_swatches_are_light(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    find(page, "")
    expect(page.locator(".results .swatch")).to_have_count(6 + 60)
    assert page.evaluate("document.querySelector('.shelves').innerHTML.length") < 400_000


def test_all_of_it_works_by_keyboard(book: Served, opener: Opener) -> None:
    page = browse(opener, book)
    page.locator("#search input, #search textarea").first.focus()
    page.keyboard.type("acorn")
    page.keyboard.press("Enter")
    expect(swatch(page, "acorn")).to_be_visible()
    swatch(page, "acorn").locator(".plate").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".dossier")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('.stage') !== null")
    page.locator(".dossier .add").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#palette .chip-name", has_text="acorn")).to_be_visible()
