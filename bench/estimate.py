"""What a swatch says of a model's speed, against what a run of it then takes: estimate / measured, 1 is exact.

In each round the machine is measured, as the app does it; then each model is
loaded from the disk and asked for the usual samples and tokens: the seconds to
its first word, and, once it is loaded, the tokens per second that its lane
shows. Medians of each round's own ratios.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

from bench import ours, shapes
from bench.rivals import PROMPT
from swatchbook.calibrate import calibrate
from swatchbook.engine.engine import Engine
from swatchbook.engine.events import Model
from swatchbook.engine.memory import budget
from swatchbook.estimate import Pace
from swatchbook.house import house_models
from swatchbook.hub.fit import Machine, judge
from swatchbook.hub.here import folder_facts
from swatchbook.runner import Performance
from swatchbook.runs import Lane, ModelRef, Run, Settings
from swatchbook.settings import read_settings

ROUNDS = 5
HOUSE = ("lighthouse-keeper", "clerk", "oracle", "cook")
"""A house model of each shape and architecture."""


def measure() -> dict[str, float | None]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, float | None]:
    house = {model.folder.name: model.folder for model in house_models()}
    folders = {"smol135": shapes.shape("smol135"), **{name: house[name] for name in HOUSE}}
    async with ours.engine() as engine:
        rounds = [await _round(engine, folders, turn) for turn in range(ROUNDS)]
    return {key: median(each[key] for each in rounds) for key in rounds[0]}


async def _round(engine: Engine, folders: dict[str, Path], turn: int) -> dict[str, float]:
    """Measure the machine, then run each model: the machine is shared, and its speed may change between rounds."""
    pace, cores = Pace(), read_settings().cores
    found = {"calibration_s": await _calibrated(engine, pace, cores)}
    machine = Machine(budget(), disk_free=10**12, disk_left=10**12, cores=cores, pace=pace)
    for name, folder in folders.items():
        ref = ModelRef(source="house", repo=folder.name)
        said = judge(folder_facts(folder, ref), machine, here=True)
        assert said.first_word, said.why
        assert said.tokens_per_second
        first, speed = await _run(engine, folder, ref, turn)
        found |= {f"first_word_{name}": said.first_word / first, f"speed_{name}": said.tokens_per_second / speed}
    return found


async def _calibrated(engine: Engine, pace: Pace, cores: int) -> float:
    """Measure the machine; returns the seconds that it took, the start of the fork server among them."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as data:
        if not await calibrate(engine, pace, Path(data), cores):
            raise RuntimeError("this machine was not measured; the log says why")
    return time.monotonic() - began


async def _run(engine: Engine, folder: Path, ref: ModelRef, seed: int) -> tuple[float, float]:
    """Seconds from Run to the first word of a model on disk, and the tokens per second of it when loaded."""
    run = Run(template=PROMPT, settings=Settings(seed=seed), lanes=[Lane(id="lane-1", model=ref)])
    first, _ = await _performed(engine, run, folder)
    _, speed = await _performed(engine, run, folder)
    await engine.unload(Model(folder))
    return first, speed


async def _performed(engine: Engine, run: Run, folder: Path) -> tuple[float, float]:
    performance = Performance(run, engine, lambda _: folder)
    async for _ in performance.play():
        pass
    (lane,) = performance.lanes.values()
    if lane.error or lane.first_token is None:
        raise RuntimeError(lane.error or "the model wrote nothing")
    return lane.first_token, lane.tokens_per_second or float("nan")
