"""What one open page holds of its sketch: what it came of, what is frozen with it, and where it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from components.piece_actions import PieceSession
from swatchbook.sketch.kept import Ancestor, KeptSketch
from swatchbook.sketch.record import Record


@dataclass
class PadSession(PieceSession):
    """`base` is the kept sketch that is open here, or that this one came of; `key` deletes it if it was kept here.

    `examples` are the results frozen with the sketch; `lineage` whose sketches it came of.
    """

    base: KeptSketch | None = None
    key: str | None = None
    examples: list[Record] = field(default_factory=list)
    lineage: list[Ancestor] = field(default_factory=list)

    def __deepcopy__(self, memo: object) -> PadSession:
        """Each page begins with an empty one."""
        return PadSession()

    def begin(
        self, base: KeptSketch | None = None, examples: Sequence[Record] = (), lineage: Sequence[Ancestor] = ()
    ) -> None:
        """Another sketch in the place of this one."""
        self.stop()
        self.base, self.key, self.record = base, None, None
        self.examples, self.lineage = list(examples), list(lineage)
