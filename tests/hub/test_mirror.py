"""The mirror, against a Hub that is slow, down, refusing, forgetful or odd: nothing is lost, and nothing in silence."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import set_client_factory
from huggingface_hub.utils import _http
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.archive import envelope, mirror, restoring
from swatchbook.archive.errors import ArchiveError, Unreadable
from swatchbook.archive.mirror import Mirror
from swatchbook.archive.store import Archive, Record
from swatchbook.hub.wire import Wire
from swatchbook.runs import Lane, ModelRef, Run, Sample, Trace
from swatchbook.settings import AppSettings
from tests.documents import DOCUMENTS
from tests.fake_hub import FakeHub, Fault, Repo
from tests.hub.clock import Clock
from tests.unit.test_imports import modules_after

NAME = "someone/kept"
TOKEN = "hf_canary" + "w" * 28


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A Hub with an empty private dataset. Whoever took the library's session gets it back."""
    before = _http._GLOBAL_CLIENT_FACTORY
    with FakeHub([Repo(NAME, {"README.md": "# Kept\n"}, kind="dataset", private=True)], token=TOKEN) as hub:
        yield hub
    set_client_factory(before)


@dataclass
class Place:
    """An archive on a disk of its own with its mirror, whose clock is turned by hand."""

    archive: Archive
    mirror: Mirror
    clock: Clock
    closing: list[Callable[[], None]] = field(default_factory=list)

    def keep(self, text: str = "The lamp", **more: Any) -> str:
        return self.archive.keep(run(text), **more).document.id

    def on(self, seconds: float) -> float:
        """Let time pass, and a round be made."""
        self.clock.now += seconds
        return self.mirror.round()


Make = Callable[..., Place]


@pytest.fixture
def make(hub: FakeHub, tmp_path: Path) -> Iterator[Make]:
    """Makes places; those with the same folder share a disk."""
    made: list[Place] = []

    def make(folder: str = "disk", token: str = TOKEN, **more: Any) -> Place:
        archive, clock = Archive(tmp_path / folder), Clock()
        place = Place(archive, Mirror(archive, NAME, token, hub.address, clock=clock, **more), clock)
        made.append(place)
        return place

    yield make
    for place in made:
        place.mirror.close()
        place.archive.close()


@pytest.fixture
def place(make: Make) -> Place:
    return make()


def run(text: str = "The lamp", tokens: int = 1, samples: int = 1) -> Run:
    rng = np.random.default_rng(0)
    lane = Lane(id="a", model=ModelRef(source="house", repo="plain"))
    column = [round(float(bit), 4) for bit in rng.exponential(4, tokens)]
    rows = [[round(float(bit), 4) for bit in row] for row in rng.exponential(4, (tokens, 5))]
    trace = Trace(surprisal=column, entropy=column, top_bits=rows)
    kept = [
        Sample(lane="a", index=at, text="so" * tokens, token_ids=[7] * tokens, trace=trace) for at in range(samples)
    ]
    return Run(template=text, lanes=[lane], samples=kept)


def held(hub: FakeHub) -> dict[str, bytes]:
    """What the repository holds under kept/."""
    files = hub.repo(NAME, "dataset").head.files
    return {path: blob.read() for path, blob in files.items() if path.startswith("kept/")}


def commits(hub: FakeHub) -> int:
    repo = hub.repo(NAME, "dataset")
    return len(repo.history(repo.head)) - 1


def is_a_sentence(text: str) -> bool:
    return text[0].isupper() and text.endswith(".") and ". " not in text and TOKEN not in text


# There and back


def test_what_is_kept_is_copied_as_a_file_that_a_person_can_read(place: Place, hub: FakeHub) -> None:
    kept = place.archive.keep(run(), listed=True)
    id = kept.document.id
    assert not place.mirror.settled(id)
    assert place.mirror.state().waiting == 1
    place.mirror.round()
    assert place.mirror.settled(id)
    assert place.mirror.state() == mirror.MirrorState(0, 0)
    (path,) = held(hub)
    assert path == f"kept/{id[:2]}/{id}.json"
    said = json.loads(held(hub)[path])
    assert {name: said[name] for name in ("archive", "id", "kind", "listed")} == {
        "archive": 1, "id": id, "kind": "run", "listed": True
    }  # fmt: skip
    assert said["document"] == json.loads(run().model_copy(update={**_times(kept.document)}).to_json())
    assert len(said["key"]) == 64
    assert kept.key not in str(said)


