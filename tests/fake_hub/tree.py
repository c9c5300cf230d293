"""What lies in a repository: the file tree, single paths, branches and tags, commits."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from tests.fake_hub.catalogue import Query, link
from tests.fake_hub.errors import answer, bad_request, no_entry
from tests.fake_hub.faults import Response
from tests.fake_hub.files import tree_id
from tests.fake_hub.repo import Commit, Repo

PAGE, EXPANDED_PAGE = 1000, 50
"""Entries on a page of the tree, without and with `expand`."""


def tree(repo: Repo, commit: Commit, folder: str, query: Query, address: str) -> Response:
    """The entries of a folder, folders among them; with `recursive`, of the folders inside too."""
    inside = f"{folder}/" if folder else ""
    if folder and not any(path.startswith(inside) for path in commit.files):
        raise no_entry(folder, commit.sha)
    expand = query.get("expand") == ["true"]
    names = sorted(_paths(commit, inside, recursive=query.get("recursive") == ["true"]))
    start, most = _cursor(query), EXPANDED_PAGE if expand else PAGE
    shown = names[start : start + most]
    more = link(address, {**query, "cursor": [str(start + most)]}) if start + most < len(names) else {}
    return answer([_entry(repo, commit, path, expand) for path in shown], headers=more)


def paths_info(repo: Repo, commit: Commit, paths: Iterable[str], expand: bool) -> Response:
    """The entries of the paths that exist; the others are passed over."""
    known = _paths(commit, "", recursive=True)
    return answer([_entry(repo, commit, path, expand) for path in paths if path in known])


def refs(repo: Repo) -> Response:
    pulls = {name: sha for name, sha in repo.branches.items() if name.startswith("refs/")}
    branches = {name: sha for name, sha in repo.branches.items() if name not in pulls}
    return answer(
        {
            "branches": [_ref(name, f"refs/heads/{name}", sha) for name, sha in branches.items()],
            "converts": [],
            "tags": [_ref(name, f"refs/tags/{name}", sha) for name, sha in repo.tags.items()],
            "pullRequests": [_ref(name, name, sha) for name, sha in pulls.items()],
        }
    )


def commits(repo: Repo, commit: Commit) -> Response:
    who = {"user": repo.author or "nobody"}
    entries = [
        {"id": each.sha, "title": each.title, "message": "", "date": each.date, "authors": [who]}
        for each in islice(repo.history(commit), 1000)
    ]
    return answer(entries)


def _paths(commit: Commit, inside: str, recursive: bool) -> set[str]:
    """Paths of files and folders below a folder."""
    found: set[str] = set()
    for path in commit.files:
        if path.startswith(inside):
            parts = path.removeprefix(inside).split("/")
            depths = range(1, len(parts) + 1) if recursive else [1]
            found |= {inside + "/".join(parts[:depth]) for depth in depths}
    return found


def _entry(repo: Repo, commit: Commit, path: str, expand: bool) -> dict[str, Any]:
    blob = commit.files.get(path)
    if blob is None:
        inside = {
            name.removeprefix(f"{path}/"): held for name, held in commit.files.items() if name.startswith(f"{path}/")
        }
        entry: dict[str, Any] = {"type": "directory", "oid": tree_id(inside), "size": 0, "path": path}
    else:
        entry = {"type": "file", "oid": blob.oid, "size": blob.size, "path": path}
        if blob.large:
            entry["lfs"] = {"oid": blob.sha256, "size": blob.size, "pointerSize": len(blob.pointer)}
    if expand:
        last = repo.changed(commit, path)
        entry["lastCommit"] = {"id": last.sha, "title": last.title, "date": last.date}
        if blob is not None:
            entry["securityFileStatus"] = _security(repo.unsafe.get(path, "safe"))
    return entry


def _security(status: str) -> dict[str, Any]:
    return {
        "status": status,
        "avScan": {"status": "safe", "virusFound": False, "virusNames": None},
        "pickleImportScan": None if status == "safe" else {"status": status, "pickleImports": []},
    }


def _ref(name: str, ref: str, sha: str) -> dict[str, str]:
    return {"name": name, "ref": ref, "targetCommit": sha}


def _cursor(query: Query) -> int:
    text = query.get("cursor", ["0"])[-1]
    if not text.isdigit():
        raise bad_request("cursor: not one of this Hub's")
    return int(text)
