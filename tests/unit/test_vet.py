"""What is looked at before any library reads a model: honest configs pass, and each lie is one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from swatchbook.engine import load as loading
from swatchbook.engine.architectures import FUSED, JOINED, SOLO, kind_of
from swatchbook.engine.events import EngineError
from swatchbook.engine.headers import Tensor
from swatchbook.engine.vet import MAX_CONFIG, MAX_CONTEXT, check_config, context_of, is_leftover, parse_config, vet
from swatchbook.kitchen.recipe import HOUSE
from tests import tiny

# Sizes that published models state, the largest of each family that is worth trying on one machine.
PUBLISHED: dict[str, dict[str, Any]] = {
    "Llama 3.1 8B": {
        "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 131072,
        "rope_theta": 500000.0, "eos_token_id": [128001, 128008, 128009], "pretraining_tp": 1,
        "rope_scaling": {"factor": 8.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"},
    },
    "Mistral 7B": {
        "model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32768, "sliding_window": None,
    },
    "Qwen2.5 7B with a context of a million": {
        "model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064, "max_window_layers": 28,
        "max_position_embeddings": 1010000, "use_sliding_window": False, "sliding_window": 32768,
    },
    "Gemma 7B": {
        "model_type": "gemma", "hidden_size": 3072, "intermediate_size": 24576, "num_hidden_layers": 28,
        "num_attention_heads": 16, "head_dim": 256, "vocab_size": 256000, "_attn_implementation_autoset": True,
    },
    "Gemma 3 1B": {
        "model_type": "gemma3_text", "hidden_size": 1152, "intermediate_size": 6912, "num_hidden_layers": 26,
        "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 256, "vocab_size": 262144,
    },
    "Falcon 7B": {
        "model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71,
        "vocab_size": 65024, "num_kv_heads": 71, "multi_query": True,
    },
    "Falcon H1 1.5B Deep": {
        "model_type": "falcon_h1", "hidden_size": 1280, "intermediate_size": 3072, "num_hidden_layers": 66,
        "num_attention_heads": 6, "mamba_n_heads": 24, "mamba_d_head": 64, "mamba_chunk_size": 256,
        "mamba_d_ssm": 1536, "vocab_size": 65537, "max_position_embeddings": 131072,
    },
    "Mamba 2 2.7B": {
        "model_type": "mamba2", "hidden_size": 2560, "num_hidden_layers": 64, "num_heads": 80, "head_dim": 64,
        "chunk_size": 256, "vocab_size": 50288, "state_size": 128, "expand": 2,
    },
    "Mixtral 8x7B": {
        "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 32000, "num_attention_heads": 32,
    },
    "GPT-2 XL": {
        "model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25, "n_positions": 1024, "n_ctx": 1024,
        "n_inner": None, "vocab_size": 50257, "task_specific_params": {"text-generation": {"max_length": 50}},
    },
    "BLOOM 7B1": {
        "model_type": "bloom", "hidden_size": 4096, "n_layer": 30, "num_attention_heads": 32, "vocab_size": 250880,
        "seq_length": 4096,
    },
    "MPT StoryWriter": {
        "model_type": "mpt", "d_model": 4096, "n_layers": 32, "n_heads": 32, "max_seq_len": 65536,
        "vocab_size": 50432, "attn_config": {"alibi": True, "clip_qkv": 6, "attn_impl": "torch"},
    },
    "RecurrentGemma 2B": {
        "model_type": "recurrent_gemma", "hidden_size": 2560, "lru_width": 2560, "intermediate_size": 15360,
        "num_hidden_layers": 26, "num_attention_heads": 10, "attention_window_size": 2048, "vocab_size": 256000,
    },
    "XGLM 564M": {
        "model_type": "xglm", "d_model": 1024, "ffn_dim": 4096, "num_layers": 24, "attention_heads": 16,
        "vocab_size": 256008, "max_position_embeddings": 2048,
    },
}  # fmt: skip

LLAMA = PUBLISHED["Llama 3.1 8B"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_models_pass(name: str) -> None:
    check_config(parse_config(json.dumps(PUBLISHED[name]).encode()))


@pytest.mark.parametrize("name", sorted(path.name for path in HOUSE.iterdir() if (path / "config.json").exists()))
def test_house_models_pass(name: str) -> None:
    vetted = vet(HOUSE / name)
    assert vetted.kind in ("fused", "joined", "solo")
    assert sum(tensor.numbers for tensor in vetted.tensors) > 500_000


@pytest.mark.parametrize("kind", sorted(FUSED | JOINED | SOLO))
def test_every_kind_that_runs_passes(kind: str) -> None:
    check_config({"model_type": kind})


def refusal(config: dict[str, Any]) -> str:
    with pytest.raises(EngineError) as caught:
        check_config(config)
    message = str(caught.value)
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert len(message) < 300
    return message


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"num_hidden_layers": 97}, "at most 96"),
        ({"num_hidden_layers": 0}, "at least 1"),
        ({"num_hidden_layers": "32"}, "'32', which is no whole number"),
        ({"num_hidden_layers": 32.0}, "no whole number"),
        ({"num_hidden_layers": True}, "no whole number"),
        ({"num_hidden_layers": [32]}, "no whole number"),
        ({"hidden_size": 8193}, "hidden_size"),
        ({"num_local_experts": 128}, "num_local_experts"),
        ({"max_position_embeddings": 2**24 + 1}, "max_position_embeddings"),
        ({"max_position_embeddings": 0}, "max_position_embeddings"),
        ({"chunk_size": 10**9}, "chunk_size"),
        ({"attention_window_size": 10**9}, "attention_window_size"),
        ({"text_config": {"vocab_size": -5}}, "vocab_size"),
        ({"rope_scaling": {"factor": float("nan")}}, "'factor' = nan"),
        ({"rope_scaling": {"long_factor": [1.0, float("-inf")]}}, "'long_factor' = -inf"),
        ({"anything": 10**400}, "anything"),
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "quantised ('bitsandbytes')"),
        ({"quantization_config": {"quant_method": "fp8"}}, "quantised ('fp8')"),
        ({"compression_config": {}}, "quantised"),
        ({"auto_map": {"AutoConfig": "evil.Config"}}, "code of its own"),
        ({"_experts_implementation": "owner/kernel"}, "attention"),
        ({"attn_implementation": {"": "owner/kernel"}}, "attention"),
        ({"fusion_config": {"a": True}}, "changes to the library"),
        ({"model_type": "gpt_neox_japanese"}, "not been tried"),
        ({"model_type": "clip"}, "pictures"),
        ({"model_type": "wav2vec2"}, "sound"),
        ({"model_type": "t5"}, "encoder-decoder"),
        ({"model_type": None}, "model_type"),
        ({"model_type": "a\nb", "vision_config": {}}, "a\\nb"),
    ],
)
def test_each_lie_has_its_own_sentence(settings: dict[str, Any], word: str) -> None:
    assert word in refusal(LLAMA | settings)


def test_what_is_absent_or_null_is_left_to_the_library() -> None:
    check_config({"model_type": "llama", "num_key_value_heads": None, "quantization_config": None, "auto_map": None})


def told(body: Callable[[], object]) -> str | None:
    """The refusal that this ends with, if it does."""
    try:
        body()
    except EngineError as error:
        return str(error)
    return None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*LLAMA, "auto_map", "text_config", "", "x"]), VALUES))
def test_whatever_a_config_says_is_let_through_or_one_sentence(config: dict[str, Any]) -> None:
    sentence = told(lambda: check_config(LLAMA | config))
    assert sentence is None or (sentence.endswith(".") and sentence.isprintable())


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | VALUES.map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_document_holds_is_settings_or_one_sentence(document: bytes) -> None:
    sentence = told(lambda: parse_config(document))
    assert sentence is None or sentence.startswith("The config.json")


def test_a_document_that_is_too_large_is_not_parsed() -> None:
    with pytest.raises(EngineError, match="larger than 1 MB"):
        parse_config(b"[" * (MAX_CONFIG + 1))


@pytest.mark.parametrize(
    ("config", "context"),
    [
        ({"max_position_embeddings": 2048}, 2048),
        ({"max_position_embeddings": 131_072}, MAX_CONTEXT),
        ({"n_positions": 1024}, 1024),
        ({}, 77),
    ],
)
def test_the_context_is_what_the_config_states_within_bounds(config: dict[str, Any], context: int) -> None:
    assert context_of(config, 77) == context


@pytest.mark.parametrize(
    ("name", "dtype", "shape", "leftover"),
    [
        ("transformer.h.0.attn.bias", "F32", (1, 1, 1024, 1024), True),
        ("gpt_neox.layers.0.attention.bias", "BOOL", (1, 1, 2048, 2048), True),
        ("gpt_neox.layers.0.attention.masked_bias", "F32", (), True),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", (64,), True),
        ("model.layers.0.self_attn.q_proj.bias", "F32", (64,), False),
        ("model.embed_tokens.weight", "F32", (64, 64), False),
        ("model.layers.0.conv.weight", "F32", (1, 1, 1, 1), False),
    ],
)
def test_tables_of_old_versions_are_no_weights(name: str, dtype: str, shape: tuple[int, ...], leftover: bool) -> None:
    assert is_leftover(Tensor(name, dtype, shape, 0, 0)) is leftover


@pytest.mark.parametrize("name", sorted(set(tiny.SPECIAL) | JOINED | FUSED))
def test_what_every_kind_stores_is_what_its_config_declares(name: str, tmp_path: Path) -> None:
    folder = tiny.folder(tmp_path / name, name)
    loading._check_frame(folder, loading._weights(vet(folder).tensors))


@pytest.mark.parametrize(
    ("name", "place", "shape", "dtype"),
    [
        ("llama-tied", "lm_head.weight", (tiny.VOCABULARY, 32), "f4"),
        ("gpt2", "transformer.h.{}.attn.bias", (1, 1, 256, 256), "f4"),
        ("gpt_neox", "gpt_neox.layers.{}.attention.bias", (1, 1, 256, 256), "u1"),
        ("llama", "model.layers.{}.self_attn.rotary_emb.inv_freq", (4,), "f4"),
    ],
)
def test_what_old_versions_stored_besides_is_no_reason_to_refuse(
    name: str, place: str, shape: tuple[int, ...], dtype: str, tmp_path: Path
) -> None:
    folder = tiny.folder(tmp_path / name, name)
    held = load_file(folder / "model.safetensors")
    held |= {place.format(layer): np.ones(shape, dtype) for layer in range(3)}
    save_file(held, folder / "model.safetensors", {"format": "pt"})
    assert loading.load(folder, "auto", lambda *_: None).backend.vocabulary == tiny.VOCABULARY


def test_no_pickle_is_ever_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny.folder(tmp_path / "llama", "llama")
    (folder / "pytorch_model.bin").write_bytes(b"")
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("a pickle was to be loaded"))
    assert loading.load(folder, "auto", lambda *_: None).backend.vocabulary == tiny.VOCABULARY
    (folder / "model.safetensors").unlink()
    with pytest.raises(EngineError, match="programs"):
        loading.load(folder, "auto", lambda *_: None)


def test_vetting_brings_no_torch() -> None:
    code = "import sys, swatchbook.engine.vet; print({'torch', 'transformers', 'safetensors'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert found.stdout.strip() == "set()"


def test_a_kind_has_one_way_to_run() -> None:
    assert {kind_of({"model_type": name}) for name in SOLO} == {"solo"}
