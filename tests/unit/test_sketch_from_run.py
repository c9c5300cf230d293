"""A run of Compare becomes a sketch that says the same, and a step of a result becomes a run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swatchbook.runs import Lane, ModelRef, Run, RunError, Sample, Settings, Trace, read_run
from swatchbook.sketch.dice import Dice
from swatchbook.sketch.from_run import sketch_of
from swatchbook.sketch.grammar import fill
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record, Share, read_record
from swatchbook.sketch.template import parse
from swatchbook.sketch.to_run import MAX_QUOTED, run_of
from swatchbook.sketch.values import accept
from swatchbook.template import fill as filled
from swatchbook.template import fillings
from tests.documents import cells, records

COOK, CLERK = (ModelRef.parse(f"house/{name}") for name in ("cook", "clerk"))
LANES = [Lane(id="a", model=COOK), Lane(id="b", model=CLERK), Lane(id="p", model=COOK, repeats="a")]


def sample(lane: str, filling: list[str], index: int = 0, **given: Any) -> Sample:
    said = f"{lane} {' '.join(filling)} {index}"
    return Sample(
        **{"lane": lane, "filling": filling, "index": index, "seed": 7 + index, "text": said, "finish": "end"} | given
    )


def run(template: str = "The {nurse|engineer} said", lanes: list[Lane] = LANES, **given: Any) -> Run:
    samples = [
        sample(lane.id, list(words), index, prompt=filled(template, words))
        for lane in lanes
        for words in fillings(template)
        for index in range(2)
    ]
    return Run(**{"template": template, "lanes": lanes, "samples": samples, "created": "2026-11-27T10:00:00Z"} | given)


def test_slots_become_choices_and_models_columns() -> None:
    text, (record,) = sketch_of(run(settings=Settings(temperature=0.5, max_tokens=20, stop=["\n"], seed=3)))
    assert (
        text
        == r"""# From a run of 2 models in Compare, 2026-11-27
sketch: 1
title: The {nurse|engineer} said
seed: 3
inputs:
  word:
    ask: "Which word: nurse or engineer?"
    choose:
      - nurse
      - engineer
steps:
  - id: text
    prompt: The {{word}} said
    model:
      - house/cook
      - house/clerk
    config:
      temperature: 0.5
      max_tokens: 20
      stop:
        - "\n"
"""
    )
    read_sketch(text)
    assert record.sketch == text
    assert record.values == {"word": "nurse"}
    assert [(cell.step, cell.column, cell.prompt, cell.text) for cell in record.cells] == [
        ("text", 0, "The nurse said", "a nurse 0"),
        ("text", 1, "The nurse said", "b nurse 0"),
    ]
    assert read_record(record.to_json()) == record


def test_a_chosen_sample_is_frozen_with_those_beside_it() -> None:
    whole = run(lanes=[Lane(id="a", model=COOK, mode="chat"), Lane(id="b", model=CLERK)])
    chosen = next(each for each in whole.of("b") if each.filling == ["engineer"] and each.index == 1)
    text, (record,) = sketch_of(whole, chosen)
    assert [step.id for step in read_sketch(text).steps] == ["text"]
    assert record.values == {"word": "engineer"}
    assert [(cell.text, cell.mode, cell.seed) for cell in record.cells] == [
        ("a engineer 1", "chat", 8),
        ("b engineer 1", "completion", 8),
    ]
    assert "house/cook:chat" in text


def test_a_run_without_texts_or_with_one_model() -> None:
    assert sketch_of(run(samples=[]))[1] == []
    failed = [sample("a", ["nurse"], finish="failed"), sample("b", ["nurse"], finish=None)]
    assert sketch_of(run(samples=failed))[1] == []
    text, (record,) = sketch_of(run(lanes=LANES[:1], created=""))
    assert text.startswith("# From a run of 1 model in Compare\n")
    assert {cell.column for cell in record.cells} == {None}


SIGNS = st.text(alphabet="#[]{}\\,:ab. \n", max_size=10)


@settings(max_examples=100)
@given(
    SIGNS,
    st.lists(st.sampled_from(["a", "", "#a#", "{", "x\ny", "long " * 50]), min_size=2, max_size=3, unique=True),
    SIGNS,
)
def test_a_prompt_comes_out_as_typed(before: str, words: list[str], after: str) -> None:
    template = f"{before}{{{'|'.join(words)}}}{after}."
    try:
        ways = fillings(template)
    except RunError:
        assume(False)
    for way in ways:
        chosen = sample("a", list(way))
        text, (record,) = sketch_of(run(template, LANES[:1], samples=[chosen]), chosen)
        values = accept(sketch := read_sketch(text), record.values)
        said = fill(parse(sketch.steps[0].template), values, {}, Dice(1))
        assert said == filled(template, way) == record.cells[0].prompt


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (run(""), "has no prompt"),
        (Run(template="{a|b}" * 9, lanes=LANES), "prompts"),
        (Run(template="\\[a:" * 4_990, lanes=LANES), "makes no sketch"),
        (Run(template="日" * 15_000, lanes=LANES), "32 KB"),
        (Run(template="a\x07", lanes=LANES), "cannot be seen"),
    ],
    ids=["empty", "too many", "too long", "too large", "control"],
)
def test_a_run_that_makes_no_sketch_is_said(whole: Run, said: str) -> None:
    with pytest.raises(RunError, match=said):
        sketch_of(whole)


SKETCH = """\
sketch: 1
title: Letter
inputs:
  name: {ask: Who?}
steps:
  - id: draft
    prompt: "To {{name}}"
    model: [house/cook, "house/clerk:chat"]
    config: {temperature: 0.4, max_tokens: 9}
  - id: tone
    prompt: Cold? {{draft}}
    pick: ["yes", "no"]
  - id: page
    text: "{{tone}}"
