"""A Hub with one model, an empty disk, nobody who waits before trying again; and archives, opened and closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import file_download

from swatchbook.archive.store import Archive
from swatchbook.hub import wire
from swatchbook.hub.disk import Disk
from tests.fake_hub import FakeHub
from tests.faults.archives import PATIENCE, Folder, an_archive, filled
from tests.hub import fetching


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub([fetching.whole()]) as hub:
        yield hub


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return fetching.disk(tmp_path)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before trying again."""
    monkeypatch.setattr(wire, "REST", 0.001)
    monkeypatch.setattr(file_download, "time", SimpleNamespace(**{**vars(time), "sleep": lambda _: None}))


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[Callable[..., Archive]]:
    """Opens the archive of a folder, as often as a test likes, and closes all in the end."""
    with ExitStack() as opened:

        def open_(folder: Path = tmp_path, patience: float = PATIENCE) -> Archive:
            return opened.enter_context(closing(an_archive(folder, patience)))

        yield open_


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """An archive that holds a few documents, closed well."""
    return filled(tmp_path_factory.mktemp("whole"))
