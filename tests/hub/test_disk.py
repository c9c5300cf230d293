"""What is on disk: found, listed, counted, deleted, and refused when there is no room."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.hub.disk import Disk, Kept
from swatchbook.hub.errors import Absent, BadName, HubError, Refused
from swatchbook.hub.facts import Facts
from swatchbook.hub.record import NAME
from swatchbook.hub.room import RESERVE
from swatchbook.runs import ModelRef, RunError
from tests.hub.disks import GB, A, B, C, keep, ref, roomy, sketch, states


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
    with pytest.raises(RunError, match=r"owner/name is not fetched yet; open it in Browse and fetch it\."):
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
    with pytest.raises(Refused, match="in the last 60 minutes"):
        disk.delete(ref("owner/name"), idle=3600)
    now += 2
    disk.delete(ref("owner/name"), idle=3600)
    part = sketch(disk, "owner/unfinished") / "model.safetensors.part"
    os.utime(part, (now - 10, now - 10))
    with pytest.raises(Refused, match="fetched in the last 60 minutes"):
        disk.delete(ref("owner/unfinished"), idle=3600)
    os.utime(part, (now - 3601, now - 3601))
    disk.delete(ref("owner/unfinished"), idle=3600)


def test_a_full_disk_stops_no_deletion(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(disk, "owner/name")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileLock, "acquire", full)
    with pytest.raises(Refused, match="The disk is full"), disk.reserve(ref("owner/other"), 1):
        pass
    assert disk.delete(ref("owner/name")) > 0


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
