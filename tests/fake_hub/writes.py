"""What the Hub does with files that are written: says how each is to come, and takes them in one commit.

Files go into git as they are, up to ten megabytes, and one if they are no text;
others by way of the storage for large files. Knows repositories, nothing of tokens.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

import yaml

from tests.fake_hub.errors import No, answer, bad_request
from tests.fake_hub.faults import Response
from tests.fake_hub.files import Blob
from tests.fake_hub.repo import Commit, Repo
from tests.fake_hub.storage import Stored

MOST_TEXT = 10_000_000
MOST_BINARY = 1_000_000


def preupload(commit: Commit, body: bytes) -> Response:
    """How each file is to come: as it is, or by way of the storage for large files."""
    asked = _object(body)
    ignored = _patterns(commit, ".gitignore")
    large = [line.split()[0] for line in _patterns(commit, ".gitattributes") if "filter=lfs" in line]
    files = []
    for file in asked.get("files") or []:
        path, size = file["path"], file["size"]
        sample = base64.b64decode(file["sample"])
        by_storage = _matches(path, large) or size > (MOST_TEXT if _is_text(sample) else MOST_BINARY)
        said = {"path": path, "uploadMode": "lfs" if by_storage else "regular", "shouldIgnore": _matches(path, ignored)}
        held = commit.files.get(path)
        files.append(said | ({"oid": held.etag} if held else {}))
    return answer({"commitOid": commit.sha, "files": files})


def commit(repo: Repo, branch: str, body: bytes, place: str, stored: Stored) -> Response:
    """Take a commit whole, or nothing of it.

    `place` is the address under which commits are shown, `stored` what came as large files.
    """
    if (head := repo.find(branch)) is None or branch not in repo.branches:
        raise bad_request(f"{branch[:80]} is no branch")
    lines = [_object(line) for line in body.split(b"\n") if line.strip()]
    if not lines or lines[0].get("key") != "header" or not lines[0]["value"].get("summary"):
        raise bad_request('Missing "header" with a "summary"')
    title, parent = lines[0]["value"]["summary"], lines[0]["value"].get("parentCommit")
    if parent is not None and not head.sha.startswith(parent):
        raise No(412, "", "A commit has happened since. Please refresh and try again.")
    added: dict[str, Blob] = {}
    deleted: set[str] = set()
    for line in lines[1:]:
        if line["key"] in ("file", "lfsFile"):
            blob = _file(line["value"]) if line["key"] == "file" else _large(line["value"], stored)
            added[blob.path] = blob
        else:
            deleted |= set(_deleted(head, line["key"], line["value"]["path"]))
    sha = repo.commit(added, title, deleted, branch=branch)
    said = {"success": True, "commitOid": sha, "commitUrl": f"{place}/{sha}", "hookOutput": ""}
    return answer(said)


def check_yaml(body: bytes) -> Response:
    """Whether the head of a README can be read, and names what a Space must name."""
    found = re.match(r"---\n(.*?)\n---\n", _object(body)["content"], re.DOTALL)
    try:
        head = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError:
        raise bad_request("Invalid metadata in README.md") from None
    if not isinstance(head, dict) or (head.get("sdk") and len(str(head.get("short_description", ""))) > 60):
        raise bad_request('"short_description" length must be less than or equal to 60 characters long')
    return answer({"errors": [], "warnings": []})


def _large(value: dict[str, Any], stored: Stored) -> Blob:
    if value.get("oid") not in stored:
        raise bad_request("a large file was not uploaded before its commit")
    return Blob(_path(value), stored[value["oid"]])


def _path(value: dict[str, Any]) -> str:
    path: str = value["path"]
    if not path or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise bad_request(f"{path[:80]!r} is not a valid path")
    return path


def _file(value: dict[str, Any]) -> Blob:
    path = _path(value)
    try:
        content = base64.b64decode(value["content"], validate=True)
    except binascii.Error:
        raise bad_request(f"{path[:80]}: not base64") from None
    if len(content) > (MOST_TEXT if _is_text(content) else MOST_BINARY):
        raise bad_request(f"{path[:80]}: too large for a file that is not in large-file storage")
    return Blob(path, content, regular=True)


def _deleted(head: Commit, key: str, path: str) -> Iterator[str]:
    """The files that go. One that is not there cannot be deleted."""
    folder = f"{path.rstrip('/')}/"
    found = [name for name in head.files if name == path or (key == "deletedFolder" and name.startswith(folder))]
    if key not in ("deletedFile", "deletedFolder"):
        raise bad_request(f"{key[:40]!r} is not taken here")
    if not found:
        raise No(404, "EntryNotFound", f"A file with this name doesn't exist: {path[:80]}")
    yield from found


def _patterns(commit: Commit, name: str) -> list[str]:
    blob = commit.files.get(name)
    lines = blob.read().decode().splitlines() if blob else []
    return [line for line in map(str.strip, lines) if line and not line.startswith("#")]


def _matches(path: str, patterns: list[str]) -> bool:
    return any(fnmatch(path, pattern) or fnmatch(PurePosixPath(path).name, pattern) for pattern in patterns)


def _is_text(content: bytes) -> bool:
    """Whether it is text, as far as one can tell from a beginning that may end amid a character."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return b"\0" not in content and error.start > len(content) - 4
    return b"\0" not in content


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        raise bad_request("not JSON") from None
    if not isinstance(read, dict):
        raise bad_request("not a JSON object")
    return read
