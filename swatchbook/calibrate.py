"""Measures how fast this machine runs models, once, in the background, through the real engine.

Two models of known shape are loaded and write a few tokens: a house model,
whose time goes into small operations, and a random one that is just large
enough to be computed as large ones are. What they took sets the factors of
`estimate`, kept in a file until the processor, the cores or a library change. A
visitor's run goes first: the trial is given up, and made again later.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import logging
import os
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Protocol, cast

from swatchbook.engine.architectures import FUSED
from swatchbook.engine.events import EngineError, Event, Job, Model, Tokens
from swatchbook.estimate import KINDS, RANGE, LaneLoad, Pace, Work, opening, writing
from swatchbook.house import HouseModel, house_models
from swatchbook.random_model import Shape, write
from swatchbook.runs import Settings
from swatchbook.settings import AppSettings

log = logging.getLogger(__name__)

FILE = "machine.json"
PROMPT = "The keeper said that"
ROWS = 4
ROUNDS = 3
"""The median round counts; the first of all waits for the process that the others are forked from."""
TOKENS = {"small": 128, "large": 16}
"""Tokens of each sample that are asked for; a house model ends its texts sooner."""
SWEEPS = 20
"""Passes in which the factors come to fit all that was measured."""
OWN = 0.1
"""The part of a time that is put down at least to the kind of work that it was measured for."""
MOST = 60.0
"""Seconds that a trial may take."""
FIRST, AGAIN, LATEST = 8.0, 60.0, 3600.0
"""Seconds to the first trial; to the next, doubled each time; and the longest pause."""


class Runs(Protocol):
    """The part of the engine that a trial needs."""

    @property
    def busy(self) -> int: ...

    def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]: ...

    async def unload(self, model: Model) -> None: ...


class GaveUp(Exception):
    """Nothing was measured this time; the message says why."""


@dataclass(frozen=True, slots=True)
class Took:
    """What a model took: seconds from the asking to its first word, and for a token of every sample after that."""

    load: LaneLoad
    first: float
    step: float

    @property
    def wrote(self) -> float:
        """Seconds from the first token of each sample to the last."""
        return self.step * (self.load.tokens - 1)


def start_in_background(engine: Runs, pace: Pace, settings: AppSettings) -> Callable[[], None]:
    """Try until this machine is measured, in a thread of its own; returns what ends that."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(keep_trying(lambda: calibrate(engine, pace, settings.data, settings.cores)))

    def live() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    def stop() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: all is done
            loop.call_soon_threadsafe(task.cancel)
        thread.join()

    thread = threading.Thread(target=live, name="calibration", daemon=True)
    thread.start()
    return stop


