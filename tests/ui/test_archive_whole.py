"""The archive from end to end, on the real engine and the house models, with the app restarted in between."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from swatchbook.house import house_models
from swatchbook.runs import read_run
from tests.ui.conftest import Opener, Tab, free_port
from tests.ui.program import started
from tests.ui.test_kept import take

LONG = 60_000
"""Milliseconds for what loads real models on a busy machine."""


def done(tab: Tab) -> None:
    tab.page.locator("#board [role=status]", has_text="has ended").wait_for(state="attached", timeout=LONG)


def keep(tab: Tab, title: str) -> str:
    tab.page.locator("#keep [name=title]").fill(title)
    tab.page.locator("#keep button", has_text="Keep").click()
    link = tab.page.locator("#keep [data-link]")
    expect(link).to_be_visible()
    return link.input_value()


def test_a_run_outlives_the_app_and_is_contested_read_blind_taken_along_and_repeated(
    browser: BrowserContext, opener: Opener, tmp_path: Path
) -> None:
    port, data = free_port(), str(tmp_path / "data")
    names = ",".join(f"house/{model.ref.repo}" for model in house_models()[:2])
    with started(port, SWATCHBOOK_DATA=data) as address:
        tab = opener(address, prompt="Tonight the {door|sea}", models=names, samples=2, tokens=16, seed=21)
        tab.page.locator("#run").click()
        done(tab)
        link = keep(tab, "Two nights")
        texts = tab.page.locator(".lane .text").all_inner_texts()

    with started(port, SWATCHBOOK_DATA=data) as address:
        second = browser.browser.new_context(accept_downloads=True) if browser.browser else None
        assert second is not None
        other = Tab(second.new_page(), address)
        other.page.goto(link)
        expect(other.page.locator(".lane")).to_have_count(2, timeout=LONG)
        assert other.page.locator(".lane .text").all_inner_texts() == texts

        contest(other)
        child = keep(other, "Two nights, contested")
        assert child != link

        other.page.locator("#again").click()
        expect(other.page.locator("#drift")).to_contain_text("No drift: all 8 samples are the same", timeout=LONG)
        expect(other.page.locator("#drift")).to_contain_text("machine and settings are the same")

        read_blind(other)
        plate = take_page(other, tmp_path)
        second.close()

    read_offline(browser, plate)


def contest(tab: Tab) -> None:
    """A note, and an objection to it, in a child of the kept run."""
    tab.page.get_by_role("button", name="Write a note").first.click()
    tab.page.locator(".composer [name=text]").fill("A quiet voice.")
    tab.page.get_by_role("button", name="Save the note").click()
    tab.page.get_by_role("button", name="Contest note 1").click()
    tab.page.locator(".composer [name=text]").fill("I find it loud.")
    tab.page.get_by_role("button", name="Save the note").click()
    expect(tab.page.locator(".note-card.against")).to_contain_text("contests note 1")
    expect(tab.page.locator("#keep")).to_contain_text("a child of an earlier run")


def read_blind(tab: Tab) -> None:
    """A run with its names hidden and a placebo among its lanes; the pair is chosen right."""
    tab.fold("Read blind ▼")
    tab.page.get_by_label("Hide the names").check()
    tab.page.get_by_label("Add a placebo").check()
    expect(tab.page.locator("#plan")).to_contain_text("2 models + a placebo")
    tab.page.locator("#run").click()
    done(tab)
    expect(tab.page.locator(".lane h2")).to_contain_text(["Model A", "Model B", "Model C"])
    for model in house_models()[:2]:
        expect(tab.page.locator("#board")).not_to_contain_text(model.ref.repo)
    boxes = tab.page.locator("[name=alike]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    tab.page.locator("[name=strangest]").nth(2).check()
    tab.page.get_by_role("button", name="Reveal the names").click()
    expect(tab.page.locator(".ballot.said")).to_contain_text("taken for the most alike in")
    expect(tab.page.locator(".lane h2", has_text="once more")).to_have_count(1)


def take_page(tab: Tab, folder: Path) -> Path:
    """The run as a page, and as JSON that holds the reading."""
    with tab.page.expect_download() as waiting:
        take(tab, "json")
    waiting.value.save_as(folder / "run.json")
    run = read_run((folder / "run.json").read_bytes())
    assert len(run.readings) == 1
    assert sum(lane.repeats is not None for lane in run.lanes) == 1
    with tab.page.expect_download() as waiting:
        take(tab, "html")
    waiting.value.save_as(folder / "plate.html")
    with tab.page.expect_download() as waiting:
        take(tab, "png")
    waiting.value.save_as(folder / "run.png")
    assert (folder / "run.png").read_bytes().startswith(b"\x89PNG")
    return folder / "plate.html"


def read_offline(browser: BrowserContext, plate: Path) -> None:
    """The page from disk, in a browser without network and without scripts."""
    assert browser.browser is not None
    alone = browser.browser.new_context(offline=True, java_script_enabled=False)
    page: Page = alone.new_page()
    page.goto(plate.as_uri())
    expect(page.locator("body")).to_contain_text("Tonight the")
    expect(page.locator("body")).to_contain_text("placebo")
    expect(page.locator("body")).to_contain_text("cc0-1.0")
    alone.close()
