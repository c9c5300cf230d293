"""Sketches that the tests perform, and who performs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from swatchbook.engine.events import Job
from swatchbook.runs import ModelRef, RunError
from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.parts import Asked, Input, Sketch, Step
from swatchbook.sketch.play import Play
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


def missing(ref: ModelRef) -> Path:
    if ref.repo == "b":
        raise RunError("b is not on this disk; fetch it.")
    return located(ref)


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
