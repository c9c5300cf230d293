"""A budget is shared out the same whoever is quicker, and what it does not do for fails with a sentence."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.memo import Memo
from swatchbook.sketch.parts import Config, Sketch, Step
from swatchbook.sketch.piece import fill_in
from swatchbook.sketch.purse import READING, Part
from tests.fakes import FakeEngine, Script
from tests.plays import (
    ONE,
    OTHER,
    WHOLE,
    a_sketch,
    played,
    scripted,
    told,
)


def some_steps(most: int) -> Sketch:
    config = Config(max_tokens=most)
    return a_sketch(
        Step(id="s", prompt="About {{line}}", model=(ONE,), each="ideas", config=config), ideas="a\nb\nc\nd"
    )


async def test_the_budget_ends_a_cell_with_a_sentence() -> None:
    engine = FakeEngine({"a": Script([" x"] * 9)})
    play = await played(some_steps(10), engine, budget=25)
    assert [cell.status for cell in play.cells] == ["done", "done", "failed", "failed"]
    assert "more than 25 tokens" in (play.cells[3].error or "")
    assert "lower max_tokens" in (play.cells[3].error or "")
    assert len(engine.asked) == 2


@pytest.mark.parametrize("delays", [(0.0, 0.001), (0.001, 0.0)], ids=["one is slow", "the other is"])
async def test_tokens_that_were_not_used_are_given_back_and_waited_for(delays: tuple[float, float]) -> None:
    config = Config(max_tokens=10)
    steps = [Step(id=f"s{at}", prompt="x", model=(ONE, OTHER), config=config) for at in range(4)]
    engine = FakeEngine({name: Script([" x"], delay=delay) for name, delay in zip("ab", delays, strict=True)})
    play = await played(a_sketch(*steps), engine, budget=26)
    assert {cell.status for cell in play.cells} == {"done"}
    short = await played(a_sketch(*steps), engine, budget=25)
    assert [cell.status for cell in short.cells] == ["done"] * 6 + ["failed"] * 2


async def test_too_much_to_read_ends_a_cell_with_a_sentence() -> None:
    steps = [Step(id=f"s{at}", prompt="{{long}}", model=(ONE,), pick=tuple("abcdefghijklmnopqrst")) for at in range(16)]
    play = await played(a_sketch(*steps, long="x" * 4000), FakeEngine())
    assert [cell.status for cell in play.cells] == ["done"] * 12 + ["failed"] * 4
    assert "1,000,000 characters" in (play.cells[-1].error or "")


SHORT = a_sketch(
    *(
        step.model_copy(update={"config": Config(max_tokens=most)})
        for step, most in zip(WHOLE.steps, (1, 20, 1, 9, 5, 1), strict=True)
    ),
    Step(id="alone", prompt="alone", model=(ONE,), config=Config(max_tokens=30)),
    Step(id="beside", prompt="{{name}} beside", config=Config(max_tokens=20)),
    grammar=dict(WHOLE.grammar), name="Ada",
)  # fmt: skip
"""With little to spend, and steps that need no others."""


def test_what_is_drawn_in_all_is_bounded_and_each_step_has_a_share() -> None:
    lines = Step(id="many", text="{{line}} " + "#word.capitalizeAll#" * 60, each="ideas")
    steps = [lines.model_copy(update={"id": f"s{at}"}) for at in range(4)]
    few = Step(id="few", text="#word#")
    grammar = {"word": ("ab " * 100,)}
    cells = fill_in(a_sketch(*steps, few, grammar=grammar, ideas="\n".join("abcdefghijklmnopqrst")), {}, 7).cells
    assert [cell.status for cell in cells[:20]] == [cell.status for cell in cells[60:80]]
    assert {cell.status for cell in cells[:20]} == {"done", "failed"}
    assert "draws from its grammar too often" in (cells[19].error or "")
    assert cells[-1].status == "done"


NUMBERS = st.integers(0, 30)
DELAYS = st.lists(st.sampled_from([0.0, 0.0005, 0.003]), min_size=3, max_size=3)


@settings(max_examples=40)
@given(DELAYS, st.integers(0, 2**31 - 1), st.integers(0, 400), st.integers(0, 600) | st.just(READING), st.booleans())
def test_whatever_comes_first_the_texts_and_the_failures_are_the_same(
    delays: list[float], seed: int, budget: int, reading: int, remembers: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("swatchbook.sketch.piece.READING", reading)
        about = {"seed": seed, "budget": budget}
        at_once = asyncio.run(played(SHORT, scripted(0, 0, 0), **about))
        memo = Memo() if remembers else None
        for _ in range(1 + remembers):
            delayed = asyncio.run(played(SHORT, scripted(*delays), memo=memo, **about))
            assert told(delayed) == told(at_once)
            assert [cell.error for cell in delayed.cells] == [cell.error for cell in at_once.cells]
    assert sum(cell.tokens for cell in delayed.cells) <= budget


@settings(max_examples=5)
@given(DELAYS, st.integers(0, 2**31 - 1))
def test_whatever_comes_first_nothing_fails_where_there_is_enough(delays: list[float], seed: int) -> None:
    delayed = asyncio.run(played(WHOLE, scripted(*delays), seed=seed))
    assert {cell.status for cell in delayed.cells} == {"done"}


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=5), st.integers(0, 90), st.data()
)
@settings(max_examples=60)
def test_pockets_get_what_they_would_get_one_after_the_other(
    steps: list[tuple[int, int]], total: int, data: st.DataObject
) -> None:
    """Each step asks for `most` and uses some of it; whatever the order in which it is known, nobody gets more."""
    one_by_one, left = [], total
    for most, used in steps:
        one_by_one.append(int(most <= left))
        left -= min(most, used) * one_by_one[-1]
    part = Part(total)
    waiting = {at: (part.pocket(most), most, min(most, used)) for at, (most, used) in enumerate(steps)}
    while waiting:
        known = [at for at, (pocket, most, _) in waiting.items() if pocket.enough(most) is not None]
        at = data.draw(st.sampled_from(known))
        pocket, most, used = waiting.pop(at)
        enough = pocket.enough(most)
        assert enough == one_by_one[at]
        pocket.spend(used * enough, most)
