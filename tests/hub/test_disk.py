"""What is on disk: found, listed, counted, deleted, and refused when there is no room."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.hub.disk import Disk, Kept
from swatchbook.hub.errors import Absent, BadName, HubError, Refused
from swatchbook.hub.facts import Facts
from swatchbook.hub.record import NAME, Damaged, Fetched, FetchedFile, read_record, write_record
from swatchbook.hub.room import RESERVE, disk_room, in_words
from swatchbook.runs import ModelRef, RunError

A, B, C = "a" * 40, "b" * 40, "c" * 40
GB = 10**9


def ref(name: str, commit: str | None = A) -> ModelRef:
    return ModelRef(source="hub", repo=name, commit=commit)


def keep(disk: Disk, name: str, commit: str = A, size: int = 1000, fetched: str = "2026-01-01T00:00:00+00:00") -> Path:
    """A whole model whose weights have this many bytes."""
    place = disk.place(ref(name, commit))
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(bytes(size))
    facts = Facts(name, commit=commit, architecture="llama", licence="mit", languages=("fr",), chat=True)
    listed = (FetchedFile(name="model.safetensors", size=size, sha256="0" * 64),)
    write_record(
        place, Fetched(repo=name, commit=commit, fetched=fetched, size=size, files=listed, facts=facts, context=64)
    )
    return place


def sketch(disk: Disk, name: str, commit: str = A, size: int = 1000) -> Path:
    """A model of which so many bytes have come."""
    place = disk.place(ref(name, commit))
    place.mkdir(parents=True)
    (place / "model.safetensors.part").write_bytes(bytes(size))
    return place


def roomy(_: Path) -> tuple[int, int]:
    return 1000 * GB, 500 * GB


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "models", most=20 * GB, room=roomy)


def states(disk: Disk) -> dict[str, str]:
    return {kept.ref.repo: kept.state for kept in disk.models()}


def test_a_model_lies_under_its_owner_name_and_commit(disk: Disk) -> None:
    assert disk.place(ref("owner/name")) == disk.folder / "owner--name" / A
    assert disk.place(ref("gpt2")) == disk.folder / "gpt2" / A


def test_nothing_is_made_before_something_is_fetched(disk: Disk) -> None:
    assert disk.models() == []
    assert disk.find(ref("owner/name")) is None
    assert not disk.folder.exists()
    assert (disk.left(), disk.free()) == (20 * GB, 500 * GB - RESERVE)


def test_what_is_known_of_a_model_is_there_without_a_network(disk: Disk) -> None:
    place = keep(disk, "owner/name", size=3000)
    (kept,) = disk.models()
    assert (kept.ref, kept.folder, kept.state, kept.problem) == (ref("owner/name"), place, "whole", None)
    assert kept.size == 3000 + (place / NAME).stat().st_size
    assert kept.facts == Facts(
        "owner/name", commit=A, architecture="llama", licence="mit", languages=("fr",), chat=True
    )
    assert kept.record is not None
    assert kept.record.context == 64
    assert kept.fetched == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("asked", "found"),
    [(None, B), (A, A), (A[:7], A), (B, B), ("c" * 7, None), (C, None)],
)
def test_a_reference_finds_what_it_pins_or_the_last_fetched(disk: Disk, asked: str | None, found: str | None) -> None:
    keep(disk, "owner/name", A, fetched="2026-01-01T00:00:00+00:00")
    keep(disk, "owner/name", B, fetched="2026-02-01T00:00:00+00:00")
    sketch(disk, "owner/name", C)
    kept = disk.find(ref("owner/name", asked))
    assert (kept.ref.commit if kept else None) == found


def test_house_models_and_other_names_are_not_found(disk: Disk) -> None:
    keep(disk, "oracle")
    assert disk.find(ModelRef(source="house", repo="oracle", commit=A)) is None
    assert disk.find(ref("other/oracle")) is None


def test_biggest_and_longest_unused_come_first(tmp_path: Path) -> None:
    now = [1000.0]
    disk = Disk(tmp_path, 20 * GB, roomy, clock=lambda: now[0])
    for name, size in (("x/small", 10), ("x/big", 9000), ("x/middle", 500)):
        keep(disk, name, size=size)
        disk.touch(ref(name))
        now[0] += 100
    assert [kept.ref.repo for kept in disk.models()] == ["x/big", "x/middle", "x/small"]
    assert [kept.ref.repo for kept in disk.models("oldest")] == ["x/small", "x/big", "x/middle"]
    assert disk.locate(ref("x/small", None)) == disk.place(ref("x/small"))
    assert [kept.ref.repo for kept in disk.models("oldest")] == ["x/big", "x/middle", "x/small"]
    assert [kept.used for kept in disk.models("oldest")] == [1100.0, 1200.0, 1300.0]


@pytest.mark.parametrize("make", [None, sketch])
def test_what_is_not_fetched_cannot_be_located(disk: Disk, make: Callable[[Disk, str], Path] | None) -> None:
    if make:
        make(disk, "owner/name")
    with pytest.raises(RunError, match=r"owner/name@a+ is not fetched yet; open it in Browse and fetch it\."):
        disk.locate(ref("owner/name"))


def test_what_is_unfinished_says_how_much_has_come(disk: Disk) -> None:
    sketch(disk, "owner/name", size=1_200_000)
    (kept,) = disk.models()
    assert (kept.state, kept.size, kept.problem) == (
        "unfinished",
        1_200_000,
        "Unfinished, 1.2 MB; go on, or delete it.",
    )
    assert (kept.facts, kept.fetched, kept.used) == (None, None, None)


def change(place: Path, **values: object) -> None:
    path = place / NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def write(text: str | bytes) -> Callable[[Path], None]:
    return lambda place: (place / NAME).write_bytes(text if isinstance(text, bytes) else text.encode()) and None


def folder_instead(place: Path) -> None:
    (place / NAME).unlink()
    (place / NAME).mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": write(""),
    "no JSON": write("{"),
    "bytes": write(b"\xff\xfe\x00"),
    "a list": write("[]"),
    "null": write("null"),
    "nothing in it": write("{}"),
    "nested": write("[" * 60_000),
    "large": write(b" " * 2_000_001),
    "a folder": folder_instead,
    "another version": lambda place: change(place, swatchbook=2),
    "another model": lambda place: change(place, repo="owner/other"),
    "another commit": lambda place: change(place, commit=B),
    "facts of another": lambda place: change(place, facts={"repo": "owner/other", "commit": A}),
    "facts of a house model": lambda place: change(place, facts={"repo": "owner/name", "commit": A, "source": "house"}),
    "facts of a wrong type": lambda place: change(place, facts={"repo": "owner/name", "commit": A, "downloads": "9"}),
    "unknown field": lambda place: change(place, run="me"),
    "a size as text": lambda place: change(place, size="5"),
    "a negative size": lambda place: change(place, size=-5),
    "a path as a name": lambda place: change(place, files=[{"name": "../../x", "size": 1}]),
    "no files": lambda place: change(place, files=[]),
    "a file gone": lambda place: (place / "model.safetensors").unlink(),
    "a file cut": lambda place: (place / "model.safetensors").write_bytes(b"x"),
    "a file that is a folder": lambda place: (
        change(place, files=[{"name": "sub", "size": 4096}]) or (place / "sub").mkdir()
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_record_costs_no_other_model_its_place(disk: Disk, damage: str) -> None:
    keep(disk, "owner/fine")
    DAMAGES[damage](keep(disk, "owner/name"))
    assert states(disk) == {"owner/fine": "whole", "owner/name": "damaged"}
    (kept,) = (kept for kept in disk.models() if kept.state == "damaged")
    assert re.fullmatch(r"Damaged: [^\n]{5,90}; delete it, or fetch it again\.", kept.problem or "")
    assert str(disk.folder) not in str(kept.problem)
    assert disk.find(ref("owner/name")) is None
    assert disk.delete(ref("owner/name")) > 0
    assert states(disk) == {"owner/fine": "whole"}


def test_a_record_of_a_later_version_with_more_facts_is_read(disk: Disk) -> None:
    place = keep(disk, "owner/name")
    change(place, facts={"repo": "owner/name", "commit": A, "mood": "cheerful"})
    kept = disk.find(ref("owner/name"))
    assert kept is not None
    assert kept.facts == Facts("owner/name", commit=A)


def test_a_record_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fails when the record is to be kept for good: nothing must be found under its name."""

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        keep(Disk(tmp_path, GB, roomy), "owner/name")
    monkeypatch.undo()
    assert states(Disk(tmp_path, GB, roomy)) == {"owner/name": "unfinished"}


