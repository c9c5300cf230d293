"""The fake Hub's faults: each is the fault that it is called, and befalls only whom it is for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.fake_hub import FakeHub, Fault, Repo

FILE = bytes(range(256)) * 40
PATH = "/maker/thing/resolve/main/file.bin"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    repos = [Repo("maker/thing", {"file.bin": FILE, "README.md": "# Thing\n"}), Repo("maker/other", {"README.md": "."})]
    with FakeHub(repos) as hub:
        yield hub


def _read(client: httpx2.Client, got: bytearray, timeout: float = 5) -> None:
    """Read the file piece by piece, keeping what came before something broke."""
    with client.stream("GET", PATH, timeout=timeout) as answer:
        for chunk in answer.iter_raw():
            got += chunk


def test_a_stall_is_nothing_for_a_while_and_then_the_answer(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("file.bin", "stall", seconds=0.3, times=1))
    begun = time.monotonic()
    assert client.get(PATH).content == FILE
    assert time.monotonic() - begun >= 0.3


def test_a_stall_in_the_body_comes_after_so_many_bytes(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("file.bin", "stall-body", after=100))
    got = bytearray()
    with pytest.raises(httpx2.ReadTimeout):
        _read(client, got, timeout=0.3)
    assert got == FILE[:100]


def test_a_drip_keeps_its_rate(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("file.bin", "drip", rate=20_000))
    begun = time.monotonic()
    assert client.get(PATH).content == FILE
    assert time.monotonic() - begun > 0.4


def test_a_truncated_body_was_promised_whole(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("file.bin", "truncate", after=1000, times=1))
    got = bytearray()
    with pytest.raises(httpx2.RemoteProtocolError, match=f"expected {len(FILE)}"):
        _read(client, got)
    assert got == FILE[:1000]
    assert client.get(PATH).content == FILE


def test_one_byte_is_flipped(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("file.bin", "flip", after=77))
    got = client.get(PATH).content
    assert [at for at, (is_, was) in enumerate(zip(got, FILE, strict=True)) if is_ != was] == [77]


def test_an_etag_can_be_wrong(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("file.bin", "etag", times=1))
    assert client.head(PATH).headers["ETag"] != client.head(PATH).headers["ETag"]


def test_a_connection_can_close_at_once(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/", "close", times=1))
    with pytest.raises(httpx2.RemoteProtocolError):
        client.get("/api/models")
    assert client.get("/api/models").status_code == 200
    assert [asked.status for asked in hub.log] == [0, 200]


@pytest.mark.parametrize("kind", ["text", "html"])
def test_an_answer_can_be_no_json(client: httpx2.Client, hub: FakeHub, kind: Any) -> None:
    hub.faults.add(Fault("/api/models", kind))
    answer = client.get("/api/models")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_an_answer_can_be_enormous(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/models", "huge", size=3_000_000))
    with client.stream("GET", "/api/models") as answer:
        assert int(answer.headers["Content-Length"]) == sum(len(chunk) for chunk in answer.iter_raw()) > 2_900_000


def test_an_answer_can_be_without_end(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/models", "endless"))
    read = 0
    with client.stream("GET", "/api/models") as answer:
        for chunk in answer.iter_raw():
            read += len(chunk)
            if read > 5_000_000:
                break
    assert "Content-Length" not in answer.headers


def test_an_answer_can_be_too_deep_to_read(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/models", "deep"))
    with pytest.raises(RecursionError):
        client.get("/api/models").json()


def test_an_answer_can_point_elsewhere(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault("/api/models", "redirect", location="http://169.254.169.254/latest"))
    answer = client.get("/api/models")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://169.254.169.254/latest")


def test_a_fault_befalls_only_whom_it_is_for(client: httpx2.Client, hub: FakeHub) -> None:
    hub.faults.add(Fault(r"/tree/", skip=1, times=2, method="GET"))
    tree = "/api/models/maker/thing/tree/main"
    assert [client.get(tree).status_code for _ in range(4)] == [200, 503, 503, 200]
    hub.faults.add(Fault(r"/tree/"))
    assert client.get(tree).status_code == 503
    assert client.get("/api/models").status_code == 200
    hub.faults.clear()
    assert client.get(tree).status_code == 200


def test_the_same_fault_begins_anew_in_every_hub(client: httpx2.Client, hub: FakeHub) -> None:
    once = Fault("/api/models", times=1)
    hub.faults.add(once)
    assert [client.get("/api/models").status_code for _ in range(2)] == [503, 200]
    hub.faults.clear()
    hub.faults.add(once)
    assert client.get("/api/models").status_code == 503


def test_every_answer_can_be_slow(client: httpx2.Client, hub: FakeHub) -> None:
    hub.slow = 0.2
    begun = time.monotonic()
    client.get("/api/models")
    assert time.monotonic() - begun >= 0.2
