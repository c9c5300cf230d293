"""How a sketch's file is laid out: each list or mapping as chunks of lines, and the gaps between them.

A chunk is an entry with the comments that are its own: those right above it, those on its
line, and those below it that lie deeper. Blank lines and other comments are gaps. Put together
again they are the same bytes. What an edit means is in `splice`.
"""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from swatchbook.sketch.faults import Path
from swatchbook.sketch.nodes import Entries, Items, Lines, Node, Scalar, compose

_QUIET = re.compile(r"[ \t]*(?:#.*)?\n")
"""A line that is blank, or only a comment."""
_COLON = re.compile(r"[ \t]*:(?=\s)")
_CLOSE = re.compile(r"(?:[\s,]|(?<=\s)#.*)*[\]}]")
_DASHES = re.compile(r" *(?:- +)+(?=#)")
_HEADER = re.compile(r"[|>](?P<depth>[1-9])?(?P<ends>[-+])?(?P<deep>[1-9])?")
BLOCKS = ("|", ">")
"""How texts are written that stand below their key as they are."""
_NOTHING = Scalar(0, 0, "", "")


@dataclass(frozen=True, slots=True)
class Chunk:
    """An entry: its `own` lines, the comments `above` them, and those `below`.

    In the file its mark, which is a key with its colon or a dash, goes from `head` to `mark`, and its own
    lines end at `end`. `keeps`: it ends in a text to which blank lines after it would belong.
    """

    above: str
    own: str
    below: str = ""
    head: int = 0
    mark: int = 0
    end: int = 0
    keeps: bool = False

    @property
    def text(self) -> str:
        return self.above + self.own + self.below


@dataclass(slots=True)
class Block:
    """A list or mapping in block style, which are whole lines from `begin` to `end`; `gaps[i]` is before `chunks[i]`.

    `prefix` is what stands before it on its first line, a dash mostly; in the chunks spaces stand for it.
    """

    begin: int
    end: int
    column: int
    prefix: str
    gaps: list[str]
    chunks: list[Chunk]

    def within(self, text: str) -> str:
        """The file with this block as it is now."""
        body = "".join(gap + chunk.text for gap, chunk in zip(self.gaps, self.chunks, strict=True))
        if self.prefix:
            body = self.prefix + body.lstrip(" \n")
        return text[: self.begin] + body + text[self.end :]


