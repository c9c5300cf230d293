"""What changed between two versions of a sketch, in the sketch's own terms: one plain sentence each.

It compares what is performed, not how the file is written. What is only called otherwise is compared
under its new name, so that nothing that uses it counts as changed. Sketches may be strangers': the work
grows with their size, and what is told is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal, TypeVar

from swatchbook.sketch.called import renamed, symbol_renamed
from swatchbook.sketch.pairs import anchors, pairs
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.writer import number

_Part = Literal["added", "removed", "renamed", "moved", "field", "item", "order", "line"]
Kind = _Part | Literal["model", "commit", "mode", "column", "more"]
WIDE = 80
"""Most characters of a text that a sentence shows."""
MOST = 400
"""Most changes that are told, and most lines of one text."""
MOST_RENAMED = 24
"""Most names of one kind that are looked at for what they are called now: all inputs and steps, and some symbols."""
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
    """Every change from one sketch to another, part by part; none where both do the same.

    Those after the first MOST are one, which says that there are more.
    """
    before, found = _renamed(before, after)
    shown = [sketch.shown if before.show != after.show else () for sketch in (before, after)]
    every = chain(
        _top(before, after),
        found,
        _parts("Input", before.inputs, after.inputs, _input),
        _parts("Symbol", before.grammar, after.grammar, _rules, ordered=False),
        _parts("Step", _steps(before), _steps(after), _step),
        _items("What is shown", "step", *shown),
    )
    told = list(islice(every, MOST))
    return [*told, *(Change("more", "", "More is different than is told here.") for _ in islice(every, 1))]


def _top(before: Sketch, after: Sketch) -> Iterator[Change]:
    for field in ("title", "author", "about", "licence", "remix_of", "seed"):
        where = field.replace("_", " ").capitalize()
        yield from _told("field", where, "", *(getattr(sketch, field) or None for sketch in (before, after)))


def _renamed(before: Sketch, after: Sketch) -> tuple[Sketch, list[Change]]:
    """The earlier sketch with the later names of its parts, and what is called otherwise now."""
    found: list[Change] = []
    for what, rename, parts in _NAMED:
        gone = [name for name in parts(before) if name not in parts(after)][:MOST_RENAMED]
        come = [name for name in parts(after) if name not in parts(before)][:MOST_RENAMED]
        for old in gone:
            was = parts(before)[old]
            alike = (name for name in come if _alike(was, parts(after)[name], old, name))
            if new := next((name for name in alike if not _taken(before, what, name)), ""):
                before = rename(before, old, new)
                come.remove(new)
                found.append(Change("renamed", f"{what} {new}", f"{what} {new} was called {old}.", old, new))
    return before, found


def _taken(sketch: Sketch, what: str, name: str) -> bool:
    """Whether a name belongs to something else; inputs and steps share theirs."""
    return what != "Symbol" and (name in sketch.inputs or name in _steps(sketch))


def _alike(was: object, now: object, old: str, new: str) -> bool:
    """Whether two parts are the same but for a name."""
    return repr(was).replace(old, new) == repr(now).replace(old, new)


def _steps(sketch: Sketch) -> dict[str, Step]:
    return {step.id: step for step in sketch.steps}


_NAMED: list[tuple[str, Callable[[Sketch, str, str], Sketch], Callable[[Sketch], Mapping[str, Any]]]] = [
    ("Input", renamed, lambda sketch: sketch.inputs),
    ("Symbol", symbol_renamed, lambda sketch: sketch.grammar),
    ("Step", renamed, _steps),
]
"""What has names: what it is called, how a name is changed in a sketch, and where the parts are."""


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
    """The names that stand in another order: as few as can be."""
    return set(before).difference(before[at] for at, _ in anchors(before, after))


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
    found: list[Change] = []
    for was, now in pairs(old, new, lambda line: line[1]):
        at = (now or was or (0,))[0]
        found += _told("line", where, f"line {at}", was and was[1], now and now[1])
    another = Change("line", where, f"{where}: the text is another.", before, after)
    yield from [another] if len(found) > MOST else found


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
    for was, now in pairs(before, after, _address):
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
    for was, now in pairs(before, after, str):
        yield from _told("item", where, f"the {noun}", was, now)


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
