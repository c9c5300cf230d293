"""Three ways to cut a text into tokens, learned from a corpus.

Byte-level BPE (as GPT-2 has it), Metaspace BPE with single bytes to fall back on
(as Llama 2 has it), and raw bytes. Each becomes a plain `tokenizer.json` that puts
the token a text begins with before every prompt, as in training.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from swatchbook.kitchen.recipe import Recipe

END = "<|end|>"
"""Ends every text and, except with Metaspace, begins it too."""
TURNS = ("<|user|>", "<|assistant|>")
UNKNOWN, OPEN, CLOSE = "<unk>", "<s>", "</s>"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
CHAT_TEMPLATE = """\
{{- bos_token }}
{%- for message in messages %}
    {%- if message['role'] == 'assistant' %}
        {{- '<|assistant|>' + message['content'] | trim + eos_token }}
    {%- else %}
        {{- '<|user|>' + message['content'] | trim }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|assistant|>' }}
{%- endif %}
"""


def learn(recipe: Recipe, texts: Sequence[str]) -> Tokenizer:
    """The recipe's tokenizer, learned from these texts."""
    kind, specials = recipe.tokenizer.kind, [END, *(TURNS if recipe.chat else ())]
    if kind == "metaspace":
        tokenizer = _metaspace(texts, recipe.tokenizer.size)
    elif kind == "byte-level":
        tokenizer = _byte_level(texts, recipe.tokenizer.size, specials)
    else:
        tokenizer = _byte_level([], 256 + len(specials), specials)
    begin = bounds(recipe)[0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A",
        pair=f"{begin} $A {begin} $B",
        special_tokens=[(begin, tokenizer.token_to_id(begin))],
    )
    return tokenizer


def bounds(recipe: Recipe) -> tuple[str, str]:
    """The tokens that a text of this model begins and ends with."""
    return (OPEN, CLOSE) if recipe.tokenizer.kind == "metaspace" else (END, END)


def write(tokenizer: Tokenizer, recipe: Recipe, folder: Path) -> None:
    """The tokenizer's files, as transformers reads them."""
    begin, end = bounds(recipe)
    settings: dict[str, object] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": begin,
        "eos_token": end,
        "pad_token": end,
        "model_max_length": recipe.model.context,
        "clean_up_tokenization_spaces": False,
    }
    if recipe.tokenizer.kind == "metaspace":
        settings["unk_token"] = UNKNOWN
    if recipe.chat:
        settings["chat_template"] = CHAT_TEMPLATE
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _byte_level(texts: Sequence[str], size: int, specials: list[str]) -> Tokenizer:
    """Learned merges over the 256 bytes; without texts there are none, and each token is a byte."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=specials,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _metaspace(texts: Sequence[str], size: int) -> Tokenizer:
    """Learned from plain ASCII lines, so that line ends and accents fall back on bytes."""
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    learned.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    specials = [UNKNOWN, OPEN, CLOSE]
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(BYTES), special_tokens=specials, initial_alphabet=_ascii(), show_progress=False
    )
    lines = (line for text in texts for line in text.splitlines())
    learned.train_from_iterator((_only_ascii(line) for line in lines), trainer)
    return _with_bytes(learned, specials)


def _with_bytes(learned: Tokenizer, specials: list[str]) -> Tokenizer:
    """The same tokenizer with the 256 byte tokens after its special ones."""
    form = json.loads(learned.to_str())
    words = sorted(form["model"]["vocab"], key=form["model"]["vocab"].get)
    order = [*specials, *BYTES, *(word for word in words if word not in specials)]
    form["model"] |= {
        "vocab": {word: place for place, word in enumerate(order)},
        "byte_fallback": True,
        "fuse_unk": True,
        "unk_token": UNKNOWN,
    }
    return Tokenizer.from_str(json.dumps(form))


def _ascii() -> list[str]:
    return [chr(code) for code in range(33, 127)] + ["▁"]


def _only_ascii(line: str) -> str:
    return "".join(letter if letter.isascii() else " " for letter in line)
