"""One file of a model on its way to disk: in part, checked, and only then under its own name.

What arrived stays in `<name>.part` when a transfer ends early, and the next
one goes on from there. Knows one file, not what it is for.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from swatchbook.hub.errors import Away, Limited, Refused, Troubled
from swatchbook.hub.facts import File
from swatchbook.hub.room import disk_refusal
from swatchbook.hub.transport import Stopped

TRIES = 3
"""How often a transfer is begun again where the line breaks without a byte in between."""
PAUSE = 6.0
"""Seconds before it is begun again, and twice as many the second time: longer than the wire leaves a host alone."""
LONGEST_REST = 30.0
"""Most seconds to wait where the Hub asks for patience."""
_PORTION = 1_000_000

OpenRaw = Callable[[Path], io.FileIO]


class Transfers(Protocol):
    """The part of the wire that brings files."""

    def transfer(
        self,
        path: str,
        file: BinaryIO,
        *,
        have: int,
        size: int,
        heard: Callable[[int], None],
        stopped: Callable[[], bool],
    ) -> None: ...


class Attended(Protocol):
    """Who waits for the file: told of its bytes on disk, asked whether to stop."""

    def found(self, here: int) -> None:
        """So many bytes of it are there already."""

    def told(self, here: int) -> None:
        """So many bytes of it are there now."""

    def checking(self) -> None:
        """All of it is there and is looked through."""

    def wanted(self) -> bool:
        """Whether anybody still wants it."""

    def late(self) -> bool:
        """Whether the transfer is to end, because it is not wanted or brings nothing."""

    def rest(self, seconds: float) -> None:
        """Wait, or less if the file is not wanted any more."""


def open_raw(path: Path) -> io.FileIO:
    """A file to be read and written without a buffer, made if it is not there. Raises OSError."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644), "r+b", buffering=0)


@dataclass(frozen=True, slots=True)
class Porter:
    """Brings files. `opener` opens the partial ones, `pause` is in seconds."""

    wire: Transfers
    opener: OpenRaw = open_raw
    pause: float = PAUSE

    def bring(self, address: str, file: File, folder: Path, attended: Attended) -> None:
        """Have the file in the folder, checked, from this address of the Hub.

        Raises HubError, Stopped when it is not wanted any more, OSError when the disk fails.
        """
        target, part = folder / file.path, folder / f"{file.path}.part"
        if target.is_file() and _is(target, file, attended):
            attended.found(file.size)
            return
        for _ in range(2):
            self._fill(address, file, part, attended)
            if _is(part, file, attended):
                part.replace(target)
                return
            part.unlink()
            attended.found(0)
        raise Refused(f"{file.path} arrived damaged twice; try again later, or choose another model.")

    def _fill(self, address: str, file: File, part: Path, attended: Attended) -> None:
        """Go on with the part until it has its full size."""
        failures = 0
        with self.opener(part) as raw:
            steady = _Steady(raw, file.size)
            while (have := steady.end()) < file.size:
                attended.found(have)
                try:
                    self._transfer(address, file, steady, have, attended)
                except Away as error:
                    failures = 1 if steady.tell() > have else failures + 1
                    pause = self.pause * failures + (error.seconds if isinstance(error, Limited) else 0)
                    if failures >= TRIES or pause > LONGEST_REST or attended.late():
                        raise
                    if steady.tell() < file.size:
                        attended.rest(pause)
            attended.found(have)
            steady.sync()

    def _transfer(self, address: str, file: File, steady: _Steady, have: int, attended: Attended) -> None:
        def heard(_: int = 0) -> None:
            attended.told(steady.tell())

        try:
            self.wire.transfer(
                address, cast(BinaryIO, steady), have=have, size=file.size, heard=heard, stopped=attended.late
            )
        finally:
            heard()


class _Steady:
    """A file of at most `size` bytes, whose own failures are not taken for the network's."""

    def __init__(self, raw: io.FileIO, size: int) -> None:
        self._raw, self._size = raw, size
        self.seek, self.tell, self.truncate = raw.seek, raw.tell, raw.truncate

    def end(self) -> int:
        """Go to the end of what is there, and say where that is."""
        return self._raw.seek(0, os.SEEK_END)

    def write(self, data: bytes) -> int:
        """All of the data, or an error: Refused where the disk takes no more, Troubled where the file is longer."""
        left = memoryview(data)[: self._size - self._raw.tell()]
        whole = len(left) == len(data)
        try:
            while left:
                left = left[self._raw.write(left) :]
        except OSError as error:
            raise disk_refusal(error) from None
        if not whole:
            raise Troubled("The Hub sends more than it says the file holds; try again in a moment.")
        return len(data)

    def sync(self) -> None:
        os.fsync(self._raw.fileno())


def _is(path: Path, file: File, attended: Attended) -> bool:
    """Whether these are the very bytes that the Hub lists. Raises Stopped."""
    if path.stat().st_size != file.size:
        return False
    attended.checking()
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as read:
        while portion := read.read(_PORTION):
            if not attended.wanted():
                raise Stopped
            digest.update(portion)
    return digest.hexdigest() == (file.sha256 or file.blob)
