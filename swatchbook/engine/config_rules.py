"""What a config.json may say: no code, no other files, and counts within reason.

A library builds a model's frame from these settings before it reads one weight,
so a short file can cost gigabytes. The bounds admit every model that fits a
large graphics card; whether one fits this machine is judged by its size. Works
on parsed JSON alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from swatchbook.engine.events import EngineError

MAX_DEPTH = 20
_EXACT = 2**53
"""Whole numbers beyond this are no setting of any model."""

_COUNTS: tuple[tuple[int, int, str], ...] = (
    (1, 96, "num_hidden_layers n_layer n_layers num_layers"),
    (1, 8192, "hidden_size n_embd n_embed d_model word_embed_proj_dim lru_width"),
    (1, 256, "num_attention_heads n_head n_heads num_heads attention_heads num_key_value_heads num_kv_heads"),
    (1, 256, "mamba_n_heads"),
    (1, 1024, "head_dim attention_head_size mamba_d_head"),
    (1, 32_768, "intermediate_size ffn_dim n_inner d_inner dff ffn_hidden_size mamba_d_ssm"),
    (1, 300_000, "vocab_size"),
    (0, 16, "num_local_experts num_experts n_routed_experts num_experts_per_tok"),
    (1, 2**24, "max_position_embeddings n_positions n_ctx seq_length max_sequence_length"),
    # Tables and blocks of these lengths are computed whole, however short the text.
    (1, 2**17, "max_seq_len"),
    (1, 2**15, "attention_window_size"),
    (1, 2**12, "chunk_size mamba_chunk_size"),
)
"""Least, most, and the names under which configs state such a count."""

_BOUNDS = {name: (least, most) for least, most, names in _COUNTS for name in names.split()}

_CODE = "This model names code of its own in the repository, which is never run here; choose another."
_ELSEWHERE = "The config.json names other files or changes to the library, which are not followed here; choose another."
_KERNEL = "The config.json chooses how attention is computed, which it may not do here; choose another."
_FORBIDDEN = {
    "auto_map": _CODE,
    "configuration_files": _ELSEWHERE,
    "transformers_weights": _ELSEWHERE,
    "fusion_config": _ELSEWHERE,
}
_QUANTISED = ("quantization_config", "compression_config")


def forbid(config: dict[str, Any]) -> None:
    """Refuse code, other files, chosen kernels and quantised weights, at any depth. Raises EngineError."""
    for key, item in _settings(config):
        if item is None:
            continue
        if key in _FORBIDDEN:
            raise EngineError(_FORBIDDEN[key])
        if key in _QUANTISED:
            raise EngineError(_quantised(item))
        # Older versions note here, as true or false, whether they chose by themselves.
        if ("attn_implementation" in key or "experts_implementation" in key) and not isinstance(item, bool):
            raise EngineError(_KERNEL)


def check_sizes(config: dict[str, Any]) -> None:
    """Refuse counts that are none, or out of all proportion, at any depth. Raises EngineError."""
    for key, item in _settings(config):
        _check_number(key, item)
        if item is not None and key in _BOUNDS:
            _check_count(key, item, *_BOUNDS[key])


def _quantised(item: Any) -> str:
    method = item.get("quant_method") if isinstance(item, dict) else None
    name = f" ({str(method)[:20]!r})" if method else ""
    return (
        f"This model's weights are quantised{name}, which is not read here; "
        "choose the full version, usually its parent in the family tree."
    )


def _settings(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every name and what it is set to, at any depth; a list's items go by the list's name."""
    if depth > MAX_DEPTH:
        raise EngineError(
            f"The config.json is nested more than {MAX_DEPTH} deep, which no real one is; choose another."
        )
    if key:
        yield key, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _settings(item, name or " ", depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _settings(item, "" if isinstance(item, dict | list) else key, depth + 1)


def _check_number(key: str, item: Any) -> None:
    if isinstance(item, float) and not math.isfinite(item):
        raise EngineError(f"The config.json says {key[:40]!r} = {item}, which is no number; download the model again.")
    if type(item) is int and abs(item) > _EXACT:
        raise EngineError(f"The config.json sets {key[:40]!r} to a number that no model has; choose another model.")


def _check_count(key: str, item: Any, least: int, most: int) -> None:
    if type(item) is not int:
        shown = repr(item)[:40]
        raise EngineError(f"The config.json says {key} = {shown}, which is no whole number; choose another model.")
    if item < least:
        raise EngineError(f"The config.json says {key} = {item:,}, and at least {least:,} makes sense; choose another.")
    if item > most:
        raise EngineError(f"The config.json says {key} = {item:,}, and at most {most:,} is run here; choose a smaller.")