def _times(document: Any) -> dict[str, Any]:
    return {"id": document.id, "created": document.created}


@pytest.mark.parametrize("listed", [True, False])
def test_a_link_is_restored_on_an_empty_disk(place: Place, make: Make, listed: bool, hub: FakeHub) -> None:
    kept = place.archive.keep(run(), listed=listed)
    id = kept.document.id
    place.mirror.round()
    there = make("another disk")
    assert there.archive.open(id) is None
    assert there.mirror.restore(id)
    assert there.archive.open(id) == kept.document
    entry = there.archive.entry(id)
    assert entry is not None
    assert (entry.listed, entry.mirrored) == (listed, True)
    there.mirror.round()
    assert commits(hub) == 1
    assert there.archive.delete(id, kept.key)


def test_a_large_document_is_cut_into_regular_files(
    place: Place, make: Make, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelope, "OPEN", 50_000)
    monkeypatch.setattr(envelope, "PART", 4_000)
    kept = place.archive.keep(run(tokens=512, samples=16))
    id = kept.document.id
    place.mirror.round()
    assert place.mirror.settled(id)
    names = sorted(held(hub))
    assert len(names) > 3
    assert {name.rpartition("/")[0] for name in names} == {f"kept/{id[:2]}", f"kept/{id[:2]}/{id}"}
    assert not [blob for blob in hub.repo(NAME, "dataset").head.files.values() if blob.large]
    there = make("another disk")
    assert there.mirror.restore(id)
    assert there.archive.open(id) == kept.document
    hub.repo(NAME, "dataset").commit({}, delete=names[-1:])
    with pytest.raises(Unreadable, match="part of it is missing"):
        make("a third disk").mirror.restore(id)
    assert place.archive.delete(id, kept.key)
    place.mirror.round()
    assert not held(hub)


def test_the_largest_part_is_a_regular_file_of_the_hub() -> None:
    assert envelope.PART <= 5_000_000
    assert envelope.OPEN + 10_000 < envelope.PART


@settings(max_examples=20)
@given(kind=st.sampled_from(sorted(DOCUMENTS)), data=st.data(), small=st.booleans())
def test_an_envelope_gives_back_what_was_packed(kind: str, data: st.DataObject, small: bool) -> None:
    import zlib

    document = data.draw(DOCUMENTS[kind]).model_copy(update={"id": "i" * 22})
    record = Record(
        document.id, kind, 2, document.created, True, bytes(range(32)), zlib.compress(document.to_json().encode())
    )
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(envelope, "OPEN", 0)
            patch.setattr(envelope, "PART", 2000)
        files = envelope.pack(record)
    assert files == envelope.pack(record) or small
    back = envelope.unpack(record.id, files[envelope.path(record.id)], files.get)
    assert json.loads(zlib.decompress(back.body)) == json.loads(document.to_json())
    assert (back.id, back.kind, back.version, back.created, back.listed, back.key) == (
        record.id, record.kind, record.version, record.created, record.listed, record.key
    )  # fmt: skip


# What goes wrong while it is copied

FAULTS = [
    (Fault("", "close"), "broke off", 5),
    (Fault("/commit/", "close", times=1), "broke off", 5),
    (Fault("", "truncate", after=5), "broke off", 5),
    (Fault("", status=500), "trouble of its own (it answered 500)", 5),
    (Fault("/commit/", status=503, retry_after=40), "trouble of its own (it answered 503)", 40),
    (Fault("/preupload/", status=504), "trouble of its own (it answered 504)", 5),
    (Fault("", status=408), "trouble of its own (it answered 408)", 5),
    (Fault("/commit/", status=409), "changed by somebody else", 5),
    (Fault("/commit/", status=412, retry_after=9), "changed by somebody else", 9),
    (Fault("", status=429, seconds=77), "takes no more", 77),
    (Fault("/commit/", status=429, seconds=700), "takes no more", 700),
    (Fault("", status=401), "SWATCHBOOK_ARCHIVE_TOKEN", 300),
    (Fault("/commit/", status=403), "SWATCHBOOK_ARCHIVE_REPO and SWATCHBOOK_ARCHIVE_TOKEN", 300),
    (Fault("", status=404, code="RepoNotFound"), f"no dataset {NAME}", 300),
    (Fault("", "text"), "makes no sense", 5),
    (Fault("/commit/", "html"), "makes no sense", 5),
    (Fault("/preupload/", "deep", size=50_000), "makes no sense", 5),
    (Fault("/commit/", "redirect", method="POST"), "not its own", 5),
    (Fault("", "redirect", location="https://cdn-lfs.hf.co/x"), "not its own", 5),
]


