"""The record beside a fetched model: whole, or none, whatever stands in its place."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.hub.disk import Disk
from swatchbook.hub.facts import Facts
from swatchbook.hub.record import NAME, Damaged, read_record
from tests.hub.disks import GB, A, B, keep, ref, roomy, states


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
