"""The fake Hub takes what the unmodified `huggingface_hub` client writes, and refuses what the Hub refuses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError

from tests.fake_hub import FakeHub, Fault, Repo

NAME = "someone/kept"
TOKEN = "hf_" + "w" * 34
FILES = {"README.md": "# Kept\n", "kept/ab/one.json": '{"one": 1}', "kept/ab/one/1.txt": "x", "kept/cd/two.json": "{}"}

pytestmark = pytest.mark.usefixtures("plain_client")


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub([Repo(NAME, FILES, kind="dataset", private=True)], token=TOKEN) as hub:
        yield hub


@pytest.fixture
def api(hub: FakeHub) -> HfApi:
    return HfApi(endpoint=hub.address, token=TOKEN)


def write(api: HfApi, *operations: CommitOperationAdd | CommitOperationDelete, **more: str) -> str:
    made = api.create_commit(NAME, list(operations), commit_message="Write", repo_type="dataset", **more)
    return made.oid


def held(hub: FakeHub) -> dict[str, bytes]:
    return {path: blob.read() for path, blob in hub.repo(NAME, "dataset").head.files.items()}


def read(hub: FakeHub, path: str, token: str | None = TOKEN) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.get(f"{hub.address}/datasets/{NAME}/resolve/main/{path}", headers=headers)


def test_what_is_written_is_read_back(hub: FakeHub, api: HfApi) -> None:
    large = b'{"text": "' + b"a word " * 400_000 + b'"}'
    sha = write(api, CommitOperationAdd("new.json", b"{}"), CommitOperationAdd("kept/ef/large.json", large))
    assert hub.repo(NAME, "dataset").head.sha == sha
    assert held(hub) == {
        **{path: text.encode() for path, text in FILES.items()}, "new.json": b"{}", "kept/ef/large.json": large
    }  # fmt: skip
    assert read(hub, "kept/ef/large.json").content == large
    (entry,) = api.get_paths_info(NAME, ["kept/ef/large.json"], repo_type="dataset")
    assert getattr(entry, "lfs", "none") is None


def test_one_commit_adds_and_deletes_files_and_folders(hub: FakeHub, api: HfApi) -> None:
    write(
        api,
        CommitOperationAdd("new.json", b"{}"),
        CommitOperationDelete("kept/cd/two.json"),
        CommitOperationDelete("kept/ab/one/"),
    )
    assert set(held(hub)) == {"README.md", "kept/ab/one.json", "new.json"}


def test_what_is_not_there_cannot_be_deleted_and_nothing_else_is_done(hub: FakeHub, api: HfApi) -> None:
    before = held(hub)
    for path in ("no/such.json", "no/such/"):
        with pytest.raises(EntryNotFoundError):
            write(api, CommitOperationAdd("new.json", b"{}"), CommitOperationDelete(path))
    assert held(hub) == before


def test_what_has_not_changed_makes_no_commit(hub: FakeHub, api: HfApi) -> None:
    before = hub.repo(NAME, "dataset").head.sha
    assert write(api, CommitOperationAdd("kept/cd/two.json", b"{}")) == before
    assert hub.log.count("/commit/") == 0


def test_an_older_parent_is_refused(hub: FakeHub, api: HfApi) -> None:
    before = hub.repo(NAME, "dataset").head.sha
    write(api, CommitOperationAdd("new.json", b"{}"), parent_commit=before)
    with pytest.raises(HfHubHTTPError) as caught:
        write(api, CommitOperationAdd("newer.json", b"{}"), parent_commit=before)
    assert caught.value.response.status_code == 412
    assert "newer.json" not in held(hub)


@pytest.mark.parametrize("token", ["hf_" + "v" * 34, TOKEN[:-1], f"{TOKEN}w"])
def test_another_token_is_refused(hub: FakeHub, token: str) -> None:
    with pytest.raises(HfHubHTTPError) as caught:
        write(HfApi(endpoint=hub.address, token=token), CommitOperationAdd("new.json", b"{}"))
    assert caught.value.response.status_code == 401
    assert "new.json" not in held(hub)
    assert read(hub, "README.md", token).status_code == 401


def test_without_a_token_nothing_is_shown_or_taken(hub: FakeHub) -> None:
    assert read(hub, "README.md", None).status_code == 401
    with pytest.raises(RepositoryNotFoundError):
        write(HfApi(endpoint=hub.address, token=False), CommitOperationAdd("new.json", b"{}"))
    hub.repo(NAME, "dataset").private = False
    assert read(hub, "README.md", None).status_code == 200
    with pytest.raises(HfHubHTTPError) as caught:
        write(HfApi(endpoint=hub.address, token=False), CommitOperationAdd("new.json", b"{}"))
    assert caught.value.response.status_code == 401


def test_the_hub_says_who_can_read(hub: FakeHub, api: HfApi) -> None:
    assert api.dataset_info(NAME, expand=["private"]).private is True
    hub.repo(NAME, "dataset").private = False
    assert api.dataset_info(NAME, expand=["private"]).private is False


def test_how_a_file_is_to_come_follows_its_size_its_sample_and_the_repositorys_rules(hub: FakeHub) -> None:
    rules = {".gitattributes": "*.gz filter=lfs diff=lfs\n", ".gitignore": "# none\nsecret/*\n"}
    hub.repo(NAME, "dataset").commit(rules)
    asked = [
        ("a.json", 9_000_000, "e30="), ("a.json.gz", 10, "e30="), ("b.json", 11_000_000, "e30="),
        ("c.bin", 2_000_000, "AAEC"), ("secret/d.json", 2, "e30="), ("README.md", 7, "e30="),
    ]  # fmt: skip
    files = [{"path": path, "size": size, "sample": sample} for path, size, sample in asked]
    answer = httpx2.post(
        f"{hub.address}/api/datasets/{NAME}/preupload/main",
        json={"files": files},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    told = {file["path"]: file for file in answer.json()["files"]}
    assert [told[path]["uploadMode"] for path, _, _ in asked] == ["regular", "lfs", "lfs", "lfs", "regular", "regular"]
    assert [path for path, file in told.items() if file["shouldIgnore"]] == ["secret/d.json"]
    assert [path for path, file in told.items() if "oid" in file] == ["README.md"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no json", b'{"key": "file", "value": {"path": "a", "content": ""}}',
        b'{"key": "header", "value": {"summary": "s"}}\n{"key": "file", "value": {"path": "../a", "content": ""}}',
        b'{"key": "header", "value": {"summary": "s"}}\n{"key": "file", "value": {"path": "a", "content": "?"}}',
        b'{"key": "header", "value": {"summary": "s"}}\n{"key": "lfsFile", "value": {"path": "a"}}',
    ],
)  # fmt: skip
def test_what_is_no_commit_is_refused(hub: FakeHub, body: bytes) -> None:
    before = held(hub)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx2.post(f"{hub.address}/api/datasets/{NAME}/commit/main", content=body, headers=headers)
    assert answer.status_code == 400
    assert held(hub) == before


def test_a_refusal_is_not_done_and_a_lost_answer_is(hub: FakeHub, api: HfApi) -> None:
    hub.faults.add(Fault("/commit/", status=403, times=1), Fault("/commit/", "close", times=1))
    with pytest.raises(HfHubHTTPError):
        write(api, CommitOperationAdd("new.json", b"{}"))
    assert "new.json" not in held(hub)
    with pytest.raises(httpx2.RemoteProtocolError):
        write(api, CommitOperationAdd("new.json", b"{}"))
    assert "new.json" in held(hub)


def test_commits_at_the_same_time_come_one_after_the_other(hub: FakeHub) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}

    def one(number: int) -> int:
        body = '{"key": "header", "value": {"summary": "s"}}\n{"key": "file", "value": {"path": "n%d", "content": ""}}'
        return httpx2.post(
            f"{hub.address}/api/datasets/{NAME}/commit/main", content=body % number, headers=headers
        ).status_code

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(one, range(24))) == {200}
    assert {f"n{number}" for number in range(24)} <= set(held(hub))
    assert len(hub.repo(NAME, "dataset").history(hub.repo(NAME, "dataset").head)) == 25
