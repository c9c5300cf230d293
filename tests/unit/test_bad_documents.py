"""What is no document is refused in one sentence, soon, and in little memory; what is one is text, whatever it says.

The rows of `tests/bad_documents.py` are read in processes of their own. A second of
processor time and 200 MB is what each may take; the time is given some room, since
a busy machine makes every second longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from swatchbook.archive.errors import Unreadable
from swatchbook.archive.links import unpack
from swatchbook.notes import Note
from swatchbook.palettes import read_palette
from swatchbook.runs import Lane, ModelRef, Newer, Run, RunError, Sample, read_run
from swatchbook.settings import ROOT
from tests.bad_documents import READ, ROWS, forged

SECONDS = 3.0
MEGABYTES = 200


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, Any]]:
    """What each row said and took; printed, since the numbers are worth seeing."""
    shown = subprocess.run(
        [sys.executable, "-m", "tests.bad_documents"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    for row in rows:
        print(f"{row['name']}: {row['size']:.0f} MB, {row['seconds']:.2f} s, +{row['mb']:.0f} MB; {row['said']}")
    return {row["name"]: row for row in rows}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_too_much_is_refused_soon_and_in_little_memory(name: str, table: dict[str, dict[str, Any]]) -> None:
    row = table[name]
    assert row["kind"] == ("read" if name in READ else "refused"), row["said"]
    assert row["seconds"] < SECONDS
    assert row["mb"] < MEGABYTES
    assert row["said"] == "" if name in READ else one_sentence(row["said"])


def one_sentence(said: str) -> bool:
    return 10 < len(said) < 300 and said.isprintable() and said.endswith(".") and "Traceback" not in said


def a_run(**changes: object) -> bytes:
    """A run's document with some of its members changed; what stands in it is not checked."""
    lane = {"id": "a", "model": {"source": "house", "repo": "cook"}}
    return json.dumps({"swatchbook": 2, "template": "x", "lanes": [lane], **changes}).encode()


def a_sample(**members: object) -> bytes:
    return a_run(samples=[{"lane": "a", "text": "abc", **members}])


def a_note(**members: object) -> bytes:
    """A note on the one sample of a run, which has three characters."""
    return a_run(samples=[{"lane": "a", "text": "abc"}], notes=[{"text": "x", **members}])


def here(**members: object) -> list[dict[str, object]]:
    return [{"lane": "a", "sample": 0, **members}]


