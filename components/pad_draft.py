"""The frozen results of a sketch: which they are, and how the browser holds them beside its draft until they are kept.

What a browser gives back may be anything, so it is read as a stranger's file is.
"""

from __future__ import annotations

from collections.abc import Iterable

from components.pad_session import Origin
from swatchbook.runs import RunError
from swatchbook.sketch.carried import carried
from swatchbook.sketch.fits import fits
from swatchbook.sketch.kept import MAX_EXAMPLES, KeptSketch, read_kept
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import examine, read_sketch
from swatchbook.sketch.record import Record

MAX_HELD = 700_000
"""Most characters that a browser is given to hold: they go to it when they change, and come back in one request."""
DAMAGED = "The results that were frozen with this draft cannot be read; run the sketch and freeze new ones."


def news(origin: Origin) -> dict[str, str]:
    """What the browser is to hold from now on, where that is something else than before; empty where all is kept."""
    loose = None if origin.examples == _kept(origin) else origin.examples
    if loose == origin.holds:
        return {}
    body = "" if loose is None else _body(loose)
    origin.holds, origin.loose = loose, body is None
    return {"frozen": body or ""}


def give_back(origin: Origin, body: object) -> None:
    """Freeze again what a browser held, after what was frozen meanwhile.

    Raises RunError where it is no frozen results, too many, or not what they say.
    """
    origin.holds = body
    given = _read(body)
    known = {each.id for each in [*_kept(origin), *given]}
    origin.examples = [*(each for each in origin.examples if each.id not in known), *given][:MAX_EXAMPLES]
    origin.holds = given


def find(origin: Origin, came: Origin) -> None:
    """What a draft came of is found again; what was frozen meanwhile stays, and comes first."""
    origin.base, origin.source, origin.lineage = came.base, came.source, came.lineage
    origin.brought, known = came.brought, {each.id for each in origin.examples}
    found = [each for each in came.examples if each.id not in known]
    origin.examples = [*origin.examples, *found][:MAX_EXAMPLES]


def equals(examples: Iterable[Record], record: Record, sketch: Sketch) -> list[Record]:
    """The results that say the same as this one of a sketch: what was asked, and what was written."""
    carry = ((each, carried(each, sketch)) for each in examples)
    return [each for each, own in carry if own and _said(own) == _said(record)]


def _said(record: Record) -> object:
    return record.values, record.seed, [cell.text for cell in record.cells]


def stale(base: KeptSketch | None) -> frozenset[str]:
    """Which of the results that are kept with a sketch are of another text."""
    was = examine(base.text).sketch if base else None
    return frozenset(each.id for each in base.examples if not fits(each, was)) if base and was else frozenset()


def _kept(origin: Origin) -> list[Record]:
    return origin.base.examples if origin.base else origin.brought


def _body(examples: list[Record]) -> str | None:
    """The results as the browser holds them; None where they are too large for it."""
    cells = [cell for each in examples for cell in each.cells]
    if sum(len(cell.prompt) + len(cell.rendered) + len(cell.text) for cell in cells) > MAX_HELD:
        return None
    body = KeptSketch(text="", examples=examples).model_dump_json()
    return body if len(body) <= MAX_HELD else None


def _read(body: object) -> list[Record]:
    try:
        if not isinstance(body, str) or len(body) > MAX_HELD:
            raise RunError(DAMAGED)
        examples = read_kept(body).examples
        if not all(fits(each, read_sketch(each.sketch)) for each in examples):
            raise RunError(DAMAGED)
    except RunError:
        raise RunError(DAMAGED) from None
    return examples
