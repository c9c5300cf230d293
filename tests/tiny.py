"""Tiny random fp32 models of every architecture the engine runs, made in memory or in a folder.

The shapes are chosen to reach the corners: heads that share keys, windows of 12
positions, untied and tied heads, biases, a vocabulary that is no round number.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM

VOCABULARY = 331
CONTEXT = 512

_COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 56,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "bos_token_id": 1,
    "eos_token_id": 1,
    "pad_token_id": 0,
}
_GPT2 = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": CONTEXT}
_WINDOW = {"sliding_window": 12}
_LAYERS = ["sliding_attention", "full_attention", "sliding_attention"]
_SSM = {"state_size": 8, "num_heads": 8, "head_dim": 8, "n_groups": 2, "chunk_size": 16}

SPECIAL: dict[str, dict[str, Any]] = {
    "llama": {"attention_bias": True, "mlp_bias": True},
    "llama-tied": {"tie_word_embeddings": True, "head_dim": 16},
    "llama-llama3": {
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 10000.0,
            "factor": 4.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        }
    },
    "mistral": _WINDOW,
    "mistral-full": {"sliding_window": None},
    "qwen2": {"tie_word_embeddings": True},
    "qwen2-window": {"use_sliding_window": True, "layer_types": _LAYERS, **_WINDOW},
    "qwen3": {"head_dim": 16},
    "smollm3": {"no_rope_layers": [1, 0, 1]},
    "gpt2": _GPT2,
    "gpt_bigcode": _GPT2,
    "gpt_neo": {
        "num_layers": 2, "num_hidden_layers": None, "num_heads": 4, "window_size": 12,
        "attention_types": [[["global", "local"], 1]],
    },
    "gptj": {**_GPT2, "rotary_dim": 4},
    "codegen": {**_GPT2, "rotary_dim": 4},
    "ctrl": {**_GPT2, "dff": 64},
    "openai-gpt": _GPT2,
    "gemma": {"head_dim": 16},
    "gemma2": {"head_dim": 16, "layer_types": _LAYERS, "query_pre_attn_scalar": 16, **_WINDOW},
    "gemma3_text": {"head_dim": 16, "layer_types": _LAYERS, "query_pre_attn_scalar": 16, **_WINDOW},
    "mixtral": {"num_local_experts": 4, "sliding_window": None},
    "mixtral-window": {"num_local_experts": 4, **_WINDOW},
    "opt": {"ffn_dim": 56, "word_embed_proj_dim": 32},
    "bloom": {"n_layer": 3, "n_head": 4},
    "falcon": {"multi_query": True, "new_decoder_architecture": False, "alibi": True},
    "falcon-rotary": {"multi_query": False, "new_decoder_architecture": True, "alibi": False, "num_kv_heads": 2},
    "mpt": {"d_model": 32, "n_layers": 3, "n_heads": 4, "max_seq_len": CONTEXT},
    "phi3": {"partial_rotary_factor": 1.0, "sliding_window": None},
    "starcoder2": _WINDOW,
    "stablelm": {"use_qkv_bias": True},
    "biogpt": {},
    "xglm": {"d_model": 32, "num_layers": 3, "attention_heads": 4, "ffn_dim": 56},
    "lfm2": {"layer_types": ["conv", "full_attention", "conv"], "conv_L_cache": 3, "block_auto_adjust_ff_dim": False},
    "falcon_h1": {
        "mamba_d_ssm": 64, "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 2, "mamba_d_state": 8,
        "mamba_chunk_size": 16,
    },
    "mamba": {"state_size": 8},
    "mamba2": {**_SSM, "num_key_value_heads": None},
    "recurrent_gemma": {"lru_width": 32, "attention_window_size": 12, "num_hidden_layers": 4, "conv1d_width": 4},
}  # fmt: skip


def kind(name: str) -> str:
    """The model_type of a tiny model: its name, without the variant after a dash."""
    return name if name == "openai-gpt" else name.partition("-")[0]


def config(name: str, **changes: Any) -> Any:
    wanted = {**_COMMON, **SPECIAL.get(name, {}), **changes}
    given = {key: value for key, value in wanted.items() if value is not None or key == "sliding_window"}
    return AutoConfig.for_model(kind(name), **given)


def model(name: str, seed: int = 0, **changes: Any) -> nn.Module:
    """A tiny random model whose logits really depend on every earlier token."""
    torch.manual_seed(seed)
    made = AutoModelForCausalLM.from_config(config(name, **changes)).float().eval().requires_grad_(False)
    for part, weight in made.named_parameters():
        if weight.dim() == 2 and "embed" not in part and "wte" not in part:
            weight.mul_(4.0)
        elif part.endswith("bias"):
            weight.normal_(std=0.1)
    return made


def text(length: int, seed: int = 0) -> list[int]:
    """Random token ids."""
    return torch.randint(2, VOCABULARY, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def folder(path: Path, name: str, dtype: torch.dtype = torch.float32) -> Path:
    """A tiny model as a folder, with a byte-level tokenizer."""
    model(name).to(dtype).save_pretrained(path)
    write_tokenizer(path)
    return path


def write_tokenizer(path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    words = ["<|pad|>", "<|end|>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={word: at for at, word in enumerate(words)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(words[:2])
    tokenizer.save(str(path / "tokenizer.json"))
    details = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>", "pad_token": "<|pad|>"}
    (path / "tokenizer_config.json").write_text(json.dumps(details))
