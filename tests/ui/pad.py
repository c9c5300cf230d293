"""The Sketchpad in the words of somebody who uses it: a sketch to try, its fields and views, a run, a visitor.

Knows no test.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from swatchbook.archive.links import pack
from swatchbook.sketch.kept import KeptSketch
from tests.ui.conftest import Opener, Served, Tab, only_here, until

LETTER = """\
# A letter to try
sketch: 1
title: A letter to try
author: Bo
inputs:
  name:
    ask: Who is it for?
    default: Ada
  really:
    ask: With all my heart?
    kind: toggle
grammar:
  sky: [hail]
steps:
  - id: head
    text: "For {{name}} under #sky#"
  - id: draft  # two voices
    prompt: "{{head}}, and"
    model: [house/keeper, house/cook]
  - id: tail
    text: Yours.
show: [head, draft]
"""
EVIL = "{{secret}} #sky# <img src=x onerror=alert(1)> *bold*"
NAMES = ["keeper", "cook", "clerk", "oracle"]
SAID = ["she had counted the ships", "butter the tin"]


def on_the_pad(app: Served, opener: Opener, text: str = LETTER, **more: Any) -> Tab:
    """The page with a sketch of one's own on the pad."""
    tab = opener(app.address, tab="sketchpad", packed=pack("sketch", KeptSketch(text=text)), **more)
    ready(tab)
    return tab


def ready(tab: Tab) -> None:
    expect(tab.page.locator("#pad .pad-item").first).to_be_attached()
    expect(tab.page.locator("#preview .piece-title")).to_be_visible()


def field(tab: Tab, key: str) -> Locator:
    """A field of the form view, by the place that it edits."""
    return tab.page.locator(f"#pad [data-key={key!r}]")


def view(tab: Tab, name: str) -> None:
    tab.page.locator("#pad .views").get_by_role("button", name=name).click()


def source(tab: Tab) -> Locator:
    return tab.page.get_by_label("The sketch's text")


def written(tab: Tab, text: str) -> None:
    """Wait until the text holds some words."""
    until(tab, "(words) => swatchbook.pad.text().includes(words)", text)


def texts(page: Page) -> list[str]:
    return page.locator(".results .text").all_inner_texts()


def run(tab: Tab, button: str = "Run") -> None:
    """Press Run, and wait until all is said."""
    tab.page.evaluate("document.querySelector('#preview p.sr').textContent = ''")
    tab.page.locator("#preview").get_by_role("button", name=button).click()
    expect(tab.page.locator("#preview p.sr")).to_contain_text("Done.")


def pressed_out(tab: Tab, name: str) -> None:
    """Press a button of the pad as often as it can be pressed."""
    button = tab.page.locator("#pad").get_by_role("button", name=name)
    for _ in range(30):
        if button.is_enabled():
            button.click()
    expect(button).to_be_disabled()


def copied(tab: Tab, name: str) -> str:
    """The address that a button under the pad puts into the clipboard."""
    tab.page.evaluate("navigator.clipboard.writeText('')")
    tab.page.get_by_role("button", name=name, exact=True).click()
    return str(until(tab, "() => navigator.clipboard.readText()"))


def visited(tab: Tab, address: str) -> Page:
    """The visitors' page on a phone, at night."""
    page = tab.page.context.new_page()
    problems: list[str] = []
    page.on("request", lambda request: only_here(request.url, problems))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    expect(page.locator("#visit .piece-title")).to_be_visible()
    assert not problems
    return page
