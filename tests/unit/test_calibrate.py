"""The machine is measured once, in nobody's way: on an engine that plays a known machine, with a clock of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from swatchbook import calibrate as module
from swatchbook.calibrate import AGAIN, FILE, FIRST, LATEST, OWN, Took, calibrate, fit, keep_trying, start_in_background
from swatchbook.engine.events import EngineError, Event, Finished, Job, Loading, Model, Started
from swatchbook.estimate import LaneLoad, Pace, Work, dot, opening, writing
from swatchbook.house import house_models, parameter_count
from swatchbook.settings import read_settings
from tests.fakes import tokens

TRUTH: Work = (2.0, 0.5, 1.5, 3.0)
SMALL, LARGE = LaneLoad(10**6, 4, 48, 20, width=4), LaneLoad(135 * 10**6, 4, 48, 20)
DELIVERY = 7
"""Steps whose tokens come together."""


def paced(factors: Work) -> Pace:
    pace = Pace()
    pace.factors = factors
    return pace


@dataclass
class Machine:
    """An engine on a machine of known factors; time passes only while it works."""

    factors: Work = TRUTH
    cores: int = 2
    now: float = 100.0
    busy: int = 0
    visitor_after: int | None = None
    """Events after which somebody else comes."""
    refuse: str = ""
    endless: bool = False
    most: int = 10**9
    """Tokens of each sample that are ever written."""
    loads: int = 0
    events: int = 0
    gone: list[Model] = field(default_factory=list)
    seen: list[Path] = field(default_factory=list)
    working: threading.Event = field(default_factory=threading.Event)

    def clock(self) -> float:
        return self.now

    async def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]:
        self.busy += 1
        self.loads += 1
        self.seen.append(model.folder)
        try:
            async for event in self._events(model, jobs[0]):
                self.events += 1
                if self.events == self.visitor_after:
                    self.busy += 1
                yield 0, event
        finally:
            self.busy -= 1

    async def _events(self, model: Model, job: Job) -> AsyncIterator[Event]:
        self.working.set()
        yield Loading(None, "waiting")
        if self.endless:
            await asyncio.Event().wait()
        if self.refuse:
            raise EngineError(self.refuse)
        lane = self._load(model, job)
        first = paced(self.factors).first_word(lane, self.cores)
        step = lane.rows / paced(self.factors).tokens_per_second(lane, self.cores)
        step *= lane.tokens / (lane.tokens - 1)
        self.now += first * (3 if self.loads == 1 else 1)
        yield Started(job.prompt, 5)
        for number in range(min(self.most, lane.tokens)):
            if number % DELIVERY == 1:
                self.now += step * min(DELIVERY, lane.tokens - number)
            for sample in range(lane.rows):
                yield tokens(sample, b"x")
        for sample in range(lane.rows):
            yield Finished(sample, "length", lane.tokens)

    def _load(self, model: Model, job: Job) -> LaneLoad:
        parameters = parameter_count(model.folder / "model.safetensors")
        known = {"layers": 9, "vocabulary": 8192} if parameters > 10**7 else {"width": 4}
        return LaneLoad(parameters, len(job.seeds), job.settings.max_tokens, len(job.prompt), **known)  # type: ignore[arg-type]

    async def unload(self, model: Model) -> None:
        self.gone.append(model)


def scratch() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("swatchbook-trial-*"))


async def trial(machine: Machine, pace: Pace, data: Path, cores: int = 2) -> bool:
    return await calibrate(machine, pace, data, cores, clock=machine.clock)


async def test_the_machine_is_measured_and_the_figures_kept(tmp_path: Path) -> None:
    machine, pace, truth = Machine(), Pace(), paced(TRUTH)
    data, before = tmp_path / "not there yet", scratch()
    assert await trial(machine, pace, data)
    assert pace.calibrated
    for lane in (SMALL, LARGE):
        assert pace.first_word(lane, 2) == pytest.approx(truth.first_word(lane, 2), rel=0.1)
        assert pace.tokens_per_second(lane, 2) == pytest.approx(truth.tokens_per_second(lane, 2), rel=0.1)
    assert [model.folder for model in machine.gone] == machine.seen[::2], "unloaded after every round of two runs"
    assert machine.now - 100 < 40
    assert scratch() == before
    assert list(data.iterdir()) == [data / FILE]

    later = Pace()
    assert await trial(Machine(refuse="nothing is to be measured again"), later, data)
    assert (later.factors, later.calibrated) == (pace.factors, True)


async def test_other_cores_or_another_library_are_measured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await trial(Machine(), Pace(), tmp_path)
    assert await trial(more := Machine(cores=4), Pace(), tmp_path, cores=4)
    assert more.loads
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"{name} 99")
    assert await trial(newer := Machine(cores=4), Pace(), tmp_path, cores=4)
    assert newer.loads
    assert json.loads((tmp_path / FILE).read_text())["machine"]["torch"] == "torch 99"


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "null", '{"factors": {}}', '{"factors": 5, "machine": {}}', "[" * 100_000, "\x00\xff"]
    + [
        json.dumps({"factors": dict.fromkeys(("start", "read", "step", "weigh"), bad)})
        for bad in (None, [], "x", 10**400)
    ],
)
async def test_a_broken_file_is_passed_over_with_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    (tmp_path / FILE).write_text(broken)
    assert not await trial(Machine(refuse="it is measured anew"), Pace(), tmp_path)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert FILE in caplog.text


@pytest.mark.parametrize("factor", [0, -1, 1e9, float("nan"), float("inf")])
async def test_figures_that_cannot_be_are_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, factor: float
) -> None:
    kept = {"machine": module.machine(2), "factors": {"start": 1, "read": 1, "step": factor, "weigh": 1}}
    (tmp_path / FILE).write_text(json.dumps(kept))
    pace = Pace()
    assert not await trial(Machine(refuse="it is measured anew"), pace, tmp_path)
    assert not pace.calibrated
    assert "cannot be" in caplog.text


@pytest.mark.parametrize("after", [1, 2, 10, 500, 800])
async def test_a_visitor_goes_first(tmp_path: Path, caplog: pytest.LogCaptureFixture, after: int) -> None:
    caplog.set_level(logging.INFO)
    machine, pace, before = Machine(visitor_after=after), Pace(), scratch()
    assert not await trial(machine, pace, tmp_path)
    assert not pace.calibrated
    assert "somebody began" in caplog.text
    assert machine.gone[-1].folder == machine.seen[-1]
    assert scratch() == before
    assert not list(tmp_path.iterdir())

    machine.visitor_after, machine.busy = None, 0
    assert await trial(machine, pace, tmp_path), "the next trial succeeds"


async def test_nothing_is_tried_while_somebody_runs_a_model(tmp_path: Path) -> None:
    machine = Machine(busy=1)
    assert not await trial(machine, Pace(), tmp_path)
    assert not machine.loads


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (Machine(refuse="There is no memory."), "no memory"),
        (Machine(most=0), "nothing was written"),
        (Machine(most=1), "too little"),
    ],
)
async def test_a_trial_that_fails_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, machine: Machine, why: str
) -> None:
    caplog.set_level(logging.INFO)
    pace = Pace()
    assert not await trial(machine, pace, tmp_path)
    assert (pace.factors, pace.calibrated) == ((1, 1, 1, 1), False)
    assert why in caplog.text
    assert machine.gone


async def test_without_house_models_nothing_is_measured(tmp_path: Path) -> None:
    machine = Machine()
    assert not await calibrate(machine, Pace(), tmp_path, 2, house=[], clock=machine.clock)
    others = [replace(model, architecture="gpt_neox") for model in house_models()]
    assert not await calibrate(machine, Pace(), tmp_path, 2, house=others, clock=machine.clock)
    assert not machine.loads


async def test_an_engine_that_stands_still_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 0.2)
    machine, before = Machine(endless=True), scratch()
    assert not await trial(machine, Pace(), tmp_path)
    assert "more than" in caplog.text
    assert machine.busy == 0
    assert scratch() == before


async def test_a_disk_that_takes_nothing_costs_the_keeping_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).mkdir()
    pace = Pace()
    assert await trial(Machine(), pace, tmp_path)
    assert pace.calibrated
    assert "cannot be kept" in caplog.text


@given(st.tuples(*[st.floats(0.5, 4)] * 4), st.integers(1, 16))
def test_the_factors_come_to_what_was_measured(by: Work, cores: int) -> None:
    truth, large = paced(by), LaneLoad(31 * 10**6, 4, 20, 20, layers=9, vocabulary=8192)
    found = []
    for lane in (SMALL, large):
        first = truth.first_word(lane, cores)
        found.append(Took(lane, first, (truth.seconds([lane], cores) - first) / (lane.tokens - 1)))
    times = [part(lane, lane.threads(cores)) for part in (opening, writing) for lane in (SMALL, large)]
    assume(all(work[own] * by[own] >= OWN * dot(work, by) for own, work in enumerate(times)))
    assert fit(*found, cores) == pytest.approx(by, rel=0.01)


def test_a_large_model_that_seems_to_cost_nothing_is_not_believed() -> None:
    small = Took(SMALL, first=0.5, step=0.010)
    large = Took(replace(LARGE, layers=9, vocabulary=8192), first=0.4, step=0.012)
    factors = fit(small, large, 2)
    assert factors[2] == pytest.approx(2.5, rel=0.2)
    assert all(0.01 < factor < 5 for factor in factors)


async def test_trials_are_made_at_growing_distances_until_one_succeeds() -> None:
    pauses: list[float] = []
    failures = iter([False] * 9 + [True])

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def tried() -> bool:
        return next(failures)

    await keep_trying(tried, sleep)
    assert pauses == [FIRST, *(min(AGAIN * 2**number, LATEST) for number in range(9))]
    assert pauses[-1] == LATEST


def in_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: Machine, pace: Pace) -> Callable[[], None]:
    monkeypatch.setattr(module, "FIRST", 0.0)
    return start_in_background(machine, pace, read_settings({"SWATCHBOOK_DATA": str(tmp_path)}))


def test_it_goes_on_in_a_thread_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pace, measured = Pace(), threading.Event()

    async def quick(_engine: object, pace: Pace, data: Path, _cores: int) -> bool:
        pace.calibrated = data == tmp_path
        measured.set()
        return True

    monkeypatch.setattr(module, "calibrate", quick)
    stop = in_background(tmp_path, monkeypatch, Machine(), pace)
    assert measured.wait(10)
    stop()
    assert pace.calibrated
    stop()


def test_stopping_ends_a_trial_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, before = Machine(endless=True), scratch()
    stop = in_background(tmp_path, monkeypatch, machine, Pace())
    assert machine.working.wait(10)
    stop()
    assert "calibration" not in {thread.name for thread in threading.enumerate()}
    assert machine.gone
    assert scratch() == before
