"""The mirror: copies what is kept to the archive repository, and takes out of it what was deleted.

One thread does the copying, a few documents to a commit, and tries again for as
long as it takes; what it has not done yet stands in the archive itself, so
nothing depends on it having run. Mirrors of other processes and machines may
share the repository: the same document is the same file, whoever writes it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from swatchbook.archive import envelope
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.repository import Refusal, Repository, deadline
from swatchbook.archive.restoring import PATIENCE, Restoring
from swatchbook.archive.returning import PACE as RETURN_PACE
from swatchbook.archive.returning import Returning
from swatchbook.archive.store import Archive

log = logging.getLogger(__name__)

DEADLINE = 60.0
"""Seconds that one commit may take, with the questions around it and without its bytes."""
PACE = 100_000
"""Bytes a second, at the least, of a line that will do."""
BATCH, BATCH_BYTES = 50, 10_000_000
"""Most documents in a commit, and bytes if they are more than one."""
FIRST, LONGEST = 5.0, 300.0
"""Seconds before a failure is tried again for the first time, and at the most; what needs mending waits the most."""
IDLE = 60.0
"""Seconds after which it looks by itself, for what another process kept."""
HOUR = 3600.0
"""Seconds between two looks at whether the repository is private, or at a document that alone was refused."""
QUICK, SLOW = 50, 60.0
"""Commits in an hour that are made at once, and seconds between those after them: the Hub takes 128 an hour."""
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How far the mirror is. `waiting` documents are not copied, `leaving` ones not taken out, each counted up to 1000.

    `error` is why, in a sentence, or empty. `again` are the seconds until it is tried
    again; None where it is at work, or has nothing to do. `warning` is a sentence, or empty.
    `returning` documents are still to be brought back to a disk that was empty.
    """

    waiting: int
    leaving: int
    error: str = ""
    again: float | None = None
    warning: str = ""
    returning: int = 0


