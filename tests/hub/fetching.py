"""What the tests of fetching share: a model to fetch, a Hub that has it, and waiting for the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from swatchbook.hub.disk import Disk
from swatchbook.hub.facts import Facts
from swatchbook.hub.fetch import Fetcher
from swatchbook.hub.progress import Progress
from swatchbook.hub.wire import Wire
from swatchbook.runs import ModelRef
from swatchbook.settings import AppSettings
from tests.fake_hub import FakeHub, Fault, Repo

WEIGHTS = 1_500_000
"""Bytes of the weights of a model here: some twenty portions."""
CONFIG = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "max_position_embeddings": 512}
PLANNED = {"config.json", "tokenizer.json", "tokenizer_config.json", "README.md", "LICENSE", "model.safetensors"}
SLOWLY = Fault("model.*safetensors$", "drip", rate=6_000_000)
"""Bytes that come so slowly that there is something to see, or to stop."""
TEMPTING: dict[str, bytes | str] = {
    "modeling_evil.py": "raise SystemExit",
    "pytorch_model.bin": b"\x80\x04evil",
    "model.fp16.safetensors": b"x",
    "onnx/model.onnx": b"x",
    "sub/model.safetensors": b"x",
    "vocab.json": "{}",
    ".gitattributes": "*.safetensors filter=lfs",
    "custom_generate/generate.py": "raise SystemExit",
}
ROOM = (10**12, 5 * 10**11)


def noise(size: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).bytes(size)


def weights(size: int, seed: int = 0, name: str = "layer.0") -> bytes:
    """A file of weights of so many bytes: one tensor, of noise."""
    room = size - 8 - 200
    header = json.dumps({name: {"dtype": "U8", "shape": [room], "data_offsets": [0, room]}}).encode().ljust(200)
    return len(header).to_bytes(8, "little") + header + noise(room, seed)


def whole(name: str = "maker/model", size: int = WEIGHTS, seed: int = 0, **config: Any) -> Repo:
    """A model with its weights in one file, and much beside it that must stay where it is."""
    files = {**_small(config), **TEMPTING, "model.safetensors": weights(size, seed)}
    return Repo(name, files)


def sharded(name: str = "maker/parts", parts: int = 3) -> Repo:
    names = [f"model-{at:05}-of-{parts:05}.safetensors" for at in range(1, parts + 1)]
    index = json.dumps({"metadata": {}, "weight_map": {f"layer.{at}": shard for at, shard in enumerate(names)}})
    shards = {shard: weights(WEIGHTS // parts, at, f"layer.{at}") for at, shard in enumerate(names)}
    return Repo(name, {**_small({}), **TEMPTING, "model.safetensors.index.json": index, **shards})


def _small(config: dict[str, Any]) -> dict[str, bytes | str]:
    return {
        "config.json": json.dumps(CONFIG | config),
        "tokenizer.json": json.dumps({"model": {"type": "BPE"}}) + " " * 30_000,
        "tokenizer_config.json": "{}",
        "README.md": "---\nlicense: mit\n---\n# A model",
        "LICENSE": "Do as you like.",
    }


def facts(hub: FakeHub, name: str = "maker/model", **more: Any) -> Facts:
    return Facts(name, commit=hub.repo(name).head.sha, licence="mit", languages=("fr",), **more)


def disk(folder: Path, most: int = 20 * 10**9) -> Disk:
    return Disk(folder / "models", most, lambda _: ROOM)


def wire(address: str) -> Wire:
    return Wire(AppSettings(hub=address, viewer=f"{address}/viewer"))


def fetcher(hub: FakeHub, disk: Disk, **more: Any) -> Fetcher:
    return Fetcher(wire(hub.address), disk, **({"pause": 0.01} | more))


async def finish(fetcher: Fetcher, ref: ModelRef, seconds: float = 20) -> list[Progress]:
    """All that is reported until it is over."""
    async with asyncio.timeout(seconds):
        return [progress async for progress in fetcher.watch(ref, beat=0.01)]


async def until(fetcher: Fetcher, ref: ModelRef, least: int) -> Progress:
    """Wait until so many bytes of the model have come."""
    async with asyncio.timeout(20):
        async for progress in fetcher.watch(ref, beat=0.005):
            if progress.done >= least:
                return progress
    raise AssertionError(f"the fetch was over before {least} bytes had come")


async def ended(fetcher: Fetcher) -> None:
    """Wait until the threads of stopped fetches have ended too."""
    async with asyncio.timeout(20):
        while fetcher._running:
            await asyncio.sleep(0.005)


def asked_files(hub: FakeHub) -> list[str]:
    """The file names that were asked for, one for each request."""
    return [each.target.rpartition("/")[2] for each in hub.log.find("/resolve/")]


def on_disk(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def same(folder: Path, repo: Repo, names: Iterable[str]) -> bool:
    """Whether these files are the repository's, byte for byte."""
    return all((folder / name).read_bytes() == repo.head.files[name].read() for name in names)