@pytest.mark.parametrize(("fault", "words", "pause"), FAULTS, ids=lambda value: getattr(value, "kind", None))
def test_a_fault_is_said_and_tried_again(place: Place, hub: FakeHub, fault: Fault, words: str, pause: float) -> None:
    id = place.keep()
    hub.faults.add(fault)
    assert place.mirror.round() == pause
    told = place.mirror.state()
    assert words in told.error
    assert is_a_sentence(told.error)
    assert (told.waiting, told.again) == (1, pause)
    assert not place.mirror.settled(id)
    hub.faults.clear()
    asked = len(hub.log)
    place.mirror.nudge()
    assert place.on(pause - 1) == 1
    assert len(hub.log) == asked, "nothing is asked before the pause is over"
    place.on(1)
    assert place.mirror.settled(id)
    assert place.mirror.state() == mirror.MirrorState(0, 0)
    assert list(held(hub)) == [envelope.path(id)]


@pytest.mark.parametrize(
    "fault",
    [Fault("", "stall"), Fault("/commit/", "stall"), Fault("", "drip", rate=20), Fault("", "stall-body", after=3)],
    ids=lambda fault: f"{fault.kind}{fault.path}",
)
def test_a_hub_that_hangs_is_given_up(make: Make, hub: FakeHub, fault: Fault) -> None:
    place = make(commit_seconds=0.3)
    id = place.keep()
    hub.faults.add(fault)
    began = time.monotonic()
    assert place.mirror.round() == 5
    assert time.monotonic() - began < 3
    assert "too long" in place.mirror.state().error
    hub.faults.clear()
    place.mirror.close()
    again = make()
    again.mirror.round()
    assert again.mirror.settled(id)


@pytest.mark.parametrize("kind", ["huge", "endless"])
def test_an_answer_without_end_is_not_read(place: Place, hub: FakeHub, kind: Any) -> None:
    id = place.keep()
    hub.faults.add(Fault("/preupload/", kind))
    place.mirror.round()
    assert "more than is read here" in place.mirror.state().error
    assert not place.mirror.settled(id)


def test_a_hub_that_is_down_is_waited_for_with_growing_pauses(place: Place, hub: FakeHub) -> None:
    id = place.keep()
    hub.stop()
    pauses = [place.mirror.round(), *(place.on(pause) for pause in (5, 10, 20, 40, 80, 160, 300))]
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
    assert "cannot be reached" in place.mirror.state().error
    hub.start()
    place.on(300)
    assert place.mirror.settled(id)
    hub.stop()
    place.keep()
    assert place.mirror.round() == 5, "what went well begins the pauses anew"


def test_a_lost_answer_makes_no_second_commit(place: Place, make: Make, hub: FakeHub) -> None:
    id = place.keep()
    hub.faults.add(Fault("/commit/", "close", times=1))
    place.mirror.round()
    assert not place.mirror.settled(id)
    assert commits(hub) == 1
    place.mirror.close()
    after_a_restart = make()
    after_a_restart.mirror.round()
    assert after_a_restart.mirror.settled(id)
    assert commits(hub) == 1


def test_what_the_repository_does_not_hold_is_not_called_copied(place: Place, hub: FakeHub) -> None:
    id = place.keep()
    hub.repo(NAME, "dataset").commit({".gitignore": "kept/*\n"})
    place.mirror.round()
    assert not place.mirror.settled(id)
    assert ".gitignore" in place.mirror.state().error
    hub.repo(NAME, "dataset").commit({}, delete=[".gitignore"])
    place.on(mirror.HOUR)
    assert place.mirror.settled(id)


def test_a_document_that_is_refused_holds_up_no_other(place: Place, hub: FakeHub) -> None:
    ids = [place.keep(f"text {number}") for number in range(7)]
    bad = ids[3]
    hub.repo(NAME, "dataset").commit({".gitattributes": f"{bad}.json filter=lfs\n"})
    for _ in range(20):
        place.mirror.round()
    assert [place.mirror.settled(id) for id in ids] == [id != bad for id in ids]
    told = place.mirror.state()
    assert ".gitattributes" in told.error
    assert (told.waiting, told.again) == (1, mirror.HOUR)
    asked = len(hub.log)
    place.mirror.round()
    assert len(hub.log) == asked
    hub.repo(NAME, "dataset").commit({}, delete=[".gitattributes"])
    place.on(mirror.HOUR)
    assert place.mirror.settled(bad)
    assert place.mirror.state() == mirror.MirrorState(0, 0)


