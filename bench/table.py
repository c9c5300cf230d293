"""Four models of 135 M, eight samples each, 64 tokens: tokens per second of the whole table, warm."""

from __future__ import annotations

import asyncio
from statistics import median

from bench import ours, rivals, shapes
from swatchbook.settings import read_settings

SAMPLES, TOKENS, ROUNDS, PROMPT_TOKENS = 8, 64, 3, 16


def measure() -> dict[str, float | None]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, float | None]:
    """Ours and the rivals in turn, round after round; the medians of each round's own ratios."""
    folders, cores = shapes.four(), read_settings().cores
    speeds: list[float] = []
    ratios: dict[str, list[float]] = {"vs_generate": [], "vs_generate_batched": [], "vs_llamacpp": []}
    with rivals.Rivals(folders, cores) as others:
        async with ours.engine() as engine:
            await ours.write(engine, folders, SAMPLES, 4)
            for turn in range(ROUNDS):
                speed = (await ours.write(engine, folders, SAMPLES, TOKENS, seed=turn)).tokens_per_second
                speeds.append(speed)
                ratios["vs_generate"].append(speed / _model_by_model(others, len(folders), 1))
                ratios["vs_generate_batched"].append(speed / _model_by_model(others, len(folders), SAMPLES))
                if llamacpp := rivals.llamacpp(folders[0], SAMPLES, TOKENS, PROMPT_TOKENS, cores):
                    ratios["vs_llamacpp"].append(speed / llamacpp)
    return {"ours_tok_s": median(speeds)} | {key: median(each) if each else None for key, each in ratios.items()}


def _model_by_model(others: rivals.Rivals, models: int, samples: int) -> float:
    """Tokens per second of the models one after another. One sample stands for eight drawn one by one."""
    return models / sum(1 / others.generate(model, samples, TOKENS) for model in range(models))
