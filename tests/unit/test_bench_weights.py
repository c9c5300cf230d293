"""What the benches count as weights, and the file they write for llama.cpp."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from bench import gguf, weights

SHAPES = {
    "model.embed_tokens.weight": (10, 4),
    "model.layers.0.input_layernorm.weight": (4,),
    "model.layers.0.mlp.down_proj.weight": (4, 6),
}
CONFIG = {
    "vocab_size": 10, "hidden_size": 4, "intermediate_size": 6, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "tie_word_embeddings": True,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bf16 model whose every number is 1."""
    header, at = {}, 0
    for name, shape in SHAPES.items():
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    encoded = json.dumps(header).encode()
    one = np.full(at // 2, 0x3F80, "<u2").tobytes()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(encoded)) + encoded + one)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def test_a_tied_embedding_is_read_once_and_held_twice(folder: Path) -> None:
    assert weights.read_per_token(folder) == 2 * (40 + 4 + 24)
    assert weights.packed(folder) == 2 * (40 + 4 + 24 + 40)


def test_an_embedding_beside_a_head_is_not_read(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(CONFIG | {"tie_word_embeddings": False}))
    assert weights.read_per_token(folder) == 2 * (4 + 24)
    assert weights.packed(folder) == 2 * (40 + 4 + 24)


def test_llamacpps_file_holds_every_tensor_aligned_and_norms_in_float32(folder: Path) -> None:
    written = gguf.convert(folder, folder / "model.gguf").read_bytes()
    assert struct.unpack_from("<4sIQQ", written) == (b"GGUF", 3, len(SHAPES), 11)
    assert len(written) % gguf.ALIGNMENT == 0
    for name in (b"token_embd.weight", b"blk.0.attn_norm.weight", b"blk.0.ffn_down.weight"):
        assert written.count(name) == 1
    shape_of_down = written.index(b"blk.0.ffn_down.weight") + len(b"blk.0.ffn_down.weight")
    assert struct.unpack_from("<IQQIQ", written, shape_of_down) == (2, 6, 4, gguf.BF16, 96 + 32)
    assert np.frombuffer(written[-96:-80], "<f4").tolist() == [1, 1, 1, 1]
