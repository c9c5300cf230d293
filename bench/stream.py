"""Processor time of the web process for each token that it streams to a page, four lanes at once.

A real browser presses Run on the app; only the web process's own time counts,
not that of the models' processes, the browser, or the page's start.
"""

from __future__ import annotations

import re
from statistics import median
from urllib.parse import urlencode

import psutil
from playwright.sync_api import Page, sync_playwright

from bench import page
from bench.rivals import PROMPT
from swatchbook.house import house_models
from tests.ui.browser import find_browser

SAMPLES, TOKENS, ROUNDS = 4, 200, 3
MINUTE = 60_000


def measure() -> dict[str, float | None]:
    return {"cpu_ms_per_token": _cpu_per_token(SAMPLES), "cpu_ms_per_token_one_sample": _cpu_per_token(1)}


def _cpu_per_token(samples: int) -> float:
    """Milliseconds; the first run loads the models and is not counted."""
    browser_path = find_browser()
    if browser_path is None:
        raise RuntimeError("no browser was found; `make test` installs one")
    models = ",".join(str(model.ref.model_copy(update={"commit": None})) for model in house_models()[:4])
    query = urlencode({"prompt": PROMPT, "models": models, "samples": samples, "tokens": TOKENS, "seed": 7})
    with page.served() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto(f"{app.address}?{query}")
        tab.locator("#palette").get_by_text(house_models()[3].ref.name).first.wait_for(timeout=MINUTE)
        costs = [_one_run(tab, app.process) for _ in range(ROUNDS + 1)][1:]
        browser.close()
    return median(costs)


def _one_run(tab: Page, process: psutil.Process) -> float:
    before = _own_time(process)
    tab.locator("#run").click()
    tab.locator("#board [role=status]", has_text="Running").wait_for(state="attached", timeout=MINUTE)
    tab.locator("#board [role=status]", has_text="has ended").wait_for(state="attached", timeout=MINUTE)
    spent = _own_time(process) - before
    counts = re.findall(r"· ([\d,]+) tokens", tab.locator("#board").inner_text())
    tokens = sum(int(count.replace(",", "")) for count in counts)
    tab.wait_for_timeout(500)
    return 1000 * spent / tokens


def _own_time(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
