"""A document is cut exactly where JSON is, and one that is not JSON is never taken for a document."""

from __future__ import annotations

import gc
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook import bounded
from swatchbook.bounded import Later, Refused, members, read
from swatchbook.runs import MAX_DOCUMENT, Run
from swatchbook.strict import Strict
from tests import documents

texts = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from('"\\[]{},: \n'), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-9, 9) | texts
values = st.recursive(leaves, lambda held: st.lists(held, max_size=4) | st.dictionaries(texts, held, max_size=4))
objects = st.dictionaries(texts, values, max_size=5)
spacing = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"separators": (" , ", " : ")}])


def cut(document: bytes) -> dict[str, Any]:
    """What a document holds, put together from its pieces."""
    return {
        json.loads(f'"{name}"'): json.loads(value)
        if isinstance(value, bytes)
        else [json.loads(document[before + 1 : after]) for before, after in value]
        for name, value in members(document).items()
    }


@settings(max_examples=80)
@given(objects, spacing, st.booleans(), st.sampled_from([1, 2, 3, 7, 1 << 18]))
def test_the_pieces_are_the_document(said: dict[str, Any], how: dict[str, Any], ascii: bool, chunk: int) -> None:
    document = json.dumps(said, ensure_ascii=ascii, **how).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounded, "_CHUNK", chunk)
        if all(len(json.dumps(name, ensure_ascii=ascii).encode()) < 60 for name in said):
            assert cut(document) == said


@settings(max_examples=20)
@given(documents.runs(), spacing, st.booleans(), st.randoms(use_true_random=False))
def test_a_run_is_read_however_it_is_laid_out(run: Run, how: dict[str, Any], ascii: bool, order: random.Random) -> None:
    said = list(json.loads(run.to_json()).items())
    order.shuffle(said)
    assert read(Run, json.dumps(dict(said), ensure_ascii=ascii, **how), MAX_DOCUMENT, "swatchbook", 2) == run


WHOLE = Run.model_validate(
    {"template": 'a "b" \\ [', "lanes": [{"id": "a", "model": {"source": "house", "repo": "x"}}],
     "samples": [{"lane": "a", "text": "]},{", "token_ids": [1, 2], "ends": [1, 4]}, {"lane": "a"}],
     "notes": [{"text": "x"}], "versions": {"a": "b"}}
).to_json().encode()  # fmt: skip


@settings(max_examples=200)
@given(
    st.integers(0, len(WHOLE) - 1),
    st.integers(0, 3),
    st.lists(st.sampled_from(b'"\\[]{},: 1a\n\x00\x0b\xff'), max_size=3),
)
def test_a_damaged_document_is_refused_or_is_json_all_the_same(place: int, left_out: int, put_in: list[int]) -> None:
    damaged = WHOLE[:place] + bytes(put_in) + WHOLE[place + left_out :]
    try:
        run = read(Run, damaged, MAX_DOCUMENT, "swatchbook", 2)
    except Refused:
        return
    assert run == Run.model_validate_json(damaged)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b'{"swatchbook": 99}', "knows 2"),
        (b'{"swatchbook":2,"swatchbook":2}', "stands in it twice"),
        (b'{"template":"x","te\\u006dplate":"y"}', "belongs here"),
        (b'{"template":["x"]}', "template: a list does not belong here"),
        (b'{"lanes":[1,]}', "lanes.0"),
        (b'{"lanes":[1}', "no end"),
        (b'{"template" "x"}', "name is missing"),
        (b'{"template":"x",}', "name is missing"),
        (b'{,}', "name is missing"),
        (b'{"template":}', "damaged"),
        (b'{"template":"x"}}', "damaged"),
        (b'{"template":"x"} x', "not a JSON object"),
        (b'{"settings":' + b"[" * 17 + b"]" * 17 + b"}", "deep"),
        (b'{"machine":"' + b"x" * bounded.MAX_PIECE + b'"}', "larger, without its lists"),
        (b'{"notes":[{"text":"' + b"x" * bounded.MAX_PIECE + b'"}]}', "notes.0: it is larger"),
        (b'{"notes":[' + b",".join([b"1"] * 1001) + b"]}", "1,001 items"),
        (b'{"lanes":[' + b",".join([b"1"] * 10_002) + b"]}", "more than 10,000 items"),
    ],
)  # fmt: skip
def test_what_is_refused(document: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why) as refusal:
        read(Run, document, MAX_DOCUMENT, "swatchbook", 2)
    assert isinstance(refusal.value, Later) == (why == "knows 2")


class Leaf(Strict):
    text: str = ""


class Branch(Strict):
    leaves: list[Leaf] = []
    words: dict[str, str] = {}


class Tree(Strict):
    tree: int = 1
    branches: list[Branch] = []


def test_an_item_that_is_large_is_cut_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MAX_PIECE", 100)
    tree = Tree(branches=[Branch(leaves=[Leaf(text="x" * 60)] * count) for count in (0, 1, 4)])
    assert read(Tree, tree.model_dump_json(indent=1), 10_000, "tree", 1) == tree
    for branch, why in (
        (Branch(leaves=[Leaf(), Leaf(text="x" * 100)]), "branches.0: leaves.1: it is larger"),
        (Branch(words={"a": "x" * 100}), "branches.0: it is larger, without its lists"),
    ):
        with pytest.raises(Refused, match=why):
            read(Tree, Tree(branches=[branch]).model_dump_json(), 10_000, "tree", 1)


def test_an_item_is_refused_before_the_next_one_is_read() -> None:
    seen = []

    def one(name: str, _item: object) -> None:
        seen.append(name)
        raise Refused("no more")

    with pytest.raises(Refused, match="no more"):
        read(Run, WHOLE, MAX_DOCUMENT, "swatchbook", 2, one)
    assert seen == ["lanes"]
    assert gc.isenabled()
