"""A sketch with a model of the Hub: its Space fetches beforehand just what the piece then looks for, and finds."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard, constants, hf_hub_download, snapshot_download

from components.desk import desk
from components.keep_actions import Keeping
from swatchbook.archive.store import Archive
from swatchbook.engine import vet
from swatchbook.runs import ModelRef
from swatchbook.settings import AppSettings
from swatchbook.shelf import Shelf
from swatchbook.sketch.publish.bundle import FOLDER
from swatchbook.sketch.publish.contents import read_contents
from swatchbook.sketch.publish.stock import Stock
from swatchbook.sketch.writer import write_sketch
from tests.desks import a_page, sent
from tests.fake_hub import FakeHub
from tests.fakes import FakeEngine
from tests.hub.contract import unmodified_client
from tests.hub.fetching import disk, facts, fetcher, finish
from tests.works import hub_sketch

REPO = "swatchbook-house/lighthouse-keeper"
STRAYS = {"modeling_evil.py": "raise SystemExit", "pytorch_model.bin": b"\x80\x04evil", "x/y.json": "{}"}
Preload = Callable[[str, list[str], str, str], object]


@pytest.fixture
def model(light_hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelRef]:
    """A model on the Hub with more files than it needs, and an empty cache of the Hub's library."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    commit = light_hub.repo(REPO).commit(STRAYS)
    with unmodified_client():
        yield ModelRef(source="hub", repo=REPO, commit=commit)


async def exported(folder: Path, hub: FakeHub, model: ModelRef, fetch: bool = True, target: str = "cpu") -> Path:
    """The piece of a sketch that asks this model, taken along from the page and unpacked."""
    settings, models = AppSettings(data=folder, hub=hub.address), disk(folder)
    if fetch:
        fetches = fetcher(hub, models)
        fetches.start(facts(hub, model.repo), "ada")
        assert (await finish(fetches, model))[-1].state == "done"
        fetches.close()
    hub.log.clear()
    keeping = Keeping(Archive(folder / "archive"), settings)
    sharing = desk(FakeEngine(), settings, Shelf(disk=models), keeping).sharing
    text = write_sketch(hub_sketch(model.repo, str(model.commit)))
    taken = await sharing.take(a_page(), sent(text=text, format=f"space-{target}"))
    assert list(hub.log) == []
    zipfile.ZipFile(io.BytesIO(base64.b64decode(taken["file"]["content"]))).extractall(folder)
    return folder / FOLDER


def lines(piece: Path) -> list[str]:
    told: list[str] = SpaceCard.load(piece / "README.md").data.to_dict().get("preload_from_hub", [])
    return told


def found(piece: Path, hub: FakeHub) -> Path:
    """Where the started piece finds its one model."""
    models = read_contents(piece).sketch.models
    stock = Stock(AppSettings(hub=hub.address), models)
    stock.start().join(20)
    return stock.locate(models[0])


def each_file(repo: str, names: list[str], commit: str, hub: str) -> None:
    with unmodified_client():
        for name in names:
            hf_hub_download(repo, name, revision=commit, endpoint=hub, token=False)


def one_snapshot(repo: str, names: list[str], commit: str, hub: str) -> None:
    """This also keeps the list of all the files of the repository, most of which are then missing."""
    with unmodified_client():
        snapshot_download(repo, revision=commit, allow_patterns=names, endpoint=hub, token=False)


@pytest.mark.parametrize("preload", [each_file, one_snapshot])
async def test_what_a_space_fetched_before_it_starts_is_all_that_the_piece_needs(
    light_hub: FakeHub, model: ModelRef, tmp_path: Path, preload: Preload
) -> None:
    piece = await exported(tmp_path, light_hub, model)
    (line,) = lines(piece)
    repo, names, commit = line.split(" ")
    assert (repo, commit) == (model.repo, model.commit)
    preload(repo, names.split(","), commit, light_hub.address)
    light_hub.stop()
    folder = found(piece, light_hub)
    assert vet.vet(folder).kind
    assert {path.name for path in folder.iterdir()} == set(names.split(","))


async def test_without_that_the_piece_fetches_the_same_files(
    light_hub: FakeHub, model: ModelRef, tmp_path: Path
) -> None:
    piece = await exported(tmp_path, light_hub, model, target="zerogpu")
    (line,) = lines(piece)
    assert {path.name for path in found(piece, light_hub).iterdir()} == set(line.split(" ")[1].split(","))


async def test_a_file_that_did_not_come_beforehand_is_fetched_by_the_piece(
    light_hub: FakeHub, model: ModelRef, tmp_path: Path
) -> None:
    piece = await exported(tmp_path, light_hub, model)
    names = lines(piece)[0].split(" ")[1].split(",")
    names.remove("tokenizer_config.json")
    one_snapshot(model.repo, names, str(model.commit), light_hub.address)
    assert (found(piece, light_hub) / "tokenizer_config.json").is_file()


async def test_a_model_that_was_never_fetched_here_is_not_fetched_beforehand(
    light_hub: FakeHub, model: ModelRef, tmp_path: Path
) -> None:
    assert lines(await exported(tmp_path, light_hub, model, fetch=False)) == []
    assert len(lines(await exported(tmp_path, light_hub, model))) == 1
    later = model.model_copy(update={"commit": light_hub.repo(REPO).commit({"LICENSE": "Other terms."})})
    assert lines(await exported(tmp_path, light_hub, later, fetch=False)) == []
