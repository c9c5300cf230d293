"""What the fake Hub holds: house models, tiny ones that run, strangers that do not, a crowd, datasets and Spaces."""

from __future__ import annotations

from pathlib import Path

from tests.fake_hub.crowd import crowd
from tests.fake_hub.family import family
from tests.fake_hub.files import Source
from tests.fake_hub.repo import Repo
from tests.fake_hub.rows import datasets, spaces
from tests.fake_hub.strangers import strangers
from tests.fake_hub.tiny_models import ROOT, make

HOUSE = ROOT / "assets" / "house"


def stock(folder: Path) -> list[Repo]:
    """Everything. The tiny models are made in `folder`, which takes seconds: another process imports torch."""
    tiny = make(folder)
    return [*house(), *family(tiny), *strangers(tiny), *crowd(), *datasets(), *spaces()]


def light_stock() -> list[Repo]:
    """What can be had in a moment: all but the tiny models and the family they make."""
    return [*house(), *strangers(None), *crowd(), *datasets(), *spaces()]


def house(folder: Path = HOUSE) -> list[Repo]:
    """The house models, as if an organisation had published them; their files stay where they are."""
    return [_published(path) for path in sorted(folder.iterdir()) if (path / "model.safetensors").is_file()]


def _published(folder: Path) -> Repo:
    files: dict[str, Source] = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    return Repo(f"swatchbook-house/{folder.name}", files, created="2026-09-01T09:00:00.000Z", downloads=40, likes=4)
