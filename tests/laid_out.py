"""Sketches' files as many hands would write them: block and flow style, all quotes, comments and blank lines anywhere.

Written without the code that it tries. Each comment is the only one of its kind, and says to what it belongs.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

WORDS = st.text(alphabet=" ab:#-'\"é🙂|>[{?&*!%@`~,", min_size=1, max_size=12) | st.sampled_from(["no", "1", "x #y"])
TEXTS = (
    WORDS
    | st.text(alphabet=" \nab#:", min_size=1, max_size=30)
    | st.sampled_from(["", "line\n", "two\nlines\n\n", "x\n  "])
)


def _entries(keys: list[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(keys), value, min_size=1, max_size=3)


_LIST = st.lists(WORDS, min_size=1, max_size=3)
_STEP = st.fixed_dictionaries(
    {"id": WORDS},
    optional={
        "prompt": TEXTS,
        "model": WORDS | _LIST,
        "config": _entries(["temperature", "top_k"], st.sampled_from(["1", "0.5"])),
        "pick": _LIST,
        "when": _entries(["tone", "no"], WORDS),
    },
)
TREES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"sketch": st.just("1"), "title": WORDS},
    optional={
        "inputs": _entries(["name", "mood"], st.fixed_dictionaries({"ask": WORDS}, optional={"default": TEXTS})),
        "grammar": _entries(["weather", "null", "Hero"], _LIST),
        "steps": st.lists(_STEP, min_size=1, max_size=3),
        "show": _LIST,
    },
)
"""Files in the shape of sketches, as texts, lists and mappings. Their names need not belong together."""


def parts(value: Any, path: Path = ()) -> list[Path]:
    """The place of every entry of a tree."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [place for key in keys for place in ((*path, key), *parts(value[key], (*path, key)))]


@dataclass
class Hand:
    """Writes trees in its own way. `owners` holds the part that each comment belongs to; of a gap, what it is in."""

    dice: Random
    tidy: bool = False
    owners: dict[str, Path] = field(default_factory=dict)
    keeps: bool = False
    """Whether a blank line would belong to the text that was written last."""

    def file(self, tree: dict[str, Any]) -> str:
        return "\n".join(self._block(tree, (), 0)) + "\n"

    def _often(self, share: float) -> bool:
        return self.dice.random() < share

    def _comment(self, owner: Path) -> str:
        comment = f"# {len(self.owners)} of {'.'.join(map(str, owner))}"
        self.owners[comment] = owner
        return comment

    def _block(self, tree: Any, path: Path, column: int) -> list[str]:
        """The lines of a list or mapping; those before its first entry are left out where it begins behind a dash."""
        found: list[str] = []
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            here, indent = (*path, key), " " * column
            if self._often(0.3) and not self.keeps and (found or not path):
                found.append("")
            if self._often(0.2) and (found or not path):
                found += [self.dice.choice([indent, ""]) + self._comment(path), ""]
            if self._often(0.2) and (found or not path):
                found.append(indent + self._comment(here))
            mark = f"{self.dice.choice([key, json.dumps(key)])}:" if isinstance(key, str) else "-"
            found += self._entry(indent + ("'null':" if mark == "null:" else mark), tree[key], here, column)
        return found

    def _entry(self, head: str, value: Any, path: Path, column: int) -> list[str]:
        remark = f"  {self._comment(path)}" if self._often(0.2) else ""
        if isinstance(value, str):
            first, *rest = self._scalar(value, column)
            below = [" " * (column + 3) + self._comment(path)] if not rest and self._often(0.3) else []
            return [f"{head} {first}{remark}", *rest, *below]
        if not self.tidy and self._often(0.2):
            return self._flow(head, value, path, remark)
        unindented = isinstance(value, list) and not head.endswith("-") and self._often(0.3)
        if head.endswith("-") and not remark and self._often(0.8):
            lines = self._block(value, path, column + 2)
            return [f"{head} {lines[0].lstrip(' ')}", *lines[1:]]
        return [head + remark, *self._block(value, path, column if unindented else column + self.dice.choice([2, 4]))]

    def _flow(self, head: str, value: Any, path: Path, remark: str) -> list[str]:
        self.keeps = False
        if self._often(0.5):
            return [f"{head} {json.dumps(value, ensure_ascii=False)}{remark}"]
        pairs = value.items() if isinstance(value, dict) else [(None, each) for each in value]
        inside = [
            ("" if key is None else f"{json.dumps(key)}: ") + json.dumps(each, ensure_ascii=False)
            for key, each in pairs
        ]
        ends = "{}" if isinstance(value, dict) else "[]"
        indent = " " * (len(head) - len(head.lstrip(" ")) + 2)
        lines = [f"{indent}{each},  {self._comment(path)}" for each in inside]
        return [f"{head} {ends[0]}", *lines, f"{indent}{ends[1]}{remark}"]

    def _scalar(self, text: str, column: int) -> list[str]:
        ways = [json.dumps(text, ensure_ascii=False)]
        if re.fullmatch("[a-z0-9](?:[a-z0-9 ]*[a-z0-9])?", text):
            ways.append(text)
        if text and "\n" not in text:
            ways.append("'" + text.replace("'", "''") + "'")
        if text.strip():
            deep = self.dice.choice([1, 2, 4])
            body = text.removesuffix("\n")
            ends = "-" if body == text else "+" if text.endswith("\n\n") or self._often(0.1) else ""
            lines = [" " * (column + deep) + line if line else "" for line in body.split("\n")]
            ways.append("\n".join([f"|{deep}{ends}", *lines]))
        way = self.dice.choice(ways)
        self.keeps = re.match(r"\|\d\+", way) is not None
        return way.split("\n")


HANDS = st.integers(0, 2**32).map(lambda seed: Hand(Random(seed)))
