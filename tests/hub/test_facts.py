"""Facts: what has the right shape is kept, everything else is as good as not stated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.hub.facts import Facts, File, Parent, read_facts, read_files

WHOLE: dict[str, Any] = {
    "id": "lantern/ember",
    "sha": "a" * 40,
    "createdAt": "2025-01-15T09:00:00.000Z",
    "lastModified": "2025-02-01T10:00:00.000Z",
    "downloads": 120,
    "likes": 0,
    "gated": False,
    "pipeline_tag": "text-generation",
    "library_name": "transformers",
    "tags": ["llama", "license:mit", "base_model:finetune:old/one"],
    "config": {"model_type": "llama", "tokenizer_config": {"chat_template": "{{ x }}"}},
    "cardData": {"license": "MIT", "language": ["en", "FR"], "datasets": ["a/b", "a/b"]},
    "safetensors": {"parameters": {"BF16": 100, "F32": 10}, "total": 110},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def test_a_whole_answer_is_read_whole() -> None:
    facts = read_facts(WHOLE)
    assert facts == Facts(
        repo="lantern/ember",
        commit="a" * 40,
        created="2025-01-15",
        updated="2025-02-01",
        downloads=120,
        likes=0,
        gated="",
        task="text-generation",
        library="transformers",
        architecture="llama",
        licence="mit",
        languages=("en", "fr"),
        datasets=("a/b",),
        parents=(Parent("old/one", "finetune"),),
        numbers=(("BF16", 100), ("F32", 10)),
        chat=True,
        tags=("llama", "license:mit", "base_model:finetune:old/one"),
    )
    assert facts is not None
    assert (facts.author, facts.name, facts.parameters, facts.weight_bytes) == ("lantern", "ember", 110, 240)


def test_what_is_absent_is_not_zero() -> None:
    facts = read_facts({"id": "gpt2"})
    assert facts == Facts("gpt2")
    assert facts is not None
    assert (facts.downloads, facts.likes, facts.parameters, facts.weight_bytes, facts.author) == (None,) * 5


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "lantern/ember",
        {},
        {"id": 5},
        {"id": ""},
        {"id": "../etc"},
        {"id": "a/b/c"},
        {"id": "a\n/b"},
        {"id": "x" * 300},
    ],
)
def test_what_names_no_model_is_no_model(raw: object) -> None:
    assert read_facts(raw) is None


@given(st.sampled_from(sorted(WHOLE)), json_values)
def test_a_field_of_any_type_costs_itself_alone(name: str, value: Any) -> None:
    facts = read_facts({**WHOLE, name: value})
    whole = read_facts(WHOLE)
    assert whole is not None
    if name == "id":
        assert facts is None or isinstance(facts, Facts)
        return
    assert facts is not None
    kept = {part for part in Facts.__dataclass_fields__ if getattr(facts, part) == getattr(whole, part)}
    dependents = {
        "sha": {"commit"}, "createdAt": {"created"}, "lastModified": {"updated"}, "pipeline_tag": {"task"},
        "library_name": {"library"}, "tags": {"tags", "licence", "parents", "needs_code"},
        "config": {"architecture", "chat", "quantised", "needs_code"}, "safetensors": {"numbers"},
        "cardData": {"licence", "licence_name", "licence_link", "languages", "datasets", "parents"},
    }  # fmt: skip
    assert set(Facts.__dataclass_fields__) - kept <= dependents.get(name, {name})


@given(json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    facts = read_facts({"id": "a/b", "cardData": value, "config": value, "tags": value, "baseModels": value})
    assert facts is not None
    assert all(isinstance(text, str) and len(text) <= 500 for text in (*facts.languages, *facts.tags, *facts.datasets))
    read_files(value)


@pytest.mark.parametrize(
    ("stated", "parents"),
    [
        ({"baseModels": {"relation": "merge", "models": [{"_id": "1", "id": "a/b"}, {"id": "c/d"}]}}, ("a/b", "c/d")),
        ({"cardData": {"base_model": "a/b"}}, ("a/b",)),
        ({"cardData": {"base_model": ["a/b", "own/self", 5, "../x"]}}, ("a/b",)),
        ({"tags": ["base_model:quantized:a/b", "base_model:a/b"]}, ("a/b",)),
        ({"baseModels": ["a/b"]}, ()),
    ],
)
def test_parents_are_found_wherever_they_are_stated(stated: dict[str, Any], parents: tuple[str, ...]) -> None:
    facts = read_facts({"id": "own/self", **stated})
    assert facts is not None
    assert tuple(parent.repo for parent in facts.parents) == parents


def test_the_gate_and_what_stands_in_the_way_are_told() -> None:
    facts = read_facts(
        {"id": "a/b", "gated": "manual", "config": {"auto_map": {}, "quantization_config": {"quant_method": "awq"}}}
    )
    assert facts is not None
    assert (facts.gated, facts.needs_code, facts.quantised) == ("manual", True, "awq")


def test_files_are_read_with_their_hashes() -> None:
    found = read_files(
        [
            {"type": "directory", "path": "onnx", "size": 0},
            {"type": "file", "path": "m.safetensors", "size": 9, "oid": "g", "lfs": {"oid": "s", "size": 9}},
            {"type": "file", "path": "x", "size": -1},
            {"type": "file", "size": 4},
            7,
        ]
    )
    assert found == (File("m.safetensors", 9, "s", "g"),)
