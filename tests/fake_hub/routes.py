"""Which path of the Hub is answered by what.

Paths are matched as they came, before their percent signs are read, since a
branch or a file name may hold a slash.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import parse_qs, quote, unquote

from tests.fake_hub import catalogue, errors, resolve, spaces, storage, tree, viewer, writes
from tests.fake_hub.faults import Response
from tests.fake_hub.files import Blob
from tests.fake_hub.repo import Commit, Kind, Repo

Redirects = Literal["none", "here", "elsewhere"]
"""Whether large files are answered by a redirect, as the Hub does: to a path of this server, or to another host name
of it (`localhost`)."""


@dataclass
class Shelf:
    """All repositories, and how they are served."""

    repos: dict[tuple[Kind, str], Repo]
    page: int = 100
    """Most entries on a page of a list; the Hub itself gives up to 1000."""
    redirects: Redirects = "none"
    token: str | None = None
    """The only token that is accepted; None takes any."""
    writing: threading.Lock = field(default_factory=threading.Lock)
    """Held by the one that commits."""
    spaces: spaces.Spaces = field(default_factory=spaces.Spaces)
    stored: storage.Stored = field(default_factory=dict)
    """What came into the storage for large files."""


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)

    @property
    def host(self) -> str:
        return self.headers.get("Host", "127.0.0.1")

    @property
    def address(self) -> str:
        """The address asked, without its query."""
        return f"http://{self.host}{self.path}"

    @property
    def with_token(self) -> bool:
        return "Authorization" in self.headers


Groups = dict[str, str]
Route = Callable[[Shelf, Request, Groups], Response]


def answer(shelf: Shelf, request: Request) -> Response:
    """The Hub's answer to a request, a refusal being one too."""
    try:
        if request.with_token and shelf.token and request.headers["Authorization"] != f"Bearer {shelf.token}":
            raise errors.wrong_token()
        for pattern, route in _ROUTES:
            if match := pattern.fullmatch(request.path):
                return route(shelf, request, {name: unquote(part or "") for name, part in match.groupdict().items()})
        raise errors.No(404, "", "Sorry, we can't find the page you are looking for.")
    except errors.No as no:
        return no.response()


def _list(shelf: Shelf, request: Request, groups: Groups) -> Response:
    return catalogue.listed(shelf.repos.values(), _kind(groups), request.query, request.address, shelf.page)


def _info(shelf: Shelf, request: Request, groups: Groups) -> Response:
    repo = _repo(shelf, request, groups)
    return catalogue.info(shelf.repos.values(), repo, _commit(repo, groups), request.query)


def _tree(shelf: Shelf, request: Request, groups: Groups) -> Response:
    repo = _repo(shelf, request, groups)
    return tree.tree(repo, _commit(repo, groups), groups["path"].strip("/"), request.query, request.address)


def _paths_info(shelf: Shelf, request: Request, groups: Groups) -> Response:
    repo, form = _repo(shelf, request, groups), request.form
    return tree.paths_info(repo, _commit(repo, groups), form.get("paths", []), form.get("expand") == ["true"])


def _refs(shelf: Shelf, request: Request, groups: Groups) -> Response:
    return tree.refs(_repo(shelf, request, groups))


def _commits(shelf: Shelf, request: Request, groups: Groups) -> Response:
    repo = _repo(shelf, request, groups)
    return tree.commits(repo, _commit(repo, groups))


def _resolve(shelf: Shelf, request: Request, groups: Groups) -> Response:
    commit, blob = _file(shelf, request, groups)
    if not blob.large or shelf.redirects == "none":
        return resolve.served(commit, blob, request.headers, request.method == "HEAD")
    port = request.host.rpartition(":")[2]
    base = f"http://localhost:{port}" if shelf.redirects == "elsewhere" else ""
    place = f"{request.path.partition('/resolve/')[0]}/resolve/{commit.sha}/{quote(blob.path)}"
    return Response(302, resolve.named(commit, blob) | {"Location": f"{base}/cdn{place}"})


def _cdn(shelf: Shelf, request: Request, groups: Groups) -> Response:
    commit, blob = _file(shelf, request, groups)
    return resolve.served(commit, blob, request.headers, request.method == "HEAD")


def _preupload(shelf: Shelf, request: Request, groups: Groups) -> Response:
    repo = _writable(shelf, request, groups)
    return writes.preupload(_commit(repo, groups), request.body)


def _write(shelf: Shelf, request: Request, groups: Groups) -> Response:
    with shelf.writing:
        repo = _writable(shelf, request, groups)
        place = f"http://{request.host}/{groups['kind']}/{repo.id}/commit"
        return writes.commit(repo, groups["rev"], request.body, place, shelf.stored)


def _whoami(shelf: Shelf, request: Request, _: Groups) -> Response:
    _need_token(request)
    return spaces.whoami(shelf.spaces)


def _create(shelf: Shelf, request: Request, _: Groups) -> Response:
    _need_token(request)
    with shelf.writing:
        taken = {name for kind, name in shelf.repos if kind == "space"}
        repo, said = spaces.create(shelf.spaces, taken, request.body, request.host)
        shelf.repos["space", repo.id] = repo
        return said


