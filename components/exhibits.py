"""Which piece an address of the visitors' page names: one that was kept, that a link carries, or of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from components.keep_actions import Keeping
from components.opens import PACKED
from components.pad_open import EXAMPLE, RECORD, SKETCH, lookup
from components.render import text
from components.visit import Exhibit
from swatchbook.archive.errors import ArchiveError
from swatchbook.provenance import credits_of
from swatchbook.runs import RunError
from swatchbook.shelf import Shelf
from swatchbook.sketch.kept import KeptSketch
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Record

NAMES = (SKETCH, RECORD, EXAMPLE, PACKED)
NOTHING = "This address names no piece; ask for the link again, or open the Sketchpad and make one."


@dataclass
class Exhibits:
    """Finds pieces among what was kept, what links carry and what comes with the house."""

    keeping: Keeping
    shelf: Shelf

    def find(self, params: Mapping[str, str]) -> Exhibit:
        """The piece that an address names. Raises RunError with one sentence."""
        try:
            found = lookup(self.keeping, params)
        except ArchiveError as error:
            raise RunError(str(error)) from None
        if found is None:
            raise RunError(NOTHING)
        kept = KeptSketch(text=found.sketch, examples=[found]) if isinstance(found, Record) else found
        sketch = read_sketch(kept.text)
        credits = credits_of(sketch.models, self.shelf)
        return Exhibit(sketch, kept.text, kept.examples, kept.lineage, credits, _back(params))


def _back(params: Mapping[str, str]) -> str:
    query = urlencode({name: params[name] for name in NAMES if name in params})
    return (
        f'<p><a class="link" href="./?{text(query)}&amp;tab=sketchpad">Open it in the Sketchpad, to see how it works or'
        " to make your own of it</a></p>"
    )
