"""The lists: which repositories a query finds, in which order, on which page, with which fields.

Also a repository's info, which has the same fields. What relates repositories
(parents, children, Spaces) is worked out here, over all of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from tests.fake_hub.errors import answer, bad_request
from tests.fake_hub.facts import facts, relation_of
from tests.fake_hub.faults import Response
from tests.fake_hub.repo import Commit, Kind, Repo

Query = Mapping[str, list[str]]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


EXPANDABLE: dict[Kind, frozenset[str]] = {
    "model": _names(
        "author baseModels cardData childrenModelCount config createdAt disabled downloads downloadsAllTime evalResults"
        " gated gguf inference inferenceProviderMapping lastModified library_name likes mask_token model-index"
        " pipeline_tag private resourceGroup safetensors sha siblings spaces tags transformersInfo trendingScore"
        " usedStorage widgetData"
    ),
    "dataset": _names(
        "author cardData citation createdAt description disabled downloads downloadsAllTime gated lastModified likes"
        " mainSize paperswithcode_id private resourceGroup sha siblings tags trendingScore usedStorage"
    ),
    "space": _names(
        "author cardData createdAt datasets disabled lastModified likes models private region resourceGroup runtime"
        " sdk sha siblings subdomain tags trendingScore usedStorage"
    ),
}
NOT_IN_LISTS = {"baseModels", "childrenModelCount", "usedStorage"}
SORTS = {"trendingScore", "downloads", "likes", "createdAt", "lastModified"}
_BRIEF = {"createdAt", "downloads", "library_name", "likes", "pipeline_tag", "private", "sdk", "tags", "trendingScore"}
_FULL = _BRIEF | {"author", "description", "disabled", "gated", "lastModified", "sha", "siblings"}
_NOT_IN_INFO = {"baseModels", "childrenModelCount", "downloadsAllTime", "evalResults", "trendingScore"}
_SCALES = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def listed(repos: Iterable[Repo], kind: Kind, query: Query, address: str, page: int) -> Response:
    """One page of a list, with a Link to the next. Repositories that are private are never in it."""
    names = _expanded(kind, query) - NOT_IN_LISTS
    if refused := _expanded(kind, query) & NOT_IN_LISTS:
        raise bad_request(f"expand: {', '.join(sorted(refused))} cannot be asked for in a list")
    sort = _one(query, "sort") or "trendingScore"
    if sort not in SORTS:
        raise bad_request(f"sort: {sort[:50]} is not one of {', '.join(sorted(SORTS))}")
    found = [repo for repo in repos if repo.kind == kind and not repo.private and _matches(repo, query)]
    ordered = sorted(found, key=lambda repo: repo.id)
    ordered.sort(key=lambda repo: _rank(repo, sort), reverse=True)
    rest = [repo for repo in ordered if _after(repo, sort, _one(query, "cursor"))]
    size = max(1, min(_limit(query), page))
    entries = [_entry(repo, names or _list_fields(query)) for repo in rest[:size]]
    return answer(entries, headers=_next(rest, size, sort, query, address))


def info(repos: Iterable[Repo], repo: Repo, commit: Commit, query: Query) -> Response:
    """Everything about one repository, or what `expand` asks for."""
    names = _expanded(repo.kind, query)
    security, blobs = _one(query, "securityStatus") == "true", _one(query, "blobs") == "true"
    if names and (security or blobs):
        raise bad_request("expand cannot be combined with blobs or securityStatus")
    said = facts(repo, commit) | _relations(list(repos), repo, commit)
    wanted = names or EXPANDABLE[repo.kind] - _NOT_IN_INFO
    value = _named(repo, {name: said[name] for name in sorted(wanted) if name in said})
    if repo.kind == "space" and not names and "host" in repo.info:
        value["host"] = repo.info["host"]
    if blobs:
        value["siblings"] = [sibling(commit, path) for path in commit.files]
    if security:
        issues = [{"path": path, "level": level} for path, level in repo.unsafe.items()]
        value["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": issues}
    return answer(value)


def sibling(commit: Commit, path: str) -> dict[str, Any]:
    blob = commit.files[path]
    entry: dict[str, Any] = {"rfilename": path, "size": blob.size, "blobId": blob.oid}
    if blob.large:
        entry["lfs"] = {"sha256": blob.sha256, "size": blob.size, "pointerSize": len(blob.pointer)}
    return entry


def object_id(name: str) -> str:
    """The Hub's internal identifier: 24 hexadecimal digits."""
    return hashlib.sha1(name.encode()).hexdigest()[:24]


