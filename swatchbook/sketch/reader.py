"""Reads a sketch's file: YAML of at most 32 KB, and every fault in it a sentence with its line.

Whatever the file holds, nothing is raised but SketchError, within a tenth of a
second. How YAML becomes a tree is in `nodes`, which names belong together in `names`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import ValidationError

from swatchbook.runs import RunError
from swatchbook.sketch.faults import Complaint, Fault, NewerSketch, SketchError
from swatchbook.sketch.faults import Path as Path
from swatchbook.sketch.mistakes import mistakes
from swatchbook.sketch.names import complaints
from swatchbook.sketch.nodes import Entries, Items, Lines, Node, Scalar, compose
from swatchbook.sketch.parts import MAX_SKETCH, VERSION, Asked, Sketch
from swatchbook.sketch.stumbles import clipped
from swatchbook.strict import shown

MAX_FAULTS = 20

Place = tuple[int, int]

_NEWER = re.compile(r"^sketch:[ \t]*['\"]?([1-9][0-9]{0,8})\b", re.MULTILINE)
_MAY_BE_EMPTY = {"author", "about", "licence", "remix_of", "default"}
_ANSWERS = dict.fromkeys(("yes", "true", "on", "y"), "yes") | dict.fromkeys(("no", "false", "off", "n"), "no")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a sketch's file. `text` has no byte order mark and LF line ends.

    `sketch` is None when its structure cannot be read; it is there when only names are wrong, but
    a sketch with `faults`, which are in the order of their lines, cannot be performed. `places`
    holds line and column, from 1, of each key's or item's value: `("steps", 0, "prompt")`.
    """

    text: str
    sketch: Sketch | None
    faults: tuple[Fault, ...]
    places: Mapping[Path, Place]


def examine(text: str | bytes) -> Reading:
    """Everything that can be said about a sketch's file. Never raises."""
    try:
        return _reading(text)
    except SketchError as error:
        whole = text if isinstance(text, str) else text.decode(errors="replace")
        return Reading(_normal(whole), None, error.faults, {})


def read_sketch(text: str | bytes) -> Sketch:
    """The sketch in a file. Raises SketchError with all its faults, NewerSketch where it is of a later version."""
    reading = _reading(text)
    if reading.sketch is None or reading.faults:
        raise SketchError(reading.faults)
    return reading.sketch


def _reading(text: str | bytes) -> Reading:
    lines = Lines(_decoded(text))
    try:
        root = compose(lines)
    except SketchError:
        if found := _NEWER.search(lines.text):
            _no_newer(found[1], lines.place(found.start(1)))
        raise
    file = _File(lines)
    sketch = file.sketch(root)
    if sketch:
        file.faults = [file.placed(each) for each in islice(complaints(sketch), MAX_FAULTS)]
    faults = sorted(file.faults, key=lambda fault: (fault.line, fault.column))
    return Reading(lines.text, sketch, tuple(faults[:MAX_FAULTS]), file.places)


def _decoded(text: str | bytes) -> str:
    """A file's text as it is read. Raises SketchError where it is too much, or no text."""
    if len(text) <= 2 * MAX_SKETCH:
        whole = _normal(text if isinstance(text, str) else _utf8(text))
        if len(whole.encode(errors="surrogatepass")) <= MAX_SKETCH:
            return whole
    raise SketchError([Fault(0, 0, f"A sketch holds at most {MAX_SKETCH // 1024} KB, and this is more; shorten it.")])


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        said = f"This file is not written in UTF-8{' but in UTF-16' if wide else ''}; save it as UTF-8."
        raise SketchError([Fault(data.count(b"\n", 0, error.start) + 1, 1, said)]) from None


