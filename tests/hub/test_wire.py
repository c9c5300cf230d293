"""The wire: deadlines, sizes, hosts, quotas and rests, against a Hub that misbehaves."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatchbook.hub.errors import Absent, Away, Gated, HubError, Limited, Refused, Troubled
from swatchbook.hub.wire import MAX_REST, REST, Stopped, Wire
from swatchbook.settings import AppSettings
from tests.fake_hub import FakeHub, Fault
from tests.hub.clock import Clock

LIST = "/api/models"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire(light_hub: FakeHub, clock: Clock) -> Iterator[Wire]:
    wire = Wire(AppSettings(hub=light_hub.address, viewer=light_hub.viewer), clock)
    yield wire
    wire.close()


def test_a_question_is_answered_with_the_way_on(wire: Wire) -> None:
    reply = wire.read(LIST, [("limit", "5")])
    assert reply.body.startswith(b"[")
    assert reply.next is not None
    onward = wire.read(reply.next)
    assert len(json.loads(onward.body)) == 5
    assert onward.body != reply.body


def test_no_token_is_ever_sent(wire: Wire, light_hub: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "hf_" + "x" * 34
    monkeypatch.setenv("HF_TOKEN", secret)
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login me password {secret}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    wire.read(LIST, [("limit", "1")])
    wire.transfer(
        "/swatchbook-house/cook/resolve/main/config.json",
        io.BytesIO(),
        have=0,
        size=_size(),
        heard=int,
        stopped=lambda: False,
    )
    assert light_hub.log
    assert not light_hub.log.tokens
    assert not [asked for asked in light_hub.log if secret in str(asked.headers)]


def _size() -> int:
    return Path("assets/house/cook/config.json").stat().st_size


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault("", status=404, code="RepoNotFound"), Absent, "knows no such model"),
        (Fault("", status=404, code="RevisionNotFound"), Absent, "no longer there"),
        (Fault("", status=404, code="EntryNotFound"), Absent, "no such file"),
        (Fault("", status=401, code="GatedRepo"), Gated, "gated"),
        (Fault("", status=403, code="GatedRepo"), Gated, "gated"),
        (Fault("", status=401), Gated, "not signed in"),
        (Fault("", status=404), Absent, "nothing under that name"),
        (Fault("", status=400), Refused, "did not accept"),
        (Fault("", status=500), Troubled, "trouble of its own"),
        (Fault("", status=503), Troubled, "trouble of its own"),
        (Fault("", status=429, seconds=130), Limited, "3 minutes"),
        (Fault("", "close"), Away, "broke off"),
        (Fault("", "huge", size=20_000_000), Refused, "larger than 8 MB"),
        (Fault("", "endless"), Refused, "larger than 8 MB"),
        (Fault("", "redirect"), Refused, "not its own"),
        (Fault("", "redirect", location="http://169.254.169.254/latest"), Refused, "not its own"),
        (Fault("", "redirect", location="http://[::1]:80/x"), Refused, "not its own"),
        (Fault("", "redirect", location="file:///etc/passwd"), HubError, ""),
    ],
)
def test_every_fault_is_one_sentence(
    wire: Wire, light_hub: FakeHub, fault: Fault, kind: type[HubError], words: str
) -> None:
    light_hub.faults.add(fault)
    with pytest.raises(kind) as caught:
        wire.read(LIST, [("limit", "1")])
    assert words in str(caught.value)
    assert str(caught.value).count(". ") == 0
    assert light_hub.address not in str(caught.value)


@pytest.mark.parametrize(
    "fault", [Fault("", "stall"), Fault("", "stall-body", after=10), Fault("", "drip", rate=20)], ids=lambda f: f.kind
)
def test_a_slow_hub_is_given_up_at_the_deadline(light_hub: FakeHub, fault: Fault) -> None:
    wire = Wire(AppSettings(hub=light_hub.address, viewer=light_hub.viewer))
    light_hub.faults.add(fault)
    began = time.monotonic()
    with pytest.raises(Away, match="too long"):
        wire.read(LIST, [("limit", "20")], deadline=0.6)
    assert time.monotonic() - began < 5
    wire.close()


def test_a_stopped_hub_cannot_be_reached(wire: Wire, light_hub: FakeHub) -> None:
    light_hub.stop()
    with pytest.raises(Away, match="cannot be reached"):
        wire.read(LIST)


def test_a_host_that_failed_is_left_alone_for_a_while(wire: Wire, light_hub: FakeHub, clock: Clock) -> None:
    light_hub.faults.add(Fault("", "close", times=3))
    for _ in range(2):
        with pytest.raises(Away):
            wire.read(LIST)
    asked = len(light_hub.log)
    with pytest.raises(Away):
        wire.read(LIST)
    assert len(light_hub.log) == asked
    clock.now += 2 * REST + 1
    with pytest.raises(Away):
        wire.read(LIST)
    clock.now += 2 * REST + 1
    with pytest.raises(Away):
        wire.read(LIST)
    assert len(light_hub.log) == asked + 1, "a further failure rests twice as long"
    clock.now += MAX_REST
    assert wire.read(LIST).status == 200


def test_it_rests_no_longer_after_a_thousand_failures(wire: Wire, light_hub: FakeHub, clock: Clock) -> None:
    light_hub.stop()
    for _ in range(1100):
        with pytest.raises(Away):
            wire.read(LIST)
        clock.now += MAX_REST + 1


def test_one_broken_answer_does_not_close_the_hub(wire: Wire, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("/api/models/some", "close"))
    with pytest.raises(Away):
        wire.read("/api/models/some/body")
    assert wire.read(LIST).status == 200


def test_a_quota_of_a_century_is_not_believed(wire: Wire, light_hub: FakeHub, clock: Clock) -> None:
    light_hub.faults.add(Fault("", status=429, seconds=10**9, times=1))
    with pytest.raises(Limited, match="15 minutes"):
        wire.read(LIST)
    clock.now += 901
    assert wire.read(LIST).status == 200


def test_a_quota_is_kept_to_and_its_end_told(wire: Wire, light_hub: FakeHub, clock: Clock) -> None:
    light_hub.faults.add(Fault("", status=429, seconds=300, times=1))
    with pytest.raises(Limited, match="5 minutes"):
        wire.read(LIST)
    clock.now += 200
    with pytest.raises(Limited, match="2 minutes"):
        wire.read(LIST)
    assert light_hub.log.count() == 1
    clock.now += 101
    assert wire.read(LIST).status == 200


def test_trouble_of_one_page_does_not_close_the_hub(wire: Wire, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("/api/models/some", status=500))
    with pytest.raises(Troubled):
        wire.read("/api/models/some/body")
    assert wire.read(LIST).status == 200


def test_the_viewer_rests_by_itself(light_hub: FakeHub) -> None:
    with FakeHub() as other:
        wire = Wire(AppSettings(hub=light_hub.address, viewer=other.address))
        other.faults.add(Fault("", "close"))
        with pytest.raises(Away):
            wire.read(f"{other.address}/splits")
        assert wire.read(LIST).status == 200
        wire.close()


def test_the_first_bytes_alone_are_asked_for(wire: Wire, light_hub: FakeHub) -> None:
    reply = wire.read("/swatchbook-house/cook/resolve/main/model.safetensors", first=1000)
    assert (len(reply.body), reply.status) == (1000, 206)
    assert light_hub.log[-1].headers["range"] == "bytes=0-999"


def test_a_server_without_ranges_is_cut_short(wire: Wire, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("safetensors", "huge", size=50_000_000))
    assert len(wire.read("/swatchbook-house/cook/resolve/main/model.safetensors", first=1000).body) == 1000


def test_a_transfer_is_taken_up_where_it_was_left(wire: Wire, light_hub: FakeHub) -> None:
    whole = Path("assets/house/cook/tokenizer.json").read_bytes()
    file, heard = io.BytesIO(whole[:5000]), []
    file.seek(5000)
    wire.transfer(
        "/swatchbook-house/cook/resolve/main/tokenizer.json",
        file, have=5000, size=len(whole), heard=heard.append, stopped=lambda: False,
    )  # fmt: skip
    assert file.getvalue() == whole
    assert sum(heard) == len(whole) - 5000
    assert light_hub.log[-1].headers["range"].startswith("bytes=5000-")


def test_a_transfer_ends_when_it_is_stopped(wire: Wire, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("tokenizer.json", "drip", rate=20_000))
    file = io.BytesIO()
    with pytest.raises(Stopped):
        wire.transfer(
            "/swatchbook-house/cook/resolve/main/tokenizer.json",
            file, have=0, size=Path("assets/house/cook/tokenizer.json").stat().st_size,
            heard=int, stopped=lambda: light_hub.log.count("tokenizer") > 0,
        )  # fmt: skip
    assert wire.read(LIST).status == 200, "a stop is no fault of the Hub's"


def test_offline_nothing_is_asked(light_hub: FakeHub) -> None:
    wire = Wire(AppSettings(hub=light_hub.address, viewer=light_hub.viewer, offline=True))
    with pytest.raises(Away, match="without a network"):
        wire.read(LIST)
    assert not light_hub.log
    wire.close()
