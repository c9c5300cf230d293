"""The fake Hub's server: ranges, pages, faults, the log, stopping and starting."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fake_hub import ABSENT, FakeHub, Fault, Repo
from tests.fake_hub.facts import facts
from tests.fake_hub.stock import house

FILE = bytes(range(256)) * 40
PATH = "/maker/thing/resolve/main/file.bin"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    repos = [Repo("maker/thing", {"file.bin": FILE, "README.md": "# Thing\n"}), Repo("maker/other", {"README.md": "."})]
    with FakeHub(repos) as hub:
        yield hub


@pytest.fixture(scope="module")
def standing() -> Iterator[httpx2.Client]:
    """A client of a hub that no test changes."""
    repos = [Repo("maker/thing", {"file.bin": FILE}), *house()]
    with FakeHub(repos, page=5) as hub, httpx2.Client(base_url=hub.address) as client:
        yield client


# Ranges and headers


@given(start=st.integers(0, len(FILE) + 5), length=st.integers(1, len(FILE)))
@settings(max_examples=60)
def test_a_range_is_that_part_of_the_file(standing: httpx2.Client, start: int, length: int) -> None:
    last = start + length - 1
    answer = standing.get(PATH, headers={"Range": f"bytes={start}-{last}"})
    if start >= len(FILE):
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(FILE)}"
        return
    assert answer.status_code == 206
    assert answer.content == FILE[start : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(FILE)}"


@given(length=st.integers(1, len(FILE) * 2))
@settings(max_examples=20)
def test_a_suffix_range_is_the_end_of_the_file(standing: httpx2.Client, length: int) -> None:
    assert standing.get(PATH, headers={"Range": f"bytes=-{length}"}).content == FILE[-length:]


@pytest.mark.parametrize("header", ["bytes=", "bytes=-", "lines=1-2", "bytes=1-2,4-5"])
def test_a_range_that_makes_no_sense_is_passed_over(client: httpx2.Client, header: str) -> None:
    answer = client.get(PATH, headers={"Range": header})
    assert (answer.status_code, answer.content) == (200, FILE)


def test_head_and_get_name_the_bytes_alike(client: httpx2.Client, hub: FakeHub) -> None:
    blob = hub.repo("maker/thing").head.files["file.bin"]
    for answer in (client.head(PATH), client.get(PATH)):
        assert answer.headers["ETag"] == f'"{blob.sha256}"' == answer.headers["X-Linked-Etag"]
        assert answer.headers["Content-Length"] == str(len(FILE)) == answer.headers["X-Linked-Size"]
        assert answer.headers["X-Repo-Commit"] == hub.repo("maker/thing").head.sha
        assert "X-Xet-Hash" not in answer.headers
    small = client.head("/maker/thing/resolve/main/README.md")
    assert small.headers["ETag"] == f'"{hub.repo("maker/thing").head.files["README.md"].oid}"'
    assert "X-Linked-Etag" not in small.headers


@given(limit=st.integers(1, 9))
@settings(max_examples=9)
def test_pages_of_any_size_make_the_whole_list(standing: httpx2.Client, limit: int) -> None:
    url, names = f"/api/models?limit={limit}&sort=likes", []
    while url:
        answer = standing.get(url)
        assert 0 < len(answer.json()) <= min(limit, 5)
        names += [entry["id"] for entry in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert len(names) == len(set(names)) == 7


def test_the_next_page_lies_where_this_one_was_asked_for(hub: FakeHub) -> None:
    address = hub.address.replace("127.0.0.1", "localhost")
    assert httpx2.get(f"{address}/api/models?limit=1").links["next"]["url"].startswith(f"{address}/api/models?")


def test_expand_goes_with_neither_blobs_nor_security(client: httpx2.Client) -> None:
    for query in ("expand=tags&blobs=true", "expand=tags&securityStatus=true"):
        assert client.get(f"/api/models/maker/thing?{query}").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/api/models/a/b/c/d",
        "/api/models/%00",
        "/api/models/a%0Ab/tree/main",
        f"/api/models/{'x' * 10_000}",
    ],
)
def test_a_path_of_nothing_is_not_found_in_one_line(client: httpx2.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (401, 404)
    assert json.loads(answer.content)["error"]
    assert client.get(PATH).status_code == 200


# The server


def test_the_log_tells_requests_as_they_came(client: httpx2.Client, hub: FakeHub) -> None:
    client.get("/api/models", params={"search": "a b"}, headers={"Authorization": "Bearer secret"})
    client.post("/api/models/maker/thing/paths-info/main", data={"paths": ["README.md"]})
    first, second = hub.log
    assert (first.method, first.target, first.status) == ("GET", "/api/models?search=a+b", 200)
    assert hub.log.tokens == ["Bearer secret"]
    assert (second.method, second.body) == ("POST", b"paths=README.md")
    assert (hub.log.count(), hub.log.count("paths-info"), hub.log.count("", "GET")) == (2, 1, 1)


def test_a_connection_serves_many_requests(hub: FakeHub) -> None:
    before = threading.active_count()
    with httpx2.Client(base_url=hub.address) as client:
        for _ in range(20):
            client.get("/api/models").raise_for_status()
        assert threading.active_count() == before + 1


def test_stopping_ends_every_stall_within_a_second_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    hub = FakeHub([Repo("maker/thing", {"file.bin": FILE})]).start()
    hub.faults.add(
        Fault("one", "stall"),
        Fault("two", "stall-body", after=1),
        Fault("three", "drip", rate=1),
        Fault("four", "endless"),
    )
    ended: list[str] = []

    def ask(name: str) -> None:
        try:
            with httpx2.stream("GET", f"{hub.address}{PATH}?{name}", timeout=20) as answer:
                for _ in answer.iter_raw():
                    pass
        except httpx2.TransportError:
            ended.append(name)

    idle = httpx2.Client(base_url=hub.address)
    idle.get("/api/models")
    asking = [threading.Thread(target=ask, args=(name,)) for name in ("one", "two", "three", "four")]
    for thread in asking:
        thread.start()
    while hub.log.count("file.bin") < 4:
        time.sleep(0.01)
    begun = time.monotonic()
    hub.stop()
    assert time.monotonic() - begun < 1
    for thread in asking:
        thread.join(5)
    idle.close()
    assert sorted(ended) == ["four", "one", "three", "two"]
    assert set(threading.enumerate()) <= before


def test_a_stopped_hub_is_away_and_comes_back_on_its_port() -> None:
    with FakeHub([Repo("maker/thing", {"file.bin": FILE})]) as hub:
        address = hub.address
        hub.stop()
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(address)
        hub.start()
        assert hub.address == address
        assert httpx2.get(address + PATH).content == FILE


def test_what_happens_to_one_hub_happens_to_no_other() -> None:
    repos = [Repo("maker/thing", {"file.bin": FILE})]
    with FakeHub(repos) as first:
        first.repo("maker/thing").commit({"new.txt": "new"})
        first.repo("maker/thing").info["tags"] = ABSENT
        first.add(Repo("another/one", {}))
    with FakeHub(repos) as second:
        assert set(second.repo("maker/thing").head.files) == {"file.bin"}
        assert "tags" in facts(second.repo("maker/thing"))
        assert len(second.shelf.repos) == 1