def _normal(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _no_newer(version: str, place: Place) -> None:
    """Raises NewerSketch where this version is a later one."""
    if re.fullmatch("[1-9][0-9]{0,8}", version) and int(version) > VERSION:
        said = f"This sketch is of version {version}, for a newer Swatchbook; update this one to open it."
        raise NewerSketch([Fault(*place, said)])


@dataclass
class _File:
    """One file being read: where its parts stand, and the faults in its structure."""

    lines: Lines
    nodes: dict[Path, Node] = field(default_factory=dict)
    keys: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    faulty: set[Path] = field(default_factory=set)

    @property
    def places(self) -> dict[Path, Place]:
        return {path: self.lines.place(node.start) for path, node in self.nodes.items()}

    def sketch(self, root: Node) -> Sketch | None:
        """The sketch that a tree holds; None where there are faults. Raises NewerSketch."""
        data = self._data(root, ())
        if not isinstance(data, dict):
            self._fault((), 'A sketch begins with the lines "sketch: 1" and "title: …".')
            return None
        version = data.get("sketch")
        if isinstance(version, str):
            _no_newer(version, self.lines.place(self.nodes["sketch",].start))
            data["sketch"] = VERSION if version == str(VERSION) else version
        elif "sketch" not in data:
            self._fault((), 'The first line of a sketch says its version; add the line "sketch: 1".')
        self._distinct(data)
        try:
            found = Sketch.model_validate(self._models(_answered(data)))
        except ValidationError as error:
            for path, said, of_key in islice(mistakes(error, self.lines.text, self.nodes), MAX_FAULTS):
                self._fault(path, said, of_key)
            return None
        return None if self.faults else found

    def placed(self, complaint: Complaint) -> Fault:
        """A complaint with the place in the file of what it is about."""
        place, node = self._place(complaint.path, complaint.of_key), self.nodes.get(complaint.path)
        if complaint.at and isinstance(node, Scalar):
            place = self.lines.inside(node, complaint.at)
        return Fault(*place, shown(" ".join(complaint.said.split())), complaint.path)

    def _place(self, path: Path, of_key: bool) -> Place:
        """Where a part stands, or its key; where it is not written down, what would hold it."""
        while path:
            if of_key and path in self.keys:
                return self.lines.place(self.keys[path])
            if path in self.nodes:
                return self.lines.place(self.nodes[path].start)
            path = path[:-1]
        return 1, 1

    def _fault(self, path: Path, said: str, of_key: bool = False) -> None:
        """Something is wrong with a part; what is said of it first is what counts."""
        if path not in self.faulty:
            self.faulty.add(path)
            self.faults.append(self.placed(Complaint(path, said, of_key)))

    def _data(self, node: Node, path: Path) -> Any:
        """A tree as texts, lists and mappings; what may stand alone is a list of one."""
        self.nodes[path] = node
        if isinstance(node, Scalar):
            if _is_list(path):
                return self._data(Items(node.start, (node,)), path)
            return node.text
        if isinstance(node, Items):
            return [self._data(each, (*path, at)) for at, each in enumerate(node.items)]
        return dict(self._members(node, path))

    def _members(self, node: Entries, path: Path) -> Iterator[tuple[str, Any]]:
        for key, value in node.entries:
            here = (*path, key.text)
            self.keys[here] = key.start
            if isinstance(value, Scalar) and not value.text and not value.style and key.text not in _MAY_BE_EMPTY:
                self.nodes[here] = value
                said = f'"{clipped(key.text)}" is empty; write what belongs there, or remove the line.'
                self._fault(here, said, of_key=True)
            yield key.text, self._data(value, here)

    def _distinct(self, data: Any) -> None:
        first: dict[str, Path] = {}
        for path, step in _steps(data):
            here, id = (*path, "id"), step.get("id")
            if isinstance(id, str) and first.setdefault(id, here) != here:
                line = self._place(first[id], False)[0]
                self._fault(here, f'A step called "{clipped(id)}" is already in line {line}; call this one otherwise.')

    def _models(self, data: Any) -> Any:
        """The same with each step's models read."""
        for path, step in _steps(data):
            if isinstance(models := step.get("model"), list):
                step["model"] = [self._asked(each, (*path, "model", at)) for at, each in enumerate(models)]
        return data

    def _asked(self, model: Any, path: Path) -> Asked | None:
        """A model by what is written for it; None, and a fault, where that is none."""
        try:
            if isinstance(model, str):
                return Asked.parse(model)
            self._fault(path, "A model is one word, such as house/cook or owner/name@commit; write it so.")
        except RunError as error:
            self._fault(path, str(error))
        return None


def _is_list(path: Path) -> bool:
    """Whether a part is a list, even where only one thing is written."""
    return (
        path == ("show",) or (path[:1] == ("grammar",) and len(path) == 2) or path[:1] + path[2:] == ("steps", "model")
    )


def _steps(data: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Where each step is, and what is in it, as far as they are steps."""
    steps = data.get("steps")
    for at, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            yield ("steps", at), step


def _answered(data: Any) -> Any:
    """The same with "yes" or "no" for every way to say so, where a toggle is meant."""
    inputs = data.get("inputs")
    inputs = inputs if isinstance(inputs, dict) else {}
    toggles = {name: each for name, each in inputs.items() if isinstance(each, dict) and each.get("kind") == "toggle"}
    whens = [when for _, step in _steps(data) if isinstance(when := step.get("when"), dict)]
    for holder, keys in [*((each, ["default"]) for each in toggles.values()), *((when, toggles) for when in whens)]:
        for key in keys:
            if isinstance(said := holder.get(key), str):
                holder[key] = _ANSWERS.get(said.lower(), said)
    return data
