"""What one open page holds on the server: its run, while it goes and afterwards, and what is being made of it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from components.look import Look, by_key
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


class Lock:
    """A lock that one thread may take again; a copy of what holds it gets one of its own, as Gradio's copies need."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __deepcopy__(self, memo: object) -> Lock:
        return Lock()


@dataclass
class Session:
    """One page's run. Changed in place: it is never sent anywhere.

    `kept` is the id under which the archive holds the run as it is now, `key` what
    deletes it if it was kept from this page; `before` the run that it was to repeat.
    `order` is how a blind reader sees the lanes; empty, the names are shown. `reading` is the sample
    that is read token by token, as markup. `drafted` is the run that the browser holds as a draft, with
    whether its names were hidden; `settled` the id of the draft that was kept. `own` are the ids of notes
    that were written on this page and can be removed again. What changes the run, or keeps it, holds the `lock`.
    """

    performance: Performance | None = None
    run: Run | None = None
    kept: str | None = None
    key: str | None = None
    before: Run | None = None
    order: tuple[str, ...] = ()
    composing: Composing | None = None
    reading: str = ""
    drafted: tuple[Run, bool] | None = None
    settled: str = ""
    own: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock, repr=False)

    def __deepcopy__(self, memo: object) -> Session:
        """Each page begins with an empty one."""
        return Session()

    def stop(self) -> None:
        if self.performance is not None:
            self.performance.stop()

    def show(self, run: Run, kept: str | None = None, before: Run | None = None) -> None:
        """Put another run in the place of this one."""
        self.run, self.kept, self.key, self.before = run, kept, None, before
        self.order, self.composing, self.reading = (), None, ""

    def ended(self, run: Run) -> None:
        """The run that was performed, as it has become; it is kept nowhere yet."""
        self.performance, self.run, self.kept, self.key = None, run, None, None

    def change(self, change: Callable[[Run], Run]) -> None:
        """Change the run. One that is kept stays as it is: the change is made on a child of it."""
        if self.run is None:
            return
        changed = change(self.run)
        if self.kept is not None:
            born = {"id": new_id(), "created": now(), "parent": self.kept, "relation": "notes"}
            changed = changed.model_copy(update=born)
        self.run, self.kept, self.key = changed, None, None

    def lane_id(self, key: str) -> str:
        """The lane that the page calls so; see `Look.key`."""
        return by_key(key, self.order)

    def look(self, shelf: Shelf) -> Look:
        return Look(shelf, self.order)

    def hide(self, run: Run) -> None:
        """Hide the names of the run's lanes, in an order of their own."""
        order = [lane.id for lane in run.lanes]
        random.SystemRandom().shuffle(order)
        self.order, self.reading = tuple(order), ""
