"""The frame around the benches: which there are, what they should reach, and the table at the end.

A bench is a module of this folder with `measure() -> dict`; its keys are
prefixed with the module's name. A bench that fails costs its own rows only.
"""

from __future__ import annotations

import importlib
import json
import math
import platform
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from swatchbook.calibrate import processor
from swatchbook.settings import read_settings

BENCHES = ("table", "single", "cold", "estimate", "start", "stream", "browse", "archive", "sketch")
RESULTS = Path(__file__).parent / "results.json"

AT_LEAST = {
    "table.vs_generate": 9.0,
    "table.vs_generate_batched": 2.1,
    "table.vs_llamacpp": 1.2,
    "single.vs_generate": 1.8,
    "single.bandwidth_share": 0.45,
}
AT_MOST = {
    "cold.first_token_135m_s": 1.5,
    "cold.first_token_house_s": 0.5,
    "cold.memory_above_weights_mb": 150.0,
    "start.page_s": 4.0,
    "start.web_mb": 300.0,
    "stream.cpu_ms_per_token": 0.5,
    "browse.drawn_ms": 1000.0,
    "browse.kept_drawn_ms": 300.0,
    "browse.dossier_questions": 4.0,
    "browse.page_kb": 400.0,
    "archive.keep_ms": 100.0,
    "archive.open_ms": 150.0,
    "archive.search_ms": 200.0,
    "archive.run_kb": 150.0,
    "archive.keep_vs_sqlite": 1.5,
    "archive.search_vs_sqlite": 1.5,
    "sketch.preview_ms": 150.0,
    "sketch.preview_largest_ms": 150.0,
    "sketch.stale_generations": 1.0,
    "sketch.unchanged_generations": 0.0,
}

WITHIN = {
    f"estimate.{what}_{model}": (0.6, 1.4)
    for model in ("smol135", "lighthouse-keeper", "clerk", "oracle", "cook")
    for what in ("first_word", "speed")
}
TARGETS = AT_LEAST | AT_MOST | WITHIN

Results = dict[str, float | None]


def run(names: tuple[str, ...]) -> tuple[Results, dict[str, str]]:
    """Measure these benches in turn; returns the figures, and what went wrong by bench."""
    results: Results = {}
    failures: dict[str, str] = {}
    for name in names:
        started = time.monotonic()
        print(f"{name} …", end="", flush=True)
        try:
            found = importlib.import_module(f"bench.{name}").measure()
        except Exception as error:  # noqa: BLE001 - whatever a bench died of, the others still count
            traceback.print_exc()
            failures[name] = f"{type(error).__name__}: {error}"
            found = {}
        results |= {f"{name}.{key}": value for key, value in found.items()}
        results |= {key: None for key in TARGETS if key.startswith(f"{name}.") and key not in results}
        print(f" {time.monotonic() - started:.0f} s", flush=True)
    return results, failures


def reached(key: str, value: float | None) -> bool | None:
    """Whether a figure meets its target; None without a figure or a target."""
    if value is None or key not in TARGETS:
        return None
    low, high = WITHIN.get(key) or (AT_LEAST.get(key, -math.inf), AT_MOST.get(key, math.inf))
    return low <= value <= high


def target(key: str) -> str:
    """A figure's target as the table shows it."""
    if key in WITHIN:
        return "{:g} … {:g}".format(*WITHIN[key])
    return f"≥ {AT_LEAST[key]:g}" if key in AT_LEAST else f"≤ {AT_MOST[key]:g}" if key in AT_MOST else ""


def as_table(results: Mapping[str, float | None]) -> str:
    """Key, value, target, reached: one line a figure."""
    lines = [f"{'':34}{'value':>10}  {'target':>9}  reached"]
    for key, value in results.items():
        verdict = {True: "yes", False: "no", None: ""}[reached(key, value)]
        shown = "–" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
        lines.append(f"{key:34}{shown:>10}  {target(key):>9}  {verdict}".rstrip())
    return "\n".join(lines)


def write(results: Results, failures: dict[str, str], path: Path = RESULTS) -> None:
    """Figures of benches not run this time stay as they were."""
    before = json.loads(path.read_text()) if path.exists() else {}
    kept = {key: value for key, value in before.items() if "." in key}
    about = {"measured": datetime.now(UTC).isoformat(timespec="seconds"), "failures": failures, "machine": machine()}
    path.write_text(json.dumps({**kept, **results, "about": about}, indent=2, ensure_ascii=False) + "\n")


def machine() -> dict[str, str | int]:
    """Processor, cores and Python: enough to know whether two results may be compared at all."""
    return {"processor": processor(), "cores": read_settings().cores, "python": platform.python_version()}
