"""The run document: written, read back, and refused when it is something else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from swatchbook import runs
from swatchbook.runs import Lane, ModelRef, Run, RunError, Sample, Settings, read_run
from tests import documents


@settings(max_examples=60)
@given(documents.runs())
def test_a_run_comes_back_as_it_went_out(run: Run) -> None:
    assert read_run(run.to_json()) == run
    assert read_run(run.to_json().encode()) == run
    assert read_run(read_run(run.to_json()).to_json()) == run


@given(documents.refs)
def test_a_models_name_is_read_as_it_is_written(ref: ModelRef) -> None:
    if ref.source != "hub" or ref.repo.split("/")[0] not in ("house", "remote"):
        assert ModelRef.parse(str(ref)) == ref


@pytest.mark.parametrize(
    "text",
    [
        "",
        "house/",
        "../etc",
        "a/b/c",
        "a b",
        "https://x/y",
        "a\nb",
        "house/x@zz",
        "x" * 200,
        "a/..",
        "\u202ex",
        "/root",
    ],
)
def test_what_is_no_models_name_is_refused(text: str) -> None:
    with pytest.raises(RunError):
        ModelRef.parse(text)


def a_run() -> Run:
    lane = Lane(id="a", model=ModelRef(source="house", repo="cook"))
    return Run(template="x", lanes=[lane], samples=[Sample(lane="a", text="hi")])


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"swatchbook": 0}, "swatchbook"),
        ({"swatchbook": 3}, "written by a newer Swatchbook"),
        ({"lanes": []}, "lanes"),
        ({"extra": 1}, "extra"),
        ({"template": "x" * (runs.MAX_PROMPT + 1)}, "template"),
        ({"settings": {"temperature": float("nan")}}, "not a Swatchbook run"),
        ({"settings": {"samples": 17}}, "settings.samples"),
        ({"samples": [{"lane": "other"}]}, "not in the run"),
        ({"samples": [{"lane": "a", "token_ids": [1, 2], "ends": [1]}]}, "differ in length"),
        ({"samples": [{"lane": "a", "token_ids": [1, 2], "ends": [-1, -1], "text": "a"}]}, "outside its text"),
        ({"samples": [{"lane": "a", "token_ids": [1, 2], "ends": [1, 9], "text": "a"}]}, "outside its text"),
        ({"id": "a/../b"}, "id: "),
        ({"created": "\0"}, "created: "),
        ({"lanes": [{"id": "a", "model": {"source": "house", "repo": "../x"}}]}, "not a model's name"),
        ({"lanes": [{"id": "a b", "model": {"source": "house", "repo": "x"}}]}, "lanes.0.id"),
    ],
)
def test_a_wrong_document_is_refused_in_one_sentence(change: dict[str, object], place: str) -> None:
    document = json.loads(a_run().to_json()) | change
    with pytest.raises(RunError, match=place) as refusal:
        read_run(json.dumps(document))
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("document", ["", "[]", "null", "{", '"x"', "\x00", "[" * 5000])
def test_what_is_no_document_is_refused(document: str) -> None:
    with pytest.raises(RunError, match="not a Swatchbook run"):
        read_run(document)


def test_a_document_that_is_too_large_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MAX_DOCUMENT", 100)
    with pytest.raises(RunError, match="larger than"):
        read_run(" " * 101)


def test_two_lanes_cannot_share_an_id() -> None:
    lane = Lane(id="a", model=ModelRef(source="house", repo="cook"))
    with pytest.raises(ValueError, match="the same id"):
        Run(template="x", lanes=[lane, lane])


def test_raw_bytes_are_the_text_or_what_it_cannot_hold() -> None:
    assert Sample(lane="a", text="é").raw_bytes == b"\xc3\xa9"
    assert Sample(lane="a", text="\ufffd", raw="/w==").raw_bytes == b"\xff"


def test_the_defaults_are_a_run_that_is_allowed() -> None:
    assert Settings().samples * Settings().max_tokens * runs.MAX_LANES <= runs.MAX_RUN_TOKENS
