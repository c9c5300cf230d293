"""A fake Hub that knows one visitor, and who publishes there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from huggingface_hub import set_client_factory
from huggingface_hub.utils import _http

from swatchbook.settings import AppSettings
from swatchbook.sketch.publish.space import Publisher
from tests.fake_hub import FakeHub
from tests.hub.publish.pieces import TOKEN


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    before = _http._GLOBAL_CLIENT_FACTORY
    with FakeHub(token=TOKEN) as hub:
        yield hub
    set_client_factory(before)


@pytest.fixture
def publisher(hub: FakeHub) -> Iterator[Publisher]:
    publisher = Publisher(AppSettings(hub=hub.address), beat=0)
    yield publisher
    publisher.close()
