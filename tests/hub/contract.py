"""What any Hub server has to do for the unmodified `huggingface_hub` client: checks that run against several.

Each check is handed a server and a model and a dataset that it serves. What a
server may do in its own way (which error for a missing file, say) is no part of
this; it is tested where that server is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import HfApi, RepoFile, RepoFolder, hf_hub_download, set_client_factory, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.utils import _http

from tests.fake_hub import Repo
from tests.fake_hub.facts import facts
from tests.fake_hub.files import tree_id


@dataclass(frozen=True)
class Peer:
    """A server under contract. `model` has a tag `v1` on an older commit than its head, and a folder."""

    address: str
    model: Repo
    dataset: Repo

    @property
    def api(self) -> HfApi:
        return HfApi(endpoint=self.address, token=False)


Check = Callable[[Peer, Path], None]


@contextmanager
def unmodified_client() -> Iterator[None]:
    """`huggingface_hub` as it comes, whatever session others have given it."""
    ours = _http._GLOBAL_CLIENT_FACTORY
    set_client_factory(_http.default_client_factory)
    try:
        yield
    finally:
        set_client_factory(ours)


def info_names_commit_and_files(peer: Peer, _: Path) -> None:
    info = peer.api.model_info(peer.model.id, revision="main")
    assert info.id == peer.model.id
    assert info.author == peer.model.author
    assert {sibling.rfilename for sibling in info.siblings or ()} == set(peer.model.head.files)
    refs = peer.api.list_repo_refs(peer.model.id)
    assert [(branch.name, branch.target_commit) for branch in refs.branches] == [("main", info.sha)]


def info_reads_the_card(peer: Peer, _: Path) -> None:
    info = peer.api.model_info(peer.model.id, revision="main")
    assert f"\nlicense: {info.card_data.license}\n" in peer.model.head.files["README.md"].read().decode()
    assert info.card_data.language == ["en"]


def a_tag_is_an_older_commit(peer: Peer, _: Path) -> None:
    api = peer.api
    (tag,) = api.list_repo_refs(peer.model.id).tags
    old = api.model_info(peer.model.id, revision="v1")
    assert (tag.name, tag.ref, tag.target_commit) == ("v1", "refs/tags/v1", old.sha)
    assert old.sha != api.model_info(peer.model.id, revision="main").sha
    before = peer.model.commits[peer.model.tags["v1"]]
    assert {sibling.rfilename for sibling in old.siblings or ()} == set(before.files)


def a_commit_is_asked_for_by_its_sha(peer: Peer, _: Path) -> None:
    sha = peer.api.model_info(peer.model.id, revision="v1").sha
    assert sha is not None
    assert peer.api.model_info(peer.model.id, revision=sha).sha == sha


def the_tree_has_gits_own_names_and_sizes(peer: Peer, _: Path) -> None:
    entries = list(peer.api.list_repo_tree(peer.model.id, recursive=True))
    files = {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}
    assert {path: (entry.size, entry.blob_id) for path, entry in files.items()} == {
        path: (blob.size, blob.oid) for path, blob in peer.model.head.files.items()
    }
    large = {
        path: (entry.lfs.sha256, entry.lfs.size, entry.lfs.pointer_size) for path, entry in files.items() if entry.lfs
    }
    assert large == {
        path: (blob.sha256, blob.size, len(blob.pointer)) for path, blob in peer.model.head.files.items() if blob.large
    }
    assert large, "a model without a large file proves nothing"


def a_folder_is_listed_by_itself(peer: Peer, _: Path) -> None:
    api = peer.api
    folders = [entry for entry in api.list_repo_tree(peer.model.id) if isinstance(entry, RepoFolder)]
    assert folders, "a model without a folder proves nothing"
    for folder in folders:
        inside = {path for path in peer.model.head.files if path.startswith(f"{folder.path}/")}
        listed = api.list_repo_tree(peer.model.id, folder.path, recursive=True)
        assert {entry.path for entry in listed if isinstance(entry, RepoFile)} == inside


def a_tree_entry_tells_its_last_commit(peer: Peer, _: Path) -> None:
    for entry in peer.api.list_repo_tree(peer.model.id, recursive=True, expand=True):
        last = peer.model.changed(peer.model.head, entry.path)
        assert entry.last_commit is not None
        assert entry.last_commit.title.strip() == last.title
        assert entry.last_commit.date.isoformat()[:19] == last.date[:19]


def paths_info_passes_over_what_is_missing(peer: Peer, _: Path) -> None:
    found = peer.api.get_paths_info(peer.model.id, ["README.md", "no/such.file", "model.safetensors"], revision="v1")
    before = peer.model.commits[peer.model.tags["v1"]]
    assert {entry.path: entry.blob_id for entry in found if isinstance(entry, RepoFile)} == {
        path: before.files[path].oid for path in ("README.md", "model.safetensors")
    }


def folders_have_gits_own_names(peer: Peer, _: Path) -> None:
    folder = next(path.partition("/")[0] for path in peer.model.head.files if "/" in path)
    inside = {
        path[len(folder) + 1 :]: blob for path, blob in peer.model.head.files.items() if path.startswith(f"{folder}/")
    }
    (entry,) = peer.api.get_paths_info(peer.model.id, [folder])
    assert isinstance(entry, RepoFolder)
    assert entry.tree_id == tree_id(inside)


def a_download_is_the_file(peer: Peer, folder: Path) -> None:
    for path, blob in peer.model.head.files.items():
        got = hf_hub_download(peer.model.id, path, endpoint=peer.address, token=False, cache_dir=folder)
        assert Path(got).read_bytes() == blob.read()


def a_download_lands_under_its_commit(peer: Peer, folder: Path) -> None:
    sha = peer.api.model_info(peer.model.id, revision="v1").sha
    got = hf_hub_download(
        peer.model.id, "config.json", revision="v1", endpoint=peer.address, token=False, cache_dir=folder
    )
    assert Path(got).parent.name == sha


def a_snapshot_is_all_files(peer: Peer, folder: Path) -> None:
    snapshot_download(
        peer.model.id, endpoint=peer.address, token=False, local_dir=folder / "all", cache_dir=folder / "c"
    )
    got = {
        path.relative_to(folder / "all"): path.read_bytes() for path in (folder / "all").rglob("*") if path.is_file()
    }
    kept = {path.as_posix(): held for path, held in got.items() if path.parts[0] != ".cache"}
    assert kept == {path: blob.read() for path, blob in peer.model.head.files.items()}


def a_dry_run_tells_the_size(peer: Peer, folder: Path) -> None:
    for path in ("config.json", "model.safetensors"):
        told = hf_hub_download(peer.model.id, path, endpoint=peer.address, token=False, cache_dir=folder, dry_run=True)
        assert told.file_size == peer.model.head.files[path].size
        assert told.will_download
    assert not any(path.is_file() and path.stat().st_size > 100 for path in folder.rglob("*"))


def a_weights_header_is_read(peer: Peer, _: Path) -> None:
    read = peer.api.get_safetensors_metadata(peer.model.id)
    assert read.parameter_count == facts(peer.model)["safetensors"]["parameters"]


def a_dataset_is_served_as_one(peer: Peer, folder: Path) -> None:
    path = next(path for path in peer.dataset.head.files if path != "README.md")
    got = hf_hub_download(
        peer.dataset.id, path, repo_type="dataset", endpoint=peer.address, token=False, cache_dir=folder
    )
    assert Path(got).read_bytes() == peer.dataset.head.files[path].read()
    with pytest.raises(RepositoryNotFoundError):
        peer.api.model_info(peer.dataset.id, revision="main")


def what_is_missing_is_an_error(peer: Peer, folder: Path) -> None:
    api = peer.api
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("nobody/nothing", revision="main")
    with pytest.raises(HfHubHTTPError):
        api.model_info(peer.model.id, revision="no-such-branch")
    with pytest.raises(HfHubHTTPError):
        hf_hub_download(peer.model.id, "no.file", endpoint=peer.address, token=False, cache_dir=folder)


FEW: tuple[Check, ...] = (
    info_names_commit_and_files,
    the_tree_has_gits_own_names_and_sizes,
    folders_have_gits_own_names,
    a_download_lands_under_its_commit,
    a_snapshot_is_all_files,
)
"""Enough to notice that a server and the client have drifted apart."""
ALL: tuple[Check, ...] = (
    *FEW,
    info_reads_the_card,
    a_tag_is_an_older_commit,
    a_commit_is_asked_for_by_its_sha,
    a_folder_is_listed_by_itself,
    a_tree_entry_tells_its_last_commit,
    paths_info_passes_over_what_is_missing,
    a_download_is_the_file,
    a_dry_run_tells_the_size,
    a_weights_header_is_read,
    a_dataset_is_served_as_one,
    what_is_missing_is_an_error,
)


def peer_repos(model: Repo, dataset: Repo) -> tuple[Repo, Repo]:
    """Copies fit for a Peer: the model with a later commit, a folder, and its first state tagged."""
    model, dataset = model.copy(), dataset.copy()
    model.tags["v1"] = model.head.sha
    model.commit({"notes/second look.md": "Still here.\n", "notes/deep/er.txt": "Down here.\n"}, "Add notes")
    return model, dataset
