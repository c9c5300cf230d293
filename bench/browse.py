"""Browse against a Hub on this machine: milliseconds and questions per action, bytes of a page, memory of a long list.

The rival is the Hub's own client, asked for the same facts in the same run. Its
list holds every model; ours holds what a page shows and leaves the rest on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from huggingface_hub import HfApi
from playwright.sync_api import sync_playwright

from bench import crowd, page
from components.browse_actions import BrowseActions
from components.browsing import Browsing
from swatchbook.hub.catalogue import LIST_FACTS, PAGE, Query
from swatchbook.hub.wire import Reply
from swatchbook.library import Library
from swatchbook.runs import ModelRef
from swatchbook.settings import ROOT, read_settings
from tests.ui.browser import find_browser

ROUNDS = 5
LISTED = 100_000


def measure() -> dict[str, float | None]:
    with _crowd() as address:
        found = asyncio.run(_actions(address))
        found |= _drawn(address)
        found |= {f"listed_{who}_mb": _memory(address, who) for who in ("ours", "client")}
    return found | {"listed_ratio": found["listed_ours_mb"] / found["listed_client_mb"]}  # type: ignore[operator]


@contextlib.contextmanager
def _crowd() -> Iterator[str]:
    server = subprocess.Popen([sys.executable, "-m", "bench.crowd"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def _library(address: str) -> Iterator[tuple[Library, list[str]]]:
    """A library on a fresh disk, and the questions that it asks."""
    asked: list[str] = []
    with tempfile.TemporaryDirectory() as data:
        library = Library(replace(read_settings({}), hub=address, viewer=address, data=Path(data)))
        read = library.hub.wire.read

        def counting(path: str, *arguments: Any, **options: Any) -> Reply:
            asked.append(path)
            return read(path, *arguments, **options)

        library.hub.wire.read = counting  # type: ignore[method-assign]
        yield library, asked
        library.close()


async def _actions(address: str) -> dict[str, float | None]:
    """Medians of several rounds, each on a fresh disk; the first warms both sides up."""
    rounds = [await _round(address, turn) for turn in range(ROUNDS + 1)][1:]
    return {name: median(each[name] for each in rounds) for name in rounds[0]}


async def _round(address: str, turn: int) -> dict[str, float]:
    found: dict[str, float] = {}
    with _library(address) as (library, asked):
        actions, browsing = BrowseActions(library), Browsing()
        controls = ["", "", "", "", "", "", "", "", False, "", False, "downloads"]

        async def timed(name: str, act: Callable[[], Awaitable[Any]]) -> Any:
            before, began = len(asked), time.perf_counter()
            result = await act()
            found[f"{name}_ms"] = 1000 * (time.perf_counter() - began)
            found[f"{name}_questions"] = len(asked) - before
            return result

        shown = await timed("first_page", lambda: _last(actions.search(browsing, *controls)))
        await timed("kept_page", lambda: _last(actions.search(browsing, *controls)))
        await timed("more", lambda: actions.more(browsing))
        ref = ModelRef(source="hub", repo=f"maker-{turn}/llama-{turn * 5}")
        await timed("dossier", lambda: _first(library.dossier(ref)))
        await timed("kept_dossier", lambda: _first(library.dossier(ref)))
        found["page_kb"] = len(shown["html"].encode()) / 1000
    found["first_page_vs_client"] = found["first_page_ms"] / _client_list(address, PAGE)
    found["dossier_vs_client"] = found["dossier_ms"] / _client_dossier(address, turn)
    return found


async def _last(shown: Any) -> Any:
    return [each async for each in shown][-1]


async def _first(shown: Any) -> Any:
    return await anext(shown)


def _client_list(address: str, count: int) -> float:
    """Milliseconds that the Hub's own client takes for a page of the same facts."""
    began = time.perf_counter()
    models = list(HfApi(address, token=False).list_models(limit=count, sort="downloads", expand=list(LIST_FACTS)))  # type: ignore[arg-type]
    assert len(models) == count
    return 1000 * (time.perf_counter() - began)


def _client_dossier(address: str, turn: int) -> float:
    """Milliseconds that the Hub's own client takes for info, files and the head of the weights."""
    api, repo, began = HfApi(address, token=False), f"maker-{turn}/llama-{turn * 5}", time.perf_counter()
    api.model_info(repo)
    list(api.list_repo_tree(repo, revision=crowd.COMMIT, recursive=True, expand=True))
    api.get_safetensors_metadata(repo, revision=crowd.COMMIT)
    return 1000 * (time.perf_counter() - began)


def _drawn(address: str) -> dict[str, float | None]:
    """Milliseconds from a press on Search to a drawn page of sixty, in a browser: asked, and then kept."""
    browser_path = find_browser()
    if browser_path is None:
        raise RuntimeError("no browser was found; `make test` installs one")
    with (
        page.served(HF_HUB_OFFLINE="0", HF_ENDPOINT=address, SWATCHBOOK_VIEWER=address) as app,
        sync_playwright() as playwright,
    ):
        tab = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"]).new_page()
        tab.goto(app.address)
        tab.locator(".swatch").first.wait_for()
        found = {}
        for name in ("drawn", "kept_drawn"):
            tab.get_by_role("button", name="The first shelves").click()
            tab.locator(".shelf").first.wait_for()
            began = time.perf_counter()
            tab.locator("#find").click()
            tab.wait_for_function(f"document.querySelectorAll('.results .swatch').length >= {PAGE}")
            found[f"{name}_ms"] = 1000 * (time.perf_counter() - began)
        tab.context.browser.close()  # type: ignore[union-attr]
    return found  # type: ignore[return-value]


def _memory(address: str, who: str) -> float:
    """Megabytes that a fresh process grows by while it lists all models."""
    program = f"from bench.browse import list_all; print(list_all({address!r}, {who!r}))"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(told.stdout.split()[-1])


def list_all(address: str, who: str) -> float:
    """List every model, in the way of `ours` or of the `client`; returns megabytes of growth."""
    return asyncio.run(_list_all_ours(address)) if who == "ours" else _list_all_client(address)


async def _list_all_ours(address: str) -> float:
    with _library(address) as (library, _):
        browsing, query, seen = None, Query(sort="downloads"), 0
        before = _resident()
        while seen < LISTED:
            listed = await library.catalogue.page(query, browsing)
            seen, browsing = seen + len(listed.models), listed.next
        return _resident() - before


def _list_all_client(address: str) -> float:
    before = _resident()
    models = list(HfApi(address, token=False).list_models(expand=list(LIST_FACTS)))  # type: ignore[arg-type]
    assert len(models) == LISTED
    return _resident() - before


def _resident() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss / 1e6)
