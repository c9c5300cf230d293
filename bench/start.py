"""From starting the app's process to a served page, and the memory the web process then holds."""

from __future__ import annotations

import time
from statistics import median

from bench import page

ROUNDS, SETTLE = 5, 2.0


def measure() -> dict[str, float | None]:
    """The first start fills the disk's cache and is not counted."""
    starts = [_start() for _ in range(ROUNDS + 1)][1:]
    return {"page_s": median(seconds for seconds, _ in starts), "web_mb": max(memory for _, memory in starts)}


def _start() -> tuple[float, float]:
    with page.served() as app:
        time.sleep(SETTLE)
        return app.seconds, app.process.memory_info().rss / 1e6