def _delete(shelf: Shelf, request: Request, _: Groups) -> Response:
    _need_token(request)
    with shelf.writing:
        if shelf.repos.pop(("space", spaces.deleted(request.body, shelf.spaces)), None) is None:
            raise errors.no_repo(True)
        return errors.answer({})


def _runtime(shelf: Shelf, request: Request, groups: Groups) -> Response:
    return spaces.runtime(shelf.spaces, _repo(shelf, request, groups))


def _page(shelf: Shelf, _: Request, groups: Groups) -> Response:
    repos = {repo.info.get("subdomain"): repo for (kind, _), repo in shelf.repos.items() if kind == "space"}
    if (repo := repos.get(groups["name"])) is None:
        raise errors.No(404, "", "Sorry, we can't find the page you are looking for.")
    return spaces.page(shelf.spaces, repo)


def _check_yaml(_: Shelf, request: Request, __: Groups) -> Response:
    return writes.check_yaml(request.body)


def _batch(shelf: Shelf, request: Request, groups: Groups) -> Response:
    _writable(shelf, request, groups)
    return storage.batch(shelf.stored, request.body, request.host)


def _put(shelf: Shelf, request: Request, groups: Groups) -> Response:
    return storage.put(shelf.stored, groups["oid"], request.body, request.with_token)


def _verify(shelf: Shelf, request: Request, _: Groups) -> Response:
    _need_token(request)
    return storage.verify(shelf.stored, request.body)


def _viewer(shelf: Shelf, request: Request, groups: Groups) -> Response:
    datasets = {name: repo for (kind, name), repo in shelf.repos.items() if kind == "dataset"}
    return viewer.answer(datasets, groups["what"], request.query, request.with_token)


def _kind(groups: Groups) -> Kind:
    return cast(Kind, (groups["kind"] or "models").rstrip("s/"))


def _repo(shelf: Shelf, request: Request, groups: Groups) -> Repo:
    """The repository asked for. One that was renamed is answered by a redirect, as the Hub does."""
    kind, name = _kind(groups), groups["id"]
    repo = shelf.repos.get((kind, name))
    if repo is None and (new := next((r for r in shelf.repos.values() if r.kind == kind and name in r.former), None)):
        location = request.target.replace(f"/{name}", f"/{new.id}", 1)
        raise errors.No(307, "", "Moved", {"Location": location})
    if repo is None or (repo.private and not request.with_token):
        raise errors.no_repo(request.with_token)
    return repo


def _writable(shelf: Shelf, request: Request, groups: Groups) -> Repo:
    """The repository, for one who may write to it: whoever has a token."""
    if request.method != "POST":
        raise errors.No(404, "", "Sorry, we can't find the page you are looking for.")
    repo = _repo(shelf, request, groups)
    _need_token(request)
    return repo


def _need_token(request: Request) -> None:
    if not request.with_token:
        raise errors.wrong_token()


def _commit(repo: Repo, groups: Groups) -> Commit:
    revision = groups.get("rev") or "main"
    if (commit := repo.find(revision)) is None:
        raise errors.no_revision(revision)
    return commit


def _file(shelf: Shelf, request: Request, groups: Groups) -> tuple[Commit, Blob]:
    repo = _repo(shelf, request, groups)
    if repo.gated:
        raise errors.gated(repo.id, request.with_token)
    commit = _commit(repo, groups)
    return commit, resolve.found(commit, groups["path"])


_KIND = r"/api/(?P<kind>models|datasets|spaces)"
_ID = r"/(?P<id>[^/]+(?:/[^/]+)?)"
_REV = r"/(?P<rev>[^/]+)"
_PATH = r"/(?P<path>.+)"
_PLACE = rf"/(?P<kind>datasets/|spaces/)?{_ID[1:]}"
_ROUTES: list[tuple[re.Pattern[str], Route]] = [
    (re.compile(pattern), route)
    for pattern, route in [
        (rf"{_KIND}", _list),
        (rf"{_KIND}{_ID}/tree{_REV}(?P<path>/.*)?", _tree),
        (rf"{_KIND}{_ID}/paths-info{_REV}", _paths_info),
        (rf"{_KIND}{_ID}/refs", _refs),
        (rf"{_KIND}{_ID}/runtime", _runtime),
        (rf"{_KIND}{_ID}/commits{_REV}", _commits),
        (rf"{_KIND}{_ID}/preupload{_REV}", _preupload),
        (rf"{_KIND}{_ID}/commit{_REV}", _write),
        (rf"{_KIND}{_ID}/revision{_REV}", _info),
        (rf"{_KIND}{_ID}", _info),
        (rf"{_PLACE}/resolve{_REV}{_PATH}", _resolve),
        (rf"/cdn{_PLACE}/resolve{_REV}{_PATH}", _cdn),
        (r"/viewer/(?P<what>[a-z-]+)", _viewer),
        (r"/api/whoami-v2", _whoami),
        (r"/api/repos/create", _create),
        (r"/api/repos/delete", _delete),
        (r"/api/validate-yaml", _check_yaml),
        (r"/pages/(?P<name>[^/]+)/?", _page),
        (rf"{_PLACE}\.git/info/lfs/objects/batch", _batch),
        (r"/lfs/(?P<oid>[0-9a-f]{64})", _put),
        (r"/lfs-verify", _verify),
    ]
]