class File:
    """A file's text, with LF line ends and one at its end, and its tree. Raises SketchError when it cannot be read."""

    def __init__(self, text: str) -> None:
        text = io.StringIO(text.removeprefix("\ufeff"), newline=None).read()
        self.text = text if text.endswith("\n") else f"{text}\n"
        self.root = compose(Lines(self.text))
        last = _last(self.root)
        if self.text != text and last.style in BLOCKS and last.text != _last(compose(Lines(text))).text:
            # At the very end of a file, a block whose last line has no end is a text without one.
            depth, _, end = self._header(last)
            self.text = f"{self.text[: last.start + 1]}{depth}-{self.text[end:]}"
            self.root = compose(Lines(self.text))

    def find(self, path: Path) -> Node | None:
        """What stands at a place, if anything does."""
        node: Node | None = self.root
        for key in path:
            if isinstance(node, Entries):
                node = next((value for name, value in node.entries if name.text == key), None)
            elif isinstance(node, Items) and isinstance(key, int) and 0 <= key < len(node.items):
                node = node.items[key]
            else:
                return None
        return node

    def is_block(self, node: Entries | Items) -> bool:
        """Whether it stands in block style, each key on one line with its colon."""
        if self.text[node.start] in "[{":
            return False
        keys = [key for key, _ in node.entries] if isinstance(node, Entries) else []
        return all(_COLON.match(self.text, key.end) and not self._asked(key) for key in keys)

    def _asked(self, key: Scalar) -> bool:
        """Whether a key stands behind a question mark, as YAML allows."""
        return self.text[: key.start].rstrip(" ").endswith("?")

    def block(self, node: Entries | Items) -> Block:
        """A list or mapping in block style as chunks and gaps."""
        line = self.line(node.start)
        column = node.start - line
        begin, prefix = self._begin(line, column)
        text = self.text[:begin] + " " * len(prefix) + self.text[begin + len(prefix) :]
        gaps: list[str] = []
        chunks: list[Chunk] = []
        at = begin
        for key, value in entries(node):
            line = line if not chunks else self._loud(at)
            above = _above(text[at:line], column)
            end = self.after(self.end(value, column))
            below = self._below(end, column)
            mark = line + column + 1
            if key is not None and (colon := _COLON.match(text, key.end)):
                mark = colon.end()
            gaps.append(text[at : line - len(above)])
            own = text[line:end]
            chunks.append(Chunk(above, own, text[end:below], line + column, mark, end, self._keeps(value)))
            at = below
        return Block(begin, at, column, prefix, gaps, chunks)

    def _begin(self, line: int, column: int) -> tuple[int, str]:
        """Where a block begins whose first entry is on the line that starts at `line`, and what is before it there."""
        prefix = self.text[line : line + column]
        if prefix.strip(" "):
            return line, prefix
        while line and _QUIET.fullmatch(self.text, before := self.line(line - 1), line):
            line = before
        before = self.line(line - 1) if line else 0
        dash = _DASHES.match(self.text, before, line)
        return (before, dash[0]) if dash and dash.end() - before == column else (line, "")

    def end(self, node: Node, column: int) -> int:
        """Where the value of an entry at a column ends, comments and blank lines after it left out."""
        if isinstance(node, Scalar):
            return self._block_end(node, column) if node.style in BLOCKS else node.end
        inner = [value for _, value in entries(node)]
        end = self.end(inner[-1], node.start - self.line(node.start)) if inner else node.start + 1
        close = _CLOSE.match(self.text, end) if self.text[node.start] in "[{" else None
        return close.end() if close else end

    def _block_end(self, node: Scalar, column: int) -> int:
        """The end of the last line of a literal or folded block."""
        depth, ends, _ = self._header(node)
        indent = column + int(depth) if depth else 0
        end = at = self.after(node.start)
        while at < len(self.text):
            after = self.after(at)
            line = self.text[at : after - 1]
            if stripped := line.lstrip(" "):
                indent = indent or max(column + 1, len(line) - len(stripped))
                if len(line) - len(stripped) < indent:
                    break
            if stripped or ends == "+" or (indent and len(line) > indent):
                end = after
            at = after
        return end - 1

    def comments(self, begin: int, end: int, node: Node) -> list[str]:
        """The comments from `begin` to `end`, each with the blanks before it; what stands in texts is none."""
        bare, at = "", begin
        for leaf in leaves(node):
            block = leaf.style in BLOCKS
            bare += self.text[at : self.after(leaf.start)] if block else f"{self.text[at : leaf.start]}."
            at = min(leaf.end, end)
        return [found.rstrip() for found in re.findall(r"(?<![ \t])[ \t]*(?<!\S)#.*", bare + self.text[at:end])]

    def _keeps(self, value: Node) -> bool:
        last = _last(value)
        return last.style in BLOCKS and self._header(last)[1] == "+"

    def _header(self, block: Scalar) -> tuple[str, str, int]:
        """How deep a literal or folded block says it is, what becomes of its last line ends, and where that stands."""
        found = _HEADER.match(self.text, block.start)
        return (found["depth"] or found["deep"] or "", found["ends"] or "", found.end()) if found else ("", "", 0)

    def line(self, at: int) -> int:
        """Where the line begins that a place is in."""
        return self.text.rfind("\n", 0, at) + 1

    def after(self, at: int) -> int:
        """Where the line after that of a place begins."""
        return self.text.find("\n", at) + 1 or len(self.text)

    def _loud(self, at: int) -> int:
        """Where the next line begins that is not quiet."""
        while found := _QUIET.match(self.text, at):
            at = found.end()
        return at

    def _below(self, at: int, column: int) -> int:
        """The end of the comments from here on that lie deeper than a column."""
        end = at
        while found := _QUIET.match(self.text, at):
            at = found.end()
            if line := found[0].strip():
                if found[0].index(line) <= column:
                    break
                end = at
        return end


def entries(node: Entries | Items) -> Iterator[tuple[Scalar | None, Node]]:
    """What a mapping holds with its keys, or a list without."""
    if isinstance(node, Entries):
        yield from node.entries
    else:
        yield from ((None, each) for each in node.items)


def leaves(node: Node) -> Iterator[Scalar]:
    """Every key and every text, in order."""
    if isinstance(node, Scalar):
        yield node
        return
    for key, value in entries(node):
        yield from [key] if key else []
        yield from leaves(value)


def _last(node: Node) -> Scalar:
    """The last key or text of a tree."""
    return next(iter(deque(leaves(node), 1)), _NOTHING)


def _above(quiet: str, column: int) -> str:
    """The comments at a column that stand last in some quiet lines."""
    begins = f"{' ' * column}#"
    last = takewhile(lambda line: line.startswith(begins), reversed(quiet.splitlines(keepends=True)))
    return "".join(reversed(list(last)))