async def keep_trying(
    trial: Callable[[], Awaitable[bool]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Make the trial, after a pause and at growing distances, until it succeeds."""
    await sleep(FIRST)
    pause = AGAIN
    while not await trial():
        await sleep(pause)
        pause = min(2 * pause, LATEST)


async def calibrate(
    engine: Runs,
    pace: Pace,
    data: Path,
    cores: int,
    house: Sequence[HouseModel] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Set the pace's factors for this machine, as kept in `data` or as measured now; says whether they are set."""
    here = machine(cores)
    factors = _kept(data / FILE, here)
    if factors is None:
        try:
            async with asyncio.timeout(MOST):
                factors = fit(*await _trial(engine, house_models() if house is None else house, clock), cores)
        except TimeoutError:
            log.warning("this machine was not measured: it took more than %.0f s", MOST)
            return False
        except (GaveUp, EngineError, OSError) as error:
            log.info("this machine was not measured: %s", error)
            return False
        _keep(data / FILE, here, factors)
    pace.factors, pace.calibrated = factors, True
    return True


def fit(small: Took, large: Took, cores: int) -> Work:
    """The factors by which the estimates come to what was measured.

    Each is found from the time of which it makes the largest part, the others being as found so far.
    """
    factors = [1.0, 1.0, 1.0, 1.0]
    times = [(opening(took.load, took.load.threads(cores)), took.first) for took in (small, large)]
    times += [(writing(took.load, took.load.threads(cores)), took.wrote) for took in (small, large)]
    for _ in range(SWEEPS):
        for own, (work, seconds) in enumerate(times):
            others = sum(w * f for at, (w, f) in enumerate(zip(work, factors, strict=True)) if at != own)
            factors[own] = max(seconds - others, OWN * seconds) / work[own]
    return cast(Work, tuple(min(max(factor, 1 / RANGE), RANGE) for factor in factors))


def machine(cores: int) -> dict[str, Any]:
    """What the speed of models depends on here: the processor, how many cores are used, and the libraries."""
    return {"processor": processor(), "cores": cores, **{name: _version(name) for name in ("torch", "transformers")}}


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


async def _trial(engine: Runs, house: Sequence[HouseModel], clock: Callable[[], float]) -> tuple[Took, Took]:
    """Let both models write. Raises GaveUp when somebody else is at work, EngineError or OSError."""
    if engine.busy:
        raise GaveUp("somebody is running a model")
    small = next((model for model in house if model.architecture in FUSED), None)
    if small is None:
        raise GaveUp("there is no house model to measure with")
    with _folders(small) as (copy, random):
        shape = Shape()
        await asyncio.to_thread(write, random, shape)
        few = LaneLoad(small.parameters, ROWS, TOKENS["small"], len(PROMPT), width=4)
        many = LaneLoad(shape.parameters, ROWS, TOKENS["large"], len(PROMPT))
        many = replace(many, layers=shape.layers, vocabulary=shape.vocabulary)
        return (
            await _took(engine, Model(copy), few, clock),
            await _took(engine, Model(random), many, clock),
        )


@contextlib.contextmanager
def _folders(small: HouseModel) -> Iterator[tuple[Path, Path]]:
    """A copy of the small model, so that no visitor's run meets the trial's, and a folder for the random one."""
    with tempfile.TemporaryDirectory(prefix="swatchbook-trial-") as place:
        copy, random = Path(place) / "small", Path(place) / "large"
        shutil.copytree(small.folder, copy)
        random.mkdir()
        yield copy, random


async def _took(engine: Runs, model: Model, load: LaneLoad, clock: Callable[[], float]) -> Took:
    rounds = [await _round(engine, model, load, clock) for _ in range(ROUNDS)]
    first, step = (median(times) for times in zip(*rounds, strict=True))
    return Took(load, first, step)


async def _round(engine: Runs, model: Model, load: LaneLoad, clock: Callable[[], float]) -> tuple[float, float]:
    """From the disk on: seconds to the first word, and, once the model is loaded, for a token of every sample."""
    began = clock()
    try:
        opened = await _heard(engine, model, replace(load, tokens=load.tokens // 4), clock)
        heard = await _heard(engine, model, load, clock)
    finally:
        await engine.unload(model)
    return opened[0][0] - began, _step(heard)


async def _heard(
    engine: Runs, model: Model, load: LaneLoad, clock: Callable[[], float]
) -> list[tuple[float, int, int]]:
    """When how many tokens of which sample were heard, as long as nobody else runs a model."""
    job = Job(PROMPT, list(range(load.rows)), Settings(samples=load.rows, max_tokens=load.tokens))
    heard = []
    async with contextlib.aclosing(engine.generate(model, [job])) as events:  # type: ignore[type-var]
        async for _, event in events:
            if engine.busy > 1:
                raise GaveUp("somebody began to run a model")
            if isinstance(event, Tokens):
                heard.append((clock(), event.sample, len(event.ids) // 4))
    if not heard:
        raise GaveUp("nothing was written")
    return heard


def _step(heard: Sequence[tuple[float, int, int]]) -> float:
    """Seconds for a token of every sample, from when how many of which were heard; the first ones are not counted.

    Texts that end sooner than others count as they do in a visitor's run.
    """
    samples: set[int] = set()
    after = 0
    for _, sample, count in heard:
        after += count if sample in samples else 0
        samples.add(sample)
    if not after:
        raise GaveUp("too little was written to be timed")
    return (heard[-1][0] - heard[0][0]) * len(samples) / after


def _kept(file: Path, here: dict[str, Any]) -> Work | None:
    """The factors kept for this machine, if they are there and make sense."""
    try:
        kept = json.loads(file.read_bytes())
        factors = tuple(float(kept["factors"][kind]) for kind in KINDS)
        known = kept["machine"] == here
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        log.warning("%s cannot be read (%s); this machine is measured anew", file, type(error).__name__)
        return None
    if not all(1 / RANGE <= factor <= RANGE for factor in factors):
        log.warning("%s holds figures that cannot be; this machine is measured anew", file)
        return None
    return cast(Work, factors) if known else None


def _keep(file: Path, here: dict[str, Any], factors: Work) -> None:
    """Write the factors down, all or nothing; where that fails they hold until the app ends."""
    document = json.dumps({"machine": here, "factors": dict(zip(KINDS, factors, strict=True))}, indent=2)
    fresh = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(document + "\n")
        os.replace(fresh, file)
    except OSError as error:
        log.warning("what was measured cannot be kept in %s (%s)", file, error.strerror)
