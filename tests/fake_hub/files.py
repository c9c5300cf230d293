"""One file of a repository: its bytes, and the names that git and LFS give them.

Knows how a file is hashed and read in part. Knows nothing of repositories and
none of HTTP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

LARGE = 1_000_000
"""Bytes above which any file goes to large-file storage."""
LARGE_KINDS = {".safetensors", ".bin", ".gguf", ".pt", ".ckpt", ".pkl", ".onnx", ".parquet"}


@dataclass(frozen=True)
class Sparse:
    """A file too big to make: it starts with `head`, the rest of its `size` bytes are zeros."""

    size: int
    head: bytes = b""


Source = bytes | str | Path | Sparse
Sources = Mapping[str, Source]


class Blob:
    """The content of one file, from memory, from a file here, or only stated.

    `regular` puts it into git as it is, whatever its size and name.
    """

    def __init__(self, path: str, source: Source, regular: bool = False) -> None:
        self.path, self.regular = path, regular
        self.source = source.encode() if isinstance(source, str) else source

    @cached_property
    def size(self) -> int:
        if isinstance(self.source, Path):
            return self.source.stat().st_size
        return self.source.size if isinstance(self.source, Sparse) else len(self.source)

    @property
    def large(self) -> bool:
        """Whether it lies in large-file storage (LFS), where files go by their SHA-256."""
        return not self.regular and (self.size > LARGE or PurePosixPath(self.path).suffix in LARGE_KINDS)

    @property
    def whole(self) -> bool:
        """Whether its bytes are all here to be sent."""
        return not isinstance(self.source, Sparse)

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        stop = self.size if stop is None else min(stop, self.size)
        if isinstance(self.source, bytes):
            return self.source[start:stop]
        if isinstance(self.source, Sparse):
            return self.source.head[start:stop].ljust(stop - start, b"\0")
        with self.source.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)

    @cached_property
    def sha256(self) -> str:
        """Of the bytes; of what is stated about them where they are not here."""
        stated = f"{self.path} {self.size}".encode()
        return hashlib.sha256(self.read() if self.whole else stated).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """What git holds in place of a large file."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n".encode()

    @cached_property
    def oid(self) -> str:
        """Git's name for the file: of its pointer, if it is large."""
        held = self.pointer if self.large else self.read()
        return hashlib.sha1(b"blob %d\0" % len(held) + held).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.oid


def tree_id(blobs: Mapping[str, Blob]) -> str:
    """Git's name for a folder that holds these files, given by their paths inside it."""
    entries: dict[bytes, bytes] = {}
    folders: dict[str, dict[str, Blob]] = {}
    for path, blob in blobs.items():
        name, below, rest = path.partition("/")
        if below:
            folders.setdefault(name, {})[rest] = blob
        else:
            entries[name.encode()] = b"100644 %s\0%s" % (name.encode(), bytes.fromhex(blob.oid))
    for name, inside in folders.items():
        entries[f"{name}/".encode()] = b"40000 %s\0%s" % (name.encode(), bytes.fromhex(tree_id(inside)))
    held = b"".join(entries[name] for name in sorted(entries))
    return hashlib.sha1(b"tree %d\0" % len(held) + held).hexdigest()
