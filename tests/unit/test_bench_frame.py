"""The frame around the benches: targets, the table, and a bench that fails."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bench import run


def test_targets_are_judged_in_their_direction() -> None:
    assert run.reached("table.vs_generate", 9.0)
    assert run.reached("table.vs_generate", 8.9) is False
    assert run.reached("start.page_s", 4.0)
    assert run.reached("start.page_s", 4.1) is False
    assert run.reached("table.vs_llamacpp", None) is None
    assert run.reached("table.ours_tok_s", 3.0) is None


def test_a_bench_that_fails_costs_its_own_rows_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    good, bad = ModuleType("bench.start"), ModuleType("bench.stream")
    good.measure = lambda: {"page_s": 3.0, "web_mb": 301.0}  # type: ignore[attr-defined]
    bad.measure = lambda: 1 / 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bench.start", good)
    monkeypatch.setitem(sys.modules, "bench.stream", bad)
    results, failures = run.run(("stream", "start"))
    assert results == {"stream.cpu_ms_per_token": None, "start.page_s": 3.0, "start.web_mb": 301.0}
    assert list(failures) == ["stream"]

    run.write({"table.ours_tok_s": 1.0, "start.page_s": 9.0}, {}, tmp_path / "results.json")
    run.write(results, failures, tmp_path / "results.json")
    written = json.loads((tmp_path / "results.json").read_text())
    assert written["table.ours_tok_s"] == 1.0
    assert written["start.page_s"] == 3.0
    assert "ZeroDivisionError" in written["about"]["failures"]["stream"]


def test_the_table_says_what_was_reached() -> None:
    lines = run.as_table({"start.page_s": 3.0, "start.web_mb": 301.0, "table.vs_llamacpp": None}).splitlines()
    assert [line.split()[-1] for line in lines] == ["reached", "yes", "no", "1.2"]
