"""The unmodified `huggingface_hub` client and the fake Hub: what one asks the other answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, ModelInfo, hf_hub_download
from huggingface_hub.errors import (
    BadRequestError,
)

from tests.fake_hub import FakeHub, Repo
from tests.fake_hub.catalogue import EXPANDABLE, NOT_IN_LISTS
from tests.fake_hub.rows import datasets
from tests.fake_hub.stock import house
from tests.hub.contract import ALL, Check, Peer, peer_repos

pytestmark = pytest.mark.usefixtures("plain_client")
COOK = "swatchbook-house/cook"


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    model, dataset = peer_repos(house()[0], datasets()[0])
    with FakeHub([model, dataset]) as hub:
        yield Peer(hub.address, model, dataset)


@pytest.fixture
def api(hub: FakeHub) -> HfApi:
    return HfApi(endpoint=hub.address, token=False)


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_the_fake_hub_keeps_the_contract_shared_with_others(check: Check, peer: Peer, tmp_path: Path) -> None:
    check(peer, tmp_path)


# Lists


def _size(model: ModelInfo) -> int:
    return model.safetensors.total if model.safetensors else -1


FILTERS: dict[str, tuple[dict[str, Any], Callable[[ModelInfo], bool]]] = {
    "a tag": ({"filter": "toy"}, lambda model: "toy" in model.tags),
    "two tags": ({"filter": ["toy", "license:cc0-1.0"]}, lambda model: {"toy", "license:cc0-1.0"} <= {*model.tags}),
    "a licence": ({"filter": "license:mit"}, lambda model: "license:mit" in model.tags),
    "a language": ({"filter": "sw"}, lambda model: "sw" in model.tags),
    "an architecture": ({"filter": "mamba"}, lambda model: (model.config or {}).get("model_type") == "mamba"),
    "a dataset": (
        {"trained_dataset": "lantern/harbour-letters"},
        lambda model: "lantern/harbour-letters" in (model.card_data or {}).get("datasets", []),
    ),
    "children": ({"filter": "base_model:lantern/ember"}, lambda model: "base_model:lantern/ember" in model.tags),
    "finetunes": (
        {"filter": "base_model:finetune:lantern/ember"},
        lambda model: model.id in {"lantern/ember-instruct", "quiet-owl/ember-noir"},
    ),
    "a maker": ({"author": "quiet-owl"}, lambda model: model.author == "quiet-owl"),
    "a word": ({"search": "EMBER"}, lambda model: "ember" in model.id.lower()),
    "gated": ({"gated": True}, lambda model: model.gated in ("auto", "manual")),
    "open": ({"gated": False}, lambda model: model.gated is False),
    "a task": ({"pipeline_tag": "fill-mask"}, lambda model: model.pipeline_tag == "fill-mask"),
    "large": ({"num_parameters": "min:7.5B"}, lambda model: _size(model) >= 7.5e9),
    "between": ({"num_parameters": "min:1M,max:500M"}, lambda model: 10**6 <= _size(model) <= 5 * 10**8),
    "small": ({"num_parameters": "max:200K"}, lambda model: 0 <= _size(model) <= 200_000),
    "all at once": (
        {"search": "e", "gated": False, "num_parameters": "min:1B", "filter": ["en", "license:mit"]},
        lambda model: (
            "e" in model.id.lower()
            and model.gated is False
            and _size(model) >= 10**9
            and {"en", "license:mit"} <= {*model.tags}
        ),
    ),
}
EVERYTHING = ["author", "cardData", "config", "downloads", "gated", "pipeline_tag", "safetensors", "tags"]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_finds_what_it_says_and_all_of_it(name: str, api: HfApi) -> None:
    asked, belongs = FILTERS[name]
    every = list(api.list_models(expand=EVERYTHING))
    wanted = {model.id for model in every if belongs(model)}
    assert 0 < len(wanted) < len(every)
    assert {model.id for model in api.list_models(**asked)} == wanted


def test_without_filters_every_public_model_is_listed_once_over_several_pages(api: HfApi, hub: FakeHub) -> None:
    hub.repo(COOK).private = True
    listed = [model.id for model in api.list_models()]
    assert len(listed) == len(set(listed))
    assert set(listed) == {name for kind, name in hub.shelf.repos if kind == "model"} - {COOK}
    assert hub.log.count("/api/models") == -(-len(listed) // 100) > 2


@pytest.mark.parametrize(
    ("sort", "field"),
    [
        ("downloads", "downloads"),
        ("likes", "likes"),
        ("created_at", "created_at"),
        ("last_modified", "last_modified"),
        ("trending_score", "trending_score"),
    ],
)
def test_sorts_descend(sort: str, field: str, api: HfApi) -> None:
    values = [getattr(model, field) for model in api.list_models(sort=sort, full=True)]  # type: ignore[arg-type]
    assert all(first >= second for first, second in pairwise(values))
    assert values[0] > values[-1]


def test_a_page_does_not_shift_when_models_come_and_go(api: HfApi, hub: FakeHub) -> None:
    pages = iter(api.list_models(sort="downloads"))
    first = [next(pages) for _ in range(100)]
    hub.add(Repo("new/most-loved", {}, downloads=10**9))
    hub.remove(first[-1].id)
    hub.remove(first[0].id)
    listed = [model.id for model in [*first, *pages]]
    assert len(listed) == len(set(listed)) == 328


def test_a_limit_is_kept(api: HfApi, hub: FakeHub) -> None:
    assert len(list(api.list_models(limit=7))) == 7
    assert hub.log.count("limit=7") == 1


def test_a_list_says_only_what_is_expanded(api: HfApi) -> None:
    (model,) = api.list_models(search="lantern/ember-instruct", expand=["downloads", "tags"])
    assert model.downloads == 88_000
    assert "base_model:finetune:lantern/ember" in model.tags
    assert (model.author, model.likes, model.created_at, model.safetensors) == (None, None, None, None)


@pytest.mark.parametrize("name", sorted(NOT_IN_LISTS))
def test_a_list_refuses_what_only_an_info_has(name: Any, api: HfApi) -> None:
    with pytest.raises(BadRequestError, match=name):
        list(api.list_models(expand=[name]))


def test_an_unknown_field_is_refused(api: HfApi) -> None:
    with pytest.raises(BadRequestError, match="shoeSize"):
        list(api.list_models(expand=["shoeSize"]))  # type: ignore[list-item]
    with pytest.raises(BadRequestError, match="shoeSize"):
        api.model_info(COOK, expand=["shoeSize"])  # type: ignore[list-item]


def test_a_full_list_has_files_card_and_config(api: HfApi) -> None:
    (model,) = api.list_models(search="tall-ship/mizzen", full=True, cardData=True, fetch_config=True)
    assert "config.json" in {sibling.rfilename for sibling in model.siblings or ()}
    assert model.card_data is not None
    assert model.card_data.language == ["en", "fr", "sw", "zh"]
    assert model.config is not None
    assert model.config["model_type"] == "qwen2"
    assert "messages" in model.config["tokenizer_config"]["chat_template"]


# Info


def test_an_info_says_all_that_can_be_expanded(api: HfApi, hub: FakeHub) -> None:
    from huggingface_hub.hf_api import ExpandModelProperty_T

    assert set(ExpandModelProperty_T.__args__) == EXPANDABLE["model"]
    info = api.model_info("lantern/ember", expand=sorted(EXPANDABLE["model"]))  # type: ignore[arg-type]
    assert info.sha == hub.repo("lantern/ember").head.sha
    assert info.children_model_count == 4
    assert info.spaces == ["merrow/tide-studio"]
    assert info.safetensors is not None
    assert set(info.safetensors.parameters) == {"F32"}
    assert info.eval_results is not None
    assert [result.value for result in info.eval_results] == [41.5]
    assert info.card_data is not None
    assert info.card_data.co2_eq_emissions["emissions"] == 840
    assert info.card_data.eval_results[0].metric_value == 11.2


@pytest.mark.parametrize(
    ("name", "relation", "parents"),
    [
        ("lantern/ember-instruct", "finetune", ["lantern/ember"]),
        ("quiet-owl/ember-instruct-4bit", "quantized", ["lantern/ember-instruct"]),
        ("quiet-owl/ember-lora", "adapter", ["lantern/ember"]),
        ("fileroom/ember-GGUF", "quantized", ["lantern/ember"]),
        ("merrow/ember-tide", "merge", ["lantern/ember-instruct", "quiet-owl/ember-noir"]),
        ("ouro/boros-alpha", "finetune", ["ouro/boros-omega"]),
        ("ouro/boros-omega", "finetune", ["ouro/boros-alpha"]),
    ],
)
def test_parents_come_with_their_relation(name: str, relation: str, parents: list[str], api: HfApi) -> None:
    read: Any = api.model_info(name, expand=["baseModels"]).base_models
    assert read["relation"] == relation
    assert [parent["id"] for parent in read["models"]] == parents
    assert all(len(parent["_id"]) == 24 for parent in read["models"])


def test_a_parent_that_is_not_there_is_only_in_the_tags(api: HfApi) -> None:
    info = api.model_info("driftwood/orphan", expand=["baseModels", "tags"])
    assert info.base_models is None
    assert "base_model:gone/never-published" in info.tags


def test_blobs_and_security_tell_sizes_and_suspicions(api: HfApi, hub: FakeHub) -> None:
    info = api.model_info("picklejar/brine", files_metadata=True, securityStatus=True)
    sizes = {sibling.rfilename: sibling.size for sibling in info.siblings or ()}
    assert sizes == {path: blob.size for path, blob in hub.repo("picklejar/brine").head.files.items()}
    assert info.security_repo_status == {
        "scansDone": True,
        "filesWithIssues": [{"path": "pytorch_model.bin", "level": "unsafe"}],
    }


def test_a_pull_requests_commit_is_found_by_its_ref(api: HfApi, hub: FakeHub) -> None:
    info = api.model_info("lantern/ember", revision="refs/pr/1")
    assert info.sha == hub.repo("lantern/ember").branches["refs/pr/1"]
    assert hub.log.count("/revision/refs%2Fpr%2F1") == 1
    refs = api.list_repo_refs("lantern/ember", include_pull_requests=True)
    assert [pull.target_commit for pull in refs.pull_requests or ()] == [info.sha]


def test_a_model_that_was_renamed_is_still_found(api: HfApi, hub: FakeHub, tmp_path: Path) -> None:
    assert api.model_info("lantern/ember-70k").id == "lantern/ember"
    got = hf_hub_download("lantern/ember-70k", "config.json", endpoint=hub.address, token=False, cache_dir=tmp_path)
    assert Path(got).read_bytes() == hub.repo("lantern/ember").head.files["config.json"].read()


def test_what_a_test_says_of_a_repository_is_said_as_it_stands(api: HfApi, hub: FakeHub) -> None:
    hub.repo(COOK).info |= {"downloads": "many", "tags": None}
    info = api.model_info(COOK)
    assert (info.downloads, info.tags) == ("many", None)


def test_spaces_are_found_by_the_model_they_use(api: HfApi) -> None:
    assert [space.id for space in api.list_spaces(models="merrow/ember-tide")] == ["merrow/tide-studio"]
    assert [space.id for space in api.list_spaces(models="nobody/nothing")] == []
    assert len(list(api.list_spaces())) == 3


def test_datasets_are_listed_and_told(api: HfApi) -> None:
    assert {found.id for found in api.list_datasets(language="sw")} == {"swahili-house/methali"}
    info = api.dataset_info("lantern/harbour-letters")
    assert info.card_data is not None
    assert info.card_data["license"] == "cc-by-4.0"
    assert "license:cc-by-4.0" in info.tags
