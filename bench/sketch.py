"""A sketch while it is edited: milliseconds from a changed text to its fresh preview, and what a new run generates.

The preview is that of a sketch without a model: its file is read and every fault
looked for, then it is filled in. Each reading meets another text, as while typing.
The rival does the plain work alone, checking nothing: PyYAML's safe loader in C,
then Jinja's sandbox, which fills the same templates in and draws the same rules.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import yaml
from jinja2.sandbox import SandboxedEnvironment

from swatchbook.sketch.memo import Memo
from swatchbook.sketch.parts import MAX_SKETCH, MAX_SYMBOLS
from swatchbook.sketch.piece import fill_in
from swatchbook.sketch.play import Play
from swatchbook.sketch.reader import read_sketch
from tests.fakes import FakeEngine

ROUNDS = 30
SMALL = """sketch: 1
title: Letter {number}
inputs:
  name:
    ask: Who is it for?
    default: Ada
grammar:
  weather: [drizzle, a second sun, "#colour# snow"]
  colour: [green, violet]
{more}steps:
  - id: opening
    text: "Dear {{{{name}}}}, outside there is #weather#."
  - id: page
    text: |
      {{{{opening}}}} Every #colour# window is open.
      This is draft {number}; #weather#, #weather#.
    repeat: 5
"""
RULE = """  more{at}:
    ["#colour# words of a rule", "#weather# and {{{{name}}}}", more, "a light in", "a house of", "the sea",
     "#[a:#weather#]colour#, #a#"]
"""
ASKED = """sketch: 1
title: Three steps
steps:
  - id: first
    model: house/a
    prompt: A motto
  - id: second
    prompt: "{{{{first}}}} again"
  - id: third
    prompt: "{{{{second}}}} {last}"
"""
_TAG = re.compile(r"#(\w+)#")


def measure() -> dict[str, float | None]:
    most = max(count for count in range(MAX_SYMBOLS - 1) if len(_small(ROUNDS, count)) <= MAX_SKETCH)
    ours, theirs = _preview(_ours, 0), _preview(_theirs, 0)
    stale, unchanged, again = asyncio.run(_run_again())
    return {
        "preview_ms": ours,
        "preview_largest_ms": _preview(_ours, most),
        "preview_vs_yaml_jinja": ours / theirs,
        "stale_generations": stale,
        "unchanged_generations": unchanged,
        "unchanged_run_ms": again,
    }


def _small(number: int, more: int) -> str:
    """A sketch in its so-manieth edit, with so many symbols more."""
    return SMALL.format(number=number, more="".join(RULE.format(at=at) for at in range(more)))


def _preview(work: Callable[[str], Sequence[str]], more: int) -> float:
    """Milliseconds from a text to what it says; the median of many edits."""
    taken = []
    for number in range(ROUNDS):
        text, began = _small(number, more), time.perf_counter()
        texts = work(text)
        taken.append(1000 * (time.perf_counter() - began))
        assert f"This is draft {number};" in texts[-1]
    return median(taken)


def _ours(text: str) -> list[str]:
    return [cell.text for cell in fill_in(read_sketch(text), {}, 7).cells]


def _theirs(text: str) -> list[str]:
    sketch, chance = yaml.load(text, yaml.CSafeLoader), random.Random(7)
    environment = SandboxedEnvironment()
    values = {name: given["default"] for name, given in sketch["inputs"].items()}

    def draw(symbol: str) -> str:
        return filled(chance.choice(sketch["grammar"][symbol]), values)

    def filled(template: str, known: Mapping[str, str]) -> str:
        return environment.from_string(_TAG.sub(r"{{ draw('\1') }}", template)).render(known, draw=draw)

    texts = []
    for step in sketch["steps"]:
        texts += [filled(step["text"], values) for _ in range(step.get("repeat", 1))]
        values[step["id"]] = "\n".join(texts)
    return texts


async def _run_again() -> tuple[float, float, float]:
    """Generations of a run whose last step of three was changed, of one that was not, and milliseconds of that one."""
    engine, memo = FakeEngine(), Memo()
    counts = []
    for last in ("so", "or so", "or so"):
        before, began = len(engine.asked), time.perf_counter()
        text = ASKED.format(last=last)
        async for _ in Play(read_sketch(text), text, {}, 7, engine, lambda _: Path("a"), memo).play():
            pass
        counts.append(len(engine.asked) - before)
    assert counts[0] == 3
    return counts[1], counts[2], 1000 * (time.perf_counter() - began)
