"""The shelves of a first visit: the data file itself, and what the reading of one refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from swatchbook.engine.architectures import FUSED, JOINED, SOLO, kind_of
from swatchbook.hub.facts import Facts, read_facts
from swatchbook.hub.languages import language_name
from swatchbook.hub.licences import NOT_STATED, read_licence
from swatchbook.hub.shelves import FILE, Entry, Planned, shelves, written

ENTRIES = [entry for shelf in shelves() for entry in shelf.entries]
SMALL = 700_000_000
"""Parameters that run at ease on two cores."""


def shelf(title: str) -> Planned:
    return next(shelf for shelf in shelves() if shelf.title == title)


def names(entry: Entry) -> str:
    return entry.repo


def test_the_house_comes_first_and_the_rest_follow_in_order() -> None:
    first, *rest = shelves()
    assert first.house
    assert not any(shelf.house for shelf in rest)
    assert [shelf.title for shelf in rest] == [
        "Start here",
        "Strange and wonderful",
        "Many languages",
        "Old masters",
        "Twins and families",
    ]
    assert all(5 <= len(shelf.entries) <= 9 for shelf in rest)
    assert 30 <= len(ENTRIES) <= 40


def test_the_day_is_the_one_that_the_file_states() -> None:
    assert f"\nwritten: {written()}\n" in FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("entry", ENTRIES, ids=names)
def test_every_architecture_runs_here(entry: Entry) -> None:
    assert kind_of({"model_type": entry.architecture}) in ("fused", "joined", "solo")


def test_most_models_are_small_and_none_is_large() -> None:
    assert sum(entry.parameters <= SMALL for entry in ENTRIES) >= len(ENTRIES) - 2
    assert max(entry.parameters for entry in ENTRIES) < 1_700_000_000
    assert all(entry.parameters <= SMALL for entry in shelf("Start here").entries)


@pytest.mark.parametrize("entry", ENTRIES, ids=names)
def test_every_reason_is_one_sentence_of_its_own(entry: Entry) -> None:
    assert 20 <= len(entry.why) <= 160
    assert entry.why.endswith(".")
    assert [other.repo for other in ENTRIES if other.why == entry.why] == [entry.repo]


@pytest.mark.parametrize("entry", ENTRIES, ids=names)
def test_the_facts_are_as_the_hub_would_state_them(entry: Entry) -> None:
    """The Hub's answer with the same facts in it reads as the same model."""
    raw = {
        "id": entry.repo,
        "gated": False,
        "safetensors": {"parameters": {entry.stored: entry.parameters}},
        "config": {"model_type": entry.architecture}
        | ({"chat_template_jinja": "{{ messages }}"} if entry.chat else {}),
        "cardData": {"license": entry.licence, "language": list(entry.languages)},
        "baseModels": {"relation": "finetune", "models": [{"id": repo} for repo in entry.parents]},
    }
    assert read_facts(json.loads(json.dumps(raw))) == entry.facts
    assert entry.facts.source == "hub"
    assert entry.facts.commit is None
    assert entry.facts.parameters == entry.parameters


def test_a_model_on_two_shelves_has_the_same_facts_on_both() -> None:
    facts = {entry.repo: entry.facts for entry in ENTRIES}
    assert [entry.repo for entry in ENTRIES if facts[entry.repo] != entry.facts] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=names)
def test_licence_and_languages_are_known_by_name(entry: Entry) -> None:
    licence = read_licence(entry.facts)
    assert (licence.name == NOT_STATED) == (entry.licence is None)
    assert licence.known or entry.licence in (None, "other")
    assert all(language_name(code) != code for code in entry.languages)


def test_families_are_whole_and_twins_come_in_pairs() -> None:
    entries = {entry.repo: entry for entry in shelf("Twins and families").entries}
    assert {parent for entry in entries.values() for parent in entry.parents} <= set(entries)
    pairs = {frozenset([repo, entry.beside]) for repo, entry in entries.items() if entry.beside}
    assert len(pairs) >= 4
    assert set(entries) == set().union(*pairs)


def written_file(folder: Path, **changes: Any) -> Path:
    """A data file of the house's shelf and one other, whose first model has these `changes`."""
    model = {
        "repo": "quiet-press/tiny",
        "why": "There to be read, and for nothing else.",
        "parameters": 1000,
        "architecture": "llama",
    }
    models = [model | changes, model | {"repo": "quiet-press/other"}]
    house = {"title": "House", "line": "What the house has of its own.", "house": True}
    plain = {"title": "A", "line": "What a shelf is for, in one line.", "entries": models}
    file = folder / "shelves.yaml"
    file.write_text(yaml.safe_dump({"written": "2026-01-02", "shelves": [house, plain]}), encoding="utf-8")
    return file


def test_what_is_not_stated_stays_unstated_and_counts_as_wide(tmp_path: Path) -> None:
    file = written_file(tmp_path)
    facts = shelves(file)[1].entries[0].facts
    assert written(file) == "2026-01-02"
    assert facts == Facts("quiet-press/tiny", gated="", architecture="llama", numbers=(("F32", 1000),))
    assert facts.weight_bytes == 4000
    assert read_licence(facts).name == NOT_STATED


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repo": "quiet-press/other"}, "listed twice"),
        ({"repo": "tiny"}, "owner/name"),
        ({"repo": "../etc/passwd"}, "owner/name"),
        ({"parents": ["a b/c"]}, "owner/name"),
        ({"beside": "quiet-press/tiny"}, "not on this shelf"),
        ({"beside": "quiet-press/elsewhere"}, "not on this shelf"),
        ({"why": "Too short."}, "at least 20"),
        ({"why": "It goes on and on" + " and on" * 30 + "."}, "at most 160"),
        ({"why": "There is no full stop at the end"}, "full stop"),
        ({"why": "There are two lines\nin this reason."}, "full stop"),
        ({"parameters": 0}, "greater than 0"),
        ({"stored": "I8"}, "F32"),
        ({"languages": ["English"]}, "pattern"),
        ({"downloads": 5}, "Extra inputs"),
    ],
)
def test_a_careless_entry_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        shelves(written_file(tmp_path, **changes))


@pytest.mark.parametrize("house", [True, False])
def test_a_shelf_lists_models_or_is_the_houses(house: bool) -> None:
    entries = [ENTRIES[0]] if house else []
    with pytest.raises(ValidationError, match="unless it is the house's"):
        Planned(title="A", line="What a shelf is for, in one line.", entries=entries, house=house)


entries = st.builds(
    Entry,
    repo=st.from_regex(r"[a-z][a-z0-9]{0,20}/[A-Za-z][A-Za-z0-9.]{0,20}[a-z]", fullmatch=True).filter(
        lambda repo: ".." not in repo
    ),
    why=st.just("There to be read, and for nothing else."),
    parameters=st.integers(1, 10**13),
    stored=st.sampled_from(["F32", "BF16", "F16"]),
    architecture=st.sampled_from(sorted(FUSED | JOINED | SOLO)),
    licence=st.none() | st.from_regex(r"[a-z0-9.+-]{2,60}", fullmatch=True),
    languages=st.lists(st.from_regex(r"[a-z]{2,4}", fullmatch=True), max_size=5),
)


@given(entries)
def test_whatever_an_entry_states_can_be_read(entry: Entry) -> None:
    facts = entry.facts
    assert facts.parameters == entry.parameters
    assert facts.weight_bytes in (2 * entry.parameters, 4 * entry.parameters)
    assert facts.ref.repo == entry.repo
    assert read_licence(facts).name
    assert all(language_name(code) for code in facts.languages)
