"""Everything that works on sketches, put together once: what performs, edits, opens, shares and publishes them."""

from __future__ import annotations

from dataclasses import dataclass

from components.colour import swatch_colour
from components.keep_actions import Keeping
from components.pad_actions import Pad
from components.pad_open import PadOpens
from components.piece_actions import Pieces
from components.publish_actions import Publishing
from components.share_actions import Sharing
from swatchbook.provenance import credits_of
from swatchbook.settings import AppSettings
from swatchbook.shelf import Shelf
from swatchbook.sketch.play import Performs
from swatchbook.sketch.publish.space import Publisher
from swatchbook.sketch.publish.work import fetched_files


@dataclass(frozen=True)
class Desk:
    """What the Sketchpad's tab and the visitors' page are wired to."""

    pieces: Pieces
    pad: Pad
    opens: PadOpens
    sharing: Sharing
    publishing: Publishing


def desk(
    engine: Performs, settings: AppSettings, shelf: Shelf, keeping: Keeping, publisher: Publisher | None = None
) -> Desk:
    """The desk of one app, with the models of its shelf."""
    pieces = Pieces(
        engine,
        shelf.locate,
        lambda ref: swatch_colour(shelf.known(ref) if ref else None),
        lambda refs: credits_of(refs, shelf),
        settings.deadline,
    )
    sharing = Sharing(keeping, pieces, lambda refs: fetched_files(refs, shelf.disk))
    return Desk(
        pieces,
        Pad(shelf, pieces),
        PadOpens(keeping, sharing),
        sharing,
        Publishing(sharing, publisher or Publisher(settings)),
    )
