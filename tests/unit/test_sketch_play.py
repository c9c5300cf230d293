"""Performing a sketch: columns that do not wait, and cells that fail alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.engine.events import Event, Job, Model
from swatchbook.runs import ModelRef
from swatchbook.sketch.dice import seed_of
from swatchbook.sketch.parts import Step
from swatchbook.sketch.piece import fill_in
from swatchbook.sketch.play import Play
from swatchbook.sketch.record import read_record
from tests.fakes import FakeEngine, Script
from tests.plays import (
    ONE,
    OTHER,
    THIRD,
    WHOLE,
    a_play,
    a_sketch,
    heard,
    located,
    missing,
    only,
    played,
    scripted,
    told,
)


async def test_each_column_follows_its_own_thread_and_shared_steps_are_done_once() -> None:
    sketch = a_sketch(
        Step(id="motto", prompt="A motto for {{name}}", model=(THIRD,)),
        Step(id="draft", prompt="{{motto}} now", model=(ONE, OTHER)),
        Step(id="reply", prompt="> {{draft}}", model=(THIRD,)),
        Step(id="page", text="{{draft}} / {{reply}}"),
        name="Ada",
    )
    engine = FakeEngine({"a": Script(["from a"]), "b": Script(["from b"]), "c": Script(heard)})
    play = await played(sketch, engine)
    assert [(cell.step, cell.column) for cell in play.cells] == [
        ("motto", None), ("draft", 0), ("draft", 1), ("reply", 0), ("reply", 1), ("page", 0), ("page", 1),
    ]  # fmt: skip
    assert [only(play, "reply", column).prompt for column in (0, 1)] == ["> from a", "> from b"]
    assert play.text_of("page", 1) == f"from b / {play.text_of('reply', 1)}"
    assert play.text_of("page") == play.text_of("page", 0)
    assert play.text_of("motto", 1) == play.text_of("motto", None)
    assert sum(prompt.startswith("A motto") for prompt in engine.asked) == 1
    assert engine.running == 0


async def test_words_around_a_text_are_glimpsed_while_it_is_written() -> None:
    sketch = a_sketch(
        Step(id="draft", prompt="Go", model=(ONE, OTHER)),
        Step(id="page", text="#sky#: {{draft}}."),
        Step(id="never", text="{{draft}}", when={"draft": "x"}),
        grammar={"sky": ("hail", "fog")},
    )
    engine = FakeEngine({"a": Script(["one", " two", " three"], delay=0.01), "b": Script(["b"])})
    play = a_play(sketch, engine)
    seen: list[str] = []
    async for state in play.play(flush=0.001):
        found = state.glimpses()
        assert {step for step, _ in found} <= {"page"}
        seen.append(found.get(("page", 0), ""))
    last = play.text_of("page", 0)
    sky = last.partition(":")[0]
    parts = [each for each in dict.fromkeys(seen) if each]
    assert parts
    assert all(each in (f"{sky}: one.", f"{sky}: one two.", f"{sky}: one two three.") for each in parts)
    assert (last, seen[-1]) == (f"{sky}: one two three.", "")
    assert fill_in(a_sketch(Step(id="page", text="x")), {}, 7).glimpses() == {}


async def test_seeds_follow_from_sketch_step_and_round_and_not_from_the_column() -> None:
    sketch = a_sketch(Step(id="s", prompt="#r#", model=(ONE, OTHER), repeat=2), grammar={"r": tuple("abcdefgh")})
    play = await played(sketch, FakeEngine(), seed=40)
    assert [cell.seed for cell in play.cells] == [seed_of(40, "s", at) for _ in (0, 1) for at in (0, 1)]
    assert play.cells[0].prompt == play.cells[2].prompt
    assert len({fill_in(sketch, {}, seed).cells[0].prompt for seed in range(40)}) == 8


async def test_a_round_sees_the_rounds_before_it() -> None:
    play = await played(
        a_sketch(Step(id="s", prompt="[{{s}}]", model=(ONE,), repeat=3)), FakeEngine({"a": Script(heard)})
    )
    texts = [cell.text for cell in play.cells]
    assert [cell.prompt for cell in play.cells] == ["[]", f"[{texts[0]}]", f"[{texts[0]}\n{texts[1]}]"]
    assert play.text_of("s") == "\n".join(texts)
    counted = fill_in(a_sketch(Step(id="n", text="{{#if n}}{{n}}{{else}}0{{/if}}+", repeat=3)), {}, 7)
    assert [cell.text for cell in counted.cells] == ["0+", "0++", "0+\n0+++"]


async def test_lines_are_asked_in_one_call_and_no_more_than_twenty() -> None:
    lines = "\n\n".join(f"line {at}" for at in range(25))
    steps = (
        Step(id="s", prompt="About {{line}}", model=(ONE, OTHER), each="ideas"),
        Step(id="t", prompt="{{line}}?", model=(ONE,), each="s", pick=("yes", "no")),
    )
    engine = FakeEngine({"a": Script(bits={"no": 1.0}), "b": Script(["x\ny"])})
    play = await played(a_sketch(*steps, ideas=f"  \r\n{lines}\r\n "), engine)
    assert engine.calls[:2] == [20, 20]
    assert [cell.prompt for cell in play.cells[:20]] == [f"About line {at}" for at in range(20)]
    assert play.text_of("s", 1) == "\n".join(["x\ny"] * 20)
    assert play.text_of("t", 1) == "\n".join(["no"] * 20)
    assert play.remarks == [
        '"s" goes through the first 20 of 25 lines; the rest is left out.',
        '"t" goes through the first 20 of 40 lines; the rest is left out.',
    ]
    nothing = await played(a_sketch(*steps, ideas=" \n "), engine)
    assert {cell.status for cell in nothing.cells} == {"skipped"}
    assert nothing.text_of("s", 0) == ""


async def test_a_condition_is_equality_and_what_is_skipped_is_empty() -> None:
    sketch = a_sketch(
        Step(id="tone", prompt="{{mood}}", model=(ONE, OTHER), pick=("warm", "cold")),
        Step(id="both", text="x", when={"tone": " cold", "mood": "Grey "}, repeat=2),
        Step(id="after", text="<{{both}}>{{#if both}}!{{/if}}"),
        mood=" Grey\n",
    )
    engine = FakeEngine({"a": Script(bits={"cold": 1.0})})
    play = await played(sketch, engine)
    assert [play.text_of("both", column) for column in (0, 1)] == ["x\nx", ""]
    assert [play.text_of("after", column) for column in (0, 1)] == ["<x\nx>!", "<>"]
    assert [cell.status for cell in play.cells if cell.step == "both"] == ["done", "done", "skipped", "skipped"]
    other = await played(sketch, engine, {"mood": "grey"})
    assert {cell.status for cell in other.cells if cell.step == "both"} == {"skipped"}


class Broken(FakeEngine):
    """An engine with a fault of its own for one model."""

    async def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]:
        if model.folder.name == "b":
            raise KeyError("b")
        async for item in super().generate(model, jobs):
            yield item


@pytest.mark.parametrize(
    ("engine", "locate", "said"),
    [
        (lambda: FakeEngine({"b": Script(refuse="No room here.")}), located, "No room here."),
        (lambda: FakeEngine({"b": Script(["so far", " x"], die_after=1)}), located, "died while it was writing"),
        (lambda: FakeEngine({"b": Script(refuse="This is gated.")}), missing, "not on this disk"),
        (Broken, located, "Swatchbook itself failed"),
    ],
    ids=["refused", "killed", "gone", "our own fault"],
)
async def test_a_cell_that_fails_stops_its_own_column_only(
    engine: Callable[[], FakeEngine], locate: Callable[[ModelRef], Path], said: str
) -> None:
    sketch = a_sketch(
        Step(id="draft", prompt="x", model=(ONE, OTHER), repeat=2),
        Step(id="tone", prompt="{{draft}}", model=(ONE,), pick=("yes", "no")),
        Step(id="end", text="done", when={"tone": "yes"}),
        Step(id="alone", text="as ever"),
    )
    play = await played(sketch, engine(), locate=locate)
    assert {cell.status for cell in play.cells if cell.column in (0, None)} == {"done"}
    first, second = [cell for cell in play.cells if (cell.step, cell.column) == ("draft", 1)]
    assert said in (first.error or "")
    assert said in (second.error or "") or "earlier round" in (second.error or "")
    assert only(play, "tone", 1).error == '"draft" failed, and this step needs it.'
    assert only(play, "end", 1).error == '"tone" failed, and this step needs it.'
    kept = read_record(play.record().to_json())
    assert [(cell.status, cell.error) for cell in kept.cells] == [(cell.status, cell.error) for cell in play.cells]


async def test_a_grammar_without_end_fails_its_cell() -> None:
    sketch = a_sketch(Step(id="s", text="#a#"), Step(id="t", text="fine"), grammar={"a": ("x #a#",)})
    play = await played(sketch, FakeEngine())
    assert "too long" in (only(play, "s").error or "")
    assert play.text_of("t") == "fine"


async def test_what_a_visitor_or_a_model_wrote_is_never_filled_in() -> None:
    typed = "{{secret}} #rule# [a:b] {{#if name}}"
    sketch = a_sketch(
        Step(id="draft", prompt="{{name}}", model=(ONE,)),
        Step(id="page", text="{{draft}}|{{name}}"),
        name=typed, secret="hidden",
        grammar={"rule": ("drawn",)},
    )  # fmt: skip
    play = await played(sketch, FakeEngine({"a": Script([typed])}))
    assert only(play, "draft").prompt == typed
    assert play.text_of("page") == f"{typed}|{typed}"


def test_without_a_model_everything_is_there_at_once() -> None:
    sketch = a_sketch(
        Step(id="s", text="#hello#, {{name}}"), Step(id="t", text="{{line}}!", each="s"), name="Ada",
        grammar={"hello": ("Hail", "Hi")},
    )  # fmt: skip

    async def states() -> list[list[tuple[str, int | None, int, str, str]]]:
        return [told(play) async for play in a_play(sketch, FakeEngine()).play(flush=1e6, beat=1e6)]

    (whole,) = asyncio.run(states())
    assert whole == told(fill_in(sketch, {}, 7))  # type: ignore[arg-type]
    assert [row[3] for row in whole] == ["done", "done"]
    assert whole[1][4] in ("Hail, Ada!", "Hi, Ada!")


def test_a_preview_shows_the_prompts_that_are_known_before_any_model_is_asked() -> None:
    sketch = a_sketch(
        Step(id="s", text="Dear {{name}}"),
        Step(id="t", prompt="{{s}},", model=(ONE, OTHER)),
        Step(id="u", prompt="{{t}}"),
        name="Ada",
    )
    piece = fill_in(sketch, {"name": "Bo"}, 7)
    assert [(cell.step, cell.status, cell.prompt) for cell in piece.cells] == [
        ("s", "done", ""), ("t", "waiting", "Dear Bo,"), ("t", "waiting", "Dear Bo,"),
        ("u", "waiting", ""), ("u", "waiting", ""),
    ]  # fmt: skip


@settings(max_examples=20)
@given(st.integers(0, 12), st.booleans())
def test_a_stop_at_any_time_keeps_what_was_written(states: int, closed: bool) -> None:
    engine = scripted(0.001, 0.002, 0.0)
    whole = {row[:3]: row[4] for row in told(asyncio.run(played(WHOLE, scripted(0, 0, 0))))}

    async def stopped() -> Play:
        play = a_play(WHOLE, engine)
        async with aclosing(play.play(flush=0.001)) as going:
            count = 0
            async for _ in going:
                if count == states:
                    if closed:
                        break
                    play.stop()
                count += 1
        return play

    play = asyncio.run(stopped())
    assert engine.running == 0
    for step, column, at, status, text in told(play):
        assert status in ("done", "cancelled")
        assert whole.get((step, column, at), "").startswith(text)
    kept = read_record(play.record().to_json())
    assert [cell.status for cell in kept.cells] == [cell.status for cell in play.cells]


async def test_a_stop_from_a_thread_ends_a_performance_at_once() -> None:
    asyncio.get_running_loop().set_debug(True)  # which refuses what a thread may not do
    play, begun = a_play(WHOLE, scripted(60, 60, 60)), asyncio.Event()

    async def watch() -> None:
        async for _ in play.play(flush=60, beat=60):
            begun.set()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(watch())
        await begun.wait()
        await asyncio.sleep(0.01)  # it waits for its next word
        await asyncio.to_thread(play.stop)
    assert {cell.status for cell in play.cells if cell.step == "draft"} == {"cancelled"}


async def test_a_text_only_grows_and_loading_is_shown() -> None:
    engine = FakeEngine({"a": Script(["é", "\ufffd", " <", "数"] * 3, delay=0.002, load=0.02)})
    play, before, seen = a_play(a_sketch(Step(id="s", prompt="x", model=(ONE,), repeat=2)), engine), "", set()
    async for _ in play.play(flush=0.001):
        seen |= {(cell.status, cell.share) for cell in play.cells}
        assert play.text_of("s").startswith(before)
        before = play.text_of("s")
    assert {status for status, _ in seen} == {"waiting", "loading", "writing", "done"}
    assert {share for _, share in seen} >= {0.25, 1.0}


async def test_a_record_holds_what_went_in_and_what_came_of_it() -> None:
    echo = "one two three four five six seven"
    sketch = a_sketch(Step(id="s", prompt="{{name}}", model=(ONE,)), Step(id="t", text="{{s}}"), name=echo)
    play = await played(sketch, FakeEngine({"a": Script([echo])}), {"name": f"{echo} eight"})
    record = play.record("parent-id", machine="a machine", versions={"swatchbook": "1"})
    assert read_record(record.to_json()) == record
    assert (record.title, record.sketch, record.seed, record.parent) == ("T", "sketch: 1", 7, "parent-id")
    assert record.values == {"name": f"{echo} eight"}
    asked, filled = record.cells
    assert (asked.prompt, asked.text, asked.finish, asked.tokens) == (f"{echo} eight", echo, "end", 1)
    assert [tag.name for tag in asked.tags] == ["echo"]
    assert (filled.model, filled.prompt, filled.text, filled.seconds) == (None, "", echo, 0.0)
