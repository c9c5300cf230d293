"""What the Hub does with Spaces that are made, built, looked at and deleted, and who it says one is.

What a real one refuses by itself is refused here by itself: a name that is taken, and Gradio on a
processor for who does not pay. Other refusals are faults. Knows nothing of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fake_hub.errors import No, answer, bad_request, no_repo
from tests.fake_hub.faults import Response
from tests.fake_hub.repo import Repo

FIRST = {
    ".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
    "README.md": "---\ntitle: New\nsdk: gradio\n---\n",
}
"""What lies in a Space that has just been made."""
BUILDS = ("BUILDING", "APP_STARTING", "RUNNING")


@dataclass
class Spaces:
    """Who has the token, and how Spaces come up: `stages` one after the other, each time somebody asks."""

    owner: str = "ada"
    pro: bool = False
    stages: Sequence[str] = BUILDS
    problem: str = ""
    """What is said of a Space that does not run."""
    slow_pages: int = 0
    """How often a page does not answer at first."""
    asked: dict[str, int] = field(default_factory=dict)


def whoami(spaces: Spaces) -> Response:
    return answer({"type": "user", "name": spaces.owner, "fullname": spaces.owner.title(), "isPro": spaces.pro})


def create(spaces: Spaces, taken: set[str], body: bytes, host: str) -> tuple[Repo, Response]:
    """The new Space, and the Hub's word for it."""
    asked: dict[str, Any] = json.loads(body)
    id = f"{asked.get('organization') or spaces.owner}/{asked['name']}"
    if asked.get("type") != "space" or asked.get("sdk") not in ("gradio", "static"):
        raise bad_request("only Spaces can be made here")
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", id):
        raise bad_request("Invalid repo name")
    if not id.startswith(f"{spaces.owner}/"):
        raise No(403, "", f"You don't have the rights to create a space under the namespace {id.partition('/')[0]!r}")
    if id in taken:
        raise No(409, "", "You already created this space repo")
    if asked["sdk"] == "gradio" and asked.get("hardware") != "zero-a10g" and not spaces.pro:
        raise No(402, "", "Payment required: Gradio Spaces on this hardware need a PRO account")
    name = id.replace("/", "-").lower()
    info = {"host": f"http://{host}/pages/{name}", "subdomain": name}
    repo = Repo(id, FIRST, kind="space", private=asked.get("visibility") == "private", info=info)
    return repo, answer({"url": f"http://{host}/spaces/{id}", "name": id})


def deleted(body: bytes, spaces: Spaces) -> str:
    """Which Space is to go."""
    asked: dict[str, Any] = json.loads(body)
    if asked.get("type") != "space":
        raise no_repo(True)
    return f"{asked.get('organization') or spaces.owner}/{asked['name']}"


def runtime(spaces: Spaces, repo: Repo) -> Response:
    """How far the Space is; it gets one stage further each time it is asked after."""
    at = spaces.asked.get(repo.id, 0)
    spaces.asked[repo.id] = at + 1
    stage = spaces.stages[min(at, len(spaces.stages) - 1)]
    said: dict[str, Any] = {"stage": stage, "hardware": {"current": None, "requested": "cpu-basic"}, "storage": None}
    return answer(said | ({"errorMessage": spaces.problem} if spaces.problem and stage.endswith("ERROR") else {}))


def page(spaces: Spaces, repo: Repo) -> Response:
    """The Space's own page; the proxy before it shows a private one to nobody."""
    if repo.private:
        raise No(404, "", "Sorry, we can't find the page you are looking for.")
    at = spaces.asked[repo.id + " page"] = spaces.asked.get(repo.id + " page", 0) + 1
    if at <= spaces.slow_pages:
        raise No(503, "", "Your space is starting")
    return Response(200, {"Content-Type": "text/html"}, b"<!doctype html><title>A piece</title>")
