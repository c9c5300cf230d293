"""What outlives a run: the address that restores its prompt, and the document that holds its texts."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from swatchbook.runs import Run, read_run
from tests.ui.conftest import Opener, Served, Tab, serving


def test_the_address_restores_prompt_models_and_settings(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="Good {morning|night}", models="house/cook,house/clerk", samples=2, temperature=0)
    tab.run()
    tab.done()
    assert "models=house/cook,house/clerk" in tab.page.url
    assert "seed=7" in tab.page.url
    tab.page.reload()
    tab.page.locator("#plan .plan").wait_for()
    expect(tab.page.locator("#prompt textarea")).to_have_value("Good {morning|night}")
    expect(tab.page.locator(".chip")).to_contain_text(["cook", "clerk"])
    expect(tab.page.locator("#plan")).to_contain_text("2 models × 2 fillings × 2 samples")
    expect(tab.page.locator("#plan")).to_contain_text("temperature 0 ")


def test_a_bad_address_warns_and_loses_nothing_else(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="Hello", models="house/keeper,house/nobody,../x", temperature="hot", seed=11)
    alert = tab.page.locator("#notice [role=alert]")
    expect(alert).to_contain_text("There is no house model called nobody")
    expect(alert).to_contain_text("temperature=hot in the address was left out")
    expect(tab.page.locator("#prompt textarea")).to_have_value("Hello")
    expect(tab.page.locator(".chip")).to_have_count(1)
    expect(tab.page.locator("#plan")).to_contain_text("seed 11")


def test_copy_link_copies_the_address_of_the_run(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="Tonight", models="house/keeper")
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.run()
    tab.done()
    tab.page.get_by_role("button", name="Copy link", exact=True).click()
    expect(tab.page.get_by_text("Copied.")).to_be_visible()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied == tab.page.url
    assert copied.startswith(f"{app.address}/?prompt=Tonight&models=house/keeper&")


def test_on_a_space_the_link_is_the_spaces_public_address(house: Path, opener: Opener) -> None:
    with serving(house, space_id="some/book") as app:
        tab = opener(app.address, prompt="Tonight", models="house/keeper")
        tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        tab.run()
        tab.done()
        tab.page.get_by_role("button", name="Copy link", exact=True).click()
        expect(tab.page.get_by_text("Copied.")).to_be_visible()
        copied = tab.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("https://huggingface.co/spaces/some/book?prompt=Tonight&models=house/keeper&")
        tab.page.close()


def test_a_run_goes_out_as_json_and_comes_back(app: Served, opener: Opener, tmp_path: Path) -> None:
    tab = opener(app.address, prompt="The {nurse|engineer} said", samples=2, models="house/keeper,house/clerk:chat")
    tab.run()
    tab.done()
    with tab.page.expect_download() as waiting:
        take(tab, "json")
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    run = read_run(file.read_bytes())
    assert run.template == "The {nurse|engineer} said"
    assert [lane.mode for lane in run.lanes] == ["completion", "chat"]
    assert len(run.samples) == 2 * 2 * 2

    other = opener(app.address)
    drop(other, file)
    expect(other.lane("keeper")).to_contain_text("she had counted the ships twice")
    expect(other.page.locator("#prompt textarea")).to_have_value("The {nurse|engineer} said")
    expect(other.page.locator(".chip")).to_contain_text(["keeper", "clerk"])
    expect(other.page.locator("#plan")).to_contain_text("2 models × 2 fillings × 2 samples")
    assert (
        other.lane("keeper").locator(".text").all_inner_texts() == tab.lane("keeper").locator(".text").all_inner_texts()
    )


def drop(tab: Tab, file: Path) -> None:
    """Hand a file to the place where runs are opened."""
    fold = tab.page.get_by_role("button", name="Open a run from a file")
    if (
        tab.page.locator("#open input[type=file]").count() == 0
        or not tab.page.locator("#open .wrap").first.is_visible()
    ):
        fold.click()
    tab.page.locator("#open input[type=file]").set_input_files(file)


def test_a_file_that_is_no_run_is_refused_in_one_sentence(tab: Tab, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    tab.fold("Open a run from a file")
    alert = tab.page.locator("#notice [role=alert]")
    for content in ("{", "{}", json.dumps({"swatchbook": 1, "template": "x", "lanes": []})):
        file.write_text(content)
        tab.page.locator("#open input[type=file]").set_input_files(file)
        expect(alert).to_contain_text("This file is not a Swatchbook run")
        tab.page.locator("#open").get_by_label("Clear").first.click()
    expect(alert).to_contain_text("lanes")
    expect(tab.page.locator("#prompt textarea")).to_have_value("The door was open, and")


def test_the_document_shown_is_the_document_kept(app: Served, opener: Opener, tmp_path: Path) -> None:
    """A run that was opened downloads as the same document."""
    tab = opener(app.address, models="house/keeper", samples=1)
    tab.run()
    tab.done()
    first = saved(tab, tmp_path / "first.json")
    other = opener(app.address)
    drop(other, tmp_path / "first.json")
    expect(other.lane("keeper")).to_contain_text("she had counted")
    assert saved(other, tmp_path / "second.json") == first


def saved(tab: Tab, file: Path) -> Run:
    with tab.page.expect_download() as waiting:
        take(tab, "json")
    waiting.value.save_as(file)
    return read_run(file.read_bytes())


def take(tab: Tab, kind: str) -> None:
    """Ask for the run as a file of this kind."""
    tab.page.locator("#save").click()
    tab.page.locator(f"[data-format={kind}]").click()
