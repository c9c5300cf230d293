"""What was written before is not asked for again, and only stale steps are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from swatchbook.engine.events import Event, Job, Model
from swatchbook.sketch.memo import Memo
from swatchbook.sketch.parts import Asked, Config, Sketch, Step
from swatchbook.sketch.play import Play
from tests.fakes import FakeEngine, Script
from tests.plays import (
    ONE,
    OTHER,
    WHOLE,
    a_play,
    a_sketch,
    heard,
    only,
    played,
    scripted,
)


async def test_what_is_remembered_is_asked_for_by_nobody() -> None:
    memo, engine = Memo(), scripted(0, 0, 0)
    first = (await played(WHOLE, engine, memo=memo)).record()
    asked = len(engine.asked)
    assert asked
    play = await played(WHOLE, engine, memo=memo)
    again = play.record()
    assert len(engine.asked) == asked
    assert all(cell.remembered == (cell.asked is not None) for cell in play.cells)
    assert again.cells == first.cells
    assert again.model_copy(update={"id": first.id, "created": first.created}) == first
    alone = (await played(WHOLE, scripted(0, 0, 0))).record()
    assert [cell.text for cell in alone.cells] == [cell.text for cell in first.cells]


def three_steps(last: str = "{{second}} and {{third_word}}", **config: Any) -> Sketch:
    return a_sketch(
        Step(id="first", prompt="Say {{name}}", model=(ONE,)),
        Step(id="second", prompt="{{first}} {{mood}}"),
        Step(id="third", prompt=last, config=Config(**config)),
        name="Ada", mood="grey", third_word="so",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sketch", "values", "seed", "generated"),
    [
        (three_steps(), {}, 7, 0),
        (three_steps("{{second}}!"), {}, 7, 1),
        (three_steps(temperature=0.1), {}, 7, 1),
        (three_steps(), {"third_word": "then"}, 7, 1),
        (three_steps(), {"mood": "blue"}, 7, 2),
        (three_steps(), {"name": "Bo"}, 7, 3),
        (three_steps(), {}, 8, 3),
    ],
    ids=[
        "nothing",
        "the last step",
        "its settings",
        "a value of the last",
        "a value of the second",
        "of all",
        "the seed",
    ],
)
async def test_only_stale_steps_are_generated(
    sketch: Sketch, values: dict[str, str], seed: int, generated: int
) -> None:
    memo, engine = Memo(), FakeEngine({"a": Script(heard)})
    await played(three_steps(), engine, memo=memo)
    assert len(engine.asked) == 3
    await played(sketch, engine, values, memo=memo, seed=seed)
    assert len(engine.asked) == 3 + generated


async def test_a_new_commit_or_options_are_asked_again_and_a_failure_is_not_remembered() -> None:
    memo, engine = Memo(), FakeEngine({"a": Script(refuse="Busy.")})
    for model in ("house/a@0123456", "house/a@0123456", "house/a@7654321", "house/a:chat"):
        await played(a_sketch(Step(id="s", prompt="x", model=(Asked.parse(model),))), engine, memo=memo)
        engine.scripts["a"] = Script()
    assert engine.calls == [1] * 4
    for options in (("yes", "no"), ("no", "yes"), ("no", "yes")):
        await played(a_sketch(Step(id="s", prompt="x", model=(ONE,), pick=options)), engine, memo=memo, seed=len(memo))
    assert engine.calls == [1] * 4 + [2] * 2


async def test_a_memory_holds_no_more_than_it_may() -> None:
    memo, engine = Memo(2_000), FakeEngine()
    for text in "abcda":
        await played(a_sketch(Step(id="s", prompt=text, model=(ONE,))), engine, memo=memo)
        assert memo.size <= 2_000
    assert (len(memo), engine.asked) == (3, list("abcda"))
    await played(a_sketch(Step(id="s", prompt="x" * 3_000, model=(ONE,))), engine, memo=memo)
    await played(a_sketch(Step(id="s", prompt="d", model=(ONE,))), engine, memo=memo)
    assert (len(memo), len(engine.asked)) == (3, 6)


async def test_equal_cells_of_one_performance_are_asked_for_once() -> None:
    engine = FakeEngine({"a": Script(heard), "b": Script(heard)})
    twins = a_sketch(Step(id="draft", prompt="Go", model=(ONE, OTHER, ONE)))
    play = await played(twins, engine)
    assert engine.asked == ["Go", "Go"]
    assert [cell.text for cell in play.cells] == [only(play, "draft", 0).text] * 3
    assert [(cell.status, cell.tokens, cell.remembered) for cell in play.cells] == [("done", 3, False)] * 3
    lines = a_sketch(
        Step(id="drawn", prompt="{{line}}", model=(ONE,), each="list"),
        Step(id="picked", prompt="{{line}}", model=(ONE,), each="list", pick=("yes", "no")),
        list="rain\nrain\nsun",
    )
    engine = FakeEngine({"a": Script(heard)})
    play = await played(lines, engine)
    assert sorted(engine.asked[:3]) == ["rain", "rain", "sun"], "each line has a seed of its own"
    assert len(engine.asked) == 3 + 2 * 2
    assert {cell.status for cell in play.cells} == {"done"}


class Held(FakeEngine):
    """Writes one word, and the rest when it is told to."""

    def __init__(self, script: Script) -> None:
        super().__init__({"a": script})
        self.go = asyncio.Event()

    async def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]:
        async for number, event in super().generate(model, jobs):
            yield number, event
            if type(event).__name__ == "Tokens":
                await self.go.wait()


TWO = a_sketch(Step(id="draft", prompt="Go", model=(ONE,)), Step(id="next", prompt="{{draft}}!"))


@pytest.mark.parametrize("ends", ["first", "second", "none", "failed"])
async def test_who_asks_for_the_same_meanwhile_takes_it_or_its_failure_unless_it_is_stopped(ends: str) -> None:
    engine = Held(Script(["one", " two"], die_after=1 if ends == "failed" else None))
    memo = Memo()
    first, second = a_play(TWO, engine, memo=memo), a_play(TWO, engine, memo=memo)
    going = asyncio.create_task(_through(first))
    while not engine.asked:
        await asyncio.sleep(0)
    async with aclosing(second.play(flush=0.001)) as states:
        async for _ in states:
            seen = only(second, "draft")
            if engine.go.is_set() or (seen.status, seen.text) != ("writing", "one"):
                continue
            assert engine.asked == ["Go"]
            {"first": first.stop, "second": second.stop}.get(ends, bool)()
            engine.scripts["a"] = Script(["one", " two"])
            if ends == "first":
                await going
            if ends != "second":
                engine.go.set()
    assert engine.go.is_set() == (ends != "second")
    engine.go.set()
    await going
    said = [(only(play, "draft").status, only(play, "draft").text) for play in (first, second)]
    whole, cut, failed = ("done", "one two"), ("cancelled", "one"), ("failed", "one")
    wanted = {"first": [cut, whole], "second": [whole, cut], "failed": [failed, failed]}
    assert said == wanted.get(ends, [whole, whole])
    assert engine.asked.count("Go") == (2 if ends == "first" else 1)
    assert engine.asked.count("one two!") == (ends != "failed")
    why = "The model's process died while it was writing; run again." if ends == "failed" else None
    assert {only(play, "draft").error for play in (first, second)} == {why}
    assert engine.running == 0
    assert memo._written == {}


async def test_when_the_first_of_many_is_stopped_one_other_is_asked_for_and_newcomers_follow_it() -> None:
    engine, memo = Held(Script(["one", " two"])), Memo()
    plays = [a_play(TWO, engine, memo=memo) for _ in range(7)]
    going = [asyncio.create_task(_through(play)) for play in plays[:6]]
    for stopped in range(2):
        await _shown(plays[stopped:6], "one")
        plays[stopped].stop()
        await going[stopped]
        await _until(lambda asked=stopped + 2: len(engine.asked) >= asked)
    await _shown(plays[2:6], "one")
    going.append(asyncio.create_task(_through(plays[6])))
    await _shown(plays[2:], "one")
    assert (engine.asked, engine.running) == (["Go"] * 3, 1)
    engine.go.set()
    await asyncio.gather(*going)
    assert [only(play, "draft").status for play in plays] == ["cancelled"] * 2 + ["done"] * 5
    assert [only(play, "draft").text for play in plays] == ["one"] * 2 + ["one two"] * 5
    assert engine.asked == ["Go"] * 3 + ["one two!"]
    assert memo._written == {}


async def test_a_line_that_has_to_be_asked_for_after_all_does_not_wait_for_the_others() -> None:
    lines = a_sketch(Step(id="drawn", prompt="{{line}}", model=(ONE,), each="list"), list="rain\nsun")
    engine, memo = Held(Script(["one", " two"])), Memo()
    first, other = (a_play(lines, engine, {"list": said}, memo=memo) for said in ("rain", "none\nsun"))
    both = a_play(lines, engine, memo=memo)
    going = [asyncio.create_task(_through(play)) for play in (first, other)]
    await _until(lambda: set(engine.asked) == {"rain", "none", "sun"})
    going.append(asyncio.create_task(_through(both)))
    await _until(lambda: bool(both.cells) and all(cell.status == "writing" for cell in both.cells[:1]))
    first.stop()
    await _until(lambda: engine.asked.count("rain") == 2)
    engine.go.set()
    await asyncio.gather(*going)
    assert [cell.status for cell in both.cells] == ["done"] * 2
    assert engine.asked.count("sun") == 1


async def _shown(plays: list[Play], text: str) -> None:
    """Wait until this is what each performance has of its draft."""
    await _until(lambda: all(only(play, "draft").text == text for play in plays))


async def _until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):  # only so that what never comes is a failure
        while not so():
            await asyncio.sleep(0)


async def _through(play: Play) -> None:
    async for _ in play.play(flush=0.001):
        pass


async def test_what_is_taken_from_an_equal_cell_is_spent_as_well() -> None:
    steps = (Step(id=f"s{n}", prompt="Go", model=(ONE, ONE), config=Config(max_tokens=3)) for n in range(2))
    engine = FakeEngine({"a": Script(heard)})
    play = await played(a_sketch(*steps), engine, budget=10)
    assert [(cell.step, cell.status) for cell in play.cells] == [
        ("s0", "done"), ("s0", "done"), ("s1", "failed"), ("s1", "failed"),
    ]  # fmt: skip
    assert engine.asked == ["Go"]
