"""The whole of Browse on the real engine: a tiny model found on a Hub, read, fetched and run; then without the Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from components.page import build, launch_options
from swatchbook.engine.engine import Engine
from swatchbook.library import Library
from swatchbook.settings import AppSettings
from tests.fake_hub import FakeHub, Repo
from tests.ui.conftest import Opener, free_port

LONG = 60_000
"""Milliseconds for what loads real models on a busy machine."""


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> list[Repo]:
    from tests.fake_hub.stock import stock

    return stock(tmp_path_factory.mktemp("tiny-models"))


@dataclass
class App:
    """One app on one data folder and one address; it can be started again, with or without its Hub."""

    hub: FakeHub
    data: Path
    engine: Engine
    port: int = field(default_factory=free_port)

    def start(self, offline: bool = False) -> str:
        places = {"hub": self.hub.address, "viewer": self.hub.viewer, "data": self.data, "port": self.port}
        told = AppSettings(cores=2, offline=offline, **places)  # type: ignore[arg-type]
        self.library = Library(told)
        self.demo = build(self.engine, told, library=self.library)
        self.demo.launch(prevent_thread_lock=True, quiet=True, **launch_options(told))
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.demo.close(verbose=False)
        self.library.close()


@pytest.fixture
def app(stock: list[Repo], tmp_path: Path) -> Iterator[App]:
    engine = Engine(cores=2)
    with FakeHub(stock) as hub:
        yield App(hub, tmp_path / "data", engine)
    engine.close()


def run(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click()
    page.locator("#prompt textarea").fill("Dear friend")
    page.locator("#run").click()
    page.locator("#board [role=status]", has_text="has ended").wait_for(state="attached", timeout=LONG)


def test_a_model_is_found_read_compared_fetched_and_run_and_stays_when_the_hub_goes(app: App, opener: Opener) -> None:
    page = opener(app.start(), tab="browse").page
    page.get_by_role("button", name="Filters").click()
    for label, words in (("Language", "French"), ("At most", "50M")):
        page.get_by_label(label, exact=True).first.fill(words)
        page.get_by_role("option", name=words, exact=True).first.click()
    page.locator("#find").click()
    page.locator(".swatch", has_text="ember-noir").locator(".plate").click()
    expect(page.locator(".dossier")).to_contain_text("CC BY-NC 4.0")
    expect(page.locator(".family")).to_contain_text("merrow/ember-tide")

    page.get_by_role("button", name="Lay beside its parent").click()
    expect(page.locator(".beside")).to_contain_text("What differs")
    page.get_by_role("button", name="Clear", exact=True).click()
    for name in ("quiet-owl/ember-noir", "lantern/ember"):
        page.get_by_role("button", name=f"Add {name} to your palette").click()
    chips = page.locator("#palette .chip")
    expect(chips).to_have_count(2)

    for name in ("ember-noir", "ember"):
        chip = page.locator("#palette .chip", has=page.get_by_text(name, exact=True))
        chip.get_by_role("button", name=re.compile("Fetch")).click()
        expect(chip.get_by_role("button", name=re.compile("Fetch"))).to_have_count(0, timeout=LONG)
    assert not app.hub.log.tokens
    assert not app.hub.log.count(r"\.(bin|py|pt)$")
    run(page)
    expect(page.locator(".lane")).to_have_count(2)
    expect(page.locator(".lane .failed")).to_have_count(0)
    expect(page.locator(".lane header", has_text="tok/s")).to_have_count(2)
    page.close()
    app.stop()

    app.hub.stop()
    without_the_hub(app, opener, "cannot be reached")
    without_the_hub(app, opener, "without a network", offline=True)


def without_the_hub(app: App, opener: Opener, reason: str, offline: bool = False) -> None:
    """A fresh start on the same disk: what was read is there with its reason, what was fetched runs."""
    page = opener(app.start(offline), tab="browse", q="ember", model="quiet-owl/ember-noir").page
    expect(page.locator("#palette .chip")).to_have_count(2)
    expect(page.locator(".dossier")).to_contain_text("CC BY-NC 4.0")
    page.locator(".back").click()
    page.locator("#search input, #search textarea").first.fill("noir")
    page.locator("#find").click()
    expect(page.locator("#shelves [role=status]")).to_contain_text(reason)
    expect(page.locator(".swatch", has_text="ember-noir").locator(".verdict")).to_contain_text("first word in")
    run(page)
    expect(page.locator(".lane")).to_have_count(2)
    expect(page.locator(".lane .failed")).to_have_count(0)
    page.close()
    app.stop()
