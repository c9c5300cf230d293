"""Fetched models on disk: what is there, how much room is left, and deletion.

A model lies in `<folder>/<owner>--<name>/<commit>/`; it is whole once its
record is there. Knows folders and bytes, not the network. Nothing is deleted
unless someone asks. Usable from any thread.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import ValidationError

from swatchbook.hub import record, room
from swatchbook.hub.errors import Absent, BadName, Refused
from swatchbook.hub.facts import Facts
from swatchbook.hub.record import Damaged, Fetched, read_record
from swatchbook.hub.room import Room, disk_refusal, folder_size, in_words
from swatchbook.runs import ModelRef, RunError

log = logging.getLogger(__name__)

FULL_COMMIT = 40
_TRASH = ".deleted-"
_LOCKS = ".locks"
"""The folder of a file for each model, which the process holds that fetches or deletes it."""

State = Literal["whole", "fetching", "unfinished", "damaged"]
Order = Literal["biggest", "oldest"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One model's folder. `size` in bytes; `used` in seconds since 1970, None for what is not whole.

    `problem` says in one sentence what is the matter with a model that is not whole.
    """

    ref: ModelRef
    folder: Path
    state: State
    size: int
    used: float | None = None
    record: Fetched | None = None
    problem: str | None = None

    @property
    def facts(self) -> Facts | None:
        """What was known of the model on the day it was fetched."""
        return self.record.facts if self.record else None

    @property
    def fetched(self) -> str | None:
        """When it was fetched, in UTC, as ISO 8601."""
        return self.record.fetched if self.record else None


