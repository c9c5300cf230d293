"""A fake Hub for every test here, stocked once, as new each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from swatchbook.hub.disk import Disk
from swatchbook.hub.fetch import Fetcher
from tests.fake_hub import FakeHub, Repo
from tests.hub.contract import unmodified_client
from tests.hub.disks import GB, roomy
from tests.hub.fetching import fetcher


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> list[Repo]:
    """Everything the fake Hub can hold; made once, since the tiny models among it take seconds."""
    from tests.fake_hub.stock import stock

    return stock(tmp_path_factory.mktemp("tiny-models"))


@pytest.fixture
def hub(stock: list[Repo]) -> Iterator[FakeHub]:
    """A running Hub that holds the whole stock. What a test does to it ends with the test."""
    with FakeHub(stock) as hub:
        yield hub


@pytest.fixture(scope="session")
def light_stock() -> list[Repo]:
    """What can be had in a moment: all but the tiny models and the family they make."""
    from tests.fake_hub.stock import light_stock

    return light_stock()


@pytest.fixture
def light_hub(light_stock: list[Repo]) -> Iterator[FakeHub]:
    """A running Hub for tests that run no model but the house models."""
    with FakeHub(light_stock) as hub:
        yield hub


@pytest.fixture
def plain_client() -> Iterator[None]:
    """`huggingface_hub` as it comes, whatever session others have given it."""
    with unmodified_client():
        yield


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """An empty disk with plenty of room, of which models may take 20 GB."""
    return Disk(tmp_path / "models", most=20 * GB, room=roomy)


@pytest.fixture
def fetches(hub: FakeHub, disk: Disk) -> Iterator[Fetcher]:
    """A fetcher from the test's Hub onto its disk."""
    fetches = fetcher(hub, disk)
    yield fetches
    fetches.close()


@pytest.fixture
def client(hub: FakeHub) -> Iterator[httpx2.Client]:
    """Plain questions to the test's Hub."""
    with httpx2.Client(base_url=hub.address, timeout=5) as client:
        yield client
