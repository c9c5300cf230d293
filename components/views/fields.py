"""Fields and buttons of the form view, each with the place in the file that it edits.

All foreign text passes `render`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from components.render import text

Path = tuple[str | int, ...]
LINES, PAIRS = ' data-lines="1"', ' data-pairs="1"'
"""What marks a field that holds a list, one a line, or pairs of a name and a value."""
NEW_LINE = "↵"
"""How the end of a line inside one entry of a list is written in such a field."""


def item(path: Path, at: int, count: int, body: str, what: str, which: str = "") -> str:
    """One entry of a list, which can be moved and taken away; `which` is what it is called above its fields."""
    moves = "".join(
        icon(sign, "move", path, f"Move {what} {way}", f"{way}-{what}", f' data-to="{to}"')
        for sign, way, to in (("↑", "up", at - 1), ("↓", "down", at + 1))
        if 0 <= to < count
    )
    head = f'<p class="which">{which}</p>' if which else ""
    grip = '<span class="grip" aria-hidden="true" title="Drag to move">⠿</span>' if count > 1 else ""
    return (
        f'<li class="pad-item" data-path="{as_json(path)}" data-at="{at}">{head}<div class="pad-acts">{grip}{moves}'
        f"{icon('×', 'take', path, f'Delete {what}', f'take-{what}')}</div>{body}</li>"
    )


def rename(name: str, label: str, symbol: bool = False) -> str:
    kind = "rename-symbol" if symbol else "rename"
    return (
        f'<label class="name">{label}<input value="{text(name)}" class="mono" autocomplete="off" spellcheck="false"'
        f' data-act="{kind}" data-old="{text(name)}" data-key="{kind}-{text(name)}"></label>'
    )


def line(path: Path, label: str, value: str, empty: str = "") -> str:
    return (
        f'<label>{label}<input value="{text(value)}" placeholder="{text(empty)}" autocomplete="off"'
        f' data-path="{as_json(path)}" data-key="{key_of(path)}"></label>'
    )


def area(path: Path, label: str, value: str, rows: int, extra: str = "") -> str:
    return (
        f'<label class="full">{label}<textarea rows="{rows}" data-path="{as_json(path)}" data-key="{key_of(path)}"'
        f"{extra}>"
        f"\n{text(value)}</textarea></label>"
    )


def listed(path: Path, label: str, values: Sequence[str], rows: int) -> str:
    """A list, one entry a line."""
    return area(path, label, "\n".join(map(_as_line, values)), rows, LINES)


def _as_line(value: str) -> str:
    line = value.replace("\n", NEW_LINE)
    return f'"{line}"' if _is_blank_at_an_end(line) else line


def _is_blank_at_an_end(line: str) -> bool:
    """Whether a line, without as many quotes as it has at both ends, is empty or has outer blanks.

    Only such a line has quotes that do not belong to its words: those that keep its blanks.
    """
    if not line.strip('"'):
        return len(line) % 2 == 0
    many = min(len(line) - len(line.lstrip('"')), len(line) - len(line.rstrip('"')))
    inner = line[many : len(line) - many]
    return inner != inner.strip()


def read_lines(said: str) -> list[str]:
    """The list that such a field holds."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return [(line[1:-1] if _is_blank_at_an_end(line) else line).replace(NEW_LINE, "\n") for line in lines]


def select(path: Path, label: str, value: str, options: dict[str, str]) -> str:
    rows = "".join(
        f'<option value="{text(each)}"{" selected" if each == value else ""}>{text(said)}</option>'
        for each, said in options.items()
    )
    return f'<label>{label}<select data-path="{as_json(path)}" data-key="{key_of(path)}">{rows}</select></label>'


def button(words: str, act: str, path: Path, key: str, extra: str = "") -> str:
    where = f'data-path="{as_json(path)}" data-key="{text(key)}"'
    return f'<button type="button" data-act="{act}" {where}{extra}>{text(words)}</button>'


def icon(sign: str, act: str, path: Path, label: str, key: str, extra: str = "") -> str:
    return (
        f'<button type="button" class="icon" data-act="{act}" data-path="{as_json(path)}" data-key="{text(key)}"'
        f' aria-label="{text(label)}" title="{text(label)}"{extra}>{sign}</button>'
    )


def as_json(path: Path) -> str:
    return text(json.dumps(path))


def key_of(path: Path) -> str:
    return text("/".join(map(str, path)))
