"""Room on a disk: bytes counted, told in words, and refused with the arithmetic. Knows no models."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swatchbook.hub.errors import Refused

RESERVE = 2_000_000_000
"""Bytes of a disk that are left to everything else, or a tenth of a disk on which that is less."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes: `taken` of the `most` that are allowed, and `spare` on the disk itself beyond its reserve."""

    taken: int
    most: int
    spare: int

    def check(self, need: int, whole: int, others: Sequence[tuple[str, int]]) -> None:
        """Raises Refused unless `need` more bytes, of something of `whole` bytes, have room.

        `others` are names and bytes of what could be deleted, biggest first.
        """
        if whole > self.most:
            raise Refused(
                f"It takes {in_words(whole)}, and all fetched models together may take {in_words(self.most)} "
                "(SWATCHBOOK_DISK_GB); choose a smaller one."
            )
        if self.taken + need > self.most:
            raise Refused(
                f"It takes {in_words(need)} more, and fetched models take {in_words(self.taken)} of the "
                f"{in_words(self.most)} that they may; {_advice(others)}."
            )
        if need > max(self.spare, 0):
            raise Refused(
                f"It takes {in_words(need)} more, and this disk has {in_words(max(self.spare, 0))} left for models "
                f"besides its reserve; {_advice(others)}."
            )


def disk_room(folder: Path) -> tuple[int, int]:
    """Bytes of the disk that a folder is, or would be, on: all, and those free."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    usage = shutil.disk_usage(there)
    return usage.total, usage.free


def reserve(total: int) -> int:
    """Bytes to leave free on a disk of `total` bytes."""
    return min(RESERVE, total // 10)


def folder_size(folder: Path) -> int:
    """Bytes of the files in a folder and below it; links are not followed. 0 where there is none."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue  # Renamed or deleted meanwhile.
    return total


def in_words(size: int) -> str:
    """Bytes in the unit that a person would choose: 940 bytes, 12 MB, 1.4 GB (10^9 bytes)."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= 0.9995 * least:
            return f"{size / least:.1f} {unit}" if size < 9.95 * least else f"{size / least:,.0f} {unit}"
    return f"{size} byte{'' if size == 1 else 's'}"


def disk_refusal(error: OSError) -> Refused:
    """One sentence for a disk that does not take what is written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refused("The disk is full; delete something, then fetch again: it goes on from what has arrived.")
    return Refused(f"The disk does not take the files ({error.strerror}); check the folder of fetched models.")


def _advice(others: Sequence[tuple[str, int]]) -> str:
    if not others:
        return "free some space on this disk first"
    return "delete " + " or ".join(f"{name} ({in_words(size)})" for name, size in others[:3]) + " first"
