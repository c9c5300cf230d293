"""Browse as its tests use it: a small family on the fake Hub, and a visitor's words for what is on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from tests.fake_hub import Repo
from tests.fake_hub.cards import card

if TYPE_CHECKING:
    from tests.ui.conftest import Opener, Served

KIN = "old/oak"


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


def choose(page: Page, label: str, words: str) -> None:
    page.get_by_label(label, exact=True).first.fill(words)
    page.get_by_role("option", name=words, exact=True).first.click()
