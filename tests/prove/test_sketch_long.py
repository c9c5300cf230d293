"""Long trials of the reader of sketches: ten thousand random documents, none of which takes a tenth of a second."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from swatchbook.sketch import faults, nodes
from swatchbook.sketch.parts import MAX_SKETCH, MAX_TEMPLATE, Sketch
from swatchbook.sketch.reader import examine
from swatchbook.sketch.template import parse
from swatchbook.sketch.writer import write_sketch
from tests.sketches import hostile, sketches
from tests.unit.test_sketch_reader import sound

LONG = settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
MOST = 0.1
"""Seconds of processor time."""


def took(text: str | bytes) -> float:
    """Seconds that it takes to say what is wrong with a document."""
    parse.cache_clear()
    faults._nearest.cache_clear()
    gc.disable()  # What hypothesis leaves behind is not the reader's to clear away.
    began = time.thread_time()
    examine(text)
    seconds = time.thread_time() - began
    gc.enable()
    return seconds


@LONG
@given(hostile)
def test_no_random_document_is_more_than_a_fault_or_takes_long(text: str | bytes) -> None:
    sound(examine(text), text)
    assert took(text) < MOST


HEAD = "sketch: 1\ntitle: T\n"
TEXT = HEAD + "steps:\n- id: a\n  text: '"
SIGNS = [
    "[",
    "{",
    "{a: ",
    "[a,",
    "- ",
    "-\n",
    "? ",
    "?\n",
    ": ",
    "a:\n",
    "a\n",
    " ",
    "\n",
    "#",
    " #",
    " #[",
    "#[ ",
    "'",
    '"',
    "\\",
]
ENDS = [("", ""), ("a: ", "{{"), ("a: '", "'"), ("a: b\n", "\t`")]
IN_TEXTS = [
    "#",
    "#a#",
    "#a.b",
    ".b",
    "#[",
    "#[a:x]",
    "[a:",
    "[a:#b#]",
    "{{",
    "{{x}}",
    "{{#if a}}",
    "{{#if a}}{{/if}}",
    " ",
    "\\#",
]


def alike(at: int, last: str = "a") -> str:
    """A name as long as one may be, which is much like its neighbours."""
    return f"{'a' * 28}{at:03}{last}"


def row(form: str, count: int, between: str = "") -> str:
    """A form for each of so many names that are none; `{at}` is the number, `{known}` a name that is one."""
    return between.join(form.format(at=at, name=alike(at, "z"), known=alike(at)) for at in range(count))


NAMED = "inputs:\n" + row("  {known}: {{ask: a}}\n", 12)
STEPS = "steps:\n" + "".join(f"- id: {alike(at, 'y')}\n  text: a\n" for at in range(15))
ROWS = {
    "lost symbols alike": "grammar:\n"
    + row("  {known}: a\n", 190)
    + f"  way: '{row('#{name}#', 19)}'\nsteps:\n"
    + row("- id: s{at}\n  text: '#way#'\n", 16),
    "unknown names alike": f"{NAMED}{STEPS}- id: z\n  text: '{row('{{{{{name}}}}}', 200)}'\n",
    "unknown modifiers alike": f"steps:\n- id: z\n  text: '[x:y]{row('#x.capitalizeAlcapitalizeAl#', 200)}'\n",
    "whens alike": NAMED + STEPS.replace("text: a", f"text: a\n  when: {{{row('{name}: a', 8, ', ')}}}"),
    "shown alike": f"{STEPS}show: [{row('{name}', 16, ', ')}]\n",
    "picks alike": f"steps:\n- id: p\n  model: house/cook\n  prompt: a\n  pick: [{row('{known}{known}', 20, ', ')}]\n"
    + row("- id: s{at}\n  text: a\n  when: {{p: {name}{name}}}\n", 15),
    "keys alike": "steps:\n- id: a\n" + row("  prompt{known}: b\n", 100),
    "unknown keys of inputs": "inputs:\n"
    + "".join(f" n{at}:\n" + "".join(f"  k{key}: b\n" for key in range(150)) for at in range(12)),
    "unknown symbols": "grammar:\n"
    + "".join(f"  weather{at}: a\n" for at in range(150))
    + "steps:\n- id: a\n  text: '"
    + "".join(f"#weathre{at}#" for at in range(1000))
    + "'\n",
    "rules that lead everywhere": "grammar:\n"
    + "".join(f"  s{at}: '" + "".join(f"#s{(at + to) % 190}#" for to in range(1, 20)) + "'\n" for at in range(190))
    + "".join(["steps:\n", *(f"- id: a{at}\n  text: '#s0#'\n" for at in range(16))]),
    "many rules": "grammar:\n"
    + "".join(f"  s{at}: [{'a,' * 25}]\n" for at in range(190))
    + "steps: [{id: a, text: b}]\n",
}


def filled(begin: str, sign: str, end: str) -> str:
    """A document as large as one can be, of one sign."""
    return begin + sign * ((MAX_SKETCH - len(begin) - len(end)) // len(sign)) + end


@pytest.mark.parametrize("loader", [yaml.CBaseLoader, yaml.BaseLoader], ids=["libyaml", "python"])
@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(filled(begin, sign, end), id=f"{begin}{sign}{end}") for sign in SIGNS for begin, end in ENDS),
        *(pytest.param(TEXT + (sign * MAX_TEMPLATE)[: MAX_TEMPLATE - 9] + "'\n", id=sign) for sign in IN_TEXTS),
        *(pytest.param(HEAD + row, id=name) for name, row in ROWS.items()),
    ],
)
def test_nothing_of_one_kind_in_any_amount_takes_long(text: str, loader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "_LOADER", loader)
    sound(examine(text), text)
    assert took(text) < MOST


@settings(LONG, max_examples=2_000)
@given(sketches())
def test_every_sketch_is_read_as_it_was_written(sketch: Sketch) -> None:
    reading = examine(write_sketch(sketch))
    assert reading.faults == ()
    assert reading.sketch == sketch
