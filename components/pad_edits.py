"""What a press or a field of the form view does to a sketch's text.

Each act names a place and becomes one splice, or a few, so that comments and everything else in the file stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.views.fields import read_lines
from components.views.pad import KEYS_OF
from swatchbook.runs import ModelRef, RunError
from swatchbook.shelf import Shelf
from swatchbook.sketch import splice
from swatchbook.sketch.alone import held
from swatchbook.sketch.layout import File
from swatchbook.sketch.nodes import MAX_ENTRIES
from swatchbook.sketch.parts import MAX_SKETCH, Asked, Sketch
from swatchbook.sketch.reader import Path, examine
from swatchbook.sketch.rewrite import fields
from swatchbook.sketch.values import ValueFault

NEEDED = ("title", "ask", "prompt", "text", "id")
"""Keys that stay when they are emptied: what is missing is said at their line."""
OPTIONS = ["one", "another"]
PARTS = ("inputs", "grammar", "steps")
BEGINNINGS = {"prompt": "The door was open, and", "pick": "The news today is", "text": "And so it ended."}
"""What a new step holds, by its kind, until somebody writes something else."""
UNREADABLE = "The text cannot be read as it is; mend it in the text view first."
NOWHERE = "This field belongs to no place in the sketch; reload the page."
TOO_LONG = f"This would be more than {MAX_SKETCH // 1024} KB, which a sketch holds at most; shorten it."


@dataclass(frozen=True, slots=True)
class Edited:
    """The text after an edit, and the key of the field to go on in."""

    text: str
    focus: str = ""


def edit(text: str, act: Mapping[str, Any], shelf: Shelf) -> Edited:
    """Do what `act` says. Raises RunError with one sentence when it cannot be done; nothing is changed then."""
    name = _said(act, "act")
    edited = _edited(text, name, act, shelf)
    if len(edited.text.encode(errors="surrogatepass")) > MAX_SKETCH:
        raise RunError(TOO_LONG)
    after = examine(edited.text)
    if name != "put" and after.sketch is None and examine(text).sketch is not None:
        raise RunError(after.faults[0].said)
    return edited


def _edited(text: str, name: str, act: Mapping[str, Any], shelf: Shelf) -> Edited:
    if name == "add-input":
        return _add_input(text, _read(text), _said(act, "kind"))
    if name == "add-symbol":
        return _add_symbol(text, _read(text))
    if name == "add-step":
        return _add_step(text, _read(text), _said(act, "kind"), shelf)
    if name == "show":
        return Edited(_show(text, _read(text), _said(act, "step"), bool(act.get("on"))))
    if name == "rename":
        return Edited(splice.rename(text, _said(act, "old"), _said(act, "value")))
    if name == "rename-symbol":
        return Edited(splice.rename_symbol(text, _said(act, "old"), _said(act, "value")))
    path = _place(text, act.get("path"))
    if name == "put":
        return Edited(_put(text, path, act))
    if name == "move" and len(path) == 2:
        return Edited(splice.move(text, path, _whole(act.get("to"))))
    if name == "take" and len(path) == 2:
        return Edited(_take(text, path))
    if name == "add-model" and (path[0], *path[2:]) == ("steps", "model"):
        return Edited(_models(text, _read(text), path, add=_asked(_said(act, "model"), shelf)))
    if name == "drop-model" and (path[0], *path[2:3]) == ("steps", "model"):
        return Edited(_models(text, _read(text), path[:3], drop=_whole(path[-1])))
    raise RunError(NOWHERE)


def _said(act: Mapping[str, Any], key: str) -> str:
    """What an act says of itself. Raises RunError where that is more than any sketch holds."""
    said = str(act.get(key, ""))
    if len(said) > MAX_SKETCH:
        raise RunError(TOO_LONG)
    return said


def _read(text: str) -> Sketch:
    """The sketch, though its names may not fit together. Raises RunError."""
    sketch = examine(text).sketch
    if sketch is None:
        raise RunError(UNREADABLE)
    return sketch


def _put(text: str, path: Path, act: Mapping[str, Any]) -> str:
    """Set a field. The text need not be a good sketch: a field that was emptied is filled again."""
    if path[:1] == ("inputs",) and path[2:] == ("kind",):
        return _kind(text, _read(text), path, _said(act, "value"))
    if path[-1] not in fields(path[:-1]) and not (path[0] == "grammar" and len(path) == 2):
        raise RunError(NOWHERE)
    value = _value(act)
    if not isinstance(value, str) and len(value) > MAX_ENTRIES:
        raise RunError(f"There are more than {MAX_ENTRIES} things in this list; shorten it.")
    if not value and path[-1] not in NEEDED:
        return splice.put(text, path, None)
    return splice.put(text, path, value)


def _value(act: Mapping[str, Any]) -> Any:
    """What a field holds: a text, a list of its lines, or pairs of them."""
    if "lines" in act:
        return read_lines(_said(act, "lines"))
    if "pairs" in act:
        rows = [line.partition(":") for line in _said(act, "pairs").splitlines() if line.strip()]
        return {name.strip(): value.strip() for name, _, value in rows}
    return _said(act, "value")


def _kind(text: str, sketch: Sketch, path: Path, kind: str) -> str:
    """Another kind of input: what it cannot have goes, options that it needs come."""
    if kind not in KEYS_OF:
        raise RunError(f"{kind[:40]!r} is no kind of input; choose one of {', '.join(KEYS_OF)}.")
    name = str(path[1])
    given = sketch.inputs[name]
    taken = given.model_copy(update={"kind": kind, "choose": given.choose or tuple(OPTIONS)})
    for key in ("choose", "longest", "least", "most"):
        if key not in KEYS_OF[kind]:
            text = splice.put(text, (*path[:2], key), None)
    if kind == "choice" and len(given.choose) < 2:
        text = splice.put(text, (*path[:2], "choose"), OPTIONS)
    try:
        held(sketch.model_copy(update={"inputs": {name: taken}}), name, given.default)
    except ValueFault:
        text = splice.put(text, (*path[:2], "default"), None)
    return splice.put(text, path, None if kind in ("text", "choice") else kind)


def _take(text: str, path: Path) -> str:
    """The text without an entry; a step that is gone is not to be seen either."""
    sketch = examine(text).sketch
    gone = sketch.steps[int(path[1])].id if sketch and path[0] == "steps" and int(path[1]) < len(sketch.steps) else ""
    left = [id for id in sketch.show if id != gone] if sketch and gone in sketch.show else None
    text = splice.take(text, path)
    return text if left is None else splice.put(text, ("show",), left or None)


def _show(text: str, sketch: Sketch, step: str, on: bool) -> str:
    shown = [each.id for each in sketch.steps if (on if each.id == step else each.id in sketch.shown)]
    if not shown:
        raise RunError("The visitor has to see one step at least; tick another first.")
    usual = shown == [sketch.steps[-1].id]
    return splice.put(text, ("show",), None if usual else shown)


def _models(text: str, sketch: Sketch, path: Path, add: Asked | None = None, drop: int | None = None) -> str:
    """The models of a step, with one more or one less."""
    have = [str(asked) for asked in sketch.steps[_whole(path[1])].model]
    models = [*have, *([str(add)] if add else [])]
    if drop is not None:
        models = [model for at, model in enumerate(have) if at != drop]
    return splice.put(text, path, models if len(models) > 1 else models[0] if models else None)


def _asked(name: str, shelf: Shelf) -> Asked:
    """A model by its name, at the commit that is here or was heard of; one made for chat is asked so."""
    pick = shelf.find(ModelRef.parse(name))
    return Asked(model=pick.ref, mode="chat" if pick.chat else "completion")


def _add_input(text: str, sketch: Sketch, kind: str) -> Edited:
    stem = {"choice": "choice", "number": "number", "toggle": "really"}.get(kind, "words")
    given: dict[str, Any] = {"ask": "What should it say?", **({} if kind == "text" else {"kind": kind})}
    if kind == "choice":
        given = {"ask": "Which one?", "choose": OPTIONS}
    name = _fresh(stem, sketch)
    return Edited(splice.put(text, ("inputs", name), given), f"inputs/{name}/ask")


def _add_symbol(text: str, sketch: Sketch) -> Edited:
    name = _fresh("word", sketch)
    return Edited(splice.put(text, ("grammar", name), OPTIONS), f"grammar/{name}")


def _add_step(text: str, sketch: Sketch, kind: str, shelf: Shelf) -> Edited:
    """A step at the end, which the visitor sees besides what was seen before.

    Where no model is named yet, the first of the house is asked.
    """
    at, id, key = len(sketch.steps), _fresh("step", sketch), "text" if kind == "text" else "prompt"
    step: dict[str, Any] = {"id": id, key: BEGINNINGS.get(kind, BEGINNINGS["prompt"])}
    if kind == "pick":
        step["pick"] = ["good", "bad"]
    if kind != "text" and not sketch.named and (house := shelf.house()):
        step["model"] = str(_asked(str(house[0].ref), shelf))
    text = splice.insert(text, ("steps",), at, step)
    return Edited(splice.put(text, ("show",), [*sketch.shown, id]), f"steps/{at}/{key}")


def _fresh(stem: str, sketch: Sketch) -> str:
    """A name that nothing has yet."""
    taken = {*sketch.inputs, *sketch.grammar, *(step.id for step in sketch.steps)}
    return next(name for n in range(1, 1000) if (name := stem if n == 1 else f"{stem}{n}") not in taken)


def _place(text: str, said: object) -> Path:
    """A place of the sketch as a field names it, in a part that is there. Raises RunError for anything else."""
    try:
        path = json.loads(said) if isinstance(said, str) and len(said) < 500 else None
    except ValueError:
        path = None
    if not isinstance(path, list) or not 1 <= len(path) <= 4 or not all(type(part) in (str, int) for part in path):
        raise RunError(NOWHERE)
    if (path[0] in PARTS) != (len(path) > 1) or (len(path) > 1 and File(text).find(tuple(path[:2])) is None):
        raise RunError(NOWHERE)
    return tuple(path)


def _whole(said: object) -> int:
    text = str(said)
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise RunError("There is no such place in the list; reload the page.")
    return int(text)
