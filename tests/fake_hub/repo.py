"""A repository: its commits, branches and tags, and what the Hub counts about it.

Everything else the Hub says about a repository is derived from its files
(`facts.py`). Knows nothing of HTTP and nothing of other repositories.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from tests.fake_hub.files import Blob, Source, Sources

Kind = Literal["model", "dataset", "space"]
ABSENT = object()
"""In `Repo.info`: the Hub says nothing of this field."""


@dataclass(frozen=True, eq=False)
class Commit:
    """One state of all files. `memory` keeps what was derived from them."""

    sha: str
    title: str
    date: str
    files: Mapping[str, Blob]
    parent: str | None = None
    memory: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class Repo:
    """A model, dataset or Space. `files` are those of its first commit.

    `info` holds fields of the Hub's answers that are said as they stand, of
    whatever type, in place of the derived ones; its "entry" stands for the whole
    of the repository's entry in lists. `unsafe` names files that the
    Hub's scanners object to, with the status they report.
    """

    id: str
    files: InitVar[Sources]
    kind: Kind = "model"
    created: str = "2025-06-01T12:00:00.000Z"
    downloads: int = 0
    likes: int = 0
    trending: int = 0
    gated: Literal["auto", "manual", False] = False
    private: bool = False
    former: tuple[str, ...] = ()
    info: dict[str, Any] = field(default_factory=dict)
    unsafe: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    def __post_init__(self, files: Sources) -> None:
        if not self.commits:
            self.commit(files, title="initial commit", date=self.created)

    @property
    def author(self) -> str | None:
        return self.id.rpartition("/")[0] or None

    @property
    def head(self) -> Commit:
        return self.commits[self.branches["main"]]

    def commit(
        self,
        files: Mapping[str, Source | Blob],
        title: str = "Update",
        delete: Iterable[str] = (),
        date: str = "",
        branch: str = "main",
    ) -> str:
        """Add or change files on a branch, delete others, and return the new commit's SHA.

        Without a date it comes a day after the commit before it, so that nothing depends on the clock.
        """
        before = self.commits.get(self.branches.get(branch) or self.branches.get("main") or "")
        kept = {path: blob for path, blob in (before.files if before else {}).items() if path not in set(delete)}
        blobs = kept | {path: new if isinstance(new, Blob) else Blob(path, new) for path, new in files.items()}
        parent = before.sha if before else None
        sha = _sha(self.id, self.kind, title, str(parent), *(f"{blobs[path].oid} {path}" for path in sorted(blobs)))
        date = date or (_day_after(before.date) if before else self.created)
        self.commits[sha] = Commit(sha, title, date, dict(sorted(blobs.items())), parent)
        self.branches[branch] = sha
        return sha

    def find(self, revision: str) -> Commit | None:
        """The commit that a branch, a tag, a ref or a SHA names; a shortened SHA of seven digits or more will do."""
        name = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        sha = self.branches.get(name) or self.tags.get(name) or revision
        if sha in self.commits:
            return self.commits[sha]
        short = [commit for full, commit in self.commits.items() if len(sha) >= 7 and full.startswith(sha)]
        return short[0] if len(short) == 1 else None

    def history(self, commit: Commit) -> list[Commit]:
        """The commit and all before it, newest first."""
        line = [commit]
        while (parent := line[-1].parent) is not None:
            line.append(self.commits[parent])
        return line

    def changed(self, commit: Commit, path: str) -> Commit:
        """The commit in which a file, or anything in a folder, became what it is in this one."""
        line = self.history(commit)
        for later, earlier in pairwise(line):
            if _state(later, path) != _state(earlier, path):
                return later
        return line[-1]

    def copy(self) -> Repo:
        """A repository that can be changed without changing this one; commits are shared."""
        twin = copy.copy(self)
        for name in ("info", "unsafe", "branches", "tags", "commits"):
            setattr(twin, name, dict(getattr(self, name)))
        return twin


def _state(commit: Commit, path: str) -> dict[str, str]:
    inside = f"{path}/"
    return {name: blob.oid for name, blob in commit.files.items() if name == path or name.startswith(inside)}


def _sha(*parts: str) -> str:
    return hashlib.sha1("\n".join(parts).encode()).hexdigest()


def _day_after(date: str) -> str:
    later = datetime.fromisoformat(date) + timedelta(days=1)
    return later.strftime("%Y-%m-%dT%H:%M:%S.000Z")
