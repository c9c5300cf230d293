"""A model folder is looked at before any library reads it.

A hostile `config.json` can name code to run, or sizes that take the machine
down while the library only builds the model's frame. Everything here reads raw
JSON and file sizes; what it lets through is still loaded with remote code off.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from swatchbook.engine.events import EngineError

MAX_CONFIG = 1_000_000
MAX_TOKENIZER = 20_000_000
MAX_DEPTH = 20
MAX_CONTEXT = 32_768
"""Positions beyond which a longer context is not used."""

_CAPS = {
    64: ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    4096: ("hidden_size", "n_embd", "d_model", "word_embed_proj_dim"),
    128: ("num_attention_heads", "n_head", "n_heads", "num_key_value_heads"),
    32_768: ("intermediate_size", "ffn_dim", "n_inner", "d_inner"),
    300_000: ("vocab_size",),
    16: ("num_local_experts", "num_experts", "n_routed_experts"),
}

_FORBIDDEN = {
    "auto_map": "This model needs code of its own from the repository, which is never run here; choose another.",
    "quantization_config": "This model's weights are quantised, which is not read here; choose the full version.",
}


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's `config.json`, once nothing in the folder speaks against loading it. Raises EngineError."""
    if not folder.is_dir():
        raise EngineError("The model's folder is gone; download the model again.")
    if (folder / "adapter_config.json").exists():
        raise EngineError("This is an adapter, not a whole model; choose the model that it was merged into.")
    config = _read_json(folder / "config.json")
    _check_config(config)
    _check_files(folder)
    return config


def context_of(config: dict[str, Any], unbounded: int) -> int:
    """The most positions a text may take, from the config; `unbounded` where it sets none."""
    names = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length")
    stated = [config[name] for name in names if isinstance(config.get(name), int) and config[name] > 1]
    return min(stated[0], MAX_CONTEXT) if stated else unbounded


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise EngineError("The folder has no config.json, so it is not a model's folder; choose another.")
    if path.stat().st_size > MAX_CONFIG:
        raise EngineError(f"The config.json is larger than {MAX_CONFIG // 1_000_000} MB, which no real one is.")
    try:
        config = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise EngineError("The config.json is damaged; download the model again.") from None
    if not isinstance(config, dict):
        raise EngineError("The config.json holds no settings; download the model again.")
    return config


def _check_config(value: Any, depth: int = 0) -> None:
    """Refuse code, attention settings, quantisation and sizes out of all proportion, at any depth."""
    if depth > MAX_DEPTH:
        raise EngineError(f"The config.json is nested more than {MAX_DEPTH} deep, which no real one is.")
    if isinstance(value, list):
        for item in value:
            _check_config(item, depth + 1)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if item is not None:
            _check_setting(key, item)
        _check_config(item, depth + 1)


def _check_setting(key: str, item: Any) -> None:
    if key in _FORBIDDEN:
        raise EngineError(_FORBIDDEN[key])
    if "attn_implementation" in key:
        raise EngineError(
            "The config.json chooses how attention is computed, which it may not do here; choose another."
        )
    for cap, names in _CAPS.items():
        if key in names and isinstance(item, int | float) and not 0 <= item <= cap:
            raise EngineError(
                f"The config.json says {key} = {item:,}, and at most {cap:,} is run here; choose a smaller."
            )


def _check_files(folder: Path) -> None:
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise EngineError("The folder has no tokenizer.json, so its words cannot be read; choose a model that has one.")
    if tokenizer.stat().st_size > MAX_TOKENIZER:
        raise EngineError(f"The tokenizer.json is larger than {MAX_TOKENIZER // 1_000_000} MB; choose another model.")
    if not any(folder.glob("*.safetensors")):
        raise EngineError("The folder has no weights as safetensors, the only kind read here; choose a model that has.")
