"""A choice among options: what is asked, how surely it was made, and why it fails."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.engine.events import ScoredText
from swatchbook.sketch.parts import Asked, Step
from swatchbook.sketch.pick import likeliest, split
from tests.fakes import FakeEngine, Script
from tests.plays import (
    ONE,
    OTHER,
    a_sketch,
    missing,
    played,
)


async def test_an_option_comes_after_a_space_and_begins_the_answer_in_a_chat() -> None:
    chat = Asked.parse("house/c:chat")
    engine = FakeEngine()
    for prompt, model in (("Say", ONE), ("Say\n", ONE), ("Say", chat)):
        await played(a_sketch(Step(id="s", prompt=prompt, model=(model,), pick=("yes", "no"))), engine)
    assert engine.asked == [
        "completion:Say| yes", "completion:Say| no", "completion:Say\n|yes", "completion:Say\n|no",
        "chat:Say|yes", "chat:Say|no",
    ]  # fmt: skip


OPTIONS = st.lists(st.text("abc ", min_size=1).filter(str.strip), min_size=1, max_size=6, unique_by=str.strip)


@settings(max_examples=60)
@given(OPTIONS, st.data())
def test_shares_add_up_and_follow_the_bits_a_token(options: list[str], data: st.DataObject) -> None:
    planted = data.draw(st.lists(st.floats(0, 50), min_size=len(options), max_size=len(options)))
    scored = [ScoredText([1, 2], [1, 2], [bits, bits / 2], [0, 0]) for bits in planted]
    shares = split(options, scored)
    assert math.fsum(share.share for share in shares) == pytest.approx(1)
    whole = math.fsum(math.exp(-0.75 * bits * math.log(2)) for bits in planted)
    for share, bits in zip(shares, planted, strict=True):
        assert share.bits == pytest.approx(0.75 * bits)
        assert share.share == pytest.approx(math.exp(-0.75 * bits * math.log(2)) / whole)
    assert planted[options.index(likeliest(shares))] == pytest.approx(min(planted))


async def test_the_likeliest_option_is_the_text_and_the_first_on_a_tie() -> None:
    sketch = a_sketch(Step(id="s", prompt="Say", model=(ONE,), pick=("a very long one", "short", "odd")))
    play = await played(sketch, FakeEngine({"a": Script(bits={"odd": 3.0})}))
    (cell,) = play.cells
    assert (cell.text, cell.status, cell.tokens) == ("a very long one", "done", 0)
    assert [share.share for share in cell.split] == pytest.approx([0.4, 0.4, 0.2])
    broken = await played(sketch, FakeEngine({"a": Script(bits={"odd": math.nan})}))
    assert "no numbers" in (broken.cells[0].error or "")


async def test_a_pick_that_fails_says_why() -> None:
    sketch = a_sketch(Step(id="s", prompt="x", model=(ONE, OTHER), pick=("yes", "no")))
    play = await played(sketch, FakeEngine({"a": Script(refuse="Too long for it.")}), locate=missing)
    assert [cell.error for cell in play.cells] == ["Too long for it.", "b is not on this disk; fetch it."]
