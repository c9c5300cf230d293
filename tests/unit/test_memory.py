"""Memory: what is needed is told from small files, and a refusal shows its arithmetic."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from swatchbook.engine import memory
from swatchbook.engine.events import EngineError, Model


@pytest.fixture(autouse=True)
def half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_computes_half", lambda: True)


def folder_of(tmp_path: Path, weights: int, **config: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(weights)
    return tmp_path


def test_a_tied_embedding_counts_twice(tmp_path: Path) -> None:
    shape = {"dtype": "bfloat16", "vocab_size": 1000, "hidden_size": 100}
    tied = folder_of(tmp_path, 5_000_000, **shape, tie_word_embeddings=True)
    assert memory.needed(Model(tied)) == 5_000_000 + 200_000 + memory.WORKING
    untied = folder_of(tmp_path, 5_000_000, **shape, tie_word_embeddings=False)
    assert memory.needed(Model(untied)) == 5_000_000 + memory.WORKING


def test_more_precision_takes_more_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, 5_000_000, dtype="bfloat16", tie_word_embeddings=False)
    assert memory.needed(Model(folder, "fp32")) == 10_000_000 + memory.WORKING
    monkeypatch.setattr(memory, "_computes_half", lambda: False)
    assert memory.needed(Model(folder)) == 10_000_000 + memory.WORKING


@pytest.mark.parametrize("config", ["[]", "{", '{"vocab_size": "many", "hidden_size": []}', '{"vocab_size": -4}'])
def test_a_strange_config_is_no_error_here(tmp_path: Path, config: str) -> None:
    folder = folder_of(tmp_path, 10)
    (folder / "config.json").write_text(config)
    assert memory.needed(Model(folder)) >= memory.WORKING


def test_a_folder_without_config_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"config\.json is missing"):
        memory.needed(Model(tmp_path))


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
