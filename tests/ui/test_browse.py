"""Browse, clicked through on a fake engine and against a fake Hub: finding, reading, comparing, picking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.fake_hub import FakeHub, Fault, Repo
from tests.fake_hub.cards import card
from tests.fake_hub.stock import light_stock
from tests.ui.conftest import PATIENCE, Opener, Served, Tab, serving
from tests.ui.test_access import serious, sideways

KIN = "old/oak"


@pytest.fixture(scope="module")
def stock() -> list[Repo]:
    return [*light_stock(), *kin()]


def kin() -> list[Repo]:
    """A base, a finetune under other terms, and what the finetune read."""
    config = '{"model_type": "llama"}'
    kind = {"pipeline_tag": "text-generation"}
    base = {**kind, "license": "cc-by-nc-4.0", "language": ["en"], "datasets": ["lantern/harbour-letters"]}
    child = {**kind, "license": "mit", "language": ["en", "fr"], "base_model": KIN}
    child["datasets"] = ["quiet-owl/marginalia"]
    return [
        Repo(KIN, {"README.md": card("# Oak\n\nIt grew.\n", **base), "config.json": config}, downloads=900, likes=5),
        Repo(
            "new/acorn",
            {"README.md": card("# Acorn\n\n<script>window.hit=1</script>\n", **child), "config.json": config},
        ),
    ]


@pytest.fixture
def hub(stock: list[Repo]) -> Iterator[FakeHub]:
    with FakeHub(stock) as hub:
        yield hub


@pytest.fixture
def book(hub: FakeHub, house: Path) -> Iterator[Served]:
    """The app with this Hub."""
    with serving(house, hub=hub.address, viewer=hub.viewer) as served:
        yield served


def browse(opener: Opener, served: Served, **query: object) -> Page:
    return opener(served.address, tab="browse", **query).page


def status(page: Page) -> Locator:
    return page.locator("#shelves [role=status]")


def find(page: Page, words: str) -> None:
    page.locator("#search input, #search textarea").first.fill(words)
    page.locator("#find").click()
    expect(status(page)).to_contain_text(re.compile(r"\d model|No model"))


def swatch(page: Page, name: str) -> Locator:
    return page.locator(".swatch", has=page.get_by_role("heading", name=name, exact=True))


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


def choose(page: Page, label: str, words: str) -> None:
    page.get_by_label(label, exact=True).first.fill(words)
    page.get_by_role("option", name=words, exact=True).first.click()


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


def test_a_chip_is_moved_to_the_end_and_keeps_the_focus(book: Served, opener: Opener) -> None:
    page = browse(opener, book, models="house/keeper,house/cook,house/oracle")
    chips = page.locator("#palette .chip-name")
    page.get_by_role("button", name="Move keeper later").focus()
    for order in (["cook", "keeper", "oracle"], ["cook", "oracle", "keeper"], ["cook", "oracle", "keeper"]):
        page.keyboard.press("Enter")
        expect(chips).to_have_text(order)
        expect(page.get_by_role("button", name="Move keeper later")).to_be_focused()


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


def test_the_palette_is_added_to_named_reordered_cleared_and_taken_back(book: Served, opener: Opener) -> None:
    page = browse(opener, book, models="house/keeper,house/cook")
    chips = page.locator("#palette .chip-name")
    swatch(page, "oracle").get_by_role("button", name="Add").click()
    expect(chips).to_have_text(["keeper", "cook", "oracle"])
    expect(swatch(page, "oracle").locator(".add")).to_have_text("Added")
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


def test_a_model_is_fetched_with_progress_and_deleted(book: Served, hub: FakeHub, opener: Opener) -> None:
    hub.faults.add(Fault("model.safetensors", "drip", rate=900_000, skip=1, method="GET"))
    page = browse(opener, book, model="swatchbook-house/cook")
    page.locator(".dossier").get_by_role("button", name=re.compile("Fetch")).click()
    strip = page.locator("#strip .fetching")
    expect(strip).to_contain_text(re.compile(r"of 2\.\d+ MB"))
    expect(strip.get_by_role("progressbar", name="Fetching swatchbook-house/cook")).to_be_visible()
    expect(strip).to_have_count(0, timeout=20_000)
    expect(page.locator("main > .sr", has_text="Fetching swatchbook-house/cook has ended.")).to_have_count(1)
    expect(page.locator(".dossier")).to_contain_text("It lies on this disk")
    page.locator(".back").click()
    page.get_by_role("button", name="On this disk").click()
    row = page.locator("#kept li", has_text="swatchbook-house/cook")
    expect(row).to_contain_text("MB")
    page.locator(".menu.plain summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#kept")).to_contain_text("Nothing was fetched yet")
    expect(page.locator("#disk-order input").first).to_be_focused()


def test_what_has_come_can_be_compared_at_once(book: Served, opener: Opener) -> None:
    page = browse(opener, book, models="house/keeper", model="swatchbook-house/cook")
    page.locator(".dossier").get_by_role("button", name=re.compile("Fetch")).click()
    arrived = page.locator("#notice .notice")
    expect(arrived).to_contain_text("cook has come", timeout=20_000)
    page.locator("#palette").get_by_role("button", name="Remove keeper").click()
    expect(page.locator("#palette .chip")).to_have_count(0)
    arrived.get_by_role("button", name="Add to palette").click()
    expect(page.locator("#palette .chip-name")).to_have_text(["cook"])


def test_a_fetch_is_stopped_and_gone_on_with(book: Served, hub: FakeHub, opener: Opener) -> None:
    hub.faults.add(Fault("model.safetensors", "drip", rate=200_000, skip=1, times=1, method="GET"))
    page = browse(opener, book, model="swatchbook-house/oracle")
    fetch = page.locator(".dossier").get_by_role("button", name=re.compile("Fetch"))
    fetch.click()
    page.get_by_role("button", name="Stop fetching").click()
    expect(page.locator("#strip .fetching")).to_have_count(0)
    fetch.click()
    expect(page.locator(".dossier")).to_contain_text("It lies on this disk", timeout=20_000)


def test_with_the_hub_stopped_the_page_serves_what_it_knew_and_says_how_old_it_is(
    book: Served, hub: FakeHub, opener: Opener
) -> None:
    page = browse(opener, book)
    find(page, "acorn")
    swatch(page, "acorn").locator(".plate").click()
    expect(page.locator(".dossier h2")).to_have_text("acorn")
    expect(page.locator(".family .waiting")).to_have_count(0)
    hub.stop()
    age_everything(book)
    page = browse(opener, book, q="acorn", model="new/acorn")
    expect(page.locator(".dossier h2")).to_have_text("acorn")
    expect(page.locator(".dossier .notice")).to_contain_text("cannot be reached")
    expect(page.locator(".dossier .notice")).to_contain_text("3 hours ago")
    page.locator(".back").click()
    expect(swatch(page, "acorn")).to_be_visible()
    expect(status(page)).to_contain_text("3 hours ago")
    find_nothing_new(page)


def age_everything(served: Served) -> None:
    """As if three hours had passed."""
    hub = served.library.hub
    hub._clock = hub._store._clock = lambda: __import__("time").time() + 3 * 3600 + 60


def find_nothing_new(page: Page) -> None:
    page.locator("#search input, #search textarea").first.fill("keeper")
    page.locator("#find").click()
    expect(status(page)).to_contain_text("cannot be reached")
    expect(swatch(page, "keeper")).to_be_visible()


def test_a_full_quota_is_told_with_its_minutes(book: Served, hub: FakeHub, opener: Opener) -> None:
    hub.faults.add(Fault("/api/models", status=429, seconds=130))
    page = browse(opener, book)
    page.locator("#find").click()
    expect(status(page)).to_contain_text("3 minutes")


def test_without_any_network_the_house_is_open(house: Path, opener: Opener) -> None:
    with serving(house) as served:
        page = browse(opener, served, model="house/keeper")
        expect(page.locator(".dossier h2")).to_have_text("The keeper")
        expect(page.locator(".dossier")).to_contain_text("CC0")
        page.locator(".back").click()
        page.locator("#find").click()
        expect(status(page)).to_contain_text("without a network")
        expect(page.locator(".results .swatch")).to_have_count(6)
        page.close()


def test_a_query_that_makes_no_sense_is_named(book: Served, hub: FakeHub, opener: Opener) -> None:
    page = browse(opener, book, **{"from": "8B", "to": "10M"})
    expect(page.locator("#notice")).to_contain_text("No model is both larger than 8B and smaller than 10M")
    assert not hub.log
    page = browse(opener, book, q="<script>window.hit=1</script>", model="<img src=x onerror=window.hit=1>")
    expect(page.locator("#stage [role=alert]")).to_contain_text("owner/name")
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
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
