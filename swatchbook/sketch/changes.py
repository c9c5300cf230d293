"""What changed between two versions of a sketch, in the sketch's own terms: one plain sentence each.

It compares what is performed, not how the file is written. What is only called otherwise is compared
under its new name, so that nothing that uses it counts as changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal, TypeVar

from swatchbook.sketch.faults import SketchError
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.reader import examine
from swatchbook.sketch.splice import rename, rename_symbol
from swatchbook.sketch.writer import number, write_sketch

Kind = Literal[
    "added", "removed", "renamed", "moved", "field", "item", "order", "line", "model", "commit", "mode", "column"
]
WIDE = 80
"""Most characters of a text that a sentence shows."""
_CALLED = {"ask": "the question", "longest": "limit of characters", "least": "lower limit", "most": "upper limit"}
_CALLED |= {"max_tokens": "most tokens", "top_p": "top-p", "top_k": "top-k", "min_p": "min-p"}
_CALLED["repeat"] = "the number of times"
_MODES = {"completion": "to go on from the prompt", "chat": "to answer the prompt"}
_ANY = "the models of the first step that names any"
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: its `kind`, in which part (`where`, such as "Step draft"), and a sentence about it.

    `old` and `new` are what it was and is; empty where it was not there, or is not there any more.
    """

    kind: Kind
    where: str
    said: str
    old: str = ""
    new: str = ""


def changes(before: Sketch, after: Sketch) -> list[Change]:
    """Every change from one sketch to another, part by part; none where both do the same."""
    before, renamed = _renamed(before, after)
    shown = [sketch.shown if before.show != after.show else () for sketch in (before, after)]
    return [
        *_top(before, after),
        *renamed,
        *_parts("Input", before.inputs, after.inputs, _input),
        *_parts("Symbol", before.grammar, after.grammar, _rules, ordered=False),
        *_parts("Step", _steps(before), _steps(after), _step),
        *_items("What is shown", "step", *shown),
    ]


def _top(before: Sketch, after: Sketch) -> Iterator[Change]:
    for field in ("title", "author", "about", "licence", "remix_of", "seed"):
        where = field.replace("_", " ").capitalize()
        yield from _told("field", where, "", *(getattr(sketch, field) or None for sketch in (before, after)))


def _renamed(before: Sketch, after: Sketch) -> tuple[Sketch, list[Change]]:
    """The earlier sketch with the later names of its parts, and what is called otherwise now."""
    found: list[Change] = []
    for what, edit, parts in _NAMED:
        for old in [name for name in parts(before) if name not in parts(after)]:
            for new in [name for name in parts(after) if name not in parts(before)]:
                alike = _alike(parts(before)[old], parts(after)[new], old, new)
                if alike and (other := _edited(before, edit, old, new)):
                    before = other
                    found.append(Change("renamed", f"{what} {new}", f"{what} {new} was called {old}.", old, new))
                    break
    return before, found


def _alike(was: object, now: object, old: str, new: str) -> bool:
    """Whether two parts are the same but for a name."""
    return repr(was).replace(old, new) == repr(now).replace(old, new)


def _edited(sketch: Sketch, edit: Callable[[str, str, str], str], old: str, new: str) -> Sketch | None:
    """The sketch with another name; None where that name belongs to something else."""
    try:
        return examine(edit(write_sketch(sketch), old, new)).sketch
    except SketchError:
        return None


def _steps(sketch: Sketch) -> dict[str, Step]:
    return {step.id: step for step in sketch.steps}


_NAMED: list[tuple[str, Callable[[str, str, str], str], Callable[[Sketch], Mapping[str, Any]]]] = [
    ("Input", rename, lambda sketch: sketch.inputs),
    ("Symbol", rename_symbol, lambda sketch: sketch.grammar),
    ("Step", rename, _steps),
]
"""What has names: what it is called, how a name is changed in a file, and where the parts are."""


def _parts(
    what: str,
    before: Mapping[str, _Item],
    after: Mapping[str, _Item],
    compare: Callable[[str, _Item, _Item], Iterator[Change]],
    ordered: bool = True,
) -> Iterator[Change]:
    """What changed in parts that have names: some are gone, some new, some elsewhere, and some changed inside."""
    for name in before:
        if name not in after:
            yield Change("removed", f"{what} {name}", f"{what} {name} is gone.")
    moved = _moved([name for name in before if name in after], [name for name in after if name in before])
    previous = ""
    for name, part in after.items():
        where = f"{what} {name}"
        if name not in before:
            yield Change("added", where, f"{where} is new.")
            previous = name
            continue
        if ordered and name in moved:
            yield Change("moved", where, f"{where} comes {f'after {previous}' if previous else 'first'} now.")
        yield from compare(where, before[name], part)
        previous = name


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The names that stand in another order: all but those of the longest stretches that both share."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(before).difference(*(before[block.a : block.a + block.size] for block in blocks))


