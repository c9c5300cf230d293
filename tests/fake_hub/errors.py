"""How the Hub says no: a status, and a code and a sentence in headers and body."""

from __future__ import annotations

import json
from typing import Any

from tests.fake_hub.faults import Response


class No(Exception):
    """A request that gets no answer but this one. `code` goes into X-Error-Code."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def response(self) -> Response:
        headers = {"X-Error-Message": self.message, **self.headers}
        if self.code:
            headers["X-Error-Code"] = self.code
        return answer({"error": self.message}, self.status, headers)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Response(status, kind | (headers or {}), json.dumps(value, ensure_ascii=False).encode())


def bad_request(message: str) -> No:
    return No(400, "", message)


def wrong_token() -> No:
    return No(401, "", "Invalid username or password.")


def no_repo(with_token: bool) -> No:
    """The Hub does not tell a missing repository from a private one; without a token it asks for one."""
    return No(404 if with_token else 401, "RepoNotFound", "Repository not found")


def no_revision(revision: str) -> No:
    return No(404, "RevisionNotFound", f"Invalid rev id: {revision[:100]}")


def no_entry(path: str, sha: str) -> No:
    return No(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": sha, "X-Requested-Entry": path[:100]})


def gated(repo: str, with_token: bool) -> No:
    message = f"Access to model {repo} is restricted. You must have access to it and be authenticated to access it."
    return No(403 if with_token else 401, "GatedRepo", message)