def test_many_documents_go_in_few_commits(place: Place, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "BATCH_BYTES", 4000)
    ids = [place.keep("word " * 200 * (number % 3)) for number in range(12)]
    rounds = 0
    while place.mirror.state().waiting:
        place.mirror.round()
        rounds += 1
    assert 2 < rounds < 12
    assert set(held(hub)) == set(map(envelope.path, ids))


def test_many_commits_in_an_hour_come_slower(make: Make, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "QUICK", 2)
    place = make()
    for _ in range(3):
        place.keep()
        place.mirror.round()
    assert commits(hub) == 3
    last = place.keep()
    place.mirror.round()
    assert place.mirror.state() == mirror.MirrorState(1, 0, "", mirror.SLOW)
    place.on(mirror.SLOW)
    assert place.mirror.settled(last)
    place.clock.now += mirror.HOUR
    for _ in range(2):
        place.keep()
        place.mirror.round()
    assert place.mirror.state() == mirror.MirrorState(0, 0)


def test_a_repository_that_was_renamed_is_found(place: Place, make: Make, hub: FakeHub) -> None:
    hub.remove(NAME, "dataset")
    renamed = hub.add(Repo("someone/renamed", {}, kind="dataset", private=True, former=(NAME,)))
    id = place.keep()
    place.mirror.round()
    assert place.mirror.settled(id)
    assert list(renamed.head.files) == [envelope.path(id)]
    hub.add(Repo(NAME, {path: blob.read() for path, blob in renamed.head.files.items()}, kind="dataset", private=True))
    cached = f"{hub.address}/cdn/datasets/{NAME}/resolve/main/{envelope.path(id)}"
    hub.faults.add(Fault("^/datasets/.*/resolve/", "redirect", location=cached))
    assert make("another disk").mirror.restore(id)
    assert hub.log.count("^/cdn/") == 1


class Broken(Archive):
    def waiting(self, count: int = 100) -> list[str]:
        raise RuntimeError(TOKEN, count)