def _relations(repos: list[Repo], repo: Repo, commit: Commit) -> dict[str, Any]:
    """Parents that exist, how many children there are, and the Spaces that name the model."""
    if repo.kind != "model":
        return {}
    said = facts(repo, commit)
    card = said.get("cardData", {})
    card = card if isinstance(card, dict) else {}
    stated = card.get("base_model")
    names = stated if isinstance(stated, list) else [stated]
    here = {other.id for other in repos if other.kind == "model" and not other.private}
    parents = [{"_id": object_id(name), "id": name} for name in names if name in here]
    tag = f"base_model:{repo.id}"
    derived: dict[str, Any] = {
        "childrenModelCount": sum(other.kind == "model" and tag in _tags(other) for other in repos),
        "spaces": [other.id for other in repos if other.kind == "space" and repo.id in facts(other).get("models", [])],
    }
    if parents:
        derived["baseModels"] = {"relation": relation_of(commit, card), "models": parents}
    return {name: value for name, value in derived.items() if name not in repo.info}


def _matches(repo: Repo, query: Query) -> bool:
    tags, said = {tag.lower() for tag in _tags(repo)}, facts(repo)
    wanted = [part for value in query.get("filter", []) for part in value.lower().split(",")]
    kept = [
        all(part in tags for part in wanted),
        _one(query, "author") in (None, repo.author),
        all(text.lower() in repo.id.lower() for text in query.get("search", [])),
        _one(query, "pipeline_tag") in (None, said.get("pipeline_tag")),
        _one(query, "inference") in (None, said.get("inference")),
        _one(query, "gated") in (None, "true" if repo.gated else "false"),
        set(query.get("models", [])) <= set(said.get("models") or ()),
        set(query.get("datasets", [])) <= set(said.get("datasets") or ()),
        _fits(said, _one(query, "num_parameters")),
    ]
    return all(kept)


def _fits(said: Mapping[str, Any], bounds: str | None) -> bool:
    """Whether the parameter count lies within `min:…,max:…`; a model that states none lies nowhere."""
    if bounds is None:
        return True
    total = (said.get("safetensors") or {}).get("total")
    if total is None:
        return False
    for bound in bounds.split(","):
        if not (read := re.fullmatch(r"(min|max):(\d+(?:\.\d+)?)([KMBT]?)", bound.strip(), re.IGNORECASE)):
            raise bad_request(f"num_parameters: {bounds[:50]} is not min:N,max:N")
        number = float(read[2]) * _SCALES.get(read[3].upper(), 1)
        if total < number if read[1].lower() == "min" else total > number:
            return False
    return True


def _expanded(kind: Kind, query: Query) -> set[str]:
    names = set(query.get("expand", []))
    if unknown := names - EXPANDABLE[kind]:
        raise bad_request(f"expand: {', '.join(sorted(unknown))[:200]} is not known")
    return names


def _list_fields(query: Query) -> set[str]:
    fields = set(_FULL if _one(query, "full") == "true" else _BRIEF)
    return fields | {name for name in ("config", "cardData") if _one(query, name) == "true"}


def _entry(repo: Repo, names: Iterable[str]) -> Any:
    said = facts(repo)
    return repo.info.get("entry") or _named(repo, {name: said[name] for name in sorted(names) if name in said})


def _named(repo: Repo, said: dict[str, Any]) -> dict[str, Any]:
    value = {"_id": object_id(repo.id), "id": repo.info.get("id", repo.id), **said}
    return value | {"modelId": value["id"]} if repo.kind == "model" and "tags" in said else value


def _tags(repo: Repo) -> list[str]:
    tags = facts(repo).get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _rank(repo: Repo, sort: str) -> Any:
    return {
        "trendingScore": repo.trending,
        "downloads": repo.downloads,
        "likes": repo.likes,
        "createdAt": repo.created,
        "lastModified": repo.head.date,
    }[sort]


def _limit(query: Query) -> int:
    text = _one(query, "limit") or "1000"
    if not text.isdigit():
        raise bad_request("limit: must be a whole number")
    return int(text)


def _after(repo: Repo, sort: str, cursor: str | None) -> bool:
    """Whether a repository comes after the one a cursor names, which may be gone by now."""
    if cursor is None:
        return True
    try:
        rank, name = json.loads(base64.urlsafe_b64decode(cursor))
        own = _rank(repo, sort)
        return bool(own < rank or (own == rank and repo.id > name))
    except (ValueError, TypeError):
        raise bad_request("cursor: not one of this Hub's") from None


def _next(rest: list[Repo], size: int, sort: str, query: Query, address: str) -> dict[str, str]:
    if len(rest) <= size:
        return {}
    last = json.dumps([_rank(rest[size - 1], sort), rest[size - 1].id])
    cursor = base64.urlsafe_b64encode(last.encode()).decode()
    return link(address, {**query, "cursor": [cursor]})


def link(address: str, query: Query) -> dict[str, str]:
    """The header that names the next page, at the address that this one was asked for."""
    return {"Link": f'<{address}?{urlencode(query, doseq=True)}>; rel="next"'}


def _one(query: Query, name: str) -> str | None:
    return query[name][-1] if query.get(name) else None