SMALL = {
    "no JSON": b"run",
    "nothing": b"",
    "a list": b"[]",
    "half of one": a_run()[:-9],
    "two of them": a_run() + a_run(),
    "binary": bytes(range(256)) * 40,
    "deflated": b"x\x9c" + a_run(),
    "a foreign thing": b'{"nbformat": 4, "cells": []}',
    "an unknown key": a_run(extra=1),
    "a key of control characters": a_run(**{"a\n\x1b[31m\u202e" * 20: 1}),
    "an unknown key in a lane": a_run(lanes=[{"id": "a", "model": {"source": "house", "repo": "x"}, "code": "x"}]),
    "an unknown source": a_run(lanes=[{"id": "a", "model": {"source": "file", "repo": "x"}}]),
    "a path for a model": a_run(lanes=[{"id": "a", "model": {"source": "hub", "repo": "../../etc"}}]),
    "control characters for a model": a_run(lanes=[{"id": "a", "model": {"source": "hub", "repo": "\0\n" * 500}}]),
    "a path for an id": a_run(id="../x"),
    "a number for a title": a_run(title=7),
    "a list for a prompt": a_run(template=["x"]),
    "an object for samples": a_run(samples={"0": {}}),
    "a word for samples": a_run(samples="abc"),
    "null for notes": a_run(notes=None),
    "a title that is too long": a_run(title="x" * 121),
    "a time that is none": a_run(created="yesterday\n"),
    "NaN": a_run(settings={"temperature": float("nan")}),
    "Infinity": a_sample(token_ids=[1], trace={"surprisal": [float("inf")]}),
    "a number beyond all": a_run().replace(b'"x"', b'"x","settings":{"temperature":1e999}'),
    "a number of 4,000 digits": a_sample(index=10**4000),
    "a token that is no number of a token": a_sample(token_ids=[2**31]),
    "a tag before the text": a_sample(tags=[{"name": "loop", "token": -1}]),
    "a time before the beginning": a_sample(timing={"total": -1}),
    "a negative surprisal": a_sample(token_ids=[1], trace={"surprisal": [-1.0]}),
    "a control character": a_run().replace(b'"x"', b'"a\x01b"'),
    "a null byte": a_run() + b"\0",
    "half a character": a_run().replace(b'"x"', b'"\\ud800"'),
    "half a character in a note": a_run(notes=[{"text": "TEXT"}]).replace(b"TEXT", b"\\udfff"),
    "no UTF-8": a_run().replace(b'"x"', b'"\xff"'),
    "tokens without ends": a_sample(token_ids=[1, 2], ends=[1]),
    "more surprisals than tokens": a_sample(token_ids=[1], trace={"surprisal": [1, 2]}),
    "alternatives without tokens": a_sample(trace={"top_text": [["x"]]}),
    "ends beyond the text": a_sample(token_ids=[1], ends=[4]),
    "ends that go back": a_sample(token_ids=[1, 2], ends=[3, 2]),
    "ends before the text": a_sample(token_ids=[1], ends=[-1]),
    "ends beyond the bytes": a_sample(token_ids=[1], ends=[2], raw="/w=="),
    "bytes that are none": a_sample(raw="!"),
    "a prompt that is not there": a_sample(prompt_at=0),
    "a prompt before the first": a_sample(prompt_at=-1),
    "a sample of no lane": a_run(samples=[{"lane": "b"}]),
    "six alternatives": a_sample(token_ids=[1], trace={"top_ids": [[1, 2, 3, 4, 5, 6]]}),
    "too many prompts": a_run(prompts=["x"] * 129),
    "an empty note": a_note(text=""),
    "a note on another lane": a_note(at=[{"lane": "b"}]),
    "a note on another sample": a_note(at=here(sample=1)),
    "a note beyond the text": a_note(at=here(start=0, end=4)),
    "a note on nothing": a_note(at=here(start=2, end=2)),
    "a note from its end": a_note(at=here(start=2, end=1)),
    "a note on nine places": a_note(at=here() * 9),
    "a note that answers itself": a_note(id="n", answers="n"),
    "a contest of nothing": a_note(contests=True),
    "a reading of another lane": a_run(readings=[{"order": ["a", "b"]}]),
    "a placebo of nothing": a_run(
        lanes=[{"id": "a", "model": {"source": "house", "repo": "x"}, "repeats": "b"}]
    ),
    "a placebo of another model": a_run(
        lanes=[
            {"id": "a", "model": {"source": "house", "repo": "x"}},
            {"id": "b", "model": {"source": "house", "repo": "y"}, "repeats": "a"},
        ]
    ),
    "format 0": a_run(swatchbook=0),
    "no format": a_run(swatchbook="2"),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_what_is_no_run_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(RunError) as refusal:
        read_run(SMALL[name])
    assert one_sentence(str(refusal.value))


@pytest.mark.parametrize("name", SMALL)
def test_a_link_to_what_is_no_run_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        unpack(forged(SMALL[name]))
    assert one_sentence(str(refusal.value))


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        a_run(),
        b'{"palette":1,"lanes":[]}',
        b'{"palette":1,"lanes":[1]}',
        b'{"palette":0,"lanes":[{"id":"a","model":{"source":"house","repo":"x"}}]}',
        b'{"lanes":[{"id":"a","model":{"source":"house","repo":"x"},"repeats":"b"}]}',
    ],
)
def test_what_is_no_palette_is_refused_in_one_sentence(document: bytes) -> None:
    with pytest.raises(RunError, match="not a Swatchbook palette") as refusal:
        read_palette(document)
    assert one_sentence(str(refusal.value))


@pytest.mark.parametrize("version", [3, 10, 999_999])
@pytest.mark.parametrize("more", [{}, {"extra": 1}, {"lanes": "else"}])
def test_a_document_of_a_newer_format_says_so(version: int, more: dict[str, object]) -> None:
    for read, document in ((read_run, {"swatchbook": version}), (read_palette, {"palette": version})):
        with pytest.raises(Newer, match="newer Swatchbook; update this one") as refusal:
            read(json.dumps({**more, **document}, indent=1))
        assert one_sentence(str(refusal.value))


def test_a_number_in_a_text_is_no_format() -> None:
    assert read_run(a_run(title='"swatchbook": 9')).title == '"swatchbook": 9'


@pytest.mark.parametrize(
    "said", ["<script>alert(1)</script>", "\0\x1b[31m\r\n\t\u202e\ufeff", "=1+1", '"\\', "𝕏\u2028"]
)
def test_titles_and_notes_are_text(said: str) -> None:
    lane = Lane(id="a", model=ModelRef(source="house", repo="cook"))
    samples = [Sample(lane="a", text=said, error=said, filling=[said])]
    run = Run(template=said, title=said, lanes=[lane], notes=[Note(text=said, author=said)], samples=samples)
    assert read_run(run.to_json()) == run
