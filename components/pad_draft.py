"""The frozen results of a sketch as the browser holds them beside the draft of its text, until they are kept.

What a browser gives back may be anything, so it is read as a stranger's file is.
"""

from __future__ import annotations

from components.pad_session import Origin
from swatchbook.runs import RunError
from swatchbook.sketch.fits import fits
from swatchbook.sketch.kept import MAX_EXAMPLES, KeptSketch, read_kept
from swatchbook.sketch.reader import read_sketch
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


def _kept(origin: Origin) -> list[Record]:
    return origin.base.examples if origin.base else []


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
