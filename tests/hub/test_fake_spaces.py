"""The fake Hub makes, builds and deletes Spaces for the unmodified `huggingface_hub` client, and takes large files."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from huggingface_hub import CommitOperationAdd, HfApi, SpaceHardware
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from tests.fake_hub import FakeHub

TOKEN = "hf_" + "w" * 34
NAME = "ada/a-letter"

pytestmark = [
    pytest.mark.usefixtures("plain_client"),
    pytest.mark.filterwarnings("ignore:Use 'content="),  # so the Hub's library sends large files
]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(token=TOKEN) as hub:
        yield hub


@pytest.fixture
def api(hub: FakeHub) -> HfApi:
    return HfApi(endpoint=hub.address, token=TOKEN)


def create(api: HfApi, name: str = NAME, sdk: str = "static", hardware: SpaceHardware | None = None) -> None:
    api.create_repo(name, repo_type="space", space_sdk=sdk, space_hardware=hardware, private=True)


def status(caught: pytest.ExceptionInfo[HfHubHTTPError]) -> int:
    return int(caught.value.response.status_code)


def test_a_space_is_made_filled_built_and_deleted(hub: FakeHub, api: HfApi) -> None:
    assert api.whoami()["name"] == "ada"
    create(api)
    assert hub.repo(NAME, "space").private
    files = {"README.md": b"---\nsdk: static\n---\n", "a.safetensors": b"\0\1" * 99, "b.safetensors": b"\2" * 99}
    api.create_commit(
        NAME, [CommitOperationAdd(path, data) for path, data in files.items()], commit_message="x", repo_type="space"
    )
    held = hub.repo(NAME, "space").head.files
    assert {path: held[path].read() for path in files} == files
    assert [api.get_space_runtime(NAME).stage for _ in range(4)] == ["BUILDING", "APP_STARTING", "RUNNING", "RUNNING"]
    api.delete_repo(NAME, repo_type="space")
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo(NAME, repo_type="space")


def test_what_the_hub_refuses_by_itself_is_refused(hub: FakeHub, api: HfApi) -> None:
    create(api)
    with pytest.raises(HfHubHTTPError) as taken:
        create(api)
    with pytest.raises(HfHubHTTPError) as unpaid:
        create(api, "ada/other", "gradio", SpaceHardware.CPU_BASIC)
    with pytest.raises(HfHubHTTPError) as foreign:
        create(api, "somebody/else")
    with pytest.raises(HfHubHTTPError) as unknown:
        create(HfApi(endpoint=hub.address, token=False))
    assert [status(each) for each in (taken, unpaid, foreign, unknown)] == [409, 402, 403, 401]
    hub.spaces.pro = True
    create(api, "ada/other", "gradio", SpaceHardware.CPU_BASIC)


def test_a_page_is_shown_to_everybody_once_the_space_is_public_and_up(hub: FakeHub, api: HfApi) -> None:
    create(api)
    host = api.space_info(NAME).host
    assert host is not None
    assert httpx2.get(host).status_code == 404
    hub.repo(NAME, "space").private, hub.spaces.slow_pages = False, 1
    assert [httpx2.get(host).status_code for _ in range(2)] == [503, 200]


def test_a_large_file_is_taken_whole_and_without_a_token(hub: FakeHub) -> None:
    place = f"{hub.address}/lfs/{'0' * 64}"
    assert httpx2.put(place, content=b"other bytes").status_code == 400
    assert httpx2.put(place, content=b"x", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 400
    assert hub.shelf.stored == {}
