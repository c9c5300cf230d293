"""What one open page holds on the server: its run, while it goes and afterwards, and what is being made of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from components.look import Look
from swatchbook.notes import Span
from swatchbook.runner import Performance
from swatchbook.runs import Run
from swatchbook.shelf import Shelf
from swatchbook.strict import new_id, now


@dataclass
class Composing:
    """A note that is being written: where, and what it answers or contests."""

    at: list[Span] = field(default_factory=list)
    answers: str | None = None
    tag: str | None = None
    contests: bool = False


@dataclass
class Session:
    """One page's run. Changed in place: it is never sent anywhere.

    `kept` is the id under which the archive holds the run as it is now, `key` what
    deletes it if it was kept from this page; `before` the run that it was to repeat.
    `order` is how a blind reader sees the lanes; empty, the names are shown.
    """

    performance: Performance | None = None
    run: Run | None = None
    kept: str | None = None
    key: str | None = None
    before: Run | None = None
    order: tuple[str, ...] = ()
    composing: Composing | None = None

    def __deepcopy__(self, memo: object) -> Session:
        """Each page begins with an empty one."""
        return Session()

    def stop(self) -> None:
        if self.performance is not None:
            self.performance.stop()

    def show(self, run: Run, kept: str | None = None, before: Run | None = None) -> None:
        """Put another run in the place of this one."""
        self.run, self.kept, self.key, self.before = run, kept, None, before
        self.order, self.composing = (), None

    def change(self, change: Callable[[Run], Run]) -> None:
        """Change the run. One that is kept stays as it is: the change is made on a child of it."""
        if self.run is None:
            return
        changed = change(self.run)
        if self.kept is not None:
            born = {"id": new_id(), "created": now(), "parent": self.kept, "relation": "notes"}
            changed = changed.model_copy(update=born)
        self.run, self.kept, self.key = changed, None, None

    def look(self, shelf: Shelf) -> Look:
        return Look(shelf, self.order)

    def hide(self, run: Run) -> None:
        """Hide the names of the run's lanes, in an order of their own."""
        order = [lane.id for lane in run.lanes]
        random.SystemRandom().shuffle(order)
        self.order = tuple(order)
