"""Fetching from the page, and a Hub that is full, stopped or out of reach."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.fake_hub import FakeHub, Fault
from tests.ui.conftest import Opener, Served, serving
from tests.ui.library import browse, find, status, swatch


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


def test_the_next_fetch_leaves_what_was_said_of_the_last(book: Served, hub: FakeHub, opener: Opener) -> None:
    hub.faults.add(Fault("twin-heads.*model.safetensors", "drip", rate=300_000, skip=1, method="GET"))
    page = browse(opener, book, model="swatchbook-house/twin-heads")
    page.locator(".dossier").get_by_role("button", name=re.compile("Fetch")).click()
    expect(page.locator("#strip .fetching")).to_contain_text("MB")
    page.locator(".back").click()
    find(page, "swatchbook-house/cook")
    swatch(page, "cook").last.locator(".plate").click()
    page.locator(".dossier").get_by_role("button", name=re.compile("Fetch")).click()
    arrived = page.locator("#notice .notice", has_text="cook has come")
    expect(arrived).to_be_visible(timeout=20_000)
    expect(page.locator("#strip .fetching")).to_have_count(1)
    page.wait_for_timeout(800)
    expect(arrived).to_be_visible()


def test_focus_goes_to_the_next_model_when_one_is_deleted(book: Served, opener: Opener) -> None:
    for name in ("cook", "oracle"):
        page = browse(opener, book, model=f"swatchbook-house/{name}")
        page.locator(".dossier").get_by_role("button", name=re.compile("Fetch")).click()
        expect(page.locator("#notice .notice")).to_contain_text("has come", timeout=20_000)
    page.locator(".back").click()
    page.get_by_role("button", name="On this disk").click()
    page.locator(".menu.plain summary").first.focus()
    for key in ("Enter", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#kept .disk > li")).to_have_count(1)
    assert page.evaluate("document.activeElement.closest('#kept li') !== null")


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
