"""What people who do not use a mouse or a large bright screen need of the page."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.fakes import Script
from tests.ui.conftest import Opener, Served, Tab

ALLOWED: dict[str, str] = {}
"""Findings in Gradio's own nodes that are not ours to mend: rule to a part of the node's HTML."""


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_serious_finding(app: Served, opener: Opener, scheme: str, width: int) -> None:
    app.engine.scripts["cook"] = Script(refuse="The weights are damaged.")
    app.engine.scripts["oracle"] = Script([" a"] * 5 + ["\ufffd"] * 5)
    tab = opener(app.address, width=width, scheme=scheme, prompt="The {nurse|engineer} said", temperature="x")
    findings = serious(tab)
    tab.run()
    tab.done()
    tab.page.get_by_role("button", name="token by token").first.click()
    tab.page.get_by_role("button", name="Write a note").first.click()
    tab.page.locator(".composer [name=text]").fill("A voice.")
    tab.page.get_by_role("button", name="Save the note").click()
    tab.page.get_by_role("button", name="Contest note 1").click()
    tab.page.locator("#keep button", has_text="Keep").click()
    expect(tab.page.locator("#keep .key")).to_be_visible()
    for fold in ("Settings", "Finer settings", "Read blind ▼", "Ten prompts", "What the words mean", "Open a run"):
        tab.fold(fold)
    tab.page.locator(".prompts summary").first.click()
    tab.page.locator("#palette .menu summary").click()
    tab.page.wait_for_timeout(300)
    tab.shot(f"everything-{scheme}-{width}")
    findings += serious(tab)
    tab.page.locator("#hide button").click()
    expect(tab.page.locator("form.ballot")).to_be_visible()
    findings += serious(tab)
    tab.page.locator("#tabs button[data-tab-id=archive]").click()
    entry = tab.page.locator("#archive .entry").first
    entry.get_by_role("button", name="Family").click()
    entry.locator("summary").click()
    expect(tab.page.locator(".relatives")).to_be_visible()
    tab.shot(f"archive-{scheme}-{width}")
    assert not findings + serious(tab)


def serious(tab: Tab) -> list[str]:
    """Serious and critical findings outside the nodes that are allowed."""
    response: dict[str, Any] = Axe().run(tab.page).response
    return [
        f"{found['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for found in response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
        if not (found["id"] in ALLOWED and ALLOWED[found["id"]] in node["html"])
    ]


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_scrolls_sideways(app: Served, opener: Opener, width: int) -> None:
    app.engine.scripts["keeper"] = Script([" " + "unbroken" * 40])
    tab = opener(app.address, width=width, prompt="{a|b} " + "x" * 200)
    assert sideways(tab) <= 0
    tab.run()
    tab.done()
    for fold in ("Settings", "Ten prompts", "What the words mean", "Open a run"):
        tab.fold(fold)
    assert sideways(tab) <= 0
    assert not tab.page.evaluate(
        "[...document.querySelectorAll('button')].filter(b => b.checkVisibility() && b.clientWidth"
        " && b.scrollWidth > b.clientWidth + 1).map(b => b.textContent)"
    ), "a button's words are wider than the button"
    columns = tab.page.evaluate(
        "getComputedStyle(document.querySelector('.lanes')).gridTemplateColumns.split(' ').length"
    )
    assert columns == (4 if width == 1280 else 1)


def sideways(tab: Tab) -> int:
    """Pixels by which the page is wider than the window."""
    width: int = tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return width


def test_a_screen_reader_is_told_of_lanes_and_not_of_tokens(app: Served, opener: Opener) -> None:
    app.engine.scripts["keeper"] = Script([" word"] * 60, delay=0.02)
    tab = opener(app.address, models="house/keeper", tokens=60)
    tab.page.evaluate(
        """() => { window.told = []; const node = document.querySelector('#board [role=status]');
        new MutationObserver(() => told.push(node.textContent)).observe(node, {childList: true, characterData: true,
        subtree: true}); }"""
    )
    tab.run()
    tab.done()
    told = tab.page.evaluate("told")
    assert 2 <= len(told) <= 4, told
    assert not any("word" in line for line in told)


def test_open_folds_and_focus_survive_new_text(app: Served, opener: Opener) -> None:
    app.engine.scripts["keeper"] = Script([f" w{n}" for n in range(60)], delay=0.05)
    tab = opener(app.address, models="house/keeper", samples=2, tokens=60)
    tab.run()
    fold = tab.lane("keeper").locator(".group summary")
    fold.click()
    expect(tab.lane("keeper")).to_contain_text("w20")
    assert tab.lane("keeper").locator(".group details").evaluate("fold => fold.open")
    expect(fold).to_be_focused()
    tab.page.locator("#stop").click()
    tab.done()
    expect(tab.page.locator("#run")).to_be_visible()


def test_reduced_motion_is_respected(tab: Tab) -> None:
    tab.page.emulate_media(reduced_motion="reduce")
    moving = tab.page.evaluate(
        "[...document.querySelectorAll('*')].filter(node => getComputedStyle(node).animationName !== 'none').length"
    )
    assert moving == 0
