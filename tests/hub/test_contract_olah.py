"""A few of the shared checks, against a server that others wrote. All of them, over many models: tests/prove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_hub.rows import datasets
from tests.fake_hub.stock import house
from tests.hub.contract import FEW, Check, Peer, peer_repos
from tests.hub.olah import Olah


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    model, dataset = peer_repos(house()[0], datasets()[0])
    with Olah(tmp_path_factory.mktemp("olah"), [model, dataset]) as olah:
        yield Peer(olah.address, model, dataset)


@pytest.mark.usefixtures("plain_client")
@pytest.mark.parametrize("check", FEW, ids=lambda check: check.__name__)
def test_olah_and_the_client_agree(check: Check, peer: Peer, tmp_path: Path) -> None:
    check(peer, tmp_path)
