"""Random models of real shapes, made once, for the benchmarks.

Speed does not depend on what the weights say, so the files are made here and
never fetched: `smol135` has the shape of a common 135 M Llama, and `smol135_b`,
`_c` and `_d` are the same with other seeds, for tables of four models.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "shapes"
FOUR = ("smol135", "smol135_b", "smol135_c", "smol135_d")

_CONFIG = {
    "vocab_size": 49152,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 0,
}


def shape(name: str) -> Path:
    """The folder of the named shape; makes it when it is not there yet."""
    folder = FOLDER / name
    if not (folder / "done").exists():
        _build(folder, seed=FOUR.index(name))
        (folder / "done").touch()
    return folder


def four() -> list[Path]:
    return [shape(name) for name in FOUR]


def _build(folder: Path, seed: int) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**_CONFIG, dtype="bfloat16")).to(torch.bfloat16)
    model.to_empty(device="cpu")
    for name, weight in model.named_parameters():
        weight.data.fill_(1.0) if name.endswith("norm.weight") else weight.data.normal_(std=0.04)
    model.tie_weights()
    model.save_pretrained(folder)
    _write_tokenizer(folder)


def _write_tokenizer(folder: Path) -> None:
    """A byte-level tokenizer of the full vocabulary: the 256 bytes, then pairs of bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words, merges = ["<|end|>", *alphabet], []
    for first in alphabet:
        for second in alphabet:
            if len(words) < _CONFIG["vocab_size"]:
                words.append(first + second)
                merges.append((first, second))
    vocabulary = {word: index for index, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|end|>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    details = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>", "bos_token": "<|end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(details))


if __name__ == "__main__":
    for made in four():
        sys.stdout.write(f"{made}\n")
