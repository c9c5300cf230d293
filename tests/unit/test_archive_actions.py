"""The Archive tab's answers: what is found for whom, and what a search that makes no sense is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.archive_actions import ArchiveActions
from components.keep_actions import Keeping
from swatchbook.archive.store import Archive
from swatchbook.runs import Lane, ModelRef, Run, Sample
from swatchbook.settings import AppSettings
from swatchbook.shelf import Shelf


class Press:
    """A press, as Gradio hands it on."""

    def __init__(self, **data: Any) -> None:
        self._data = data


@pytest.fixture
def actions(tmp_path: Path) -> ArchiveActions:
    return ArchiveActions(Keeping(Archive(tmp_path / "data"), AppSettings()), Shelf(tmp_path / "no-house"))


def keep(actions: ArchiveActions, title: str, model: str = "keeper", listed: bool = True, **more: Any) -> str:
    lane = Lane(id="lane-1", model=ModelRef(source="house", repo=model))
    run = Run(template="The door", title=title, lanes=[lane], samples=[Sample(lane="lane-1", text="open")], **more)
    return actions.keeping.archive.keep(run, "run", listed).document.id


def titles(answer: dict[str, Any]) -> list[str]:
    return [part.split("</bdi>")[0].rpartition(">")[2] for part in answer["list"].split("<h3>")[1:]]


def find(actions: ArchiveActions, **data: Any) -> dict[str, Any]:
    return actions.press(Press(act="find", **data))  # type: ignore[arg-type]


def test_what_is_not_listed_is_found_by_its_keeper_alone(actions: ArchiveActions) -> None:
    id = keep(actions, "Hidden", listed=False)
    keep(actions, "Open")
    assert titles(find(actions)) == ["Open"]
    assert titles(find(actions, own=[id])) == ["Open", "Hidden"]
    assert titles(find(actions, own=[id], mine="on")) == ["Hidden"]
    assert titles(find(actions, own="no list")) == ["Open"]


def test_a_model_is_named_as_people_name_it(actions: ArchiveActions) -> None:
    keep(actions, "One", "lighthouse-keeper")
    keep(actions, "Two", "cook")
    assert titles(find(actions, model="Lighthouse")) == ["One"]
    assert titles(find(actions, model="house/cook")) == ["Two"]
    assert "No listed run holds a model called zebra" in find(actions, model="zebra")["problem"]
    assert "house/cook, house/lighthouse-keeper" in find(actions, model="o")["problem"]


def test_pages_follow_one_another(actions: ArchiveActions) -> None:
    for number in range(35):
        keep(actions, f"Run {number:02}")
    first = find(actions)
    rest = find(actions, before=str(first["more"]))
    assert titles(first) + titles(rest) == [f"Run {number:02}" for number in reversed(range(35))]
    assert (first["append"], rest["append"], rest["more"]) == (False, True, None)


def test_a_family_shows_parents_above_children(actions: ArchiveActions) -> None:
    parent = keep(actions, "Parent")
    child = keep(actions, "Child", parent=parent, relation="again")
    keep(actions, "Hidden grandchild", listed=False, parent=child, relation="notes")
    tree = actions.press(Press(act="family", id=child))["family"]  # type: ignore[arg-type]
    assert tree.index("Parent") < tree.index("Child")
    assert "Level 2" in tree
    assert "asked again" in tree
    assert "grandchild" not in tree


def test_titles_and_prompts_stay_text(actions: ArchiveActions) -> None:
    keep(actions, "<img src=x onerror=alert(1)>")
    assert "<img" not in find(actions)["list"]


@pytest.mark.parametrize("key", ["", "wrong", "x" * 1000])
def test_without_the_key_nothing_is_deleted(actions: ArchiveActions, key: str) -> None:
    id = keep(actions, "Stays")
    answer = actions.press(Press(act="delete", id=id, key=key))  # type: ignore[arg-type]
    assert "Nothing was deleted" in answer["problem"]
    assert actions.keeping.archive.entry(id) is not None