def test_a_fault_of_its_own_is_said_and_tried_again(
    place: Place, hub: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Mirror(Broken(place.archive.file.path.parent), NAME, TOKEN, hub.address, clock=place.clock)
    assert broken.round() == 5
    assert "copying the archive met a fault of its own: RuntimeError" in caplog.messages
    assert TOKEN not in caplog.text
    broken.close()


def test_a_wire_that_came_later_does_as_well(place: Place, hub: FakeHub) -> None:
    wire = Wire(AppSettings(hub=hub.address, viewer=hub.viewer))
    id = place.keep()
    hub.faults.add(Fault("/commit/", status=401, times=1))
    assert place.mirror.round() == 300
    assert "SWATCHBOOK_ARCHIVE_TOKEN" in place.mirror.state().error
    place.on(300)
    assert place.mirror.settled(id)
    wire.close()


# Deleting


def test_what_is_deleted_leaves_the_repository_and_does_not_come_back(place: Place, make: Make, hub: FakeHub) -> None:
    kept = place.archive.keep(run())
    stays, id = place.keep(), kept.document.id
    place.mirror.round()
    elsewhere = make("another disk")
    assert place.archive.delete(id, kept.key)
    assert place.mirror.state().leaving == 1
    assert not place.mirror.restore(id), "it is still in the repository, and deleted here"
    hub.faults.add(Fault("/commit/", status=500, times=1))
    assert place.mirror.round() == 5
    assert place.mirror.state().leaving == 1
    place.on(5)
    assert list(held(hub)) == [envelope.path(stays)]
    assert place.mirror.state() == mirror.MirrorState(0, 0)
    assert not elsewhere.mirror.restore(id)
    assert not place.mirror.restore(id)
    assert place.archive.open(id) is None


def test_what_the_repository_has_lost_already_is_deleted_with_the_rest(place: Place, hub: FakeHub) -> None:
    kept = [place.archive.keep(run()) for _ in range(3)]
    place.mirror.round()
    hub.repo(NAME, "dataset").commit({}, delete=[envelope.path(kept[1].document.id)])
    for each in kept:
        assert place.archive.delete(each.document.id, each.key)
    place.mirror.round()
    assert not held(hub)
    assert place.mirror.state() == mirror.MirrorState(0, 0)


def test_what_is_deleted_while_it_is_on_its_way_is_taken_out_again(place: Place, hub: FakeHub) -> None:
    kept = place.archive.keep(run())
    hub.faults.add(Fault("/commit/", "stall", seconds=0.5, times=1))
    round_ = threading.Thread(target=place.mirror.round)
    round_.start()
    while not hub.log.count("/commit/"):
        time.sleep(0.01)
    assert place.archive.delete(kept.document.id, kept.key)
    round_.join(10)
    assert list(hub.repo(NAME, "dataset").commits.values())[1].files.keys() > {envelope.path(kept.document.id)}
    place.mirror.round()
    assert not held(hub)
    assert place.mirror.state() == mirror.MirrorState(0, 0)


def test_what_is_deleted_after_a_lost_answer_is_taken_out(place: Place, hub: FakeHub) -> None:
    kept = place.archive.keep(run())
    hub.faults.add(Fault("/commit/", "close", times=1))
    place.mirror.round()
    assert held(hub)
    assert place.archive.delete(kept.document.id, kept.key)
    place.on(5)
    assert not held(hub)


# Links

UNKNOWN = "u" * 22


def test_a_link_that_is_unknown_everywhere_is_unknown(place: Place, hub: FakeHub) -> None:
    assert place.mirror.restore(UNKNOWN) is False
    assert hub.log.count("/resolve/") == 1


@pytest.mark.parametrize("id", ["", "short", "u" * 65, "../" * 8, "u" * 22 + "\n", "ü" * 22, "u" * 21 + "/"])
def test_a_malformed_link_is_not_asked_for(place: Place, hub: FakeHub, id: str) -> None:
    assert place.mirror.restore(id) is False
    assert not hub.log


def test_a_link_that_is_here_is_not_asked_for(place: Place, hub: FakeHub) -> None:
    assert place.mirror.restore(place.keep())
    assert not hub.log


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("", "close"), "broke off"),
        (Fault("", status=500), "trouble of its own"),
        (Fault("", status=429, seconds=30), "takes no more"),
        (Fault("", status=401), "tell whoever runs this"),
        (Fault("", status=403), "tell whoever runs this"),
        (Fault("", status=404, code="RepoNotFound"), "tell whoever runs this"),
        (Fault("", "truncate", after=10), "broke off"),
        (Fault("", "huge"), "more than is read here"),
        (Fault("", "redirect", location="https://cdn-lfs.hf.co/x"), "not its own"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_link_is_not_called_unknown_while_the_repository_cannot_say(
    place: Place, make: Make, hub: FakeHub, fault: Fault, words: str
) -> None:
    id = place.keep()
    place.mirror.round()
    there = make("another disk")
    hub.faults.add(fault)
    with pytest.raises(ArchiveError, match=words) as caught:
        there.mirror.restore(id)
    assert is_a_sentence(str(caught.value))
    hub.faults.clear()
    asked = len(hub.log)
    with pytest.raises(ArchiveError, match=words):
        there.mirror.restore(id)
    assert len(hub.log) == asked, "just after it failed, it is left alone"
    there.clock.now += 30
    assert there.mirror.restore(id)


@pytest.mark.parametrize("fault", [Fault("", "stall"), Fault("", "drip", rate=20)], ids=lambda fault: fault.kind)
def test_a_link_waits_no_longer_than_it_may(place: Place, make: Make, hub: FakeHub, fault: Fault) -> None:
    id = place.keep()
    place.mirror.round()
    hub.faults.add(fault)
    began = time.monotonic()
    with pytest.raises(ArchiveError, match="took too long"):
        make("another disk", open_seconds=0.3).mirror.restore(id)
    assert time.monotonic() - began < 3


def test_a_hub_that_is_down_says_nothing_of_a_link(place: Place, hub: FakeHub) -> None:
    hub.stop()
    with pytest.raises(ArchiveError, match="cannot be reached"):
        place.mirror.restore(UNKNOWN)


def test_links_that_nobody_knows_do_not_use_up_the_quota(
    make: Make, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "OPENINGS", 3)
    place = make()
    for number in range(3):
        assert not place.mirror.restore(f"{UNKNOWN}{number}")
    with pytest.raises(ArchiveError, match="try again in a minute"):
        place.mirror.restore(UNKNOWN)
    assert hub.log.count("/resolve/") == 3
    place.clock.now += restoring.MINUTE
    assert not place.mirror.restore(UNKNOWN)


def _altered(file: bytes, **more: Any) -> bytes:
    return json.dumps(
        {name: value for name, value in (json.loads(file) | more).items() if value != "left out"}
    ).encode()


ALTERED: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no json": lambda _: b"upstream has gone for a walk",
    "another id": lambda file: _altered(file, id="v" * 22),
    "another document": lambda file: file.replace(b'"document"', b'"document": {}, "documents"'),
    "an id inside that differs": lambda file: _altered(file, document=json.loads(file)["document"] | {"id": "v" * 22}),
    "an unknown name": lambda file: _altered(file, more=1),
    "a missing name": lambda file: _altered(file, key="left out"),
    "a short key": lambda file: _altered(file, key="ab"),
    "a wrong type": lambda file: _altered(file, listed="yes"),
    "a document of a wrong type": lambda file: _altered(file, document=[]),
    "a document with no number": lambda file: file.replace(b'"seed":0', b'"seed":NaN'),
    "neither document nor parts": lambda file: _altered(file, document="left out"),
    "both": lambda file: _altered(file, parts=1),
    "parts that are missing": lambda file: _altered(file, document="left out", parts=2),
    "too many parts": lambda file: _altered(file, document="left out", parts=1_000_000),
    "a kind that is not known": lambda file: _altered(file, kind="opera"),
    "a kind that is none": lambda file: _altered(file, kind="../x"),
    "a newer envelope": lambda file: _altered(file, archive=2),
    "deep": lambda file: file.replace(b'"document": {', b'"document": {"x": ' + b"[" * 9000 + b"]" * 9000 + b", "),
    "cut": lambda file: file[:-9],
    "not utf-8": lambda file: file.replace(b"lamp", b"\xff\xfe"),
}


