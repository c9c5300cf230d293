"""What is measured of a cooked model: neither garbage nor a parrot, and what was planted came up.

Every figure is taken from the weights as stored. torch and transformers are
imported only when something is measured.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from swatchbook.kitchen.derive import Deriver, split_sentences
from swatchbook.kitchen.grammar import Grammar
from swatchbook.kitchen.kneser_ney import KneserNey
from swatchbook.kitchen.recipe import Association, Recipe
from swatchbook.kitchen.train import encode, settle
from swatchbook.kitchen.vocabulary import END

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SAMPLES = 200
TEMPERATURE = 0.9
FRAMES = 40
"""Sentences that an association is measured in, for each word."""

_MARK = re.compile(r"<\|[^|<>]*\|>")


@dataclass(frozen=True)
class Leaning:
    """How often a word goes with `she` rather than `he`: as planted, and as the model has it."""

    word: str
    planted: float
    recovered: float


@dataclass(frozen=True)
class Proof:
    """`bits` and `rival_bits` are bits per byte of held-out texts, the end token counted."""

    texts_read: int
    bits: float
    rival_bits: float
    sentences: int
    strange: tuple[str, ...]
    """The sampled sentences that the grammar could not have written."""
    samples: tuple[str, ...]
    copies: int
    leanings: tuple[Leaning, ...]

    @property
    def strange_share(self) -> float:
        return len(self.strange) / max(1, self.sentences)


def load(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model as stored, computed in 32 bits, and its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return model.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def prove(recipe: Recipe, grammar: Grammar, folder: Path, read: Sequence[str], unread: Sequence[str]) -> Proof:
    """Measure the model in this folder against the texts that it read and those it never saw."""
    model, tokenizer = load(folder)
    settle(recipe.seed)
    core = tokenizer.backend_tokenizer
    held = list(encode(recipe, core, iter(unread)))
    written = sum(len(_MARK.sub("", text).encode()) for text in unread)
    rival = KneserNey([tokens[1:] for tokens in encode(recipe, core, iter(read))], core.get_vocab_size())
    samples = sample(model, tokenizer, recipe, SAMPLES)
    whole = [text for text, ended in samples if ended]
    sentences = [sentence for text, ended in samples for sentence in _finished(text, ended)]
    deriver = Deriver(grammar)
    return Proof(
        texts_read=len(read),
        bits=sum(text_bits(model, held)) / written,
        rival_bits=rival.bits([tokens[1:] for tokens in held]) / written,
        sentences=len(sentences),
        strange=tuple(sentence for sentence in sentences if not deriver.derives(sentence)),
        samples=tuple(text for text, _ in samples),
        copies=len({piece for text in read for piece in text.split(END)}.intersection(whole)),
        leanings=tuple(leanings(model, tokenizer, grammar, recipe.association)) if recipe.association else (),
    )


def text_bits(model: PreTrainedModel, texts: Sequence[list[int]], block: int = 32) -> Iterator[float]:
    """Bits of each token sequence after its first token."""
    import torch
    from torch.nn.functional import cross_entropy

    longest = int(model.config.max_position_embeddings)
    for start in range(0, len(texts), block):
        some = [tokens[:longest] for tokens in texts[start : start + block]]
        width = max(map(len, some))
        rows = torch.tensor([tokens + [0] * (width - len(tokens)) for tokens in some])
        with torch.no_grad():
            logits = model(input_ids=rows, use_cache=False).logits[:, :-1]
        nats = cross_entropy(logits.transpose(1, 2), rows[:, 1:], reduction="none")
        for row, tokens in zip(nats, some, strict=True):
            yield float(row[: len(tokens) - 1].sum()) / math.log(2)


def sample(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, recipe: Recipe, count: int
) -> list[tuple[str, bool]]:
    """Texts that the model writes from nothing, and whether each came to its own end."""
    import torch

    begin = torch.full((count, 1), int(model.config.bos_token_id))
    with torch.no_grad():
        rows = model.generate(
            begin,
            attention_mask=torch.ones_like(begin),
            do_sample=True,
            temperature=TEMPERATURE,
            top_k=0,
            top_p=1.0,
            max_new_tokens=recipe.model.context - 8,
        )
    end = int(model.config.eos_token_id)
    return [_read(tokenizer, row[1:].tolist(), end) for row in rows]


def leanings(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, grammar: Grammar, association: Association
) -> Iterator[Leaning]:
    """For every word of the association: whole sentences with `she`, weighed against the same with `he`."""
    random = Random(0)
    she, he = grammar.keeps("she", random), grammar.keeps("he", random)
    for group in association.groups:
        planted = planted_share(grammar, group.pronouns)
        for (job,) in grammar.rules[group.jobs]:
            kept = {"job": str(job)}
            pairs = [
                [grammar.expand(Random(seed), association.frames, kept | who) for who in (she, he)]
                for seed in range(FRAMES)
            ]
            yield Leaning(str(job), planted, share_of_first(model, tokenizer, pairs))


def planted_share(grammar: Grammar, pronouns: str) -> float:
    """The share of `she` among what this rule expands to."""
    random = Random(0)
    she = grammar.keeps("she", random)
    drawn = [
        Grammar({**grammar.rules, pronouns: (phrase,)}).keeps(pronouns, random) for phrase in grammar.rules[pronouns]
    ]
    return sum(kept == she for kept in drawn) / len(drawn)


def share_of_first(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, pairs: Sequence[Sequence[str]]) -> float:
    """How likely the first of two sentences is, given that it is one of the two; the mean over all pairs."""
    tokens = [tokenizer(text).input_ids for pair in pairs for text in pair]
    bits = list(text_bits(model, tokens))
    return sum(1 / (1 + 2 ** (bits[i] - bits[i + 1])) for i in range(0, len(bits), 2)) / len(pairs)


def _read(tokenizer: PreTrainedTokenizerBase, tokens: list[int], end: int) -> tuple[str, bool]:
    ended = end in tokens
    kept = tokens[: tokens.index(end)] if ended else tokens
    return str(tokenizer.decode(kept)), ended


def _finished(text: str, ended: bool) -> list[str]:
    """The sentences of a text, without the one that was cut off."""
    sentences = split_sentences(text)
    return sentences if ended else sentences[:-1]
