"""Memory: what is needed is told from small files, and a refusal shows its arithmetic."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.engine import memory
from swatchbook.engine.events import EngineError, Model
from tests.fake_hub import weights


@pytest.fixture(autouse=True)
def half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "computes_half", lambda: True)


def folder_of(tmp_path: Path, numbers: int, kind: str = "BF16", name: str = "x", **config: object) -> Path:
    """A model of which only the header and the size are real."""
    (tmp_path / "config.json").write_text(json.dumps(config))
    tensors = {name: (kind, (numbers,))}
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(weights.header(tensors))
        file.truncate(file.tell() + weights.size(tensors))
    return tmp_path


LARGE = 100_000_000
SHAPE = {"vocab_size": 1000, "hidden_size": 100}


def test_a_tied_embedding_counts_twice(tmp_path: Path) -> None:
    tied = folder_of(tmp_path, LARGE, **SHAPE, tie_word_embeddings=True)
    assert memory.needed(Model(tied)) == 2 * (LARGE + 100_000) + memory.WORKING
    untied = folder_of(tmp_path, LARGE, **SHAPE, tie_word_embeddings=False)
    assert memory.needed(Model(untied)) == 2 * LARGE + memory.WORKING
    with_head = folder_of(tmp_path, LARGE, name="lm_head.weight", **SHAPE)
    assert memory.needed(Model(with_head)) == 2 * LARGE + memory.WORKING


def test_more_precision_takes_more_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, LARGE)
    assert memory.needed(Model(folder)) == 2 * LARGE + memory.WORKING
    assert memory.needed(Model(folder, "fp32")) == 4 * LARGE + memory.WORKING
    monkeypatch.setattr(memory, "computes_half", lambda: False)
    assert memory.needed(Model(folder)) == 4 * LARGE + memory.WORKING
    assert memory.needed(Model(folder, "bf16")) == 2 * LARGE + memory.WORKING


def test_small_models_are_computed_in_fp32(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 1_000_000)
    assert memory.needed(Model(folder)) == 4_000_000 + memory.WORKING


def test_masks_beside_the_weights_are_no_weights() -> None:
    learnt = memory.need([("BF16", LARGE), ("U8", 3 * LARGE), ("BF16", LARGE)], 0, half=True)
    assert (learnt.weights, learnt.width) == (4 * LARGE, 2)
    assert memory.need([("I8", LARGE)], 0, half=True).weights == 4 * LARGE
    assert memory.need([], None, half=True).total == memory.WORKING


@given(st.integers(0, 10**11), st.integers(0, 10**10), st.sampled_from(["BF16", "F16", "F32"]), st.booleans())
def test_more_numbers_never_need_less(numbers: int, more: int, kind: str, half: bool) -> None:
    smaller = memory.need([(kind, numbers)], None, half)
    larger = memory.need([(kind, numbers + more)], None, half)
    assert smaller.total <= larger.total
    assert memory.need([(kind, numbers)], None, True).total <= memory.need([(kind, numbers)], None, False).total


def test_the_guessed_head_is_near_that_of_published_models() -> None:
    published = [(134_515_008, 49152 * 576), (494_032_768, 151936 * 896), (1_235_814_400, 128256 * 2048)]
    for parameters, head in published:
        guessed = memory.need([("BF16", parameters)], None, True).total
        assert guessed == pytest.approx(memory.need([("BF16", parameters)], head, True).total, rel=0.04)


@pytest.mark.parametrize("config", ["[]", "{", '{"vocab_size": "many", "hidden_size": []}', '{"vocab_size": -4}'])
def test_a_strange_config_is_no_error_here(tmp_path: Path, config: str) -> None:
    folder = folder_of(tmp_path, LARGE)
    (folder / "config.json").write_text(config)
    assert memory.needed(Model(folder)) == 2 * LARGE + memory.WORKING


def test_a_folder_without_config_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"config\.json is missing"):
        memory.needed(Model(tmp_path))


def test_weights_that_are_no_weights_are_a_sentence(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 10)
    (folder / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(EngineError, match="damaged"):
        memory.needed(Model(folder))
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(folder / "gone")
    with pytest.raises(EngineError, match="cannot be read"):
        memory.needed(Model(folder))


def test_a_container_limit_below_the_machine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (str(limit), str(tmp_path / "none")))
    limit.write_text("1000000000\n")
    assert memory.total_memory() == 1_000_000_000
    assert memory.budget() == 750_000_000
    assert memory.budget(2.5) == 2_500_000_000
    limit.write_text("max\n")
    assert memory.total_memory() > 1_000_000_000


def test_the_refusal_shows_its_arithmetic() -> None:
    sentence = memory.refusal("big", 14_500_000_000, 8_000_000_000)
    assert sentence == (
        "big needs about 14.5 GB here (14.2 GB of weights and 0.3 GB to work in); "
        "all models together may hold 8.0 GB. Choose a smaller model."
    )


def test_a_process_is_measured_and_one_that_ended_is_nothing() -> None:
    assert memory.held(os.getpid()) > 10_000_000
    assert memory.cpu_seconds(os.getpid()) > 0
    assert memory.held(2**22 - 3) == 0
