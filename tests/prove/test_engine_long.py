"""Long trials of the engine: hundreds of rounds of joining, leaving, stopping and killing."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import aclosing
from pathlib import Path

import numpy as np
import psutil

from swatchbook.engine.engine import Engine
from swatchbook.engine.events import EngineError, Failed, Job, Model, Tokens
from swatchbook.runs import Settings
from tests.folders import llama_folder

ROUNDS = 200
PROMPTS = ["The lamp", "A longer prompt, to be padded or not", "x" * 300, "é"]


def job(number: int) -> Job:
    settings = Settings(temperature=0.7 + number % 3 / 4, top_p=1 - number % 2 / 20, max_tokens=20 + 37 * (number % 4))
    return Job(PROMPTS[number % len(PROMPTS)], [number % 5, 100 + number % 3], settings)


async def written(engine: Engine, model: Model, number: int, leave_after: int | None = None) -> dict[int, list[int]]:
    """Ids by sample; {} when the visitor left early or the worker died."""
    ids: dict[int, list[int]] = {}
    try:
        async with aclosing(engine.generate(model, [job(number)])) as stream:
            async for _, event in stream:
                if isinstance(event, Tokens):
                    ids.setdefault(event.sample, []).extend(np.frombuffer(event.ids, "<i4").tolist())
                    if leave_after is not None and len(ids[event.sample]) > leave_after:
                        return {}
                if isinstance(event, Failed):
                    return {}
    except EngineError:
        return {}
    return ids


async def test_texts_never_depend_on_company_however_visitors_come_and_go(tmp_path: Path) -> None:
    models = [Model(llama_folder(tmp_path / f"m{seed}", seed=seed)) for seed in range(2)]
    engine, chance = Engine(), random.Random(5)
    try:
        alone = {(m, n): await written(engine, model, n) for m, model in enumerate(models) for n in range(12)}
        app = psutil.Process()
        before = app.memory_info().rss

        async def visitor() -> None:
            await asyncio.sleep(chance.random() / 5)
            which, number = chance.randrange(2), chance.randrange(12)
            leave = chance.randrange(60) if chance.random() < 0.4 else None
            ids = await written(engine, models[which], number, leave)
            assert ids in ({}, alone[which, number])

        for round_number in range(ROUNDS):
            await asyncio.gather(*(visitor() for _ in range(6)))
            if round_number % 20 == 19 and (pids := list(engine.processes().values())):
                os.kill(chance.choice(pids), signal.SIGKILL)
        assert app.memory_info().rss < before + 50_000_000
    finally:
        engine.close()
    assert not engine.processes()
