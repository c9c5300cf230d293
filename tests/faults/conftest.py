"""A Hub with one model, an empty disk, and nobody who waits before trying again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import file_download

from swatchbook.hub import wire
from swatchbook.hub.disk import Disk
from tests.fake_hub import FakeHub
from tests.hub import fetching
from tests.hub.fetching import whole


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub([whole()]) as hub:
        yield hub


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return fetching.disk(tmp_path)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before trying again."""
    monkeypatch.setattr(wire, "REST", 0.001)
    monkeypatch.setattr(file_download, "time", SimpleNamespace(**{**vars(time), "sleep": lambda _: None}))
