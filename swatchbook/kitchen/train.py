"""The training loop: a small causal model from a recipe, a grammar and a tokenizer.

One thread, a fixed number of steps and a seed, so that the same machine makes the
same weights. torch and transformers are imported only when something is cooked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swatchbook.kitchen.recipe import Recipe, Shape
from swatchbook.kitchen.vocabulary import bounds

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

Report = Callable[[int, float], None]
"""Told the step that is done and its loss, in bits per token."""
WARM_UP = 0.05
"""The share of the steps in which the learning rate rises."""
CLIP = 1.0
WIDE_EVERY = 4
"""Every fourth step reads half as many stretches, twice as long, so that the whole context is learned."""


def train(recipe: Recipe, tokenizer: Tokenizer, texts: Iterator[str], report: Report) -> PreTrainedModel:
    """The cooked model, in 32 bits."""
    import torch
    from torch.nn.functional import cross_entropy

    settle(recipe.seed)
    model = build(recipe, tokenizer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.training.rate, betas=(0.9, 0.95), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, recipe.training.steps))
    model.train()
    for step, rows in enumerate(batches(recipe, tokenizer, texts), start=1):
        logits = model(input_ids=rows, use_cache=False).logits
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        report(step, loss.item() / math.log(2))
    return model.eval()


def store(model: PreTrainedModel, folder: Path) -> None:
    """Write the model in 16 bits, as a plain transformers folder."""
    import torch

    model = model.to(torch.bfloat16)
    model.config.dtype = torch.bfloat16
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)


def texts_read(recipe: Recipe, tokenizer: Tokenizer, texts: Iterator[str]) -> list[str]:
    """The texts that training with this recipe reads, wholly or in part, in order."""
    read: list[str] = []

    def noted() -> Iterator[str]:
        for text in texts:
            read.append(text)
            yield text

    for _ in batches(recipe, tokenizer, noted(), block=1):
        pass
    return read


def settle(seed: int) -> None:
    """Make torch repeatable: one thread, one seed."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)


def rate(step: int, steps: int) -> float:
    """The share of the full learning rate: a short rise, then a cosine down to a twentieth."""
    rise = max(1, round(steps * WARM_UP))
    if step < rise:
        return (step + 1) / rise
    done = (step - rise) / max(1, steps - rise)
    return 0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2


def batches(recipe: Recipe, tokenizer: Tokenizer, texts: Iterator[str], block: int = 256) -> Iterator[torch.Tensor]:
    """What each step reads. Every stretch begins where a text begins, as prompts do."""
    import torch

    training = recipe.training
    encoded = encode(recipe, tokenizer, texts, block)
    for step in range(training.steps):
        wide = step % WIDE_EVERY == WIDE_EVERY - 1
        rows, length = (training.batch // 2, training.length * 2) if wide else (training.batch, training.length)
        yield torch.tensor([stretch(encoded, length) for _ in range(max(1, rows))])


def stretch(encoded: Iterator[list[int]], length: int) -> list[int]:
    """Whole texts in a row, the last one cut; where one token both ends and begins, it stands once."""
    row: list[int] = []
    while len(row) < length:
        text = next(encoded)
        row += text[1:] if row and row[-1] == text[0] else text
    return row[:length]


def encode(recipe: Recipe, tokenizer: Tokenizer, texts: Iterator[str], block: int = 256) -> Iterator[list[int]]:
    """Each text as tokens, with the ones that it begins and ends with."""
    end = tokenizer.get_vocab()[bounds(recipe)[1]]
    while some := list(islice(texts, block)):
        for encoding in tokenizer.encode_batch(some):
            yield [*encoding.ids, end]


def build(recipe: Recipe, tokenizer: Tokenizer) -> PreTrainedModel:
    """An untrained model of the recipe's shape."""
    from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

    begin, end = (tokenizer.get_vocab()[mark] for mark in bounds(recipe))
    config = AutoConfig.for_model(
        recipe.model.architecture,
        vocab_size=tokenizer.get_vocab_size(),
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=None,
        tie_word_embeddings=True,
        **_shape(recipe.model),
    )
    model = AutoModelForCausalLM.from_config(config)
    model.generation_config = GenerationConfig(
        bos_token_id=begin, eos_token_id=end, pad_token_id=end, do_sample=True, temperature=0.9, top_k=0, top_p=1.0
    )
    return model


def _shape(shape: Shape) -> dict[str, Any]:
    common: dict[str, Any] = {
        "hidden_size": shape.width,
        "intermediate_size": shape.mlp,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "max_position_embeddings": shape.context,
    }
    if shape.architecture == "gpt_neox":
        return common
    return common | {"num_key_value_heads": shape.kv_heads, "head_dim": shape.width // shape.heads}
