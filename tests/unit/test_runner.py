"""Performing a run: lanes that do not wait, failures as values, and a stop that keeps what was written."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.live import LaneState, LiveSample
from swatchbook.runner import BEAT, Performance, check
from swatchbook.runs import MAX_RUN_TOKENS, Lane, ModelRef, Run, RunError, Settings
from tests.fakes import FakeEngine, Script, tokens


def a_run(*names: str, template: str = "Say", **settings: object) -> Run:
    lanes = [Lane(id=f"lane-{name}", model=ModelRef(source="house", repo=name)) for name in names]
    return Run(template=template, lanes=lanes, settings=Settings.model_validate(settings))


def located(ref: ModelRef) -> Path:
    return Path("/models") / ref.repo


async def played(run: Run, engine: FakeEngine) -> Run:
    performance = Performance(run, engine, located)
    async for _ in performance.play(flush=0.001):
        pass
    return performance.result()


async def test_every_lane_filling_and_sample_is_written() -> None:
    engine = FakeEngine({"a": Script([" from", " a"]), "b": Script([" from", " b"])})
    run = await played(a_run("a", "b", template="{x|y} z", samples=3, seed=40), engine)
    assert len(run.samples) == 2 * 2 * 3
    for sample in run.samples:
        assert sample.text == f" from {sample.lane[-1]}"
        assert sample.prompt == f"{sample.filling[0]} z"
        assert sample.seed == 40 + sample.index
        assert sample.finish == "end"
        assert sample.timing.first_token is not None
    assert engine.running == 0


async def test_text_is_bound_to_its_lane_and_not_to_its_place() -> None:
    names = ["c", "a", "d", "b"]
    engine = FakeEngine({name: Script([f" {name}"] * 9, delay=0.001 * n) for n, name in enumerate(names)})
    performance = Performance(a_run(*names), engine, located)
    async for lanes in performance.play(flush=0.001):
        for lane_id, state in lanes.items():
            assert all(set(sample.text.split()) <= {lane_id[-1]} for sample in state.samples)


async def test_a_text_only_grows() -> None:
    engine = FakeEngine({"a": Script(["é", "\ufffd", " <", "数"] * 5, delay=0.002)})
    performance, before = Performance(a_run("a"), engine, located), [""] * 4
    async for lanes in performance.play(flush=0.001):
        after = [sample.text for sample in lanes["lane-a"].samples]
        assert all(new.startswith(old) for old, new in zip(before, after, strict=True))
        before = after


async def test_a_lane_that_fails_leaves_the_others_alone() -> None:
    engine = FakeEngine(
        {"a": Script(refuse="No room here."), "b": Script([" well"]), "c": Script([" x"] * 5, die_after=3)}
    )
    run = await played(a_run("a", "b", "c", samples=2), engine)
    said = {lane: [sample for sample in run.samples if sample.lane == lane] for lane in ("lane-a", "lane-b", "lane-c")}
    assert {sample.error for sample in said["lane-a"]} == {"No room here."}
    assert [sample.text for sample in said["lane-b"]] == [" well", " well"]
    assert {sample.text for sample in said["lane-c"]} == {" x x x"}
    assert {sample.finish for sample in said["lane-c"]} == {"failed"}


async def test_a_model_that_is_not_found_fails_its_lane_only() -> None:
    def missing(ref: ModelRef) -> Path:
        if ref.repo == "gone":
            raise RunError("There is no such model.")
        return located(ref)

    performance = Performance(a_run("gone", "b"), FakeEngine(), missing)
    async for _ in performance.play(flush=0.001):
        pass
    assert performance.lanes["lane-gone"].error == "There is no such model."
    assert performance.lanes["lane-b"].status == "done"


async def test_a_fault_of_our_own_is_said_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken(ref: ModelRef) -> Path:
        raise KeyError(ref.repo)

    performance = Performance(a_run("a"), FakeEngine(), broken)
    async for _ in performance.play(flush=0.001):
        pass
    assert "Swatchbook itself failed" in (performance.lanes["lane-a"].error or "")
    assert "KeyError" in caplog.text


async def test_stop_keeps_and_marks_what_was_written() -> None:
    engine = FakeEngine({"a": Script([" on"] * 500, delay=0.005), "b": Script([" done"])})
    performance = Performance(a_run("a", "b", max_tokens=500), engine, located)
    async for lanes in performance.play(flush=0.01):
        if lanes["lane-a"].tokens > 8:
            performance.stop()
            stopped = time.monotonic()
    assert time.monotonic() - stopped < 0.5
    run = performance.result()
    finishes = {sample.lane: sample.finish for sample in run.samples}
    assert finishes == {"lane-a": "cancelled", "lane-b": "end"}
    assert all(sample.text.startswith(" on on") for sample in run.samples if sample.lane == "lane-a")
    assert all(sample.tags == [] for sample in run.samples if sample.lane == "lane-a")
    assert engine.running == 0


async def test_closing_the_states_ends_all_work() -> None:
    engine = FakeEngine({"a": Script([" on"] * 500, delay=0.01)})
    states = Performance(a_run("a", max_tokens=500), engine, located).play(flush=0.01)
    async for lanes in states:
        if lanes["lane-a"].tokens:
            break
    assert engine.running == 1
    await states.aclose()
    assert engine.running == 0


async def test_silent_lanes_still_hand_out_states() -> None:
    engine = FakeEngine({"a": Script([" x"], load=4)})
    performance, seen, begun = Performance(a_run("a"), engine, located), 0, time.monotonic()
    async for _ in performance.play(flush=0.001, beat=0.05):
        seen += 1
        if time.monotonic() - begun > 0.5:
            performance.stop()
    assert seen > 5
    assert BEAT <= 0.5


async def test_two_runs_at_once_do_not_mix() -> None:
    engine = FakeEngine({"a": Script([" a"] * 5, delay=0.002), "b": Script([" b"] * 5, delay=0.002)})
    one, two = await asyncio.gather(played(a_run("a"), engine), played(a_run("b"), engine))
    assert {sample.text for sample in one.samples} == {" a a a a a"}
    assert {sample.text for sample in two.samples} == {" b b b b b"}


def test_the_largest_run_is_held() -> None:
    largest = a_run("a", template="{1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16}", samples=16, max_tokens=512)
    assert len(check(largest)) * 16 * 512 == MAX_RUN_TOKENS
    with pytest.raises(RunError, match="131,072 is the most"):
        check(a_run("a", "b", template=largest.template, samples=16, max_tokens=512))


@given(st.binary(max_size=40), st.lists(st.integers(1, 5), max_size=12))
def test_any_bytes_become_a_text_that_the_document_keeps(raw: bytes, cuts: list[int]) -> None:
    sample, at = LiveSample("a", (), 0, 7, prompt="x"), 0
    for size in [*cuts, len(raw)]:
        sample.add(tokens(0, raw[at : at + size], at), 0.1)
        at = min(at + size, len(raw))
    sample.end("end", 0.2)
    kept = sample.frozen()
    assert kept.raw_bytes == raw
    assert kept.text == raw.decode(errors="replace")
    assert (kept.ends or [0])[-1] == len(raw)
    assert len(kept.token_ids) == len(kept.trace.surprisal) == len(kept.ends)


def test_a_sample_ends_once() -> None:
    sample = LiveSample("a", (), 0, 7)
    sample.end("stop", 1.0)
    sample.end("failed", 2.0, "late")
    assert (sample.finish, sample.error, sample.total) == ("stop", None, 1.0)


def test_tokens_a_second_need_a_stretch_of_time() -> None:
    state = LaneState(Lane(id="a", model=ModelRef(source="house", repo="a")), [])
    assert state.tokens_per_second is None
    state.tokens, state.first_token, state.last_token = 30, 1.0, 4.0
    assert state.tokens_per_second == 10
