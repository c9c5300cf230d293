"""How long a run is said to take, and how that is learned."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.estimate import RANGE, LaneLoad, Pace, about, opening, writing

loads = st.builds(
    LaneLoad,
    parameters=st.integers(10**5, 10**9),
    rows=st.integers(1, 64),
    tokens=st.integers(2, 512),
    characters=st.integers(0, 20_000),
    width=st.sampled_from([2, 4]),
    fused=st.booleans(),
)
lanes = st.lists(loads, min_size=1, max_size=8)
cores = st.integers(1, 16)
factors = st.tuples(*[st.floats(0.1, 10)] * 4)


def paced(*by: float) -> Pace:
    pace = Pace()
    pace.factors = by  # type: ignore[assignment]
    return pace


@given(lanes, cores, factors)
def test_no_less_than_the_longest_lane_nor_the_work_over_the_cores(
    run: list[LaneLoad], cores: int, by: tuple[float, ...]
) -> None:
    pace, alone = paced(*by), [paced(*by).seconds([lane], cores) for lane in run]
    assert pace.seconds(run, cores) >= max(alone) * 0.999
    assert pace.seconds(run, cores) >= sum(pace.seconds([lane], 1) for lane in run) / cores * 0.999
    assert pace.seconds(run, cores) <= sum(pace.seconds([lane], 1) for lane in run) * 1.001


@given(loads, cores)
def test_more_work_takes_longer_and_a_loaded_model_less(lane: LaneLoad, cores: int) -> None:
    pace, usual = Pace(), Pace().seconds([lane], cores)
    for change in ("rows", "tokens", "parameters", "characters"):
        more = replace(lane, **{change: getattr(lane, change) + 8})
        if (lane.parameters < 30_000_000) == (more.parameters < 30_000_000):
            assert pace.seconds([more], cores) >= usual
    assert pace.seconds([replace(lane, loaded=True)], cores) < usual
    assert pace.seconds([replace(lane, fused=False)], cores) >= usual


@given(loads, cores, factors)
def test_the_figures_of_a_swatch_are_those_of_the_plan(lane: LaneLoad, cores: int, by: tuple[float, ...]) -> None:
    pace = paced(*by)
    wrote = lane.rows * lane.tokens / pace.tokens_per_second(lane, cores)
    assert pace.first_word(lane, cores) + wrote == pytest.approx(pace.seconds([lane], cores))


@given(lanes, cores, factors)
def test_the_pace_comes_to_what_is_measured(run: list[LaneLoad], cores: int, by: tuple[float, ...]) -> None:
    pace, truth = Pace(), paced(*by)
    waited = truth.seconds([replace(lane, tokens=1) for lane in run], cores)
    wrote = truth.seconds(run, cores) - waited
    for _ in range(400):
        pace.learn(run, cores, waited, wrote)
    assert pace.seconds(run, cores) == pytest.approx(waited + wrote, rel=0.05)


def test_a_slow_load_says_nothing_of_writing() -> None:
    pace, lane = Pace(), LaneLoad(10**6, 4, 48, 20)
    speed = pace.tokens_per_second(lane, 2)
    pace.learn([lane], 2, 30.0, 48 * 4 / speed)
    assert pace.tokens_per_second(lane, 2) == pytest.approx(speed, rel=0.1)
    assert pace.first_word(lane, 2) > 1


def test_a_small_model_says_little_of_how_fast_weights_are_read() -> None:
    pace, small, large = Pace(), LaneLoad(10**6, 4, 48, 20), LaneLoad(10**9, 4, 48, 20)
    before = pace.tokens_per_second(large, 2)
    for _ in range(20):
        pace.learn([replace(small, loaded=True)], 2, 0.01, 2.0)
    assert pace.tokens_per_second(small, 2) == pytest.approx(96, rel=0.05)
    assert pace.tokens_per_second(large, 2) > before / 2


def test_what_was_loaded_already_says_nothing_of_loading() -> None:
    pace, lane = Pace(), LaneLoad(10**6, 4, 48, 20, loaded=True)
    pace.learn([lane], 2, 30.0, 0.3)
    assert pace.factors[:2] == (1, 1)


def test_a_wild_measurement_does_not_carry_the_pace_away() -> None:
    pace, run = Pace(), [LaneLoad(10**6, 4, 48, 20)]
    for measured in (0.0, -1.0, math.nan, math.inf, 1e12, 1e12, 1e12):
        pace.learn(run, 2, measured, measured)
    assert all(1 <= factor <= RANGE for factor in pace.factors)
    assert pace.seconds(run, 2) < 1000


def test_nothing_to_run_takes_no_time() -> None:
    pace = Pace()
    assert pace.seconds([], 2) == 0
    pace.learn([], 2, 3.0, 3.0)
    assert pace.factors == (1, 1, 1, 1)
    assert Pace().seconds([LaneLoad(0, 4, 48, 20)], 2) > 0, "a model of which nothing is known"


def test_what_is_not_stated_is_guessed_from_the_size() -> None:
    keeper, smol = LaneLoad(1_000_576, 4, 48, 20), LaneLoad(134_515_008, 4, 48, 20)
    assert keeper.depth == pytest.approx(4, rel=0.1)
    assert keeper.words == pytest.approx(2048, rel=0.1)
    assert smol.depth == pytest.approx(30, rel=0.1)
    assert smol.words == pytest.approx(49_152, rel=0.1)
    told = replace(smol, layers=24, vocabulary=151_936)
    assert (told.depth, told.words) == (24, 151_936)


def test_sixteen_bits_are_read_in_half_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swatchbook.engine.memory.computes_half", lambda: True)
    large, small = LaneLoad(10**9, 4, 48, 20), LaneLoad(10**6, 4, 48, 20)
    assert large.weights == 2 * 10**9
    assert small.weights == 4 * 10**6, "small models are computed in fp32"
    *_, weigh = writing(large, 1)
    assert writing(replace(large, width=4), 1)[3] == pytest.approx(2 * weigh, rel=0.01)
    assert opening(large, 1)[1] < opening(replace(large, width=4), 1)[1]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "about a second"), (9.2, "about 9 s"), (34, "about 30 s"), (100, "about 2 min"), (600, "about 10 min")],
)
def test_seconds_are_said_aloud(seconds: float, said: str) -> None:
    assert about(seconds) == said
