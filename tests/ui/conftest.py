"""The page in a real browser: one app on a fake engine, and a fresh tab for each test.

A tab fails its test when anything on it asks for an address beyond this machine,
or when a script on it fails. Screenshots go to tests/artifacts.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright

from components.keep_actions import Keeping, keep_in
from components.page import build, launch_options
from swatchbook.library import Library
from swatchbook.settings import ROOT, AppSettings
from tests.fake_hub import FakeHub, Repo
from tests.fake_hub.stock import light_stock
from tests.fakes import FakeEngine, Script
from tests.ui.house import make_house
from tests.ui.library import kin

ARTIFACTS = ROOT / "tests" / "artifacts"
PATIENCE = 15_000
"""Milliseconds to wait for what must come."""
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]

WATCH = """() => {
    const line = document.querySelector('#board [role=status]');
    window.heard = [];
    new MutationObserver(() => heard.push(line.textContent)).observe(line, { childList: true, subtree: true });
}"""
"""Writes down all that a screen reader is told of the run."""

Opener = Callable[..., "Tab"]
Scheme = Literal["light", "dark"]


def scripts() -> dict[str, Script]:
    """What the made-up models write: four voices, and a loop."""
    return {
        "keeper": Script(_words(" she had counted the ships twice and the fog kept one of them."), delay=0.01),
        "cook": Script(_words(" butter the tin, and let the kitchen be quiet until the bread is done."), delay=0.01),
        "clerk": Script(_words(" by the police that the police that" + " the police that" * 5), delay=0.01),
        "oracle": Script(_words(" the door is a kind of question."), delay=0.01, load=0.1),
    }


def _words(text: str) -> list[str]:
    return [f" {word}" for word in text.split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Served:
    """A running app and what it stands on."""

    address: str
    engine: FakeEngine
    library: Library
    keeping: Keeping


@dataclass
class Tab:
    """One open page, in the words of somebody who uses it."""

    page: Page
    address: str

    def open(self, **query: object) -> None:
        """Open the page on Compare, unless the query names another tab; `plain` opens the bare address."""
        plain = query.pop("plain", False)
        query = query if plain or "tab" in query else {**query, "tab": "compare"}
        self.page.goto(f"{self.address}/?{urlencode(query)}" if query else self.address)
        if query.get("tab") == "compare":
            self.page.locator("#plan .plan").wait_for(timeout=PATIENCE)
        else:
            self.page.locator(".swatch").first.wait_for(state="attached", timeout=PATIENCE)

    def run(self) -> None:
        """Press Run and wait until the run is going, or has gone already: a short one is not seen by looking."""
        self.page.evaluate(WATCH)
        self.page.locator("#run").click()
        self.page.wait_for_function("heard.some((words) => words.includes('Running'))", timeout=PATIENCE)

    def done(self) -> None:
        self.status("has ended")

    def status(self, words: str) -> None:
        """Wait for what a screen reader is told."""
        self.page.locator("#board [role=status]", has_text=words).wait_for(state="attached", timeout=PATIENCE)

    def lane(self, name: str) -> Locator:
        return self.page.locator(".lane", has=self.page.get_by_role("heading", name=name))

    def fold(self, name: str) -> None:
        """Open or close one of the folded parts."""
        self.page.get_by_role("button", name=name, exact=False).click()

    def shot(self, name: str) -> Path:
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True, animations="disabled")
        return path


def until(tab: Tab, asked: str, given: object = None) -> Any:
    """Ask the page, whose answer may take its time, until it says something else than no."""
    for _ in range(100):
        if answer := tab.page.evaluate(asked, given):
            return answer
        tab.page.wait_for_timeout(100)
    raise AssertionError(f"the page never said yes to {asked}")


@pytest.fixture(scope="package")
def browser(browser_path: Path) -> Iterator[BrowserContext]:
    """One browser for this folder; its tabs share the cache, which saves a second each."""
    # For this folder only: while Playwright is open, no other test could run an event loop of its own.
    ARTIFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield opened.new_context(accept_downloads=True)
        opened.close()


@contextmanager
def serving(house: Path, **settings: Any) -> Iterator[Served]:
    """An app on a fake engine, on a free port of this machine."""
    with tempfile.TemporaryDirectory() as data:
        usual = {"offline": "hub" not in settings, "data": Path(data), "memory_gb": 4.0, "disk_gb": 1.0}
        engine, told = FakeEngine(scripts()), AppSettings(cores=2, port=free_port(), **{**usual, **settings})
        library = Library(told, house)
        keeping = keep_in(told)
        demo = build(engine, told, house, library, keeping)
        demo.launch(prevent_thread_lock=True, quiet=True, **launch_options(told))
        yield Served(f"http://127.0.0.1:{told.port}", engine, library, keeping)
        demo.close(verbose=False)
        keeping.close()
        library.close()


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_house(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="package")
def served(house: Path) -> Iterator[Served]:
    with serving(house) as app:
        yield app


@pytest.fixture
def app(served: Served) -> Served:
    """The app with its models' scripts as they were."""
    served.engine.scripts = scripts()
    return served


@pytest.fixture
def opener(browser: BrowserContext) -> Iterator[Opener]:
    """Opens tabs on an address; afterwards, none may have reached out or thrown."""
    problems: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: problems.append(f"a script failed: {error}"))
        page.on("request", lambda request: only_here(request.url, problems))
        page.on("dialog", lambda dialog: (problems.append(f"a dialog: {dialog.message}"), dialog.dismiss()))

    def open_tab(address: str, width: int = 1280, scheme: Scheme = "light", **query: object) -> Tab:
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.set_default_timeout(PATIENCE)
        watch(page)
        tab = Tab(page, address)
        tab.open(**query)
        return tab

    yield open_tab
    for page in browser.pages:
        if page.url.startswith("http"):
            page.evaluate("localStorage.clear(); indexedDB.deleteDatabase('swatchbook')")
        page.close()
    assert not problems, problems


def only_here(url: str, problems: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
        problems.append(f"a request left the machine: {url}")


@pytest.fixture
def tab(app: Served, opener: Opener) -> Tab:
    """The page as a first visitor finds it."""
    return opener(app.address)


@pytest.fixture(scope="module")
def stock() -> list[Repo]:
    return [*light_stock(), *kin()]


@pytest.fixture
def hub(stock: list[Repo]) -> Iterator[FakeHub]:
    with FakeHub(stock) as hub:
        yield hub


@pytest.fixture
def book(hub: FakeHub, house: Path) -> Iterator[Served]:
    """The app with this Hub."""
    with serving(house, hub=hub.address, viewer=hub.viewer) as served:
        yield served
