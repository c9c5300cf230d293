"""Performing a sketch: columns that do not wait, cells that fail alone, one budget, and what is remembered."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.engine.events import Event, Job, Model, ScoredText
from swatchbook.runs import ModelRef, RunError
from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.dice import seed_of
from swatchbook.sketch.memo import Memo
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.pick import likeliest, split
from swatchbook.sketch.piece import fill_in
from swatchbook.sketch.play import Play
from swatchbook.sketch.record import read_record
from tests.fakes import FakeEngine, Script

ONE, OTHER, THIRD = (Asked.parse(f"house/{name}@0123456") for name in "abc")


def a_sketch(*steps: Step, grammar: dict[str, tuple[str, ...]] | None = None, **inputs: str) -> Sketch:
    """A sketch with inputs of these defaults."""
    asked = {
        name: Input(ask=f"{name}?", kind="long", default=default, longest=4000) for name, default in inputs.items()
    }
    return Sketch(title="T", inputs=asked, grammar=grammar or {}, steps=steps)


def located(ref: ModelRef) -> Path:
    return Path("/models") / ref.repo


def a_play(sketch: Sketch, engine: Any, values: dict[str, str] | None = None, **about: Any) -> Play:
    return Play(sketch, "sketch: 1", values or {}, about.pop("seed", 7), engine, about.pop("locate", located), **about)


async def played(sketch: Sketch, engine: Any, values: dict[str, str] | None = None, **about: Any) -> Play:
    play = a_play(sketch, engine, values, **about)
    async for state in play.play(flush=0.001):
        assert state is play
    return play


def told(play: Play) -> list[tuple[str, int | None, int, str, str]]:
    return [(cell.step, cell.column, cell.at, cell.status, cell.text) for cell in play.cells]


def only(play: Play, step: str, column: int | None = None) -> LiveCell:
    (cell,) = [cell for cell in play.cells if cell.step == step and cell.column == column]
    return cell


def heard(job: Job) -> list[str]:
    """A text that follows from the prompt and the seed."""
    return [f"{crc32(job.prompt.encode()) % 10_000}", f" {job.seeds[0] % 1000}", f" {job.prompt[-3:]}"]


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


@settings(max_examples=60, deadline=None)
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


class Broken(FakeEngine):
    """An engine with a fault of its own for one model."""

    async def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]:
        if model.folder.name == "b":
            raise KeyError("b")
        async for item in super().generate(model, jobs):
            yield item


def missing(ref: ModelRef) -> Path:
    if ref.repo == "b":
        raise RunError("b is not on this disk; fetch it.")
    return located(ref)


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


async def test_a_pick_that_fails_says_why() -> None:
    sketch = a_sketch(Step(id="s", prompt="x", model=(ONE, OTHER), pick=("yes", "no")))
    play = await played(sketch, FakeEngine({"a": Script(refuse="Too long for it.")}), locate=missing)
    assert [cell.error for cell in play.cells] == ["Too long for it.", "b is not on this disk; fetch it."]


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


async def test_tokens_that_were_not_used_are_given_back_and_waited_for() -> None:
    config = Config(max_tokens=10)
    steps = [Step(id=f"s{at}", prompt="x", model=(ONE, OTHER), config=config) for at in range(4)]
    engine = FakeEngine({"a": Script([" x"], delay=0.001), "b": Script([" x"], delay=0.002)})
    play = await played(a_sketch(*steps), engine, budget=17)
    assert {cell.status for cell in play.cells} == {"done"}
    short = await played(a_sketch(*steps), engine, budget=14)
    assert sorted(cell.status for cell in short.cells) == ["done"] * 5 + ["failed"] * 3


async def test_too_much_to_read_ends_a_cell_with_a_sentence() -> None:
    steps = [Step(id=f"s{at}", prompt="{{long}}", model=(ONE,), pick=tuple("abcdefghijklmnopqrst")) for at in range(16)]
    play = await played(a_sketch(*steps, long="x" * 4000), FakeEngine())
    assert [cell.status for cell in play.cells] == ["done"] * 12 + ["failed"] * 4
    assert "1,000,000 characters" in (play.cells[-1].error or "")


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


WHOLE = a_sketch(
    Step(id="opening", text="#weather# for {{name}}"),
    Step(id="draft", prompt="{{opening}}: ", model=(ONE, OTHER, THIRD), repeat=2),
    Step(id="tone", prompt="{{draft}} is", model=(ONE,), pick=("yes", "no")),
    Step(id="reply", prompt="No: {{draft}}", model=(OTHER,), when={"tone": "no"}),
    Step(id="lines", prompt="{{line}}; ", model=(THIRD,), each="draft"),
    Step(id="page", text="{{tone}} {{reply}} {{lines}}"),
    grammar={"weather": ("drizzle", "a second sun")},
    name="Ada",
)


def scripted(*delays: float) -> FakeEngine:
    """Three models whose texts follow from prompt and seed; the third writes lines, and the first prefers "no"."""
    scripts = {name: Script(heard, delay=delay) for name, delay in zip("abc", delays, strict=True)}
    scripts["a"].bits = {"no": 1.0}
    scripts["b"].words = lambda job: ["b", *heard(job)]
    scripts["c"].words = lambda job: ["c\n", *heard(job)]
    return FakeEngine(scripts)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.0005, 0.003]), min_size=3, max_size=3), st.integers(0, 2**31 - 1))
def test_whatever_comes_first_the_texts_are_the_same(delays: list[float], seed: int) -> None:
    at_once = asyncio.run(played(WHOLE, scripted(0, 0, 0), seed=seed))
    delayed = asyncio.run(played(WHOLE, scripted(*delays), seed=seed))
    assert told(delayed) == told(at_once)
    assert {cell.status for cell in delayed.cells} == {"done"}


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


@settings(max_examples=20, deadline=None)
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
