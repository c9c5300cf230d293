"""A model of random weights, written without torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from swatchbook.engine import memory, vet
from swatchbook.engine.headers import read_header
from swatchbook.engine.tokens import byte_table
from swatchbook.random_model import ONE, Shape, write

TINY = Shape(layers=2, hidden=128, inner=256, vocabulary=600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, TINY)
    return tmp_path


def test_nothing_speaks_against_loading_it(folder: Path) -> None:
    vetted = vet.vet(folder)
    assert vetted.kind == "fused"
    assert {tensor.name: tensor.shape for tensor in vetted.tensors} == dict(TINY.tensors())
    assert sum(tensor.numbers for tensor in vetted.tensors) == TINY.parameters


def test_weights_are_noise_and_norms_are_one(folder: Path) -> None:
    file = folder / "model.safetensors"
    begin = file.stat().st_size - 2 * TINY.parameters
    for tensor in read_header(file).tensors:
        bits = np.fromfile(file, "<u2", tensor.numbers, offset=begin + tensor.start)
        numbers = (bits.astype("<u4") << 16).view("<f4")
        if len(tensor.shape) == 1:
            assert set(bits) == {ONE}
            assert set(numbers) == {1.0}
        else:
            assert abs(numbers.mean()) < 0.01
            assert 0.035 < numbers.std() < 0.045


def test_every_word_has_its_bytes_and_none_ends_a_text(folder: Path) -> None:
    table = byte_table((folder / "tokenizer.json").read_text())
    assert len(table) == TINY.vocabulary
    assert {len(word) for word in table} == {1, 2}
    assert len(set(table)) == TINY.vocabulary
    assert json.loads((folder / "config.json").read_text())["eos_token_id"] is None


def test_the_usual_shape_is_just_large_enough_to_be_computed_as_large_ones_are() -> None:
    assert memory.SMALL < Shape().parameters < 1.1 * memory.SMALL
