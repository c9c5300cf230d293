"""Whatever is sent in the place of what the form sends: nothing breaks, and the rest of the file stays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from components.pad_edits import edit
from components.views.fields import listed, read_lines
from components.views.pad import form_view
from swatchbook.runs import RunError
from swatchbook.shelf import Shelf
from swatchbook.sketch.parts import MAX_SKETCH
from swatchbook.sketch.reader import examine
from tests.laid_out import HANDS, Hand
from tests.pads import ACTS, LETTER, SKETCHES, touched
from tests.ui.house import make_house

CALM = settings(max_examples=200)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(make_house(tmp_path_factory.mktemp("house")))


PATHS: list[Any] = [
    None, "", "x", "[]", "{}", "1", "null", "[null]", "[true]", "[1.5]", "[[]]", "[" * 499, 5, [], ["title"], {"a": 1},
    '["__class__"]', '["steps", 0, "__class__"]', '["steps"]', '["steps", 9, "id"]', '["steps", "0", "id"]',
    '["steps", -1, "id"]', f'["steps", {"9" * 200}, "id"]', '["inputs"]', '["inputs", "nobody", "kind"]',
    '["inputs", 0, "kind"]', '["inputs", "name"]', '["inputs", "name", "model"]', '["grammar", "nothing"]',
    '["title", "x"]', '["show", 0]', '["steps", 0, "model", 0]', '["steps", 1, "when", "mood"]', '["\\ud800"]',
    json.dumps(["steps", 0] + ["config"] * 40),
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_a_place_that_no_field_has_is_refused(shelf: Shelf, path: Any) -> None:
    with pytest.raises(RunError):
        edit(LETTER, {"act": "put", "path": path, "value": "1"}, shelf)


BIG = "x" * 1_000_000
TITLE, MODEL = json.dumps(["title"]), json.dumps(["steps", 0, "model"])


@pytest.mark.parametrize(
    "act",
    [
        {},
        {"act": "run", "path": TITLE},
        {"act": "__class__", "path": TITLE},
        {"act": ["put"], "path": TITLE, "value": "x"},
        {"act": "put", "path": TITLE, "value": BIG},
        {"act": "put", "path": '["grammar", "weather"]', "lines": "x\n" * 500_000},
        {"act": "put", "path": '["grammar", "weather"]', "lines": "x\n" * 300},
        {"act": "put", "path": '["steps", 1, "when"]', "pairs": BIG},
        {"act": "put", "path": '["steps", 0, "prompt"]', "value": "x" * (MAX_SKETCH - 100)},
        {"act": "put", "path": '["inputs", "name", "kind"]', "value": "file"},
        {"act": "put", "path": '["inputs", "name", "kind"]', "value": {"kind": "text"}},
        {"act": "move", "path": TITLE, "to": "1"},
        {"act": "move", "path": '["steps", 0]', "to": "-1"},
        {"act": "move", "path": '["steps", 0]', "to": {}},
        {"act": "move", "path": '["steps", 0]', "to": "9" * 5000},
        {"act": "take", "path": TITLE},
        {"act": "take", "path": '["steps", 7]'},
        {"act": "add-input", "kind": "file"},
        {"act": "add-model", "path": MODEL, "model": "house/nobody"},
        {"act": "add-model", "path": MODEL, "model": "../../etc/passwd"},
        {"act": "add-model", "path": MODEL, "model": "some/body"},
        {"act": "add-model", "path": MODEL, "model": BIG},
        {"act": "add-model", "path": '["inputs", "name", "model"]', "model": "house/cook"},
        {"act": "drop-model", "path": MODEL},
        {"act": "rename", "old": "name", "value": "__class__"},
        {"act": "rename", "old": "name", "value": BIG},
        {"act": "rename", "old": "name", "value": "mood"},
        {"act": "rename-symbol", "old": "weather", "value": "{{"},
    ],
    ids=lambda act: " ".join(str(said)[:20] for said in act.values()),
)
def test_what_no_form_sends_is_refused_in_a_sentence(shelf: Shelf, act: dict[str, Any]) -> None:
    with pytest.raises(RunError) as refused:
        edit(LETTER, act, shelf)
    assert 0 < len(str(refused.value)) < 400


@pytest.mark.parametrize("text", ["", "title: [", "sketch: 2\ntitle: x\n", "a: *b", "\x00", "x" * (MAX_SKETCH + 1)])
@pytest.mark.parametrize("act", ["put", "take", "add-step", "rename"])
def test_a_text_that_cannot_be_read_stays_as_it_is(shelf: Shelf, text: str, act: str) -> None:
    with pytest.raises(RunError):
        edit(text, {"act": act, "path": '["steps", 0]', "kind": "text", "old": "a", "value": "1"}, shelf)


HEAD, STEPS = "sketch: 1\n", "title: T\nsteps:\n  - id: a\n    text: x\n"


def filled(begin: str, unit: str, end: str = "") -> str:
    """As much of one thing as a sketch can hold."""
    return begin + unit * ((MAX_SKETCH - 1_000 - len(begin) - len(end)) // len(unit)) + end


def quick(act: Callable[[], object]) -> bool:
    """Whether it takes a hundred times what it should at most; what grows with the square of its input takes more."""
    began = time.thread_time()
    act()
    return time.thread_time() - began < 1


@pytest.mark.parametrize("line", ['"', '""', '" ', '"x', ' "', "'", "\\", "#", "{{", "[", "↵"])
@pytest.mark.parametrize("end", ["", "x", ' "', '"x"'])
def test_a_list_of_signs_is_soon_shown_and_read(line: str, end: str) -> None:
    rules = [filled("", line, end)]
    assert quick(lambda: listed(("grammar", "a"), "Words", rules, 3))
    assert quick(lambda: read_lines(rules[0]))


@pytest.mark.parametrize("unit", [" ", "# ", " #", " # ", "\n", "#\n", "\n#", "# a\n\n", "  # a\n"])
@pytest.mark.parametrize(
    ("begin", "end"), [(f"{HEAD}# x", f"\n{STEPS}"), (f"{HEAD}{STEPS[:-1]} ", "\n"), (f"{HEAD}{STEPS}", "\nshow: a\n")]
)
def test_a_sketch_of_blanks_and_remarks_is_soon_edited(shelf: Shelf, begin: str, unit: str, end: str) -> None:
    text = filled(begin, unit, end)
    assert examine(text).sketch is not None
    acts = [{"act": "put", "path": json.dumps(path), "value": "z"} for path in (["title"], ["author"], ["show"])]
    acts += [{"act": "put", "path": '["steps", 0, "text"]', "value": "z"}, {"act": "add-step", "kind": "text"}]
    for act in acts:
        assert quick(lambda act=act: edit(text, act, shelf))


@CALM
@given(SKETCHES, HANDS, ACTS)
def test_whatever_is_sent_the_rest_of_the_file_stays(
    shelf: Shelf, tree: dict[str, Any], hand: Hand, act: dict[str, Any]
) -> None:
    text = hand.file(tree)
    assert examine(text).sketch is not None
    try:
        found = edit(text, act, shelf).text
    except RunError:
        return
    sketch = examine(found).sketch
    assert act["act"] == "put" or sketch is not None
    assert sketch is None or "pad-part" in form_view(sketch, lambda _: "")
    gone = [owner for comment, owner in hand.owners.items() if comment + "\n" not in found]
    place = touched(act, tree)
    assert all(place is not None and owner[: len(place)] == place for owner in gone), gone
