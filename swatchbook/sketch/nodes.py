"""A sketch's file as a bounded tree of texts, lists and mappings, each with the place where it stands.

YAML is read as text and nothing else: `no` stays "no". What YAML can do beyond
that (aliases, tags, several documents, keys that are lists) is refused, each with a
sentence. Knows nothing of what a sketch holds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from swatchbook.sketch import stumbles
from swatchbook.sketch.faults import Fault, SketchError

MAX_DEPTH = 12
"""How deep lists and mappings may lie in one another."""
MAX_NODES = 4_000
"""Most texts, lists and mappings: more than 32 KB of any sensible sketch hold."""
MAX_ENTRIES = 200
"""Most items of a list and most keys of a mapping."""

FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Control characters, half of a pair of surrogates, and line ends that no editor shows as such."""
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, from `start` to `end` in the file. `style` is |, >, a quote, or empty where it stands plain."""

    start: int
    end: int
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Items:
    start: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    start: int
    entries: tuple[tuple[Scalar, Node], ...]


Node: TypeAlias = Scalar | Items | Entries


@dataclass(frozen=True, slots=True)
class Lines:
    """A text whose offsets can be told as lines and columns, both from 1."""

    text: str
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        object.__setattr__(self, "starts", starts)

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """A line without its end; empty where there is none of this number."""
        if not 1 <= number <= len(self.starts):
            return ""
        return self.text[self.starts[number - 1] :].split("\n", 1)[0]

    def around(self, offset: int) -> str:
        """The line above an offset and its own, with a NUL where the offset is."""
        number, column = self.place(offset)
        line = self.line(number)
        return f"{self.line(number - 1)}\n{line[: column - 1]}\0{line[column - 1 :]}"

    def fault(self, offset: int, said: str) -> Fault:
        return Fault(*self.place(offset), said)

    def inside(self, scalar: Scalar, at: int) -> tuple[int, int]:
        """The place of the character `at` of a scalar's text; the scalar's own where it is folded or escaped."""
        if scalar.style == "|":
            before = scalar.text[:at]
            number = self.place(scalar.start)[0] + 1 + before.count("\n")
            whole = scalar.text.split("\n")[before.count("\n")]
            if (line := self.line(number)).endswith(whole):
                return number, len(line) - len(whole) + len(before.rpartition("\n")[2]) + 1
        first = scalar.start + (scalar.style in ("'", '"'))
        if self.text.startswith(scalar.text, first) and "\n" not in scalar.text:
            return self.place(first + at)
        return self.place(scalar.start)


def compose(lines: Lines) -> Node:
    """The tree of a text without forbidden characters. Raises SketchError at the first thing that is refused."""
    if found := FORBIDDEN.search(lines.text):
        raise SketchError([lines.fault(found.start(), stumbles.forbidden(found[0]))])
    if found := re.search("^%", lines.text, re.MULTILINE):
        raise SketchError([lines.fault(found.start(), 'A line cannot begin with "%"; remove it.')])
    try:
        return _Composer(lines).document()
    except SketchError:
        raise
    except yaml.MarkedYAMLError as error:
        at = _index(error.problem_mark or error.context_mark)
        began = _index(error.context_mark) if error.context_mark else at
        of_beginning, said = stumbles.explain(f"{error.context} {error.problem}", lines.around(at), lines.around(began))
        raise SketchError([lines.fault(began if of_beginning else at, said)]) from None
    except (yaml.YAMLError, ValueError, OverflowError):  # Without libyaml, an escape for no character ends so.
        raise SketchError([Fault(0, 0, stumbles.explain("escape", "", "")[1])]) from None


def _index(mark: Any) -> int:
    return int(mark.index)


class _Composer:
    """Builds one document from PyYAML's events, so that nothing is built that is refused."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.events: Iterator[yaml.Event] = self._parsed()
        self.count = 0

    def document(self) -> Node:
        found: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found:
                    raise self._refused(event, "A file holds one sketch; remove the line --- and what follows it.")
                found = self._node(next(self.events), 0)
        if found is None or found == Scalar(found.start, found.start, "", ""):
            raise SketchError([Fault(1, 1, 'This sketch is empty; begin with the lines "sketch: 1" and "title: …".')])
        return found

    def _parsed(self) -> Iterator[yaml.Event]:
        """PyYAML's events. Between two of them in brackets or braces, no text of the author may be lost."""
        depth = end = 0
        try:
            for event in yaml.parse(self.lines.text, Loader=_LOADER):
                self._between(depth, end, event.start_mark)
                if isinstance(event, yaml.CollectionStartEvent):
                    depth += bool(depth or event.flow_style)
                elif isinstance(event, yaml.CollectionEndEvent):
                    depth -= bool(depth)
                end = _index(event.end_mark)
                yield event
        except yaml.MarkedYAMLError as error:
            self._between(depth, end, error.problem_mark or error.context_mark)
            raise

    def _between(self, depth: int, begin: int, end: Any) -> None:
        if depth and (lost := stumbles.LOST_BETWEEN.search(self.lines.text[begin : _index(end)])):
            raise self._lost(lost, begin)

    def _lost(self, found: re.Match[str], begin: int = 0) -> SketchError:
        at = begin + found.start(found.lastgroup or 0)
        return SketchError([self.lines.fault(at, stumbles.lost(**found.groupdict()))])

    def _refused(self, event: yaml.Event, said: str) -> SketchError:
        return SketchError([self.lines.fault(_index(event.start_mark), said)])

    def _node(self, event: Any, depth: int) -> Node:
        start = _index(event.start_mark)
        self.count += 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._refused(event, stumbles.marked("*" if isinstance(event, yaml.AliasEvent) else "&"))
        if event.tag is not None:
            raise self._refused(event, stumbles.marked("!"))
        if self.count > MAX_NODES:
            raise self._refused(event, f"This sketch has more than {MAX_NODES:,} parts; shorten its lists.")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if depth == MAX_DEPTH:
            said = f"Lists and braces lie more than {MAX_DEPTH} deep in one another here; nothing in a sketch does."
            raise self._refused(event, said)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(
                start, tuple(self._node(each, depth + 1) for each in self._until(yaml.SequenceEndEvent, event))
            )
        return Entries(start, tuple(self._entries(event, depth)))

    def _until(self, end: type[yaml.Event], opened: yaml.Event) -> Iterator[Any]:
        for number, event in enumerate(self.events):
            if isinstance(event, end):
                return
            if number == MAX_ENTRIES:
                raise self._refused(opened, f"There are more than {MAX_ENTRIES} things in this list; shorten it.")
            yield event

    def _entries(self, opened: yaml.Event, depth: int) -> Iterator[tuple[Scalar, Node]]:
        known: dict[str, int] = {}
        for event in self._until(yaml.MappingEndEvent, opened):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                said = "Before a colon stands a list here; write one word."
                raise self._refused(event, said if isinstance(key, Items) else stumbles.begins("{"))
            if key.text in known:
                line = self.lines.place(known[key.text])[0]
                raise self._refused(event, stumbles.twice(key.text, line))
            known[key.text] = key.start
            yield key, self._node(next(self.events), depth + 1)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        start, end = _index(event.start_mark), _index(event.end_mark)
        if found := FORBIDDEN.search(event.value):
            raise self._refused(event, stumbles.forbidden(found[0]))
        if not event.style and (lost := stumbles.LOST.match(self.lines.text, end)):
            raise self._lost(lost)
        return Scalar(start, end, event.value, event.style or "")