def test_folders_that_are_no_models_are_left_alone(disk: Disk) -> None:
    keep(disk, "owner/name")
    for name in ("my notes/x", f"owner--name--x/{A}", "owner--name/short", f"-a--b/{A}", f"..a/{A}", f"a---b/{A}"):
        (disk.folder / name).mkdir(parents=True)
    (disk.folder / "file").write_text("x")
    (disk.folder / "owner--name" / B).write_text("a file")
    assert states(disk) == {"owner/name": "whole"}


def test_links_to_elsewhere_are_not_followed(disk: Disk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / A).mkdir(parents=True)
    disk.folder.mkdir()
    (disk.folder / "owner--name").symlink_to(outside)
    assert disk.models() == []
    with pytest.raises(BadName, match="link to elsewhere"):
        disk.delete(ref("owner/name"))
    with pytest.raises(BadName), disk.reserve(ref("owner/name"), 5):
        pass
    assert (outside / A).is_dir()


def test_deletion_frees_what_it_says_and_leaves_nothing(disk: Disk) -> None:
    keep(disk, "owner/name", A, size=5000)
    other = keep(disk, "owner/name", B)
    (size,) = (kept.size for kept in disk.models() if kept.ref.commit == A)
    assert disk.delete(ref("owner/name", A)) == size
    assert [kept.folder for kept in disk.models()] == [other]
    disk.delete(ref("owner/name", B))
    assert [path.name for path in disk.folder.iterdir()] == [".locks"]
    with pytest.raises(Absent, match="not on this disk any more"):
        disk.delete(ref("owner/name", B))


