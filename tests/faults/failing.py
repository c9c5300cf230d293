"""A disk that fails at a chosen write: SQLite itself, with another `write` in place of the system's.

SQLite lets a program replace the system calls it makes, which is how its own tests
make disks fail. So everything above the call is real, and any user can run it.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import errno
from collections.abc import Iterator
from contextlib import contextmanager

_WRITE = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, use_errno=True)
_PWRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64, use_errno=True)
_CALLS = {"write": _WRITE, "pwrite": _PWRITE, "pwrite64": _PWRITE, "ftruncate": _TRUNCATE}


class _Vfs(ctypes.Structure):
    """SQLite's door to the system, as its header describes it; only the last members are used here."""

    _fields_ = [
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("path_size", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("methods", ctypes.c_void_p * 13),
        (
            "set_call",
            ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p),
        ),
        ("get_call", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)),
        ("next_call", ctypes.c_void_p),
    ]


class Disk:
    """Counts what is written, and fails from a given write on until it is told to be well again."""

    def __init__(self) -> None:
        self.written = 0
        self.failed = 0
        self._fails_at: int | None = None
        self._once = False
        self._error = errno.ENOSPC

    def fail(self, after: int, error: int = errno.ENOSPC, once: bool = False) -> None:
        """Let `after` more writes succeed, and then none, or one not."""
        self._fails_at, self._error, self._once = self.written + after, error, once
        self.failed = 0

    def be_well(self) -> None:
        self._fails_at = None

    def answer(self) -> int:
        """0 when this write may go on, else the system's number for why not."""
        self.written += 1
        if self._fails_at is None or self.written <= self._fails_at or (self._once and self.failed):
            return 0
        self.failed += 1
        return self._error


@contextmanager
def failing_disk() -> Iterator[Disk]:
    """Every database of this process is written to this disk while the block lasts."""
    vfs, disk = _vfs(), Disk()
    before, instead = {}, {}
    for name, kind in _CALLS.items():
        before[name] = vfs.get_call(ctypes.addressof(vfs), name.encode())
        instead[name] = _instead(kind, kind(before[name]), disk) if before[name] else None
    try:
        for name, call in instead.items():
            if call is not None:
                _set(vfs, name, ctypes.cast(call, ctypes.c_void_p))
        yield disk
    finally:
        for name in instead:
            _set(vfs, name, None)


def _instead(kind: type, real: object, disk: Disk) -> object:
    def call(*arguments: int) -> int:
        if number := disk.answer():
            ctypes.set_errno(number)
            return -1
        return int(real(*arguments))  # type: ignore[operator]

    return kind(call)


def _set(vfs: _Vfs, name: str, call: ctypes.c_void_p | None) -> None:
    assert vfs.set_call(ctypes.addressof(vfs), name.encode(), call) == 0


def _vfs() -> _Vfs:
    """The door that Python's own sqlite3 uses: what it is linked with is found through it."""
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    found: _Vfs = library.sqlite3_vfs_find(None).contents
    assert found.version >= 3
    return found
