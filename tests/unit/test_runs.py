"""The run document: written, read back, and refused when it is something else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook import runs
from swatchbook.runs import Lane, ModelRef, Note, Run, RunError, Sample, Settings, Tag, Timing, Trace, read_run

clean = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
bits = st.floats(0, 60, allow_nan=False)
part = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,12}\Z")
commit = st.one_of(st.none(), st.from_regex(r"\A[0-9a-f]{7,40}\Z"))
refs = st.one_of(
    st.builds(ModelRef, source=st.sampled_from(["house", "remote"]), repo=part, commit=commit),
    st.builds(ModelRef, source=st.just("hub"), repo=st.tuples(part, part).map("/".join), commit=commit),
)


@st.composite
def samples(draw: st.DrawFn, lane: str) -> Sample:
    count = draw(st.integers(0, 4))
    row = st.lists(bits, min_size=count, max_size=count)
    ids = st.lists(st.integers(0, 1000), min_size=count, max_size=count)
    rows = st.lists(st.lists(bits, max_size=5), min_size=count, max_size=count)
    text = draw(clean)
    return Sample(
        lane=lane,
        filling=draw(st.lists(clean, max_size=2)),
        index=draw(st.integers(0, 15)),
        seed=draw(st.integers(0, 2**31)),
        prompt=draw(clean),
        token_ids=draw(ids),
        ends=sorted(draw(st.lists(st.integers(0, len(text.encode())), min_size=count, max_size=count))),
        text=text,
        trace=Trace(surprisal=draw(row), entropy=draw(row), top_bits=draw(rows)),
        finish=draw(st.sampled_from(["end", "stop", "length", "context", "cancelled", "failed", None])),
        timing=Timing(first_token=draw(st.one_of(st.none(), bits)), total=None),
        tags=draw(st.lists(st.builds(Tag, name=clean, detail=clean), max_size=2)),
        error=draw(st.one_of(st.none(), clean)),
    )


@st.composite
def documents(draw: st.DrawFn) -> Run:
    models = draw(st.lists(refs, min_size=1, max_size=3))
    lanes = [
        Lane(id=f"lane-{n}", model=ref, mode=draw(st.sampled_from(["completion", "chat"])))
        for n, ref in enumerate(models)
    ]
    held = [draw(samples(lane.id)) for lane in lanes for _ in range(draw(st.integers(0, 2)))]
    notes = draw(st.lists(st.builds(Note, text=clean), max_size=1))
    return Run(template=draw(clean), lanes=lanes, samples=held, notes=notes)


@settings(max_examples=60, deadline=None)
@given(documents())
def test_a_run_comes_back_as_it_went_out(run: Run) -> None:
    assert read_run(run.to_json()) == run
    assert read_run(run.to_json().encode()) == run
    assert read_run(read_run(run.to_json()).to_json()) == run


@given(refs)
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
    with pytest.raises(RunError, match="larger than a run can be"):
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
