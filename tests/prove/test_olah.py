"""Every shared check over many models, against olah; and both servers' answers about them side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.fake_hub import FakeHub, Repo
from tests.fake_hub.family import family
from tests.fake_hub.rows import datasets
from tests.fake_hub.stock import house
from tests.fake_hub.tiny_models import make
from tests.hub.contract import ALL, Check, Peer, peer_repos, unmodified_client
from tests.hub.olah import Olah


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Repo, Repo]]:
    """Pairs of a model and a dataset, with a history each."""
    tiny = [repo for repo in family(make(tmp_path_factory.mktemp("tiny"))) if not repo.gated]
    letters = datasets()[0]
    return [peer_repos(model, letters) for model in [*house(), *tiny]]


@pytest.fixture(scope="module")
def olah(held: list[tuple[Repo, Repo]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Olah]:
    models, dataset = [model for model, _ in held], held[0][1]
    with Olah(tmp_path_factory.mktemp("olah"), [*models, dataset]) as olah:
        yield olah


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_olah_and_the_client_agree(check: Check, held: list[tuple[Repo, Repo]], olah: Olah, tmp_path: Path) -> None:
    with unmodified_client():
        for at, (model, dataset) in enumerate(held):
            if model.id.startswith("swatchbook-house/"):
                check(Peer(olah.address, model, dataset), tmp_path / str(at))


def test_olah_and_the_fake_hub_say_the_same_of_every_file(held: list[tuple[Repo, Repo]], olah: Olah) -> None:
    models = [model for model, _ in held]
    with FakeHub(models) as hub, httpx2.Client(follow_redirects=True) as client:
        for model in models:
            for revision in ("main", "v1"):
                path = f"/api/models/{model.id}/tree/{revision}?recursive=true"
                theirs, ours = (_said(client, base + path) for base in (olah.address, hub.address))
                assert theirs == ours
                for file in model.find(revision).files:
                    _same_bytes(client, olah.address, hub.address, f"/{model.id}/resolve/{revision}/{file}")


def _said(client: httpx2.Client, url: str) -> dict[str, tuple[object, ...]]:
    entries = client.get(url).raise_for_status().json()
    return {entry["path"]: (entry["type"], entry["oid"], entry.get("lfs")) for entry in entries}


def _same_bytes(client: httpx2.Client, first: str, second: str, path: str) -> None:
    theirs, ours = (client.get(base + path).raise_for_status() for base in (first, second))
    assert theirs.content == ours.content
    said, say = (client.head(base + path).raise_for_status().headers for base in (first, second))
    assert said["etag"].strip('"') == say["etag"].strip('"')
    assert said["content-length"] == say["content-length"]
