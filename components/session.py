"""What one open page holds on the server: its run, while it goes and afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from components.lanes import Board
from swatchbook.runner import Performance
from swatchbook.runs import Run


@dataclass
class Session:
    """One page's run. Changed in place: it is never sent anywhere."""

    performance: Performance | None = None
    run: Run | None = None
    board: Board | None = None

    def __deepcopy__(self, memo: object) -> Session:
        """Each page begins with an empty one."""
        return Session()

    def stop(self) -> None:
        if self.performance is not None:
            self.performance.stop()
