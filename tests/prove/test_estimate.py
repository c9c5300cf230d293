"""Estimates on the real engine: this machine is measured, and what a swatch then says is held against runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import estimate, run
from swatchbook.calibrate import FILE, calibrate
from swatchbook.engine import vet
from swatchbook.engine.engine import Engine
from swatchbook.engine.events import Job, Model, Tokens
from swatchbook.estimate import RANGE, Pace
from swatchbook.random_model import Shape, write
from swatchbook.runs import Settings


async def test_the_random_model_is_one_that_the_engine_runs(tmp_path: Path) -> None:
    shape = Shape(layers=2, hidden=128, inner=256, vocabulary=600)
    write(tmp_path, shape)
    assert vet.vet(tmp_path).kind == "fused"
    assert sum(tensor.numbers for tensor in vet.vet(tmp_path).tensors) == shape.parameters
    engine, counts = Engine(), [0, 0]
    try:
        async for _, event in engine.generate(Model(tmp_path), [Job("ab", [1, 2], Settings(max_tokens=40))]):
            if isinstance(event, Tokens):
                counts[event.sample] += len(event.ids) // 4
    finally:
        engine.close()
    assert counts == [40, 40], "no word ends a text"


async def test_this_machine_is_measured_and_left_as_it_was(tmp_path: Path) -> None:
    engine, pace = Engine(), Pace()
    try:
        assert await calibrate(engine, pace, tmp_path, 2)
        assert not engine.processes(), "what was loaded is unloaded"
        assert engine.used == 0
    finally:
        engine.close()
    assert pace.calibrated
    assert all(1 / RANGE < factor < RANGE for factor in pace.factors)
    assert json.loads((tmp_path / FILE).read_text())["machine"]["cores"] == 2


@pytest.fixture(scope="module")
def measured() -> dict[str, float | None]:
    return estimate.measure()


@pytest.mark.parametrize("name", sorted(run.WITHIN))
def test_estimates_are_near_what_is_measured(name: str, measured: dict[str, float | None]) -> None:
    assert run.reached(name, measured[name.partition(".")[2]]), measured
