"""The frozen results of a sketch as the browser holds them beside the draft of its text, until they are kept.

What a browser gives back may be anything, so it is read as a stranger's file is.
"""

from __future__ import annotations

from components.pad_session import Origin
from swatchbook.runs import RunError
from swatchbook.sketch.fits import fits
from swatchbook.sketch.kept import KeptSketch, read_kept
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Record

MAX_HELD = 700_000
"""Most characters that a browser is given to hold: they go to it after each change, and come back in one request."""
DAMAGED = "The results that were frozen with this draft cannot be read; run the sketch and freeze new ones."


def held(origin: Origin) -> str | None:
    """What the browser is to hold: nothing where all is kept as it is, None where it is too large."""
    examples = origin.examples
    if examples == (origin.base.examples if origin.base else []):
        return ""
    cells = [cell for each in examples for cell in each.cells]
    if sum(len(cell.prompt) + len(cell.rendered) + len(cell.text) for cell in cells) > MAX_HELD:
        return None
    body = KeptSketch(text="", examples=examples).model_dump_json()
    return body if len(body) <= MAX_HELD else None


def given_back(body: object) -> list[Record]:
    """The results that a browser held. Raises RunError where they are none, too many, or not what they say."""
    try:
        if not isinstance(body, str) or len(body) > MAX_HELD:
            raise RunError(DAMAGED)
        examples = read_kept(body).examples
        if not all(fits(each, read_sketch(each.sketch)) for each in examples):
            raise RunError(DAMAGED)
    except RunError:
        raise RunError(DAMAGED) from None
    return examples
