"""How long a run is said to take, and how that is learned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.estimate import RANGE, LaneLoad, Pace, about, guess, lane_seconds

loads = st.builds(
    LaneLoad,
    parameters=st.integers(10**5, 10**9),
    rows=st.integers(1, 64),
    tokens=st.integers(1, 512),
    characters=st.integers(0, 20_000),
)
lanes = st.lists(loads, min_size=1, max_size=8)


@given(lanes, st.integers(1, 16))
def test_no_less_than_the_longest_lane_nor_the_work_over_the_cores(run: list[LaneLoad], cores: int) -> None:
    seconds = [lane_seconds(lane) for lane in run]
    assert guess(run, cores) >= max(seconds)
    assert guess(run, cores) >= sum(seconds) / cores * 0.999
    assert guess(run, cores) <= sum(seconds) * 1.001


@given(loads)
def test_more_work_takes_longer_and_a_loaded_model_less(lane: LaneLoad) -> None:
    more = LaneLoad(lane.parameters, lane.rows + 1, lane.tokens + 1, lane.characters)
    ready = LaneLoad(lane.parameters, lane.rows, lane.tokens, lane.characters, loaded=True)
    assert lane_seconds(ready) < lane_seconds(lane) < lane_seconds(more)


@given(lanes, st.floats(0.1, 10))
def test_the_pace_comes_to_what_is_measured(run: list[LaneLoad], slower: float) -> None:
    pace = Pace()
    measured = guess(run, 2) * slower
    for _ in range(20):
        pace.learn(run, 2, measured)
    assert pace.seconds(run, 2) == pytest.approx(measured, rel=0.01)


def test_a_wild_measurement_does_not_carry_the_pace_away() -> None:
    pace, run = Pace(), [LaneLoad(10**6, 4, 48, 20)]
    for measured in (0.0, -1.0, float("nan"), 1e12, 1e12, 1e12):
        pace.learn(run, 2, measured)
    assert 1 <= pace.factor <= RANGE


def test_nothing_to_run_takes_no_time() -> None:
    assert guess([], 2) == 0
    pace = Pace()
    pace.learn([], 2, 3.0)
    assert pace.factor == 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "about a second"), (9.2, "about 9 s"), (34, "about 30 s"), (100, "about 2 min"), (600, "about 10 min")],
)
def test_seconds_are_said_aloud(seconds: float, said: str) -> None:
    assert about(seconds) == said
