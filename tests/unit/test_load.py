"""Folders become running models, or one plain sentence."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from swatchbook.engine import load as module
from swatchbook.engine.events import EngineError
from swatchbook.engine.fused import Fused
from swatchbook.engine.joined import Joined
from swatchbook.engine.load import Loaded, load
from swatchbook.engine.solo import Solo
from tests import tiny


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.folder(tmp_path_factory.mktemp("made") / "llama", "llama")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "model")


def opened(folder: Path, precision: str = "auto") -> Loaded:
    return load(folder, precision, lambda *_: None)


def change(folder: Path, **settings: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def refusal(folder: Path) -> str:
    with pytest.raises(EngineError) as caught:
        opened(folder)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 300
    return message


@pytest.mark.parametrize(
    ("name", "kind"), [("llama", Fused), ("gpt2", Joined), ("mamba", Joined), ("openai-gpt", Solo)]
)
def test_a_folder_becomes_a_model_that_runs(name: str, kind: type, tmp_path: Path) -> None:
    shares: list[float] = []
    loaded = load(tiny.folder(tmp_path / name, name), "auto", lambda share, _: shares.append(share))
    assert isinstance(loaded.backend, kind)
    assert loaded.kind == kind.__name__.lower()
    assert (loaded.dtype, loaded.thread_limit, loaded.end_ids) == ("float32", 1, {1})
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    *_, (logits, _) = loaded.backend.prefill(loaded.tokenizer("The keeper")["input_ids"], 1)
    assert logits.shape == (tiny.VOCABULARY,)
    assert logits.dtype == torch.float32


def test_precision_is_as_asked_for(folder: Path) -> None:
    assert opened(folder, "bf16").dtype == "bfloat16"
    assert opened(folder, "fp32").dtype == "float32"


def test_a_step_that_disagrees_is_given_up_for_the_published_model(folder: Path, monkeypatch: Any) -> None:
    rotations = Fused._rotations

    def wrong(self: Fused, *given: Any) -> Any:
        cos, sin = rotations(self, *given)
        return cos, -sin

    monkeypatch.setattr(Fused, "_rotations", wrong)
    assert isinstance(opened(folder).backend, Joined)


def test_packing_that_disagrees_is_given_up_for_the_published_layers(tmp_path: Path, monkeypatch: Any) -> None:
    def zeroed(model: Any, _: Any) -> None:
        for part in model.parameters():
            part.data = part.data * 0

    monkeypatch.setattr(module, "pack_modules", zeroed)
    backend = opened(tiny.folder(tmp_path / "gpt2", "gpt2")).backend
    assert isinstance(backend, Joined)
    assert next(backend._model.parameters()).abs().sum() > 0


def test_a_cache_that_cannot_be_joined_after_all_runs_alone(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Joined, "_pad", lambda *_: None)
    monkeypatch.setattr(Joined, "_can_share", lambda *_: True)
    assert isinstance(opened(tiny.folder(tmp_path / "gpt2", "gpt2")).backend, Solo)


def test_the_file_may_be_deleted_once_the_model_is_loaded(folder: Path) -> None:
    backend = opened(folder).backend
    (folder / "model.safetensors").write_bytes(b"")
    assert torch.isfinite(next(backend.logits([tiny.text(9)]))).all()


def test_end_tokens_come_from_the_generation_config_and_the_tokenizer(folder: Path) -> None:
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [5, 7]}))
    assert opened(folder).end_ids == {1, 5, 7}


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"auto_map": {"AutoModelForCausalLM": "evil.Model"}}, "code of its own"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised"),
        ({"_attn_implementation_internal": "owner/kernels"}, "attention"),
        ({"attn_implementation": "sdpa"}, "attention"),
        ({"text": {"deep": [{"_attn_implementation": "x/y"}]}}, "attention"),
        ({"num_hidden_layers": 10**7}, "num_hidden_layers"),
        ({"vocab_size": 2_000_000}, "vocab_size"),
        ({"hidden_size": -1}, "hidden_size"),
        ({"vocab_size": 290_000}, "declares"),
        ({"num_hidden_layers": 4}, "lack"),
        ({"hidden_size": 40, "head_dim": 8}, "lack|declares|do not make"),
        ({"model_type": "t5"}, "encoder-decoder"),
        ({"model_type": "never_seen"}, "never_seen"),
        ({"rope_parameters": {"rope_type": "nonsense"}}, "do not make"),
        ({"padding": "x" * 1_000_001}, "larger"),
    ],
)
def test_configs_that_are_refused(folder: Path, settings: dict[str, Any], word: str) -> None:
    change(folder, **settings)
    message = refusal(folder)
    assert any(part in message for part in word.split("|")), message


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff", '{"model_type": 5}', "[" * 100_000])
def test_damaged_configs(folder: Path, text: str) -> None:
    (folder / "config.json").write_bytes(text.encode("latin-1"))
    assert "config.json" in refusal(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_missing_files(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name.removeprefix("model.") in refusal(folder)


def test_a_missing_folder_and_an_adapter(folder: Path) -> None:
    assert "gone" in refusal(folder / "nowhere")
    (folder / "adapter_config.json").write_text("{}")
    assert "adapter" in refusal(folder)


def test_damaged_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], whole[: len(whole) // 2], struct.pack("<Q", 2**60) + whole[8:]):
        path.write_bytes(damaged)
        assert "damaged" in refusal(folder)


def test_weights_of_a_type_that_is_not_read(folder: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(3, dtype=torch.int8)}, folder / "model.safetensors")
    assert "I8" in refusal(folder)


@pytest.mark.parametrize("text", ["", "{}", '{"model": {"type": "BPE"}}', "bad pattern"])
def test_damaged_tokenizers(folder: Path, text: str) -> None:
    path = folder / "tokenizer.json"
    if text == "bad pattern":
        spec = json.loads(path.read_text())
        spec["pre_tokenizer"] = {
            "type": "Split",
            "pattern": {"Regex": "(?<=a+)(((("},
            "behavior": "Isolated",
            "invert": False,
        }
        text = json.dumps(spec)
    path.write_text(text)
    assert "tokenizer.json" in refusal(folder)
