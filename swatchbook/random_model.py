"""Writes a Llama of random weights, for trying how fast models of its shape run.

Speed does not depend on what weights say. Written by hand as safetensors with
numpy, so that torch stays out of the web process; it has no token that ends a
text, so every text is as long as was asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

NOISE = 1_000_003
"""Numbers drawn; they are repeated until the weights are full, out of step with every row."""
SPREAD = 0.04
ONE = 0x3F80
"""1 in bf16, which is the upper half of an fp32."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A Llama's sizes, its head tied to its embedding; heads are 64 wide and share keys in pairs."""

    layers: int = 9
    hidden: int = 512
    inner: int = 1408
    vocabulary: int = 8192

    @property
    def parameters(self) -> int:
        return sum(prod(shape) for _, shape in self.tensors())

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes of all weights."""
        hidden, inner, keys = self.hidden, self.inner, self.hidden // 2
        yield "model.embed_tokens.weight", (self.vocabulary, hidden)
        for layer in range(self.layers):
            part = f"model.layers.{layer}"
            yield f"{part}.input_layernorm.weight", (hidden,)
            yield f"{part}.self_attn.q_proj.weight", (hidden, hidden)
            yield f"{part}.self_attn.k_proj.weight", (keys, hidden)
            yield f"{part}.self_attn.v_proj.weight", (keys, hidden)
            yield f"{part}.self_attn.o_proj.weight", (hidden, hidden)
            yield f"{part}.post_attention_layernorm.weight", (hidden,)
            yield f"{part}.mlp.gate_proj.weight", (inner, hidden)
            yield f"{part}.mlp.up_proj.weight", (inner, hidden)
            yield f"{part}.mlp.down_proj.weight", (hidden, inner)
        yield "model.norm.weight", (hidden,)

    def config(self) -> dict[str, object]:
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "dtype": "bfloat16",
            "vocab_size": self.vocabulary,
            "hidden_size": self.hidden,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.hidden // 64,
            "num_key_value_heads": self.hidden // 128,
            "max_position_embeddings": 512,
            "tie_word_embeddings": True,
            "eos_token_id": None,
            "bos_token_id": None,
        }


def write(folder: Path, shape: Shape) -> None:
    """Write the model, in bf16, into a folder that is there. Raises OSError where the disk takes no more."""
    (folder / "config.json").write_text(json.dumps(shape.config()))
    (folder / "tokenizer.json").write_text(_tokenizer(shape.vocabulary))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    header, at = {}, 0
    for name, sizes in shape.tensors():
        end = at + 2 * prod(sizes)
        header[name] = {"dtype": "BF16", "shape": sizes, "data_offsets": (at, end)}
        at = end
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for numbers in _weights(shape):
            file.write(numbers.data)


def _weights(shape: Shape) -> Iterator[np.ndarray]:
    """The weights as bf16 in 16 bits, one tensor after another: norms are one, all else noise."""
    normal = np.random.default_rng(0).normal(scale=SPREAD, size=NOISE).astype("<f4")
    noise, at = (normal.view("<u4") >> 16).astype("<u2"), 0
    for _, sizes in shape.tensors():
        if len(sizes) == 1:
            yield np.full(sizes, ONE, "<u2")
            continue
        yield np.resize(np.roll(noise, -at), prod(sizes))
        at = (at + prod(sizes)) % NOISE


def _tokenizer(vocabulary: int) -> str:
    """A byte-level tokenizer of so many words: the 256 bytes, then pairs of them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pairs = [(first, second) for first in alphabet for second in alphabet][: vocabulary - len(alphabet)]
    words = [*alphabet, *(first + second for first, second in pairs)]
    tokenizer = Tokenizer(models.BPE(vocab={word: at for at, word in enumerate(words)}, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return str(tokenizer.to_str())
