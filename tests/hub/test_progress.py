"""How far a fetch is, how long it will take, and that it ends once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.hub.facts import Facts
from swatchbook.hub.progress import Job, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_seconds_left_follow_the_speed_of_the_last_ten_seconds() -> None:
    clock = Clock()
    job = Job(Facts("maker/model", commit="a" * 40), clock)
    job.total = 10_000
    job.begin()
    job.take("model.safetensors", 0)
    job.found(1000)
    assert job.progress().seconds_left is None, "what is there from before says nothing of the speed"
    for second in range(1, 31):
        clock.now += 1
        job.told(1000 + second * (100 if second <= 15 else 200) - (0 if second <= 15 else 1500))
        if second == 2:
            assert job.progress().seconds_left == pytest.approx(8800 / 100)
    progress = job.progress()
    assert progress.done == 5500
    assert progress.seconds_left == pytest.approx(4500 / 200)
    clock.now += 10
    assert job.progress().seconds_left == pytest.approx(4500 / 100), "while nothing comes, the speed falls"
    job.checking()
    assert job.progress().seconds_left is None


def test_a_fetch_is_late_after_a_minute_without_a_byte() -> None:
    clock = Clock()
    job = Job(Facts("maker/model", commit="a" * 40), clock)
    job.take("model.safetensors", 0)
    job.found(0)
    for _ in range(10):
        clock.now += 59
        assert not job.late()
        job.told(job.progress().done + 1)
    clock.now += 61
    assert job.late()
    assert job.wanted()
    job.stop()
    assert not job.wanted()


@given(st.lists(st.tuples(st.floats(0.001, 5), st.integers(0, 10**8)), min_size=1, max_size=200))
def test_a_pace_is_never_more_than_the_fastest_second(steps: list[tuple[float, int]]) -> None:
    pace, now, done, fastest = Pace(), 0.0, 0, 0.0
    pace.mark(now, done)
    for seconds, came in steps:
        now, done = now + seconds, done + came
        fastest = max(fastest, came / seconds)
        pace.mark(now, done)
        speed = pace.speed(now)
        assert speed is None or 0 < speed <= fastest * (1 + 1e-9)


def test_a_job_ends_once() -> None:
    job = Job(Facts("maker/model", commit="a" * 40), Clock())
    job.end("failed", "Why.")
    job.end("done")
    job.checking()
    job.found(5)
    assert (job.progress().state, job.progress().problem) == ("failed", "Why.")
