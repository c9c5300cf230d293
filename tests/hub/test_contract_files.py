"""The unmodified `huggingface_hub` client and the fake Hub: files, and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, ModelCard, constants, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    NotASafetensorsRepoError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.fake_hub import FakeHub, Fault, Repo

pytestmark = pytest.mark.usefixtures("plain_client")
COOK = "swatchbook-house/cook"


@pytest.fixture
def api(hub: FakeHub) -> HfApi:
    return HfApi(endpoint=hub.address, token=False)


# Files


def test_a_tree_says_what_was_scanned(api: HfApi) -> None:
    (weights,) = api.get_paths_info("picklejar/brine", ["pytorch_model.bin"], expand=True)
    (card,) = api.get_paths_info("picklejar/brine", ["README.md"], expand=True)
    assert weights.security is not None  # type: ignore[union-attr]
    assert (weights.security.safe, weights.security.status) == (False, "unsafe")  # type: ignore[union-attr]
    assert card.security.safe  # type: ignore[union-attr]


def test_a_large_tree_comes_in_pages(api: HfApi, hub: FakeHub) -> None:
    hub.add(Repo("many/files", {f"part-{at:04}.txt": "." for at in range(1203)}))
    assert [entry.path for entry in api.list_repo_tree("many/files")] == [f"part-{at:04}.txt" for at in range(1203)]
    assert hub.log.count("/tree/main") == 2
    hub.add(Repo("more/files", {f"{at:03}.txt": "." for at in range(120)}))
    assert len(list(api.list_repo_tree("more/files", expand=True))) == 120
    assert hub.log.count("/more/files/tree/main") == 3


def test_commits_are_told_newest_first(api: HfApi, hub: FakeHub) -> None:
    repo = hub.repo("lantern/ember")
    commits = api.list_repo_commits("lantern/ember")
    assert [(each.commit_id, each.title) for each in commits] == [
        (repo.head.sha, "Say more"),
        (repo.tags["v1"], "initial commit"),
    ]


def test_headers_of_shards_are_added_up(api: HfApi) -> None:
    read = api.get_safetensors_metadata("heavy-goods/two-crates")
    whole = api.model_info("heavy-goods/two-crates").safetensors
    assert read.sharded
    assert len(read.files_metadata) == 2
    assert whole is not None
    assert read.parameter_count == whole.parameters


def test_a_model_too_large_to_make_still_has_a_header(api: HfApi, hub: FakeHub) -> None:
    (giant, *_) = api.list_models(num_parameters="min:60B", expand=["safetensors"], gated=False)
    read = api.get_safetensors_metadata(giant.id)
    assert giant.safetensors is not None
    assert sum(read.parameter_count.values()) == giant.safetensors.total > 6e10
    with pytest.raises(HfHubHTTPError, match="503"):
        hf_hub_download(giant.id, next(iter(read.files_metadata)), endpoint=hub.address, token=False)


@pytest.mark.parametrize("redirects", ["none", "here", "elsewhere"])
def test_a_snapshot_is_whole_however_large_files_are_sent(redirects: Any, stock: list[Repo], tmp_path: Path) -> None:
    with FakeHub(stock, redirects=redirects) as hub:
        snapshot_download("heavy-goods/two-crates", endpoint=hub.address, token=False, local_dir=tmp_path)
        for path, blob in hub.repo("heavy-goods/two-crates").head.files.items():
            assert (tmp_path / path).read_bytes() == blob.read()
        assert bool(hub.log.count("^/cdn/", "GET")) == (redirects != "none")


def test_a_download_that_was_cut_goes_on_where_it_stopped(hub: FakeHub, tmp_path: Path) -> None:
    content = bytes(range(256)) * 50_000
    hub.add(Repo("wide/load", {"model.safetensors": content}))
    hub.faults.add(Fault("model.safetensors", "truncate", times=1, method="GET", after=12_000_000))
    got = hf_hub_download("wide/load", "model.safetensors", endpoint=hub.address, token=False, cache_dir=tmp_path)
    assert Path(got).read_bytes() == content
    whole, rest = hub.log.find("model.safetensors", "GET")
    assert "range" not in whole.headers
    start = int(rest.headers["range"].removeprefix("bytes=").removesuffix("-"))
    portion = constants.DOWNLOAD_CHUNK_SIZE
    assert start == 12_000_000 // portion * portion
    assert rest.status == 206


def test_a_model_may_change_between_two_downloads(hub: FakeHub, tmp_path: Path) -> None:
    options: dict[str, Any] = {"endpoint": hub.address, "token": False, "cache_dir": tmp_path}
    first = hf_hub_download(COOK, "README.md", **options)
    sha = hub.repo(COOK).commit({"README.md": "# Another cook\n"})
    second = hf_hub_download(COOK, "README.md", **options)
    assert Path(first) != Path(second)
    assert (Path(second).parent.name, Path(second).read_text()) == (sha, "# Another cook\n")


def test_a_card_is_read_from_its_file(hub: FakeHub, tmp_path: Path) -> None:
    got = hf_hub_download("mischief/loud", "README.md", endpoint=hub.address, token=False, cache_dir=tmp_path)
    card = ModelCard.load(got, ignore_metadata_errors=True)
    assert card.data.license == "mit"
    assert "<script>" in card.text


# Refusals


def test_a_gated_model_tells_about_itself_and_gives_no_files(api: HfApi, hub: FakeHub, tmp_path: Path) -> None:
    info = api.model_info("gatekeeper/vault")
    assert info.gated == "manual"
    assert info.safetensors is not None
    assert len(list(api.list_repo_tree("gatekeeper/vault"))) > 3
    for path in ("README.md", "model.safetensors"):
        with pytest.raises(GatedRepoError, match="401"):
            hf_hub_download("gatekeeper/vault", path, endpoint=hub.address, token=False, cache_dir=tmp_path)
    with pytest.raises(GatedRepoError, match="403"):
        hf_hub_download("gatekeeper/vault", "README.md", endpoint=hub.address, token="hf_x", cache_dir=tmp_path)
    assert set(hub.log.tokens) == {"Bearer hf_x"}


@pytest.mark.parametrize(
    "name", ["nobody/nothing", "nothing", "lantern/harbour-letters", "lantern/harbour-chat", "hidden/model"]
)
def test_what_is_no_public_model_is_not_found(name: str, api: HfApi, hub: FakeHub) -> None:
    hub.add(Repo("hidden/model", {"README.md": "hush"}, private=True))
    with pytest.raises(RepositoryNotFoundError, match="401"):
        api.model_info(name)
    with pytest.raises(RepositoryNotFoundError):
        list(api.list_repo_tree(name))
    with pytest.raises(RepositoryNotFoundError, match="404"):
        api.model_info("nobody/nothing", token="hf_x")


def test_revisions_and_files_that_are_missing_have_errors_of_their_own(
    hub: FakeHub, api: HfApi, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"endpoint": hub.address, "token": False, "cache_dir": tmp_path}
    with pytest.raises(RevisionNotFoundError):
        api.model_info(COOK, revision="v9")
    with pytest.raises(RevisionNotFoundError):
        hf_hub_download(COOK, "README.md", revision="v9", **options)
    with pytest.raises(RemoteEntryNotFoundError):
        hf_hub_download(COOK, "gone.txt", **options)
    with pytest.raises(RemoteEntryNotFoundError):
        list(api.list_repo_tree(COOK, "no/such/folder"))
    with pytest.raises(NotASafetensorsRepoError):
        api.get_safetensors_metadata("fileroom/ember-GGUF")


def test_a_model_deleted_in_the_middle_is_gone(hub: FakeHub, api: HfApi, tmp_path: Path) -> None:
    options: dict[str, Any] = {"endpoint": hub.address, "token": False, "cache_dir": tmp_path}
    hf_hub_download(COOK, "config.json", **options)
    hub.remove(COOK)
    with pytest.raises(RepositoryNotFoundError):
        hf_hub_download(COOK, "README.md", **options)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info(COOK)


def test_the_client_waits_out_a_rate_limit(api: HfApi, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/models", status=429, seconds=0, times=1))
    assert len(list(api.list_models(author="lantern"))) == 2
    assert [asked.status for asked in hub.log] == [429, 200]


def test_a_rate_limit_says_when_it_ends(api: HfApi, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/models", status=429, seconds=55))
    with pytest.raises(HfHubHTTPError, match=r"Retry after 55 seconds .0/500 requests remaining in current 300s"):
        api.model_info(COOK)


@pytest.mark.parametrize("status", [500, 503, 403])
def test_other_errors_are_what_they_say(status: int, api: HfApi, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/models", status=status, message="The kitchen is on fire"))
    with pytest.raises(HfHubHTTPError, match="The kitchen is on fire") as caught:
        api.model_info(COOK)
    assert caught.value.response.status_code == status
