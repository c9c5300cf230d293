"""What one open page holds of its sketch: what it came of, what is frozen with it, and where it is kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from components.piece_actions import PieceSession
from swatchbook.sketch.kept import Ancestor, KeptSketch
from swatchbook.sketch.record import Record

MOST_ORIGINS = 50
numbers = itertools.count(1)
"""Tell the states apart that the server sends to the pad and to what lies beside it."""


@dataclass
class Origin:
    """`base` is the kept sketch that the text came of; `key` deletes it if it was kept from this page.

    `source` says whose it was where it came from elsewhere: by a link that holds it, or with the house.
    `examples` are the results frozen with the sketch; `lineage` whose sketches it came of.
    """

    base: KeptSketch | None = None
    key: str | None = None
    source: Ancestor | None = None
    examples: list[Record] = field(default_factory=list)
    lineage: list[Ancestor] = field(default_factory=list)


@dataclass
class PadSession(PieceSession):
    """`of` is the number of what the text on the pad came of; stepping back to a text steps back to its origin, too."""

    of: int = 0
    origins: dict[int, Origin] = field(default_factory=lambda: {0: Origin()})

    def __deepcopy__(self, memo: object) -> PadSession:
        """Each page begins with an empty one."""
        return PadSession()

    @property
    def origin(self) -> Origin:
        return self.origins[self.of]

    def begin(
        self,
        base: KeptSketch | None = None,
        examples: Sequence[Record] = (),
        lineage: Sequence[Ancestor] = (),
        source: Ancestor | None = None,
    ) -> None:
        """Another sketch in the place of this one."""
        self.stop()
        self.of, self.record = next(numbers), None
        self.origins[self.of] = Origin(base, None, source, list(examples), list(lineage))
        for old in list(self.origins)[1:-MOST_ORIGINS]:
            del self.origins[old]

    def go(self, of: object) -> None:
        """Back to the origin of a text that was stepped back to; one that is forgotten is none."""
        self.stop()
        self.of, self.record = of if isinstance(of, int) and of in self.origins else 0, None
