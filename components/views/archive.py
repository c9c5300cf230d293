"""The archive as a list: each document with its colours, what a search met in it, and its family.

Works on entries and a shelf alone. All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from components.colour import swatch_colour
from components.render import text
from swatchbook.archive.documents import kinds
from swatchbook.archive.store import Entry
from swatchbook.hub.room import in_words
from swatchbook.runs import ModelRef, RunError
from swatchbook.shelf import Shelf

KINDS = {"run": "Run", "palette": "Palette", "sketch": "Sketch", "record": "Sketch result"}
PLURALS = {"sketch": "Sketches"}
"""Kinds of which several are not called by their name and an s."""
OPENS_IN = {"sketch": "sketchpad", "record": "sketchpad"}
"""Kinds that open elsewhere than in Compare."""
CAME = {
    "run": {"again": "asked again", "notes": "with notes", "remix": "asked otherwise"},
    "sketch": {"version": "a new version", "remix": "a remix"},
}
"""How a document of each kind came of its parent, in two words."""


def entries_html(entries: Iterable[Entry], shelf: Shelf) -> str:
    """List items; the list around them is the page's."""
    return "".join(f"<li>{_entry(entry, shelf)}</li>" for entry in entries)


def _entry(entry: Entry, shelf: Shelf) -> str:
    found = f'<p class="found small">{text(entry.found)}</p>' if entry.found else ""
    key = text(entry.id)
    family = (
        f'<button type="button" class="link" data-act="family" data-id="{key}" data-key="family-{key}"'
        f' aria-label="The family of {text(entry.title or entry.brief)}">Family</button>'
    )
    return (
        f'<article class="entry" data-id="{key}">{_dots(entry.models, shelf)}<h3>{open_link(entry)}</h3>'
        f'<p class="small">{_facts(entry)}</p>{found}<p class="acts">{family if entry.kind in CAME else ""}</p>'
        f"{_delete(entry)}</article>"
    )


def open_link(entry: Entry) -> str:
    """The document's name, which opens it, in another tab too."""
    parameter, key = kinds()[entry.kind].parameter if entry.kind in kinds() else entry.kind, text(entry.id)
    tab = OPENS_IN.get(entry.kind, "compare")
    return (
        f'<a class="open" href="?{parameter}={key}&amp;tab={tab}" data-on="select" data-opens-in="{tab}"'
        f' data-id="{key}" data-kind="{text(entry.kind)}" data-key="open-{key}">{_name(entry)}</a>'
    )


def _name(entry: Entry) -> str:
    return f"<bdi>{text(entry.title or entry.brief or 'without a name')}</bdi>"


def _facts(entry: Entry) -> str:
    kind = KINDS.get(entry.kind, entry.kind)
    came = f", {_came(entry)}" if _came(entry) else ""
    brief = [entry.brief] if entry.title and entry.brief and entry.kind != "palette" else []
    shown = [f"{kind}{came}", *brief, ", ".join(entry.models[:8])]
    shown += [entry.created[:10], in_words(entry.size), *([] if entry.listed else ["not listed"])]
    return text(" · ".join(part for part in shown if part))


def _came(entry: Entry) -> str:
    return CAME.get(entry.kind, {}).get(entry.relation, "")


def _dots(models: Sequence[str], shelf: Shelf) -> str:
    dots = "".join(f'<i style="--c:{_colour(name, shelf)}"></i>' for name in models[:8])
    return f'<div class="dots" aria-hidden="true">{dots}</div>'


def _colour(name: str, shelf: Shelf) -> str:
    try:
        return swatch_colour(shelf.known(ModelRef.parse(name)))
    except RunError:
        return swatch_colour(None)


def _delete(entry: Entry) -> str:
    key = text(entry.id)
    return (
        f'<details class="delete" data-key="delete-{key}"><summary>Delete<span class="sr"> {_name(entry)}</span>'
        '</summary><form data-form="delete">'
        f'<input type="hidden" name="id" value="{key}"><label>Its key<input name="key" data-secret-of="{key}"'
        ' autocomplete="off" required></label><button type="submit">Delete for ever</button></form></details>'
    )


def family_html(entries: Sequence[Entry], id: str) -> str:
    """The family tree of a document, oldest first; children stand under their parents."""
    known = {entry.id for entry in entries}
    children: dict[str | None, list[Entry]] = {}
    for entry in entries:
        children.setdefault(entry.parent if entry.parent in known else None, []).append(entry)
    rows = "".join(_row(entry, depth, id) for entry, depth in _walk(children, None, 0))
    alone = '<p class="small">No relative of it is listed here.</p>'
    return (
        f'<section class="relatives" tabindex="-1" aria-label="Family"><h2>Family</h2><ul class="tree">{rows}</ul>'
        f"{alone if len(entries) < 2 else ''}"
        '<p class="acts"><button type="button" class="link" data-act="close-family">Close</button></p></section>'
    )


def _walk(children: dict[str | None, list[Entry]], at: str | None, depth: int) -> Iterable[tuple[Entry, int]]:
    for entry in children.get(at, []):
        yield entry, depth
        yield from _walk(children, entry.id, depth + 1)


def _row(entry: Entry, depth: int, id: str) -> str:
    guide = f'<span class="guides" aria-hidden="true">{"   " * (depth - 1)}{"└─ " if depth else ""}</span>'
    level = f'<span class="sr">Level {depth + 1}: </span>'
    came = f'<span class="small">{_came(entry)}</span> ' if _came(entry) else ""
    name = f'<strong aria-current="true">{_name(entry)}</strong>' if entry.id == id else open_link(entry)
    when = f'<span class="small">{text(entry.created[:16].replace("T", " "))}</span>'
    return f"<li>{guide}{level}<span>{came}{name} {when}</span></li>"
