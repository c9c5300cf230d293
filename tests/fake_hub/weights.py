"""Safetensors files for models that need no library to be made: real, sparse or in shards.

A tensor is a name with its type and shape. Knows the file format and the shapes
of an ordinary decoder; builds no model that could run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

import numpy as np

from tests.fake_hub.files import Source, Sparse

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]

WIDTHS = {"F32": 4, "F16": 2, "BF16": 2, "I32": 4, "I8": 1, "U8": 1}
SHARD = 5_000_000_000
"""Bytes in a shard, at most, as `save_pretrained` has it."""


def header(tensors: Tensors, notes: Mapping[str, str] | None = None) -> bytes:
    """The beginning of a safetensors file: the header's length and the header, padded to eight bytes."""
    entries: dict[str, object] = {"__metadata__": {"format": "pt", **(notes or {})}}
    at = 0
    for name, (kind, shape) in tensors.items():
        end = at + WIDTHS[kind] * math.prod(shape)
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def size(tensors: Tensors) -> int:
    return sum(WIDTHS[kind] * math.prod(shape) for kind, shape in tensors.values())


def filled(tensors: Tensors, seed: int = 0, notes: Mapping[str, str] | None = None) -> bytes:
    """A whole file with random bits."""
    return header(tensors, notes) + np.random.default_rng(seed).bytes(size(tensors))


def stated(tensors: Tensors, notes: Mapping[str, str] | None = None) -> dict[str, Source]:
    """Files of which only the headers are real: one, or shards with their index."""
    shards = list(_shards(tensors))
    if len(shards) == 1:
        return {"model.safetensors": _sparse(tensors, notes)}
    names = [f"model-{at:05}-of-{len(shards):05}.safetensors" for at in range(1, len(shards) + 1)]
    places = {tensor: name for name, shard in zip(names, shards, strict=True) for tensor in shard}
    index = {"metadata": {"total_size": size(tensors)}, "weight_map": places}
    files: dict[str, Source] = {name: _sparse(shard, notes) for name, shard in zip(names, shards, strict=True)}
    return files | {"model.safetensors.index.json": json.dumps(index)}


def decoder(
    hidden: int, layers: int, heads: int, shared: int, inner: int, vocabulary: int, kind: str = "BF16"
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The tensors of a Llama-shaped decoder whose heads share `shared` keys and values."""
    narrow = hidden // heads * shared
    layer = {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (narrow, hidden),
        "self_attn.v_proj": (narrow, hidden),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
        "input_layernorm": (hidden,),
        "post_attention_layernorm": (hidden,),
    }
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {"model.embed_tokens.weight": (kind, (vocabulary, hidden))}
    for at in range(layers):
        tensors |= {f"model.layers.{at}.{name}.weight": (kind, shape) for name, shape in layer.items()}
    return tensors | {"model.norm.weight": (kind, (hidden,)), "lm_head.weight": (kind, (vocabulary, hidden))}


def _sparse(tensors: Tensors, notes: Mapping[str, str] | None) -> Sparse:
    head = header(tensors, notes)
    return Sparse(len(head) + size(tensors), head)


def _shards(tensors: Tensors) -> Iterable[Tensors]:
    shard: dict[str, tuple[str, tuple[int, ...]]] = {}
    held = 0
    for name, entry in tensors.items():
        wanted = size({name: entry})
        if shard and held + wanted > SHARD:
            yield shard
            shard, held = {}, 0
        shard[name] = entry
        held += wanted
    yield shard
