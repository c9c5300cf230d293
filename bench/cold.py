"""From Run to the first token when the model lies on disk, and the memory its worker adds.

The fork server is warm, as it is when a page has been open for some seconds;
every model is loaded for the first time by this engine.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median

import psutil

from bench import ours, shapes, weights
from swatchbook.engine.engine import Engine
from swatchbook.house import house_models

MB = 1e6


def measure() -> dict[str, float | None]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, float | None]:
    warmer, *house = [model.folder for model in house_models()]
    async with ours.engine() as engine:
        await ours.write(engine, [warmer], 1, 2)
        small = [await _first_token(engine, folder) for folder in house]
        large = [await _first_token(engine, folder) for folder in shapes.four()]
    return {
        "first_token_135m_s": median(seconds for seconds, _ in large),
        "first_token_house_s": median(seconds for seconds, _ in small),
        "memory_above_weights_mb": max(memory for _, memory in large),
        "memory_above_weights_house_mb": max(memory for _, memory in small),
    }


async def _first_token(engine: Engine, folder: Path) -> tuple[float, float]:
    """Seconds to the first token of eight samples, and the new worker's unshared megabytes beyond its weights."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    written = await ours.write(engine, [folder], 8, 16)
    new = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    unshared = sum(process.memory_full_info().uss for process in new)
    return written.first_token, (unshared - weights.packed(folder)) / MB