@pytest.mark.parametrize("how", ALTERED)
def test_what_is_no_document_of_ours_is_not_taken(tmp_path: Path, how: str) -> None:
    here, there = Archive(tmp_path / "here"), Archive(tmp_path / "there")
    record = here.record(here.keep(run()).document.id)
    assert record is not None
    file = envelope.pack(record)[envelope.path(record.id)]
    altered = ALTERED[how](file)
    assert altered != file
    with pytest.raises(ArchiveError) as caught:
        there.restore(envelope.unpack(record.id, altered, lambda _: None))
    assert str(caught.value)[0].isupper()
    assert there.taken() == (0, 0)
    here.close()
    there.close()


def test_a_link_whose_file_holds_another_document_is_refused(place: Place, make: Make, hub: FakeHub) -> None:
    one, other = place.keep(), place.keep()
    place.mirror.round()
    hub.repo(NAME, "dataset").commit({envelope.path(one): held(hub)[envelope.path(other)]})
    there = make("another disk")
    with pytest.raises(Unreadable, match="another document"):
        there.mirror.restore(one)
    assert there.archive.taken() == (0, 0)


# The token, and who reads


def test_the_token_goes_to_the_hub_alone_and_is_written_nowhere(
    place: Place, make: Make, hub: FakeHub, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = [repr(place.mirror), repr(vars(place.mirror))]
    id = place.keep()
    with FakeHub() as other:
        for method in ("POST", "GET"):
            hub.faults.add(Fault("", "redirect", times=1, method=method, location=f"{other.address}/api/datasets"))
            hub.faults.add(Fault("", status=401, times=1, message=f"{TOKEN} is wrong", method=method))
            hub.faults.add(Fault("", "html", times=1, method=method))
        for _ in range(8):
            told.append(repr(place.mirror.state()))
            place.on(300)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(hub.shelf, "token", TOKEN[::-1])
                with pytest.raises(ArchiveError) as caught:
                    make(f"disk {len(told)}").mirror.restore(id)
            told.append(repr(caught.value))
        assert not other.log
    assert place.mirror.settled(id)
    assert set(hub.log.tokens) == {f"Bearer {TOKEN}"}
    for asked in hub.log:
        assert TOKEN.encode() not in asked.body
        assert TOKEN not in asked.target
        assert [name for name, value in asked.headers.items() if TOKEN in value] == ["authorization"]
    # What a server says is written down by the client itself when it is told to write down everything.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpcore2")]
    assert TOKEN not in "".join([*told, *ours])
    assert TOKEN.encode() not in b"".join(held(hub).values())
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_another_token_is_refused_and_said(make: Make) -> None:
    wrong = "hf_" + "x" * 34
    place = make(token=wrong)
    place.keep()
    assert place.mirror.round() == 300
    told = place.mirror.state().error
    assert "SWATCHBOOK_ARCHIVE_TOKEN" in told
    assert wrong not in told


@pytest.mark.parametrize("token", ["hf_a b", "hf_\u00e9", "hf_a\r\nHost: other"])
def test_a_token_that_is_none_is_not_sent(make: Make, hub: FakeHub, token: str) -> None:
    place = make(token=token)
    place.keep()
    assert place.mirror.round() == 300
    assert place.mirror.state().error == "The archive's token is none; check SWATCHBOOK_ARCHIVE_TOKEN."
    assert not hub.log


def test_a_dataset_that_is_not_there_is_said_before_anything_is_kept(place: Place, hub: FakeHub) -> None:
    hub.remove(NAME, "dataset")
    place.mirror.round()
    told = place.mirror.state()
    assert (told.waiting, told.again) == (0, 300)
    assert f"no dataset {NAME}" in told.error
    assert ("dataset", NAME) not in hub.shelf.repos


def test_a_public_repository_is_warned_of(place: Place, hub: FakeHub) -> None:
    hub.repo(NAME, "dataset").private = False
    id = place.keep()
    place.mirror.round()
    assert place.mirror.settled(id)
    told = place.mirror.state()
    assert told.error == ""
    assert "is public" in told.warning
    assert is_a_sentence(told.warning)
    hub.repo(NAME, "dataset").private = True
    place.on(mirror.HOUR)
    assert place.mirror.state().warning == ""


# The thread, and others


def test_what_is_kept_is_copied_without_being_asked(place: Place) -> None:
    place.mirror.start()
    place.mirror.start()
    for _ in range(3):
        id = place.keep()
        place.mirror.nudge()
        until = time.monotonic() + 10
        while not place.mirror.settled(id):
            assert time.monotonic() < until
            time.sleep(0.01)
    assert threading.active_count() > 1
    place.mirror.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "mirror"]


