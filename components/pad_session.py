"""What one open page holds of its sketches: what each came of, what is frozen with it, and where it is kept.

Which of them is on the pad only the page knows. It says the number of what the pad's text
came of with all that it sends, and takes what is answered for that one alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from components.numbered import numbers
from components.piece_actions import PieceSession
from components.session import Lock
from swatchbook.sketch.kept import Ancestor, KeptSketch
from swatchbook.sketch.record import Record

MOST_ORIGINS = 50
LOST = (
    "The server no longer knows this sketch, as happens when it is started anew or many others were opened since;"
    " reload the page, and your draft comes back."
)


@dataclass
class Origin:
    """`base` is the kept sketch that the text came of; `key` deletes it if it was kept from this page.

    `source` says whose it was where it came from elsewhere: by a link that holds it, or with the house.
    `examples` are the results frozen with the sketch; `lineage` whose sketches it came of. `record` is its last result.
    """

    of: int = 0
    base: KeptSketch | None = None
    key: str | None = None
    source: Ancestor | None = None
    examples: list[Record] = field(default_factory=list)
    lineage: list[Ancestor] = field(default_factory=list)
    record: Record | None = None
    brought: list[Record] = field(default_factory=list)
    """The results that its name in an address brings along whenever it is looked up."""
    sought: bool = False
    """Whether that name could not be looked up just now, so that nobody knows yet whose it is."""
    holds: object = None
    """What the browser holds of the examples beside its draft, as it was told last: nothing where all are kept."""
    loose: bool = False
    """Whether the examples are too large for it."""
    lost: bool = False
    """Whether this is none that the page has opened here: nothing may be kept, linked or published without it."""


@dataclass
class PadSession(PieceSession):
    """What the texts of the pad came of, by number; 0 is for the draft that the browser brought."""

    origins: dict[int, Origin] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock, repr=False)
    """Held by a press under the pad, so that the next one finds what it did."""

    def __deepcopy__(self, memo: object) -> PadSession:
        """Each page begins with an empty one."""
        return PadSession()

    def at(self, of: object) -> Origin:
        """What a text came of by the number that the page says."""
        number = _number(of)
        return self.origins.get(number) or Origin(number, lost=True)

    def draft(self, of: object) -> Origin:
        """What the draft came of that the browser brought: of nothing, until that is found again."""
        number = _number(of)
        return self.origins.get(number) or self._held(Origin(number))

    def begin(self, came: Origin) -> Origin:
        """Another sketch in the place of the one that was there, under a number of its own."""
        self.leave()
        came.of = next(numbers)
        return self._held(came)

    def leave(self) -> None:
        """The page shows another sketch from now on: the run and the result beside the pad were not of that."""
        self.stop()
        self.record = None

    def _held(self, origin: Origin) -> Origin:
        self.origins[origin.of] = origin
        for old in list(self.origins)[:-MOST_ORIGINS]:
            del self.origins[old]
        return origin


def _number(of: object) -> int:
    """The number that a page says; anything else means its draft."""
    return of if type(of) is int else 0