class Mirror:
    """Keeps a Hub dataset in step with an archive. Usable from any thread.

    `clock` tells when something is due; a call's own end is told by the monotonic clock,
    `commit_seconds` after its beginning, or `open_seconds` where somebody waits for it.
    """

    def __init__(
        self,
        archive: Archive,
        repo: str,
        token: str,
        endpoint: str,
        *,
        offline: bool = False,
        clock: Callable[[], float] = time.monotonic,
        commit_seconds: float = DEADLINE,
        open_seconds: float = PATIENCE,
    ) -> None:
        self._archive, self._offline, self._clock = archive, offline, clock
        self._commit_seconds = commit_seconds
        self._closing, self._wake = threading.Event(), threading.Event()
        self._repository = Repository(repo, token, endpoint, offline, self._closing.is_set)
        self._thread: threading.Thread | None = None
        self._work = threading.Lock()
        self._due, self._failures, self._error, self._warning = 0.0, 0, "", ""
        self._looked: float | None = None
        self._commits: deque[float] = deque(maxlen=QUICK)
        self._batch = BATCH
        self._tried: set[str] = set()
        """What may be in the repository without anybody having said so."""
        self._aside: dict[str, tuple[float, str]] = {}
        """What the repository takes no copy of: when to try again, and why."""
        self._returning = Returning(archive, self._repository, lambda: deadline(self._commit_seconds))
        self._restoring = Restoring(archive, self._repository, open_seconds, clock)

    def start(self) -> None:
        """Begin to copy, in a thread of its own."""
        if self._thread is None and not (self._offline or self._closing.is_set()):
            self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop, within a second even where a call hangs; what it would have done is done after the next start."""
        self._closing.set()
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=1.0)
        self._repository.close()

    def nudge(self) -> None:
        """Something was kept or deleted: copy it now, unless a pause after a failure is under way."""
        self._wake.set()

    def settled(self, id: str) -> bool:
        """Whether the repository holds this document, as far as it has said so. Raises ArchiveError."""
        entry = self._archive.entry(id)
        return entry is not None and entry.mirrored

    def state(self) -> MirrorState:
        """How far it is. Raises ArchiveError when the archive's file cannot be read."""
        waiting, leaving = len(self._archive.waiting(COUNTED)), len(self._archive.leaving(COUNTED))
        if self._offline:
            return MirrorState(waiting, leaving, _OFFLINE)
        aside, due = dict(self._aside), self._due
        error = self._error or next((why for _, why in aside.values() if waiting), "")
        if aside and not self._error and waiting <= len(aside):
            due = min(until for until, _ in aside.values())
        left = due - self._clock()
        quiet = not (waiting or leaving or self._error)
        again = None if quiet or left <= 0 else left
        return MirrorState(waiting, leaving, error, again, self._warning, self._returning.left)

    def restore(self, id: str) -> bool:
        """Bring a document that is unknown here back from the repository; False where it holds none, or it was deleted.

        Raises ArchiveError where the repository cannot say, or what it holds cannot be read.
        """
        return self._restoring.restore(id)

    def round(self) -> float:
        """Copy and take out what is due, once. The seconds until there may be something to do again. Raises nothing."""
        with self._work:
            left = self._due - self._clock()
            if left > 0 or self._closing.is_set() or self._offline:
                return left if left > 0 else IDLE
            try:
                more = self._step()
            except ArchiveError as error:
                self._due = self._clock() + self._failed(error)
            except Exception as error:  # noqa: BLE001 - if the thread ended here, nothing would be copied any more
                log.error("copying the archive met a fault of its own: %s", type(error).__name__)
                self._due = self._clock() + self._failed(ArchiveError(_FAULT))
            else:
                if self._error:
                    log.info("the archive is copied again")
                self._failures, self._error = 0, ""
                if not more:
                    return IDLE
            return max(self._due - self._clock(), 0.0)

    def _run(self) -> None:
        while not self._closing.is_set():
            left = self.round()
            self._wake.wait(left)
            self._wake.clear()

    def _failed(self, error: ArchiveError) -> float:
        """The seconds to wait after this failure."""
        if self._error != str(error) and not self._closing.is_set():
            log.warning("the archive is not copied: %s", error)
        self._failures, self._error = self._failures + 1, str(error)
        pause = min(FIRST * 2 ** min(self._failures - 1, 10), LONGEST)
        if isinstance(error, Refusal):
            pause = max(LONGEST if error.lasting else pause, error.pause)
        return pause

    def _step(self) -> bool:
        """One commit of each sort, at most, and some of what an empty disk gets back; whether there is more.

        Raises ArchiveError.
        """
        self._remember()
        self._copy()
        if leaving := self._archive.leaving(BATCH):
            self._take_out(leaving)
        self._look()
        waiting = self._archive.waiting(len(self._aside) + 1)
        if self._returning.step():
            self._due = max(self._due, self._clock() + RETURN_PACE)
            return True
        return not self._aside.keys() >= set(waiting) or bool(self._archive.leaving(1))

    def _look(self) -> None:
        """Find out now and then whether the repository can be used, and who can read it."""
        if self._looked is not None and self._clock() - self._looked < HOUR:
            return
        private = self._repository.is_private(deadline(self._commit_seconds))
        self._warning = "" if private else _PUBLIC.format(self._repository.name)
        self._looked = self._clock()

    def _remember(self) -> None:
        """Let go of what was settled or deleted meanwhile; what may have been copied before that is to be taken out."""
        for id in [*self._tried]:
            entry = self._archive.entry(id)
            if entry is None:
                self._archive.settle(ids=[id])
            if entry is None or entry.mirrored:
                self._tried.discard(id)
        now = self._clock()
        self._aside = {
            id: told for id, told in self._aside.items() if told[0] > now and self._archive.entry(id) is not None
        }

    def _take_out(self, ids: list[str]) -> None:
        paths = [path for id in ids for path in (envelope.path(id), envelope.folder(id))]
        self._count_commit()
        self._repository.remove(paths, f"Remove {_documents(len(ids))}", deadline(self._commit_seconds))
        self._archive.settle(gone=ids)

    def _copy(self) -> None:
        """Commit some of what waits. What is refused in company is tried with less of it; alone, it is set aside."""
        ids, files = self._gathered()
        if not ids:
            return
        self._tried.update(ids)
        self._archive.carry(ids)
        self._count_commit()
        until = deadline(self._commit_seconds + sum(map(len, files.values())) / PACE)
        try:
            self._repository.write(files, f"Keep {_documents(len(ids))}", until)
        except Refusal as error:
            if not error.personal:
                raise
            if len(ids) == 1:
                self._set_aside(ids[0], error)
            self._batch = len(ids) // 2 or BATCH
            return
        self._batch = BATCH
        self._archive.settle(ids=ids)
        self._tried.difference_update(ids)

    def _gathered(self) -> tuple[list[str], dict[str, bytes]]:
        """The oldest that wait, as many as a commit takes, and their files."""
        ids: list[str] = []
        files: dict[str, bytes] = {}
        size = 0
        for id in self._archive.waiting(BATCH + len(self._aside)):
            if len(ids) == self._batch:
                break
            record = None if id in self._aside else self._archive.record(id)
            if record is None:
                continue
            try:
                packed = envelope.pack(record)
            except ArchiveError as error:
                self._set_aside(id, error)
                continue
            size += sum(map(len, packed.values()))
            if ids and size > BATCH_BYTES:
                break
            ids, files = [*ids, id], files | packed
        return ids, files

    def _set_aside(self, id: str, error: ArchiveError) -> None:
        log.warning("a document of the archive is not copied: %s", error)
        self._aside = self._aside | {id: (self._clock() + HOUR, str(error))}

    def _count_commit(self) -> None:
        """Keep commits apart when there were many in the last hour."""
        now = self._clock()
        crowded = len(self._commits) == QUICK and now - self._commits[0] < HOUR
        self._due = now + (SLOW if crowded else 0.0)
        self._commits.append(now)


def _documents(count: int) -> str:
    return f"{count} document{'' if count == 1 else 's'}"


_OFFLINE = "Swatchbook was started without a network (HF_HUB_OFFLINE), so the archive repository is not asked."
_FAULT = "Copying the archive met a fault of its own; look into the log, and restart Swatchbook."
_PUBLIC = (
    "The archive repository {} is public, so everybody can read in it what is kept here; make it private on the Hub."
)