def _input(where: str, before: Input, after: Input) -> Iterator[Change]:
    yield from _fields(where, before, after, ("ask", "kind", "default", "longest", "least", "most"))
    yield from _items(where, "option", before.choose, after.choose)


def _rules(where: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    yield from _items(where, "rule", before, after)


def _step(where: str, before: Step, after: Step) -> Iterator[Change]:
    if before.asks != after.asks:
        now = "it asks a model now" if after.asks else "it is only filled in now, and asks no model"
        yield Change("mode", where, f"{where}: {now}.")
    yield from _lines(where, before.template, after.template)
    yield from _models(where, before.model, after.model)
    yield from _fields(where, before.config, after.config, (name for name in Config.model_fields if name != "stop"))
    yield from _items(where, "stop string", before.config.stop, after.config.stop)
    yield from _items(where, "option", before.pick, after.pick)
    for name in dict.fromkeys([*before.when, *after.when]):
        yield from _told("field", where, f"the condition that {name} is", before.when.get(name), after.when.get(name))
    yield from _fields(where, before, after, ("repeat",))
    if before.each != after.each:
        said = f"the lines of {after.each} now" if after.each else f"the lines of {before.each} no more"
        yield Change("field", where, f"{where}: it goes through {said}.", before.each, after.each)


def _lines(where: str, before: str, after: str) -> Iterator[Change]:
    """What changed in a template, line by line; a line's number is what it has now, if it is still there."""
    old, new = (list(enumerate(text.split("\n"), 1)) for text in (before, after))
    for was, now in _pairs(old, new, lambda line: line[1]):
        at = (now or was or (0,))[0]
        yield from _told("line", where, f"line {at}", was and was[1], now and now[1])


def _models(where: str, before: Sequence[Asked], after: Sequence[Asked]) -> Iterator[Change]:
    """What changed among the columns. A step without models asks those of another."""
    if not before or not after:
        yield from _told("model", where, "", *(", ".join(map(str, some)) or _ANY for some in (before, after)))
        return
    old, new = list(map(_address, before)), list(map(_address, after))
    if sorted(old) == sorted(new) and old != new:
        said = f"{where}: its columns stand in another order."
        yield Change("order", where, said, ", ".join(old), ", ".join(new))
        before, after = sorted(before, key=_address), sorted(after, key=_address)
    for was, now in _pairs(before, after, _address):
        if was is None or now is None:
            gone, come = (None if each is None else str(each) for each in (was, now))
            yield from _told("column", where, "the column", gone, come)
        elif (name := _address(now)) != _address(was):
            yield from _told("model", where, "", str(was), str(now))
        else:
            commits = (each.model.commit or "no commit" for each in (was, now))
            yield from _told("commit", where, f"{name} at", *commits)
            yield from _told("mode", where, f"{name} is asked", _MODES[was.mode], _MODES[now.mode])


def _address(asked: Asked) -> str:
    """The model, whatever its commit."""
    return str(asked.model.model_copy(update={"commit": None}))


def _items(where: str, noun: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """What changed in a list of texts."""
    if before != after and sorted(before) == sorted(after):
        said = f"{where}: the {noun}s stand in another order."
        yield Change("order", where, said, ", ".join(before), ", ".join(after))
        return
    for was, now in _pairs(before, after, str):
        yield from _told("item", where, f"the {noun}", was, now)


def _pairs(
    before: Sequence[_Item], after: Sequence[_Item], key: Callable[[_Item], str]
) -> Iterator[tuple[_Item | None, _Item | None]]:
    """Two lists side by side, what is the same beside the same; None where one of them has no more."""
    same = SequenceMatcher(None, list(map(key, before)), list(map(key, after)), autojunk=False)
    for _, start, end, first, last in same.get_opcodes():
        yield from zip_longest(before[start:end], after[first:last])


def _fields(where: str, before: object, after: object, fields: Iterable[str]) -> Iterator[Change]:
    for field in fields:
        values = (getattr(part, field) for part in (before, after))
        what = _CALLED.get(field, field.replace("_", " "))
        yield from _told("field", where, what, *(None if value == "" else value for value in values))


def _told(kind: Kind, where: str, what: str, was: str | float | None, now: str | float | None) -> Iterator[Change]:
    """The change from one value to another, if there is one; None is no value."""
    if was == now:
        return
    words = _plain if kind in ("model", "commit", "mode", "column") else _quoted
    if was is None or now is None:
        said = f"{words(was) if now is None else words(now)} is {'gone' if now is None else 'new'}"
    else:
        said = f"{words(now)} instead of {words(was)}"
    yield Change(kind, where, f"{where}: {f'{what} ' if what else ''}{said}.", _plain(was), _plain(now))


def _plain(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else number(value)


def _quoted(value: str | float | None) -> str:
    """A value as a sentence shows it: a text in quotes, on one line, and cut where it is long."""
    if not isinstance(value, str):
        return _plain(value)
    line = value.replace("\n", "⏎")
    return f"“{line[:WIDE]}…”" if len(line) > WIDE else f"“{line}”"
