"""What is sent of a run while it goes: texts that only grow, each bound to its lane."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from gradio.utils import diff

from components.lanes import Board
from components.look import Look
from swatchbook.runner import Performance
from swatchbook.runs import Lane, ModelRef, Run, Sample, Settings
from swatchbook.shelf import Shelf
from tests.fakes import FakeEngine, Script
from tests.ui.house import make_house


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(make_house(tmp_path_factory.mktemp("house")))


def a_run(samples: int = 2) -> Run:
    lanes = [Lane(id=name, model=ModelRef(source="house", repo=name)) for name in ("keeper", "cook")]
    return Run(template="The {a|b} said", lanes=lanes, settings=Settings(samples=samples))


async def boards(run: Run, shelf: Shelf, engine: FakeEngine) -> tuple[Board, Performance, list[dict[str, Any]]]:
    performance, board = Performance(run, engine, shelf.locate), Board(run, Look(shelf))
    sent = [board.live(lanes) async for lanes in performance.play(flush=0.005)]
    return board, performance, sent


async def test_while_a_lane_writes_only_new_text_is_sent(shelf: Shelf) -> None:
    engine = FakeEngine({"keeper": Script([" <b>&"] * 30, delay=0.005), "cook": Script([" on"] * 30, delay=0.005)})
    _, _, sent = await boards(a_run(), shelf, engine)
    assert len(sent) > 5
    for before, after in pairwise(sent):
        for action, path, _ in diff(before, after):
            if "texts" in path and len(after["lanes"][path[1]]["texts"]) == len(before["lanes"][path[1]]["texts"]):
                assert action == "append"


async def test_each_lane_shows_its_own_text(shelf: Shelf) -> None:
    engine = FakeEngine({"keeper": Script([" kept"] * 3), "cook": Script([" cooked"] * 3)})
    _, _, sent = await boards(a_run(), shelf, engine)
    keeper, cook = sent[-1]["lanes"]
    assert (keeper["id"], cook["id"]) == ("keeper", "cook")
    assert "kept kept" in keeper["frame"]
    assert "cooked" not in keeper["frame"]
    assert "cooked cooked" in cook["frame"]


async def test_identical_samples_are_counted_and_others_kept_apart(shelf: Shelf) -> None:
    board, performance, _ = await boards(a_run(samples=3), shelf, FakeEngine({"keeper": Script([" same"])}))
    run = performance.result()
    assert "the same text 3 times" in board.still(run)["lanes"][0]["frame"]
    run.samples[0].text = " other"
    frame = board.still(run)["lanes"][0]["frame"]
    assert "the same text 2 times" in frame
    assert "2 more samples" in frame


async def test_a_run_read_back_looks_as_it_did(shelf: Shelf) -> None:
    board, performance, sent = await boards(a_run(), shelf, FakeEngine({"cook": Script(refuse="No room.")}))
    read = Run.model_validate_json(performance.result().to_json())
    for shown, kept in zip(sent[-1]["lanes"], board.still(read)["lanes"], strict=True):
        assert shown["frame"] == kept["frame"]
    assert "No room." in board.still(read)["lanes"][1]["head"]


async def test_a_lane_without_samples_says_so(shelf: Shelf) -> None:
    board = Board(a_run(), Look(shelf))
    assert "holds no samples" in board.still(a_run())["lanes"][0]["frame"]


def test_failures_that_differ_are_each_said(shelf: Shelf) -> None:
    run = a_run()
    run.samples = [Sample(lane="keeper", index=n, finish="failed", error=f"Fault {n}.") for n in range(2)]
    shown = Board(run, Look(shelf)).still(run)["lanes"][0]
    assert "Fault 0." in shown["frame"]
    assert "Fault 1." in shown["frame"]


def test_a_recorded_text_says_why_its_tokens_cannot_be_read(shelf: Shelf) -> None:
    run = a_run()
    run.samples = [Sample(lane="keeper", text="said", finish="end"), Sample(lane="cook", text="", finish="end")]
    shown, empty = Board(run, Look(shelf)).still(run)["lanes"]
    assert "recorded without its tokens: run it again" in shown["head"]
    assert "token by token</button>" not in shown["frame"]
    assert ">note</button>" in shown["frame"]
    assert "no word was written" in empty["head"]
    hidden = Board(run, Look(shelf, ("keeper", "cook"))).still(run)["lanes"][0]
    assert "recorded without its tokens<" in hidden["head"]