class Disk:
    """The folder of fetched models, and the `most` bytes that they may take together."""

    def __init__(
        self,
        folder: Path,
        most: int,
        room: Callable[[Path], tuple[int, int]] = room.disk_room,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`room` tells all and free bytes of the disk that a folder is on; `clock` seconds since 1970."""
        self.folder, self.most = folder, most
        self._disk_room, self._clock = room, clock
        self._held: dict[ModelRef, int] = {}
        self._lock = threading.RLock()
        for leftover in folder.glob(f"{_TRASH}*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def place(self, ref: ModelRef) -> Path:
        """The folder for this model, whether or not it is there. Raises BadName."""
        name = ref.repo.replace("/", "--")
        if ref.source != "hub" or _repo(name) != ref.repo or len(ref.commit or "") != FULL_COMMIT:
            raise BadName(f"{str(ref)[:120]} is no model of the Hub at a full commit; find it in Browse.")
        place = self.folder / name / str(ref.commit)
        if place.resolve() != self.folder.resolve() / name / place.name:
            raise BadName(f"The folder of {ref.repo} is a link to elsewhere; remove the link by hand.")
        return place

    def models(self, order: Order = "biggest") -> list[Kept]:
        """Everything on disk, also what is unfinished or damaged; `oldest` means longest unused."""
        with self._lock:
            found = [self._look(ref, place) for ref, place in self._places()]
        if order == "oldest":
            return sorted(found, key=lambda kept: (kept.used or 0.0, str(kept.ref)))
        return sorted(found, key=lambda kept: (-kept.size, str(kept.ref)))

    def find(self, ref: ModelRef) -> Kept | None:
        """The whole model that this names. A beginning of a commit will do; without one it is the last fetched."""
        if ref.source != "hub":
            return None
        with self._lock:
            found = [self._look(each, place) for each, place in self._places(ref.repo.replace("/", "--"))]
        named = [kept for kept in found if kept.record and str(kept.ref.commit).startswith(ref.commit or "")]
        return max(named, key=lambda kept: kept.fetched or "", default=None)

    def locate(self, ref: ModelRef) -> Path:
        """The folder of a whole model that is about to be used. Raises RunError."""
        kept = self.find(ref)
        if kept is None:
            raise RunError(f"{ref.repo} is not fetched yet; open it in Browse and fetch it.")
        self.touch(kept.ref)
        return kept.folder

    def touch(self, ref: ModelRef) -> None:
        """Note that a model is used now."""
        now = self._clock()
        try:
            os.utime(self.place(ref) / record.NAME, (now, now))
        except OSError as error:
            # A disk that can only be read holds models all the same; when they were used is then not known.
            log.info("%s: the time of use could not be noted: %s", ref, error)

    def delete(self, ref: ModelRef, idle: float = 0.0) -> int:
        """Take a model off the disk, whole or not, and return the bytes that this frees.

        Safe while the model is loaded: its weights are in memory then. Raises Refused while it is being fetched, or
        when it was used or fetched in the last `idle` seconds; Absent when it is not there.
        """
        place = self.place(ref)
        with self._lock:
            if ref in self._held:
                raise Refused(f"{ref.repo} is being fetched; stop that first, and delete it a moment later.")
            if not place.exists():
                raise Absent(f"{ref.repo} is not on this disk any more.")
            if self._clock() - _changed(place) < idle:
                raise Refused(f"{ref.repo} was used or fetched in the last {idle / 60:.0f} minutes; delete it later.")
            size = folder_size(place)
            with self._alone(ref, deleting=True):
                gone = self._hide(place)
        shutil.rmtree(gone, ignore_errors=True)
        if gone.exists():
            raise Refused(f"{ref.repo} is off the list, and some of its files stayed in {gone.name}; remove that.")
        return size

    def left(self) -> int:
        """Bytes of the allowance that are not taken."""
        with self._lock:
            return max(self.most - self._taken(), 0)

    def free(self) -> int:
        """Bytes of the disk itself that models may still take."""
        with self._lock:
            return max(self._spare(), 0)

    @contextmanager
    def reserve(self, ref: ModelRef, total: int) -> Iterator[Path]:
        """The model's folder, and room for `total` bytes in it, until the block ends.

        Raises Refused when there is no room, or when it is reserved already, here or by another process; OSError when
        no folder can be made.
        """
        place = self.place(ref)
        with self._lock:
            if ref in self._held:
                raise Refused(f"{ref.repo} is being fetched already; wait for it.")
            self._room().check(max(total - folder_size(place), 0), total, self._deletable(ref))
            self._held[ref] = total
        try:
            with self._alone(ref):
                place.mkdir(parents=True, exist_ok=True)
                yield place
        finally:
            with self._lock:
                del self._held[ref]

    @contextmanager
    def _alone(self, ref: ModelRef, deleting: bool = False) -> Iterator[None]:
        """A model for this process alone. Raises Refused while another process has it, or where nothing is written:
        but a full disk stops no deletion."""
        place = self.place(ref)
        lock = FileLock(self.folder / _LOCKS / f"{place.parent.name}--{place.name}")
        try:
            (self.folder / _LOCKS).mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except Timeout:
            raise Refused(f"{ref.repo} is being fetched by another Swatchbook on this folder; wait for it.") from None
        except OSError as error:
            if not deleting:
                raise disk_refusal(error) from None
        try:
            yield
        finally:
            lock.release()

    def _places(self, name: str = "[!.]*") -> Iterator[tuple[ModelRef, Path]]:
        """Folders that are a model's by their names; others are left alone."""
        for path in self.folder.glob(f"{name}/*"):
            try:
                ref = ModelRef(source="hub", repo=_repo(path.parent.name), commit=path.name)
                if self.place(ref) == path and path.is_dir():
                    yield ref, path
            except (ValidationError, BadName):
                log.debug("%s is no model's folder", path.name)

    def _look(self, ref: ModelRef, place: Path) -> Kept:
        size = folder_size(place)
        state: State = "fetching" if ref in self._held else "damaged"
        try:
            found = read_record(place, ref)
            if found:
                return Kept(ref, place, "whole", size, (place / record.NAME).stat().st_mtime, found)
        except (Damaged, OSError) as error:
            reason = str(error) if isinstance(error, Damaged) else f"its {record.NAME} cannot be read"
            return Kept(ref, place, state, size, problem=f"Damaged: {reason}; delete it, or fetch it again.")
        if state == "fetching":
            return Kept(ref, place, state, size)
        return Kept(ref, place, "unfinished", size, problem=f"Unfinished, {in_words(size)}; go on, or delete it.")

    def _hide(self, place: Path) -> Path:
        """Take a folder out of the list in one step, so that nothing half-deleted is ever found."""
        gone = self.folder / f"{_TRASH}{uuid.uuid4().hex}"
        try:
            place.rename(gone)
        except OSError as error:
            raise Refused(f"This model could not be deleted ({error.strerror}); check who owns its folder.") from None
        with suppress(OSError):  # another commit of the model lies there, or comes there now
            place.parent.rmdir()
        return gone

    def _room(self) -> Room:
        return Room(self._taken(), self.most, self._spare())

    def _taken(self) -> int:
        """Bytes that models take, counting what is being fetched as if it were there."""
        sizes = {ref: folder_size(place) for ref, place in self._places()}
        return sum(max(sizes.get(ref, 0), self._held.get(ref, 0)) for ref in sizes.keys() | self._held.keys())

    def _spare(self) -> int:
        total, free = self._disk_room(self.folder)
        coming = sum(max(size - folder_size(self.place(ref)), 0) for ref, size in self._held.items())
        return free - coming - room.reserve(total)

    def _deletable(self, besides: ModelRef | None = None) -> list[tuple[str, int]]:
        kept = [each for each in self.models() if each.size and each.ref not in self._held and each.ref != besides]
        return [(each.ref.repo, each.size) for each in kept]


def _changed(place: Path) -> float:
    """When anything in a folder was last written or, by its record, used: seconds since 1970."""
    times = [0.0]
    for path in place.iterdir():
        with suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return max(times)


def _repo(name: str) -> str:
    """The repository that a folder is named after."""
    return name.replace("--", "/")
