"""Links whose documents are not on this disk: brought back from the archive repository, after a restart say.

Anybody can open any link, and each costs the repository a question; so they are
asked a few at a time, so many a minute, and none just after it failed: its quota
serves the copying, too.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from swatchbook.archive import envelope
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.repository import Refusal, Repository, deadline
from swatchbook.archive.store import Archive

PATIENCE = 8.0
"""Seconds that somebody who opens a link waits for the repository."""
AT_ONCE = 4
OPENINGS, MINUTE = 60, 60.0
"""Links that are asked for, in so many seconds."""
REST = 5.0
"""Seconds for which a repository that failed is not asked."""


class Restoring:
    """Usable from any thread. `seconds` is what a link may take, told by the monotonic clock."""

    def __init__(self, archive: Archive, repository: Repository, seconds: float, clock: Callable[[], float]) -> None:
        self._archive, self._repository, self._seconds, self._clock = archive, repository, seconds, clock
        self._lock, self._slots = threading.Lock(), threading.BoundedSemaphore(AT_ONCE)
        self._asked: deque[float] = deque(maxlen=OPENINGS)
        self._rest, self._why = float("-inf"), ""

    def restore(self, id: str) -> bool:
        """Bring a document back; False where the repository holds none, or it was deleted here.

        Raises ArchiveError where the repository cannot say, or what it holds cannot be read.
        """
        if not envelope.is_id(id):
            return False
        if self._archive.entry(id) is not None:
            return True
        until = deadline(self._seconds)
        with self._asking():
            file = self._repository.read(envelope.path(id), until)
            if file is None:
                return False
            record = envelope.unpack(id, file, lambda path: self._repository.read(path, until))
        return self._archive.restore(record)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Raises ArchiveError where the repository may not be asked now, and for a Refusal in the block."""
        self._check()
        if not self._slots.acquire(timeout=self._seconds):
            raise ArchiveError(_MANY)
        try:
            yield
        except Refusal as error:
            then = "tell whoever runs this Swatchbook" if error.lasting else "try again in a moment"
            why = f"Whether this was kept cannot be said now, because {error.cause}; {then}."
            with self._lock:
                self._rest, self._why = self._clock() + max(REST, error.pause), why
            raise ArchiveError(why) from None
        finally:
            self._slots.release()

    def _check(self) -> None:
        with self._lock:
            now = self._clock()
            if now < self._rest:
                raise ArchiveError(self._why)
            if len(self._asked) == OPENINGS and now - self._asked[0] < MINUTE:
                raise ArchiveError(_MANY)
            self._asked.append(now)


_MANY = "Many links that are unknown here were opened just now; try again in a minute."
