"""Whose a sketch is: what it came of, whom it is owed to, and which earlier versions somebody may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from components.keep_actions import Keeping
from components.pad_session import Origin
from swatchbook.archive.errors import ArchiveError
from swatchbook.runs import RunError
from swatchbook.sketch import splice
from swatchbook.sketch.kept import MAX_LINEAGE, Ancestor, KeptSketch
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import examine

MOST_VERSIONS = 30
MOST_KEYS = 500
SOUGHT = "What your draft came of could not be read, so whose it is is not known yet; reload the page to try again."
Owns = Callable[[str], bool]
"""Whether the visitor holds the key of what was kept under an id."""


def key_to(keeping: Keeping, id: str, data: Mapping[str, Any]) -> str | None:
    """The key of what was kept under an id, where the browser sent it along; it may send anything."""
    sent = data.get("own")
    pairs = [each for each in sent[:MOST_KEYS] if isinstance(each, dict)] if isinstance(sent, list) else []
    keys = (str(each.get("key"))[:64] for each in pairs if each.get("id") == id)
    return next((key for key in keys if keeping.archive.owns(id, key)), None)


def owner(keeping: Keeping, data: Mapping[str, Any]) -> Owns:
    """The visitor as the keys prove that the browser sent along."""
    return lambda id: key_to(keeping, id, data) is not None


def above(origin: Origin, sketch: Sketch, owns: Owns) -> Ancestor | None:
    """Whose sketch a text came of: somebody else's that is kept, or one of another author from elsewhere.

    Raises RunError where that could not be looked up: nobody's name is to be dropped.
    """
    base, source = origin.base, origin.source
    if origin.sought:
        raise RunError(SOUGHT)
    if base is None:
        return source if source and source.author != sketch.author else None
    if origin.key or owns(base.id):
        return None
    was = examine(base.text).sketch
    return Ancestor(id=base.id, title=base.title, author=was.author if was else "")


def lineage(origin: Origin, sketch: Sketch, owns: Owns) -> list[Ancestor]:
    """Everybody's whose sketch a text came of, the eldest first."""
    other = above(origin, sketch, owns)
    return [*origin.lineage, other][-MAX_LINEAGE:] if other else origin.lineage


def descended(origin: Origin, text: str, sketch: Sketch, owns: Owns) -> KeptSketch:
    """The sketch as it will be kept: a version of one's own, a remix of another's, or the first of its line."""
    other, base, came = above(origin, sketch, owns), origin.base, lineage(origin, sketch, owns)
    if came and not sketch.remix_of:
        by = f" by {came[-1].author}" if came[-1].author else ""
        text = splice.put(text, ("remix_of",), f"{came[-1].title}{by}"[:200])
    return KeptSketch(
        title=sketch.title,
        text=text,
        examples=origin.examples,
        lineage=came,
        parent=base.id if base else None,
        relation=("remix" if other else "version") if base else None,
    )


def kept_as(kept: KeptSketch) -> str:
    """What was kept, in a sentence."""
    if kept.relation != "remix":
        return "Kept."
    above = kept.lineage[-1]
    return f"Kept as a remix of “{above.title}”{f' by {above.author}' if above.author else ''}."


def chain(keeping: Keeping, newest: KeptSketch | None, owns: Owns) -> list[KeptSketch]:
    """The versions that lead to this one, newest first, as far as somebody may see them.

    Others' versions that are not listed are known by their link alone; after one that was deleted there is none.
    """
    found = [newest] if newest else []
    while found and found[-1].parent and len(found) < MOST_VERSIONS:
        try:
            older = keeping.find(found[-1].parent)
        except ArchiveError:
            break
        entry = keeping.archive.entry(older.id)
        if not isinstance(older, KeptSketch) or not (owns(older.id) or (entry and entry.listed)):
            break
        found.append(older)
    return found
