"""Swatchbook's own side of a bench: runs performed as the page performs them, lanes merged on its clock."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bench.rivals import PROMPT, TEMPERATURE
from swatchbook.engine.engine import Engine
from swatchbook.engine.memory import budget
from swatchbook.runner import Performance
from swatchbook.runs import Lane, ModelRef, Run, Settings
from swatchbook.settings import read_settings


@dataclass(frozen=True, slots=True)
class Written:
    """What a run cost, in seconds from its start, and how much it wrote."""

    tokens: int
    seconds: float
    first_token: float

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds


@contextlib.asynccontextmanager
async def engine() -> AsyncIterator[Engine]:
    """An engine as the app makes it, ended with its workers."""
    settings = read_settings()
    running = Engine(budget(settings.memory_gb), settings.cores, settings.deadline)
    try:
        yield running
    finally:
        running.close()


async def write(running: Engine, folders: list[Path], samples: int, tokens: int, seed: int = 7) -> Written:
    """One run: a lane for each model, so many samples of so many tokens. Raises RuntimeError when a lane fails."""
    refs = {ModelRef(source="house", repo=folder.name): folder for folder in folders}
    run = Run(
        template=PROMPT,
        settings=Settings(samples=samples, max_tokens=tokens, temperature=TEMPERATURE, seed=seed),
        lanes=[Lane(id=f"lane-{place}", model=ref) for place, ref in enumerate(refs)],
    )
    performance = Performance(run, running, refs.__getitem__)
    async for _ in performance.play():
        pass
    lanes = list(performance.lanes.values())
    if failed := [lane.error for lane in lanes if lane.error]:
        raise RuntimeError("; ".join(failed))
    ends = [sample.total for lane in lanes for sample in lane.samples if sample.total is not None]
    starts = [lane.first_token for lane in lanes if lane.first_token is not None]
    return Written(sum(lane.tokens for lane in lanes), max(ends), min(starts))
