"""Writes a Llama-shaped safetensors model as the GGUF file that llama.cpp reads, for its speed only.

No vocabulary is written and rotary halves are not rearranged: the arithmetic is
the same in amount, its text would be noise, and the weights are noise anyway.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import numpy as np

from bench import weights

ALIGNMENT = 32
UINT32, FLOAT32, STRING = 4, 6, 8
F32, BF16 = 0, 30
NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip
WHOLE = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}


def convert(folder: Path, target: Path) -> Path:
    """Write the model of a transformers folder to `target`, once."""
    if not target.exists():
        partial = target.with_suffix(".partial")
        _write(folder, partial)
        partial.rename(target)
    return target


def _write(folder: Path, target: Path) -> None:
    source = folder / "model.safetensors"
    found = weights.listed(source)
    keys = _keys(json.loads((folder / "config.json").read_text()))
    with target.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(found), len(keys)))
        for key, value in keys.items():
            file.write(_text(key) + _value(value))
        offset = 0
        for weight in found:
            norm = len(weight.shape) == 1
            file.write(_text(_name(weight.name)) + struct.pack("<I", len(weight.shape)))
            file.write(struct.pack(f"<{len(weight.shape)}Q", *reversed(weight.shape)))
            file.write(struct.pack("<IQ", F32 if norm else BF16, offset))
            offset += _padded(weight.bytes * (2 if norm else 1))
        file.write(b"\0" * (_padded(file.tell()) - file.tell()))
        for weight, raw in zip(found, weights.data(source, found), strict=True):
            body = _as_float32(raw) if len(weight.shape) == 1 else raw
            file.write(body + b"\0" * (_padded(len(body)) - len(body)))


def _keys(config: dict[str, int]) -> dict[str, int | float | str]:
    heads = config["num_attention_heads"]
    return {
        "general.architecture": "llama",
        "llama.vocab_size": config["vocab_size"],
        "llama.context_length": config["max_position_embeddings"],
        "llama.embedding_length": config["hidden_size"],
        "llama.block_count": config["num_hidden_layers"],
        "llama.feed_forward_length": config["intermediate_size"],
        "llama.rope.dimension_count": config["hidden_size"] // heads,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": config["num_key_value_heads"],
        "llama.attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        "tokenizer.ggml.model": "no_vocab",
    }


def _name(name: str) -> str:
    if name in WHOLE:
        return WHOLE[name]
    layer, part = re.fullmatch(r"model\.layers\.(\d+)\.(.+)\.weight", name).groups()  # type: ignore[union-attr]
    return f"blk.{layer}.{NAMES[part]}.weight"


def _value(value: int | float | str) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _text(value)
    return struct.pack("<If", FLOAT32, value) if isinstance(value, float) else struct.pack("<II", UINT32, value)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _as_float32(raw: bytes) -> bytes:
    """bfloat16 is the upper half of a float32."""
    return (np.frombuffer(raw, "<u2").astype("<u4") << 16).tobytes()