def test_what_is_being_fetched_is_not_deleted(disk: Disk) -> None:
    with disk.reserve(ref("owner/name"), 5000):
        assert states(disk) == {"owner/name": "fetching"}
        with pytest.raises(Refused, match="being fetched; stop that first"):
            disk.delete(ref("owner/name"))
        with pytest.raises(Refused, match="being fetched already"), disk.reserve(ref("owner/name"), 5000):
            pass
    assert states(disk) == {"owner/name": "unfinished"}
    disk.delete(ref("owner/name"))


def test_what_another_process_fetches_is_neither_fetched_nor_deleted_here(disk: Disk) -> None:
    other = Disk(disk.folder, disk.most, roomy)
    wanted = ref("owner/name")
    with other.reserve(wanted, 5000):
        with pytest.raises(Refused, match="by another Swatchbook"), disk.reserve(wanted, 5000):
            pass
        with pytest.raises(Refused, match="by another Swatchbook"):
            disk.delete(wanted)
        with disk.reserve(ref("owner/another"), 5000):
            pass
    with disk.reserve(wanted, 5000):
        pass
    disk.delete(wanted)


def test_where_others_share_the_disk_only_what_lay_unused_is_deleted(tmp_path: Path) -> None:
    now = time.time()
    disk = Disk(tmp_path / "models", 20 * GB, roomy, clock=lambda: now)
    keep(disk, "owner/name")
    disk.touch(ref("owner/name"))
    now += 3599
    with pytest.raises(Refused, match="within the last 60 minutes"):
        disk.delete(ref("owner/name"), idle=3600)
    now += 2
    disk.delete(ref("owner/name"), idle=3600)
    sketch(disk, "owner/unfinished")
    disk.delete(ref("owner/unfinished"), idle=3600)


def test_a_deletion_that_was_cut_short_is_completed_at_the_next_start(tmp_path: Path) -> None:
    disk = Disk(tmp_path, GB, roomy)
    keep(disk, "owner/name").rename(tmp_path / ".deleted-0")
    assert disk.models() == []
    Disk(tmp_path, GB, roomy)
    assert not (tmp_path / ".deleted-0").exists()


def test_the_list_can_be_read_while_models_are_deleted(disk: Disk) -> None:
    for number in range(60):
        keep(disk, f"x/m{number}", size=10)
    names = [kept.ref for kept in disk.models()]
    deleting = threading.Thread(target=lambda: [disk.delete(name) for name in names])
    deleting.start()
    while deleting.is_alive():
        assert {kept.state for kept in disk.models()} <= {"whole"}
        assert disk.left() <= disk.most
    assert disk.models() == []


