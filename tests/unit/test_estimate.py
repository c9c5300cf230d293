"""How long a run is said to take, and how that is learned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.estimate import RANGE, LaneLoad, Pace, about, loading, together, writing

loads = st.builds(
    LaneLoad,
    parameters=st.integers(10**5, 10**9),
    rows=st.integers(1, 64),
    tokens=st.integers(1, 512),
    characters=st.integers(0, 20_000),
)
lanes = st.lists(loads, min_size=1, max_size=8)


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 16))
def test_no_less_than_the_longest_lane_nor_the_work_over_the_cores(seconds: list[float], cores: int) -> None:
    assert together(seconds, cores) >= max(seconds)
    assert together(seconds, cores) >= sum(seconds) / cores
    assert together(seconds, cores) <= sum(seconds) * 1.001


@given(loads)
def test_more_work_takes_longer_and_a_loaded_model_less(lane: LaneLoad) -> None:
    assert writing(replace(lane, rows=lane.rows + 1)) > writing(lane)
    assert writing(replace(lane, tokens=lane.tokens + 1)) > writing(lane)
    assert loading(replace(lane, loaded=True)) == 0 < loading(lane)
    assert Pace().seconds([replace(lane, loaded=True)], 2) < Pace().seconds([lane], 2)


@given(lanes, st.floats(0.1, 10), st.floats(0.1, 10))
def test_the_pace_comes_to_what_is_measured(run: list[LaneLoad], load: float, write: float) -> None:
    pace = Pace()
    waited = together([loading(lane) for lane in run], 2) * load
    wrote = together([writing(lane) for lane in run], 2) * write
    for _ in range(20):
        pace.learn(run, 2, waited, wrote)
    assert pace.seconds(run, 2) == pytest.approx(waited + wrote, rel=0.01)


def test_a_slow_load_says_nothing_of_writing() -> None:
    pace, lane = Pace(), LaneLoad(10**6, 4, 48, 20)
    pace.learn([lane], 2, 30.0, writing(lane))
    assert pace.write == pytest.approx(1)
    assert pace.load > 2


def test_a_wild_measurement_does_not_carry_the_pace_away() -> None:
    pace, run = Pace(), [LaneLoad(10**6, 4, 48, 20)]
    for measured in (0.0, -1.0, float("nan"), 1e12, 1e12, 1e12):
        pace.learn(run, 2, measured, measured)
    assert 1 <= pace.write <= RANGE
    assert 1 <= pace.load <= RANGE


def test_nothing_to_run_takes_no_time() -> None:
    pace = Pace()
    assert pace.seconds([], 2) == 0
    pace.learn([], 2, 3.0, 3.0)
    assert (pace.load, pace.write) == (1, 1)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "about a second"), (9.2, "about 9 s"), (34, "about 30 s"), (100, "about 2 min"), (600, "about 10 min")],
)
def test_seconds_are_said_aloud(seconds: float, said: str) -> None:
    assert about(seconds) == said
