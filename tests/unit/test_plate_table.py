"""A run as a table: what is written reads back the same, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.archive.plates.table import (
    BOM,
    COLUMNS,
    Cell,
    bits_per_byte,
    csv_text,
    defused,
    jsonl_text,
    restored,
    rows,
)
from swatchbook.runs import Lane, ModelRef, Run, Sample, Settings, Tag, Timing, Trace
from tests.documents import runs

DANGEROUS = "=+-@\t\r\n＝＋－＠"
NUMBERS = {"sample", "seed", "max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "tokens"}
NUMBERS |= {"bits", "bits_per_byte", "first_token_seconds", "total_seconds"}


def read(written: str) -> list[list[str]]:
    """The table as a program reads it, its byte order mark taken off as UTF-8 with one asks."""
    decoded = written.encode("utf-8").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(decoded, newline=""), strict=True))


def as_text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def one(text: str = " she had counted the ships.", **more: object) -> Run:
    """A run of one sample."""
    lane = Lane(id="lane-1", model=ModelRef(source="hub", repo="maker/keeper", commit="0123456789ab"), mode="chat")
    sample = Sample.model_validate({"lane": "lane-1", "text": text, **more})
    return Run(
        id="the-run",
        title="Ships",
        created="2026-01-02T03:04:05+00:00",
        template="The {nurse|engineer}",
        settings=Settings(stop=["\n", "End"], temperature=0.5),
        lanes=[lane],
        samples=[sample],
    )


@given(runs())
@settings(max_examples=25)
def test_csv_reads_back_to_the_same_rows(run: Run) -> None:
    head, *read_back = read(csv_text(run))
    assert head == list(COLUMNS)
    assert [[restored(cell) for cell in row] for row in read_back] == [
        [as_text(cell) for cell in row] for row in rows(run)
    ]


@given(runs())
@settings(max_examples=25)
def test_no_cell_begins_a_formula_and_numbers_stay_numbers(run: Run) -> None:
    for row in read(csv_text(run))[1:]:
        for name, cell in zip(COLUMNS, row, strict=True):
            if name in NUMBERS:
                assert cell == "" or float(cell) >= 0
            else:
                assert not cell.lstrip(" \"'").startswith(tuple(DANGEROUS)) or cell.startswith("'")
                assert not cell.startswith(tuple(DANGEROUS))


@given(st.text(alphabet=f"{DANGEROUS}'\" “\u00a0\u200b\ufeff\x00ab1", max_size=12))
@settings(max_examples=200)
def test_an_apostrophe_is_all_that_defusing_adds(cell: str) -> None:
    assert defused(cell) in (cell, f"'{cell}")
    assert restored(defused(cell)) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\ttext",
        "＝1+1",
        "－1",
        "  =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "\x00=1",
        '"=1"',
        "'=1",
        "“=1”",
    ],
)
def test_what_might_be_a_formula_is_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    assert read(csv_text(one(cell)))[1][COLUMNS.index("text")] == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=1", "she said - nothing", "3", "'tis", '"Well," she said', "é", " she"])
def test_plain_words_are_left_alone(cell: str) -> None:
    assert defused(cell) == cell


def test_a_table_opens_in_a_spreadsheet() -> None:
    written = csv_text(one('two\nlines, and "quotes"'))
    assert written.startswith(BOM)
    assert written.endswith("\r\n")
    assert written.split("\r\n")[0].count(",") == len(COLUMNS) - 1
    assert read(written)[1][COLUMNS.index("text")] == 'two\nlines, and "quotes"'


def test_a_row_says_what_made_the_text() -> None:
    run = one(
        " ab",
        filling=["nurse"],
        seed=9,
        index=2,
        prompt="<s>The nurse",
        token_ids=[5, 6, 0],
        ends=[2, 3, 3],
        trace=Trace(surprisal=[3, 1.5, 0.25]),
        finish="end",
        tags=[Tag(name="loop", token=1), Tag(name="cut off")],
        timing=Timing(first_token=0.5, total=1.25),
    )
    row = dict(zip(COLUMNS, rows(run)[0], strict=True))
    assert row == {
        "run": "the-run",
        "title": "Ships",
        "created": "2026-01-02T03:04:05+00:00",
        "template": "The {nurse|engineer}",
        "lane": "lane-1",
        "model": "maker/keeper@0123456789ab",
        "mode": "chat",
        "precision": "auto",
        "placebo_of": None,
        "filling": "nurse",
        "sample": 2,
        "seed": 9,
        "max_tokens": 48,
        "temperature": 0.5,
        "top_p": 1.0,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "stop": "\n | End",
        "prompt": "<s>The nurse",
        "text": " ab",
        "finish": "end",
        "tags": "loop from token 2 | cut off",
        "error": None,
        "tokens": 3,
        "bits": 4.75,
        "bits_per_byte": 1.5,
        "first_token_seconds": 0.5,
        "total_seconds": 1.25,
    }


@pytest.mark.parametrize(("ends", "bits"), [([], []), ([0, 0], [1, 2]), ([], [1, 2])])
def test_bits_per_byte_needs_bytes_and_bits(ends: list[int], bits: list[float]) -> None:
    sample = Sample(lane="a", token_ids=[1] * len(bits), ends=ends, trace=Trace(surprisal=bits))
    assert bits_per_byte(sample) is None


@given(runs())
@settings(max_examples=25)
def test_json_lines_hold_every_sample_as_it_is(run: Run) -> None:
    lines = jsonl_text(run).split("\n")
    assert lines.pop() == ""
    for line, sample in zip(map(json.loads, lines), run.samples, strict=True):
        assert line["text"] == sample.text
        assert line["filling"] == sample.filling
        assert line["model"] == str(run.lane(sample.lane).model)
        assert line["settings"] == run.settings.model_dump()
        assert Trace.model_validate(line["trace"]) == sample.trace
        assert (line["token_ids"], line["ends"], line["raw"]) == (sample.token_ids, sample.ends, sample.raw)
        assert [Tag.model_validate(tag) for tag in line["tags"]] == sample.tags


def test_half_a_character_survives_in_json_lines_and_is_marked_in_csv() -> None:
    run = one()
    run.samples[0].text = "half \ud800 of one"
    assert json.loads(jsonl_text(run).encode())["text"] == "half \ud800 of one"
    assert read(csv_text(run))[1][COLUMNS.index("text")] == "half \ufffd of one"
