"""Safetensors headers: what the library writes is read as it reads it, and nothing it refuses is let through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from swatchbook.engine.events import EngineError
from swatchbook.engine.headers import BITS, MAX_HEADER, MAX_TENSORS, Header, length, parse, read_header

TYPES = ["bool", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "u8", "i8", "f8", "c8"]
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
FILES = st.tuples(
    st.dictionaries(
        NAMES.filter(lambda name: name != "__metadata__"),
        arrays.arrays(
            st.sampled_from(TYPES), arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4), fill=st.just(0)
        ),
        min_size=1,
        max_size=5,
    ),
    st.none() | st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=20), max_size=3),
)
usual = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_by_the_library(path: Path) -> Header | None:
    """The file as the library reads it, in the same words; None where it refuses."""
    try:
        with safe_open(path, framework="np") as file:
            held = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - not a dictionary
            shapes = {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in held.items()}
            return Header(tuple(shapes.items()), file.metadata() or {})  # type: ignore[arg-type]
    except SafetensorError:
        return None


def in_its_words(header: Header) -> Header:
    return Header(tuple((t.name, (t.dtype, t.shape)) for t in header.tensors), header.metadata)  # type: ignore[misc]


def as_sets(header: Header) -> tuple[set[Any], dict[str, str]]:
    return set(header.tensors), header.metadata


def file_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype: Any = "F32", shape: Any = (2,), place: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(place)}


@usual
@given(FILES)
def test_what_the_library_writes_is_read_as_the_library_reads_it(tmp_path: Path, file: Any) -> None:
    data = save(*file)
    (tmp_path / "file").write_bytes(data)
    header = read_header(tmp_path / "file")
    assert header == read_header(data) == parse(data) == parse(data, len(data))
    theirs = read_by_the_library(tmp_path / "file")
    assert theirs is not None
    assert as_sets(in_its_words(header)) == as_sets(theirs)


@usual
@given(FILES)
def test_places_lead_to_the_tensors_bytes(file: Any) -> None:
    held, _ = file
    data = save(*file)
    begin = 8 + length(data)
    for tensor in read_header(data).tensors:
        assert data[begin + tensor.start : begin + tensor.end] == held[tensor.name].tobytes()
        assert tensor.numbers == held[tensor.name].size


def accepted(data: bytes) -> bool:
    """Whether the bytes are let through; anything but an EngineError is an error of ours."""
    try:
        parse(data, len(data))
    except EngineError as error:
        message = str(error)
        assert message.endswith(".")
        assert message.isprintable()
        return False
    return True


def check(data: bytes, path: Path) -> None:
    """What is let through, the library opens, and reads alike."""
    if accepted(data):
        path.write_bytes(data)
        theirs = read_by_the_library(path)
        assert theirs is not None
        assert as_sets(in_its_words(read_header(path))) == as_sets(theirs)


@usual
@given(st.binary(max_size=80))
def test_random_bytes_are_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    check(data, tmp_path / "file")
    check(file_of(data), tmp_path / "file")
    check(file_of(b"{" + data), tmp_path / "file")


@usual
@given(FILES, st.data())
def test_damaged_files_are_refused_or_read_as_the_library_reads_them(tmp_path: Path, file: Any, draw: Any) -> None:
    data = bytearray(save(*file))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data) - 1))
        cut = draw.draw(st.integers(0, 3))
        data[at : at + cut] = draw.draw(st.binary(max_size=3) | st.sampled_from([b"9", b"0", b"}", b'"', b"-"]))
        if not data:
            break
    check(bytes(data), tmp_path / "file")


SMALL = st.integers(-1, 9) | st.sampled_from([2**31, 2**62, 2**63, 2**64, 10**30])
ODD = st.none() | st.booleans() | st.floats() | st.text(max_size=3) | SMALL
ENTRIES = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from([*BITS, "F31", 3, None]),
        "shape": st.lists(SMALL, max_size=4) | st.lists(ODD, max_size=2) | ODD,
        "data_offsets": st.lists(SMALL, min_size=2, max_size=2) | st.lists(ODD, max_size=3) | ODD,
    },
    optional={"more": ODD},
)


@usual
@given(st.dictionaries(NAMES | st.just("__metadata__"), ENTRIES | ODD, max_size=4), st.integers(0, 40))
def test_lying_headers_are_refused_or_true(tmp_path: Path, entries: dict[str, Any], size: int) -> None:
    check(file_of(entries, bytes(size)), tmp_path / "file")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"1234567", "first bytes"),
        (b"\x09" + bytes(7) + b"{}", "more than the whole file"),
        ((2**63).to_bytes(8, "little") + b"{}", "9,223,372,036,854,775,808"),
        (file_of(b"[]"), "no JSON object"),
        (file_of(b" {}"), "no JSON object"),
        (file_of(b'{"a":1,"a":2}'), "no JSON object"),
        (file_of(b'{"\\ud800":1}'), "no JSON object"),
        (file_of(b'{"a":' * 3000), "no JSON object"),
        (file_of({"__metadata__": {"a": 1}}), "notes"),
        (file_of({"__metadata__": ["a"]}), "notes"),
        (file_of({"a": 3}), "does not say what 'a' is"),
        (file_of({"a": entry() | {"more": 1}}, bytes(8)), "does not say what 'a' is"),
        (file_of({"a": entry(dtype="F33")}, bytes(8)), "'F33'"),
        (file_of({"a": entry(dtype=["F32"])}, bytes(8)), "which there is not"),
        (file_of({"a": entry(shape=[-2])}, bytes(8)), "no shape or place"),
        (file_of({"a": entry(shape=[2.0])}, bytes(8)), "no shape or place"),
        (file_of({"a": entry(shape=[True])}, bytes(8)), "no shape or place"),
        (file_of({"a": entry(place=[0])}, bytes(8)), "no shape or place"),
        (file_of({"a": entry(place=[8, 0])}, bytes(8)), "no shape or place"),
        (file_of({"a": entry(shape=[3])}, bytes(8)), "do not fill"),
        (file_of({"a": entry(shape=[2**62] * 100_000)}, bytes(8)), "do not fill"),
        (file_of({"a": entry(), "b": entry(place=[4, 12])}, bytes(12)), "overlaps"),
        (file_of({"a": entry(), "b": entry(place=[12, 20])}, bytes(20)), "gap"),
        (file_of({"a": entry()}, bytes(7)), "1 bytes are missing"),
        (file_of({"a": entry()}, bytes(9)), "follow its last tensor"),
    ],
)
def test_each_lie_has_its_own_sentence(data: bytes, word: str) -> None:
    with pytest.raises(EngineError) as caught:
        parse(data, len(data))
    assert word in str(caught.value)
    assert len(str(caught.value)) < 300


def test_more_than_is_read_is_refused_before_it_is_read() -> None:
    with pytest.raises(EngineError, match="at most 10,000,000"):
        length((MAX_HEADER + 1).to_bytes(8, "little"), 2**40)
    many = {str(number): 0 for number in range(MAX_TENSORS + 1)}
    with pytest.raises(EngineError, match="at most 100,000"):
        read_header(file_of(many))


def test_the_first_bytes_of_a_file_are_enough() -> None:
    data = save({"a": np.zeros(1000, "f4")})
    stop = 8 + length(data[:8])
    assert parse(data[:stop], len(data)) == parse(data)
    with pytest.raises(EngineError, match="cut off in its header"):
        parse(data[: stop - 1], len(data))


def test_a_file_may_hold_nothing() -> None:
    assert read_header(save({})) == Header((), {})


def test_names_are_quoted_and_cut() -> None:
    with pytest.raises(EngineError) as caught:
        read_header(file_of({"a\n\u202e" * 100: 3}))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300
