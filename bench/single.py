"""One model of 135 M, one sample: tokens per second, warm, and how near that comes to the memory's own speed."""

from __future__ import annotations

import asyncio
from statistics import median

from bench import ours, rivals, shapes, weights
from swatchbook.settings import read_settings

TOKENS, ROUNDS = 64, 5


def measure() -> dict[str, float | None]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, float | None]:
    folder = shapes.four()[0]
    speeds: list[float] = []
    ratios: list[float] = []
    bandwidths: list[float] = []
    with rivals.Rivals([folder], read_settings().cores) as others:
        async with ours.engine() as engine:
            await ours.write(engine, [folder], 1, 4)
            for turn in range(ROUNDS):
                speeds.append((await ours.write(engine, [folder], 1, TOKENS, seed=turn)).tokens_per_second)
                ratios.append(speeds[-1] / others.generate(0, 1, TOKENS))
                bandwidths.append(others.read_bandwidth())
    share = weights.read_per_token(folder) * median(speeds) / max(bandwidths)
    return {"ours_tok_s": median(speeds), "vs_generate": median(ratios), "bandwidth_share": share}
