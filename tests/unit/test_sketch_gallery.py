"""The gallery: every sketch in it can be read, comes to its end by every way there is, and fits its models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swatchbook.engine.events import Job
from swatchbook.house import find
from swatchbook.runs import ModelRef
from swatchbook.settings import ROOT
from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.parts import Input, Sketch
from swatchbook.sketch.play import Play
from swatchbook.sketch.reader import examine, read_sketch
from swatchbook.sketch.template import If, Template, modifiers, names, parse, saved
from swatchbook.sketch.values import usual
from tests.fakes import FakeEngine, Script

FILES = sorted((ROOT / "assets" / "sketches").glob("*.yaml"))
SKETCHES = {file.stem: read_sketch(file.read_bytes()) for file in FILES}
MOST_READ = 200
"""Most tokens of a prompt at the default values."""
CHARACTERS = 4
"""Characters of a usual token; of a model that reads single bytes, one."""

the_files = pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
the_sketches = pytest.mark.parametrize("sketch", SKETCHES.values(), ids=SKETCHES)


def located(ref: ModelRef) -> Path:
    return find(ref).folder


def bytewise(ref: ModelRef) -> bool:
    return find(ref).tokenizer == "raw-bytes"


def at_length(sketch: Sketch, picked: int = 0) -> FakeEngine:
    """Models that write all the tokens they may, and pick the option of this number."""
    options = {option for step in sketch.steps for option in step.pick[picked : picked + 1]}
    bits = dict.fromkeys(options, 1.0)

    def words(token: str) -> Callable[[Job], list[str]]:
        return lambda job: [token] * job.settings.max_tokens

    return FakeEngine({ref.repo: Script(words("s" if bytewise(ref) else " sea"), bits) for ref in sketch.models})


async def performed(sketch: Sketch, engine: FakeEngine, values: dict[str, str] | None = None) -> list[LiveCell]:
    play = Play(sketch, "", values or {}, sketch.seed, engine, located)
    async for _ in play.play(flush=0):
        pass
    return play.cells


def answers(given: Input) -> list[str]:
    """What a visitor may choose; of a text or a number, the usual one."""
    return {"choice": list(given.choose), "toggle": ["yes", "no"]}.get(given.kind, [usual(given)])


def ways(sketch: Sketch) -> Iterator[tuple[int, dict[str, str]]]:
    """Every option of a pick, then every choice of every input, one at a time."""
    yield from ((picked, {}) for picked in range(max(1, *(len(step.pick) for step in sketch.steps))))
    yield from ((0, {name: answer}) for name, given in sketch.inputs.items() for answer in answers(given))


def templates(sketch: Sketch) -> list[Template]:
    written = [step.template for step in sketch.steps] + [rule for rules in sketch.grammar.values() for rule in rules]
    return list(map(parse, written))


@the_files
def test_nothing_is_wrong_with_the_file_and_it_explains_itself(file: Path) -> None:
    reading = examine(file.read_bytes())
    assert reading.faults == ()
    assert reading.text.startswith("# ")
    assert max(map(len, reading.text.splitlines())) <= 200


def test_files_are_numbered_in_order_and_their_names_can_stand_in_an_address() -> None:
    found = [re.fullmatch(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)", file.stem) for file in FILES]
    parts = [each.groups() for each in found if each]
    assert [int(number) for number, _ in parts] == list(range(1, len(FILES) + 1))
    assert len({name for _, name in parts}) == len(FILES) >= 9


@the_sketches
def test_it_says_shortly_what_it_is_and_under_which_terms(sketch: Sketch) -> None:
    assert len(sketch.title) <= 40
    assert 40 <= len(sketch.about) <= 200
    assert sketch.about[-1] in ".?"
    assert (sketch.author, sketch.licence, sketch.remix_of) == ("Swatchbook", "cc0-1.0", "")
    assert 1 <= len(sketch.inputs) <= 4


@the_sketches
def test_it_asks_house_models_whatever_their_commit(sketch: Sketch) -> None:
    for asked in (asked for step in sketch.steps for asked in sketch.asked(step)):
        assert asked.model.commit is None
        assert asked.mode == "completion" or find(asked.model).chat


@the_sketches
async def test_every_way_through_it_comes_to_an_end_and_every_step_is_on_one(sketch: Sketch) -> None:
    done: set[str] = set()
    for picked, values in ways(sketch):
        engine = at_length(sketch, picked)
        cells = await performed(sketch, engine, values)
        assert {cell.status for cell in cells} <= {"done", "skipped"}
        assert all(any(cell.text.strip() for cell in cells if cell.step == id) for id in sketch.shown)
        assert engine.running == 0
        done |= {cell.step for cell in cells if cell.status == "done"}
    assert done == {step.id for step in sketch.steps}


@the_sketches
async def test_prompts_fit_their_models_however_much_was_written_before(sketch: Sketch) -> None:
    steps = {step.id: step for step in sketch.steps}
    for picked, values in ways(sketch):
        for cell in await performed(sketch, at_length(sketch, picked), values):
            if cell.model is None:
                continue
            model, step = find(cell.model), steps[cell.step]
            single = bytewise(cell.model)
            read = len(cell.prompt.encode()) / (1 if single else CHARACTERS)
            written = max(map(len, step.pick)) if step.pick else step.config.max_tokens
            assert read <= MOST_READ * (2 if single else 1)
            assert read + written <= model.context


FEATURES: dict[str, Callable[[Sketch], bool]] = {
    "columns": lambda sketch: any(len(step.model) > 1 for step in sketch.steps),
    "a model that answers": lambda sketch: any(asked.mode == "chat" for step in sketch.steps for asked in step.model),
    "pick": lambda sketch: any(step.pick for step in sketch.steps),
    "pick in columns": lambda sketch: any(step.pick and len(sketch.asked(step)) > 1 for step in sketch.steps),
    "when": lambda sketch: any(step.when for step in sketch.steps),
    "repeat": lambda sketch: any(step.repeat > 1 and step.asks for step in sketch.steps),
    "its own text so far": lambda sketch: any(
        step.id in dict(names(parse(step.template))) for step in sketch.steps if step.repeat > 1
    ),
    "each": lambda sketch: any(step.each for step in sketch.steps),
    "#if": lambda sketch: any(isinstance(part, If) for template in templates(sketch) for part in template),
    "no model at all": lambda sketch: not sketch.models,
    "a saved symbol": lambda sketch: any(map(saved, templates(sketch))),
    "modifiers": lambda sketch: any(map(modifiers, templates(sketch))),
    "text": lambda sketch: "text" in kinds(sketch),
    "long text": lambda sketch: "long" in kinds(sketch),
    "choice": lambda sketch: "choice" in kinds(sketch),
    "number": lambda sketch: "number" in kinds(sketch),
    "toggle": lambda sketch: "toggle" in kinds(sketch),
    "stop": lambda sketch: any(step.config.stop for step in sketch.steps),
    "show": lambda sketch: bool(sketch.show),
    "three models in turn": lambda sketch: (
        len(sketch.models) >= 3 and all(len(step.model) < 2 for step in sketch.steps)
    ),
}


def kinds(sketch: Sketch) -> set[str]:
    return {given.kind for given in sketch.inputs.values()}


@pytest.mark.parametrize("feature", FEATURES)
def test_what_the_format_can_do_is_shown_somewhere(feature: str) -> None:
    assert any(map(FEATURES[feature], SKETCHES.values()))


def test_the_first_one_has_two_voices_grammar_and_two_questions() -> None:
    first = next(iter(SKETCHES.values()))
    assert len(first.models) == len(first.named) == len(first.inputs) == 2
    assert first.grammar
