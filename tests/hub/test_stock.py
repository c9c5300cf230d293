"""The models of a published piece: fetched at their commits and vetted, or a sentence that says why they are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants, set_client_factory
from huggingface_hub.utils import _http

from swatchbook.engine import vet
from swatchbook.runs import ModelRef, RunError
from swatchbook.settings import AppSettings
from swatchbook.sketch.publish.stock import Stock
from tests.fake_hub import FakeHub, Fault
from tests.works import house_ref

REPO = "swatchbook-house/lighthouse-keeper"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cache of the Hub's library for each test, and its session as it was."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", "hf_ownersOwnersOwners")
    before = _http._GLOBAL_CLIENT_FACTORY
    yield
    set_client_factory(before)


def ref(hub: FakeHub, repo: str = REPO) -> ModelRef:
    return ModelRef(source="hub", repo=repo, commit=hub.repo(repo).head.sha)


def filled(hub: FakeHub, *models: ModelRef, **settings: object) -> Stock:
    stock = Stock(AppSettings(hub=hub.address, **settings), models)  # type: ignore[arg-type]
    stock.start().join(20)
    return stock


def why(stock: Stock, model: ModelRef) -> str:
    with pytest.raises(RunError) as caught:
        stock.locate(model)
    said = str(caught.value)
    assert said.startswith(model.repo)
    assert said.endswith(".")
    return said


def test_a_model_is_fetched_at_its_commit_without_a_token_and_only_what_is_safe(light_hub: FakeHub) -> None:
    repo = light_hub.repo(REPO)
    sha = repo.commit({"modeling_evil.py": "raise SystemExit", "pytorch_model.bin": b"\x80\x04evil", "x/y.json": "{}"})
    model = ModelRef(source="hub", repo=REPO, commit=sha)
    repo.commit({"config.json": "{}"}, "a later one that is broken")
    folder = filled(light_hub, model).locate(model)
    assert vet.vet(folder).kind
    assert {path.name for path in folder.iterdir()} == {
        "README.md", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
    }  # fmt: skip
    assert light_hub.log.tokens == []


def test_what_is_here_already_needs_no_hub(light_hub: FakeHub) -> None:
    model = ref(light_hub)
    first = filled(light_hub, model).locate(model)
    light_hub.log.clear()
    assert filled(light_hub, model, offline=True).locate(model) == first
    assert list(light_hub.log) == []


def test_a_file_that_was_lost_is_fetched_again(light_hub: FakeHub) -> None:
    model = ref(light_hub)
    (filled(light_hub, model).locate(model) / "tokenizer.json").unlink()
    assert vet.vet(filled(light_hub, model).locate(model)).kind


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("/tree/", status=404, code="RevisionNotFound"), "not on the Hub at this commit any more"),
        (Fault("/tree/", status=401, code="RepoNotFound"), "not on the Hub at this commit any more"),
        (Fault("/resolve/", status=403, code="GatedRepo"), "only people who sign in"),
        (Fault("/tree/", status=429, seconds=90), "enough questions"),
        (Fault("/tree/", "drop"), "could not be reached"),
        (Fault("/tree/", "text"), "could not be fetched"),
    ],
    ids=["gone", "private", "gated", "quota", "lost", "nonsense"],
)
def test_a_model_that_cannot_be_had_costs_one_sentence(
    light_hub: FakeHub, fault: Fault, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http.time, "sleep", lambda _: None)
    light_hub.faults.add(fault)
    model = ref(light_hub)
    assert words in why(filled(light_hub, model), model)


def test_a_model_too_large_for_this_machine_is_not_fetched(light_hub: FakeHub) -> None:
    model = ref(light_hub)
    assert "0.0 GB of memory" in why(filled(light_hub, model, memory_gb=0.001), model)
    assert light_hub.log.count("/resolve/") == 0


def test_a_model_that_is_not_run_here_is_refused_by_its_files(light_hub: FakeHub) -> None:
    light_hub.repo(REPO).commit({}, "without", delete=["model.safetensors"])
    model = ref(light_hub)
    assert "no weights as safetensors" in why(filled(light_hub, model), model)


def test_one_model_that_is_gone_costs_no_other(light_hub: FakeHub) -> None:
    good, gone = ref(light_hub), ModelRef(source="hub", repo="nobody/nothing", commit="0" * 40)
    stock = filled(light_hub, gone, good)
    assert "any more" in why(stock, gone)
    assert stock.locate(good).is_dir()


def test_until_it_is_here_a_model_is_on_its_way(light_hub: FakeHub) -> None:
    model = ref(light_hub)
    stock = Stock(AppSettings(hub=light_hub.address), [model])
    assert "on its way" in why(stock, model)
    other = ModelRef(source="hub", repo="nobody/nothing", commit="0" * 40)
    assert "no model of this piece" in why(stock, other)


def test_house_models_lie_in_the_piece_at_their_commits() -> None:
    model = house_ref()
    stock = Stock(AppSettings(offline=True), [model])
    assert stock.locate(model).name == model.repo
    with pytest.raises(RunError, match="asks for"):
        stock.locate(ModelRef(source="house", repo=model.repo, commit="0" * 12))
