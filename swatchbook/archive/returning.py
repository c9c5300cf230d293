"""What an empty disk gets back: the documents that the archive repository holds, a few at a time.

A Space that restarts begins with nothing. Any link brings its own document back
at once; this brings the others, so that lists and families are whole again.
Asks nothing where the disk holds anything already.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from swatchbook.archive import envelope
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.repository import Refusal, Repository
from swatchbook.archive.store import Archive

log = logging.getLogger(__name__)

MOST = 5000
"""Documents that are brought back; what is beyond them comes by its link."""
AT_ONCE = 10
PACE = 2.0
"""Seconds between two bringings of so many: five a second, well within what the Hub allows."""
_FILE = re.compile(r"kept/[^/]+/([A-Za-z0-9_-]{22,64})\.json")


class Returning:
    """Used by one thread. `deadline` gives a call's end on the monotonic clock."""

    def __init__(self, archive: Archive, repository: Repository, deadline: Callable[[], float]) -> None:
        self._archive, self._repository, self._deadline = archive, repository, deadline
        self._waiting: list[str] | None = None
        """Ids that are still to come; None until it was looked whether any are."""

    @property
    def left(self) -> int:
        """How many are still to come, as far as it is known."""
        return len(self._waiting or ())

    def step(self) -> bool:
        """Bring some back; whether more are to come. Raises ArchiveError, after which it goes on where it was."""
        if self._waiting is None:
            self._waiting = self._missing()
        for id in self._waiting[:AT_ONCE]:
            self._bring(id)
            self._waiting.remove(id)
        return bool(self._waiting)

    def _missing(self) -> list[str]:
        if self._archive.taken()[0] > 0:
            return []
        paths = self._repository.list("kept", self._deadline())
        found = (_FILE.fullmatch(path) for path in paths)
        return [match[1] for match in found if match and envelope.path(match[1]) == match[0]][:MOST]

    def _bring(self, id: str) -> None:
        """One document; one that cannot be read is left where it is, and its link says why."""
        if self._archive.entry(id) is not None:
            return
        until = self._deadline()
        file = self._repository.read(envelope.path(id), until)
        if file is None:
            return
        try:
            self._archive.restore(envelope.unpack(id, file, lambda path: self._repository.read(path, until)))
        except Refusal:
            raise
        except ArchiveError as error:
            log.warning("a document of the archive repository is not brought back: %s", error)