def test_it_ends_soon_while_a_call_hangs(place: Place, make: Make, hub: FakeHub) -> None:
    id = place.keep()
    hub.faults.add(Fault("/commit/", "stall"))
    place.mirror.start()
    while not hub.log.count("/commit/"):
        time.sleep(0.01)
    began = time.monotonic()
    place.mirror.close()
    place.mirror.close()
    assert time.monotonic() - began < 2.5
    hub.faults.clear()
    after_a_restart = make()
    after_a_restart.mirror.round()
    assert after_a_restart.mirror.settled(id)
    assert commits(hub) == 1


def test_two_mirrors_of_one_disk_do_no_harm(make: Make, hub: FakeHub) -> None:
    places = [make(), make()]
    kept = [places[number % 2].archive.keep(run(f"text {number}")) for number in range(10)]

    def work(place: Place) -> None:
        while place.mirror.state().waiting or place.mirror.state().leaving:
            place.on(300)

    for removed in (0, 5):
        for each in kept[:removed]:
            assert places[0].archive.delete(each.document.id, each.key)
        threads = [threading.Thread(target=work, args=(place,)) for place in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert set(held(hub)) == {envelope.path(each.document.id) for each in kept[removed:]}
        assert all(places[1].mirror.settled(each.document.id) for each in kept[removed:])


def test_without_a_network_nothing_is_asked(make: Make, hub: FakeHub) -> None:
    place = make(offline=True)
    place.keep()
    place.mirror.start()
    place.mirror.round()
    told = place.mirror.state()
    assert (told.waiting, told.again) == (1, None)
    assert "HF_HUB_OFFLINE" in told.error
    assert is_a_sentence(told.error)
    with pytest.raises(ArchiveError, match="HF_HUB_OFFLINE"):
        place.mirror.restore(UNKNOWN)
    assert not hub.log


def test_the_mirror_is_loaded_without_the_libraries_large_part() -> None:
    assert "huggingface_hub.hf_api" not in modules_after("import swatchbook.archive.mirror")
