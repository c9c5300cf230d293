"""A file's bytes: whole or a range, with the headers that downloads are checked by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from mimetypes import guess_type

from tests.fake_hub.errors import No, no_entry
from tests.fake_hub.faults import Response
from tests.fake_hub.files import Blob
from tests.fake_hub.repo import Commit

MOST_SPARSE = 4_000_000
"""Most bytes that are made up in one answer about a file whose bytes are not here."""


def found(commit: Commit, path: str) -> Blob:
    if (blob := commit.files.get(path)) is None:
        raise no_entry(path, commit.sha)
    return blob


def named(commit: Commit, blob: Blob) -> dict[str, str]:
    """What identifies a file's bytes, in every answer about them."""
    headers = {"X-Repo-Commit": commit.sha, "Accept-Ranges": "bytes", "ETag": f'"{blob.etag}"'}
    if blob.large:
        headers |= {"X-Linked-Size": str(blob.size), "X-Linked-Etag": f'"{blob.etag}"'}
    return headers


def served(commit: Commit, blob: Blob, asked: Mapping[str, str], head: bool) -> Response:
    """The answer to GET or HEAD. Raises No with 416 for a range that lies outside."""
    headers = named(commit, blob) | {"Content-Type": guess_type(blob.path)[0] or "application/octet-stream"}
    wanted = _range(asked.get("Range"), blob)
    start, stop = wanted or (0, blob.size)
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    status = 206 if wanted else 200
    if head:
        return Response(status, headers | {"Content-Length": str(stop - start)})
    if not blob.whole and stop - start > MOST_SPARSE:
        raise No(503, "", "This file is too large to be made up")
    return Response(status, headers, blob.read(start, stop))


def _range(header: str | None, blob: Blob) -> tuple[int, int] | None:
    """First byte and the one past the last; None to send the file whole, as for a range that makes no sense."""
    read = re.fullmatch(r"bytes=(\d*)-(\d*)", (header or "").replace(" ", ""))
    if not read or read.groups() == ("", ""):
        return None
    first, last = read.groups()
    start = int(first) if first else max(0, blob.size - int(last))
    stop = min(int(last) + 1, blob.size) if first and last else blob.size
    if start >= blob.size or stop <= start:
        outside = {"Content-Range": f"bytes */{blob.size}"}
        raise No(416, "", "Requested range not satisfiable", outside)
    return start, stop