def test_a_folder_that_cannot_be_renamed_stays_as_it_is(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(disk, "owner/name")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(Refused, match=r"could not be deleted \(Permission denied\)"):
        disk.delete(ref("owner/name"))
    assert states(disk) == {"owner/name": "whole"}


def test_a_disk_that_is_only_read_from_holds_models_all_the_same(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    place = keep(disk, "owner/name")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert disk.locate(ref("owner/name")) == place


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def test_the_allowance_is_refused_with_the_arithmetic_and_what_could_go(disk: Disk) -> None:
    for name, size in (("x/one", 9 * GB), ("x/two", 7 * GB), ("x/three", 2 * GB), ("x/four", GB)):
        sparse(disk.place(ref(name)) / "model.safetensors.part", size)
    with disk.reserve(ref("x/five"), GB):
        pass
    with pytest.raises(Refused) as caught, disk.reserve(ref("x/five"), 3 * GB):
        pass
    assert str(caught.value) == (
        "It takes 3.0 GB more, and fetched models take 19 GB of the 20 GB that they may; "
        "delete x/one (9.0 GB) or x/two (7.0 GB) or x/three (2.0 GB) first."
    )
    assert disk.left() == GB


def test_what_is_larger_than_the_whole_allowance_is_refused_whatever_is_deleted(disk: Disk) -> None:
    keep(disk, "owner/name")
    with (
        pytest.raises(
            Refused, match=r"takes 21 GB, and all fetched models together may take 20 GB .*; choose a smaller"
        ),
        disk.reserve(ref("x/five"), 21 * GB),
    ):
        pass


@pytest.mark.parametrize(("total", "free", "room"), [(100 * GB, 5 * GB, 3 * GB), (10 * GB, 3 * GB, 2 * GB), (GB, 5, 0)])
def test_the_disk_itself_keeps_a_reserve(tmp_path: Path, total: int, free: int, room: int) -> None:
    disk = Disk(tmp_path, 20 * GB, lambda _: (total, free))
    assert disk.free() == room
    with disk.reserve(ref("x/one"), room):
        pass
    with (
        pytest.raises(Refused, match=f"this disk has {in_words(room)} left for models besides its reserve; free some"),
        disk.reserve(ref("x/two"), room + 1),
    ):
        pass


def test_two_fetches_cannot_both_take_the_last_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 20 * GB, lambda _: (100 * GB, 12 * GB))
    with disk.reserve(ref("x/one"), 6 * GB) as place:
        with pytest.raises(Refused, match=r"this disk has 4\.0 GB left"), disk.reserve(ref("x/two"), 6 * GB):
            pass
        sparse(place / "model.safetensors.part", 5 * GB)
        assert disk.left() == 14 * GB, "what has come of a fetch is not counted twice"
    with disk.reserve(ref("x/two"), 6 * GB):
        assert disk.left() == 9 * GB, "and what has not come of one that ended is not counted"


def test_going_on_needs_room_only_for_the_rest(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 10 * GB, roomy)
    sparse(disk.place(ref("x/one")) / "model.safetensors.part", 8 * GB)
    with pytest.raises(Refused, match="delete x/one"), disk.reserve(ref("x/two"), 3 * GB):
        pass
    with disk.reserve(ref("x/one"), 10 * GB):
        assert disk.left() == 0


def test_of_many_that_reserve_at_once_only_so_many_get_room_as_there_is(disk: Disk) -> None:
    got, refused, gate = [], [], threading.Barrier(12)

    def take(number: int) -> None:
        gate.wait()
        try:
            with disk.reserve(ref(f"x/m{number}"), 3 * GB):
                got.append(number)
                done.wait(5)
        except Refused:
            refused.append(number)
        if len(got) + len(refused) == 12:
            done.set()

    done = threading.Event()
    threads = [threading.Thread(target=take, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (6, 6)


def test_the_real_disk_is_asked_through_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    total, free = disk_room(tmp_path / "not" / "there" / "yet")
    assert 0 < free <= total


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (940, "940 bytes"), (1000, "1.0 kB"), (12_400_000, "12 MB"), (999_999, "1.0 MB"),
     (1_440_000_000, "1.4 GB"), (9_990_000, "10 MB"), (20 * GB, "20 GB")],
)  # fmt: skip
def test_bytes_in_words(size: int, words: str) -> None:
    assert in_words(size) == words


plain = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
repos = st.builds("/".join, st.lists(plain, min_size=1, max_size=2)).filter(lambda repo: ".." not in repo)
commits = st.from_regex(r"[0-9a-f]{7,64}", fullmatch=True) | st.just(A)


@settings(max_examples=80)
@given(st.lists(st.tuples(repos, commits), min_size=2, max_size=4))
def test_no_name_leads_out_of_the_folder_and_no_two_to_the_same(named: list[tuple[str, str]]) -> None:
    disk = Disk(Path("/nowhere/models"), GB, roomy)
    places: dict[Path, ModelRef] = {}
    for repo, commit in named:
        try:
            place = disk.place(ref(repo, commit))
        except BadName:
            assert "--" in repo.replace("/", "-") or len(commit) != 40
            continue
        assert place.resolve().parent.parent == disk.folder.resolve()
        assert places.setdefault(place, ref(repo, commit)) == ref(repo, commit)


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_in_place_of_a_record_is_more_than_damaged(
    tmp_path_factory: pytest.TempPathFactory, document: object
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-json"
    folder.mkdir(exist_ok=True)
    (folder / NAME).write_text(json.dumps(document))
    with pytest.raises(Damaged):
        read_record(folder, ref("owner/name"))


def test_what_can_go_wrong_is_a_sentence_for_a_person(disk: Disk) -> None:
    sketch(disk, "owner/name")
    wrong: list[Callable[[], object]] = [
        lambda: disk.delete(ref("owner/other")),
        lambda: disk.delete(ref("owner/name", None)),
        lambda: disk.delete(ref("owner/name", A[:12])),
        lambda: disk.delete(ModelRef(source="house", repo="oracle", commit=A)),
        lambda: disk.reserve(ref("owner/another"), 10**15).__enter__(),
    ]
    for act in wrong:
        with pytest.raises(HubError, match=r"^[A-Za-z][^\n]{10,250}\.$"):
            act()
    kept: Kept = disk.models()[0]
    assert kept.folder.is_dir()
