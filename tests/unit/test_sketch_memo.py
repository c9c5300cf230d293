"""What was written before is not asked for again, and only stale steps are."""

from __future__ import annotations

from typing import Any

import pytest

from swatchbook.sketch.memo import Memo
from swatchbook.sketch.parts import Asked, Config, Sketch, Step
from tests.fakes import FakeEngine, Script
from tests.plays import (
    ONE,
    WHOLE,
    a_sketch,
    heard,
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