"""


def cell(column: int, prompt: str = "To Ada", **given: Any) -> Cell:
    text = {
        "step": "draft",
        "column": column,
        "model": (COOK, CLERK)[column],
        "prompt": prompt,
        "text": f"text {column}",
    }
    return Cell(**text | {"seed": 5, "finish": "end", "tokens": 2, "prompt_tokens": 3, "seconds": 0.5} | given)


def record(*cells: Cell) -> Record:
    return Record(title="Letter", sketch=SKETCH, values={"name": "Ada"}, cells=list(cells), machine="here")


def test_a_step_becomes_a_run_with_its_recorded_texts() -> None:
    found, told = run_of(record(cell(0), cell(1, mode="chat", rendered="<user>To Ada")), "draft")
    assert told == "The palette and the settings are now those of the sketch's step."
    assert (found.template, found.title, found.machine) == ("To Ada", "Letter", "here")
    assert found.settings == Settings(samples=1, seed=5, temperature=0.4, max_tokens=9)
    assert [(lane.model, lane.mode) for lane in found.lanes] == [(COOK, "completion"), (CLERK, "chat")]
    assert [(each.text, each.prompt, each.finish, each.token_ids) for each in found.samples] == [
        ("text 0", "To Ada", "end", []),
        ("text 1", "<user>To Ada", "end", []),
    ]
    assert found.samples[0].trace == Trace()
    assert read_run(found.to_json()) == found


def picked(column: int, *options: tuple[str, float]) -> Cell:
    split = [Share(option=option, share=share, bits=1) for option, share in options]
    return cell(column, "Cold? text", step="tone", text=options[0][0] if options else "", seed=0, split=split)


def test_a_pick_becomes_a_run_without_texts_and_what_was_chosen_is_said() -> None:
    result = record(cell(0), cell(1), picked(0, ("no", 0.39), ("yes", 0.61)), picked(1, ("x" * 200, 0.8)))
    found, told = run_of(result, "tone")
    assert (found.template, found.samples) == ("Cold? text", [])
    assert [lane.model for lane in found.lanes] == [COOK, CLERK]
    assert found.settings == Settings(samples=1, seed=result.seed, temperature=0.9, max_tokens=80)
    assert read_run(found.to_json()) == found
    short = "x" * (MAX_QUOTED - 1)
    assert told.startswith(f"Out of 2 options the pick took “yes” (61 %) with cook, “{short}…” (80 %) with clerk, and")
    assert run_of(record(picked(0, ("yes", 1.0))), "tone")[1].startswith(
        "Out of 2 options the pick took “yes” (100 %), and"
    )
    assert "the pick took nothing, and" in run_of(record(picked(0)), "tone")[1]


def test_a_column_that_was_asked_something_else_stays_out() -> None:
    one, two = record(cell(0), cell(1, "To Bo")), record(cell(0), cell(1, "To Bo"), cell(1, "To Cy"))
    found, told = run_of(one, "draft")
    assert [lane.model for lane in found.lanes] == [COOK]
    assert told.endswith("A column that was asked with other words stayed on the pad.")
    assert [lane.model for lane in run_of(one, "draft", column=1)[0].lanes] == [CLERK]
    assert "2 columns that were" in run_of(two, "draft")[1]


@pytest.mark.parametrize(
    ("result", "step", "said"),
    [
        (record(cell(0)), "page", "No model is asked"),
        (record(cell(0)), "tone", "was left out"),
        (record(cell(0)), "draf", 'Did you mean "draft"'),
        (record(cell(0, skipped=True)), "draft", "was left out"),
        (record(cell(0, " ")), "draft", "is empty"),
        (record(cell(0, "a {b|c}")), "draft", "take the bar out"),
        (record(cell(0, "a" * 20_001)), "draft", "20,000 is the most in Compare; shorten"),
        (record(cell(0)).model_copy(update={"title": "a\ud800"}), "draft", "makes no run"),
    ],
    ids=["words alone", "no cell", "unknown", "skipped", "empty", "slots", "long", "surrogate"],
)
def test_a_step_that_makes_no_run_is_said(result: Record, step: str, said: str) -> None:
    with pytest.raises(RunError, match=said):
        run_of(result, step)


def test_there_and_back_the_texts_are_the_same() -> None:
    _, (frozen,) = sketch_of(run("To Ada", LANES[:2]))
    back, _ = run_of(frozen, "text")
    assert back.template == "To Ada"
    assert [(each.text, each.seed) for each in back.samples] == [("a  0", 7), ("b  0", 7)]
    assert [lane.model for lane in back.lanes] == [COOK, CLERK]


def test_a_column_is_one_lane_however_many_cells_a_result_claims() -> None:
    columns = [None, *range(8)] * 7
    many = [cell(0).model_copy(update={"column": at, "text": f"text {n}"}) for n, at in enumerate(columns)]
    found, _ = run_of(record(*many), "draft")
    assert [each.text for each in found.samples] == [f"text {n}" for n in range(8)]


OF_DRAFT = st.lists(
    cells.map(lambda each: each.model_copy(update={"step": "draft", "at": 0, "prompt": each.prompt[:1] or "a"})),
    max_size=20,
)


@settings(max_examples=100)
@given(records, OF_DRAFT)
def test_every_result_is_a_run_or_a_sentence(result: Record, more: list[Cell]) -> None:
    try:
        found, _ = run_of(result.model_copy(update={"cells": [*result.cells, *more]}), "draft")
    except RunError:
        return
    assert read_run(found.to_json()) == found
