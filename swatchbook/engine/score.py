"""How many bits a given text costs under a model.

A continuation is cut from its prompt by bytes, not by tokens: prompt and
continuation are tokenised as one text, and every token that ends after the
prompt's last byte counts to the continuation. Sums obey the chain rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from swatchbook.engine.backend import Backend
from swatchbook.engine.events import EngineError, Scored, ScoredText
from swatchbook.engine.tokens import Codec

BATCH_TOKENS = 2048
"""Most padded tokens that are scored in one forward pass, unless one text alone is longer."""


def score_texts(
    backend: Backend, codec: Codec, texts: list[tuple[str, str]], mode: str = "completion"
) -> Iterator[Scored | None]:
    """Score (prompt, continuation) pairs, in chunks: None after each but the last, then all.

    In chat mode each prompt is first put through the model's template, once where many texts share it.
    Raises EngineError when there is no template, or a text does not fit the model's context.
    """
    openings = {prompt: codec.opening(prompt, mode) for prompt, _ in texts}
    texts = [(openings[prompt], continuation) for prompt, continuation in texts]
    given = [codec.given(opening + text, mode if opening else "completion") for opening, text in texts]
    if any(max(ids) >= backend.vocabulary for ids, _ in given):
        raise EngineError("This model's tokenizer and weights do not belong together; download it again.")
    for number, (ids, _) in enumerate(given, 1):
        if len(ids) > codec.context:
            raise EngineError(
                f"Text {number} is {len(ids):,} tokens long for this model, which reads {codec.context:,}; shorten it."
            )
    bits: dict[int, tuple[list[float], list[float]]] = {}
    for batch in _batches([len(ids) for ids, _ in given]):
        columns = _surprisals(backend, [given[at][0] for at in batch])
        for at in batch:
            bits[at] = ([], [])
        for row, surprisal, entropy in columns:
            if row < 0:
                yield None
                continue
            bits[batch[row]][0].extend(surprisal)
            bits[batch[row]][1].extend(entropy)
    yield Scored([_scored(texts[at][0], *given[at], *bits[at]) for at in range(len(texts))])


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Texts of like length together, so that little is padded; numbers into `lengths`."""
    batch: list[int] = []
    for at in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[at] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _surprisals(backend: Backend, batch: list[list[int]]) -> Iterator[tuple[int, list[float], list[float]]]:
    """For each chunk, each row's new bits and entropies; row -1 marks the end of a chunk."""
    done = 0
    for logits in backend.logits(batch):
        log_p = torch.log_softmax(logits, -1)
        entropy = -(log_p.exp() * log_p.clamp_min(-1e4)).sum(-1) / math.log(2)
        for row, ids in enumerate(batch):
            targets = ids[done + 1 : done + 1 + logits.shape[1]]
            if targets:
                places = torch.arange(len(targets), device=logits.device)
                own = log_p[row, places, torch.tensor(targets, device=logits.device)]
                yield row, (-own / math.log(2)).tolist(), entropy[row, : len(targets)].tolist()
        done += logits.shape[1]
        yield -1, [], []


def _scored(prompt: str, ids: list[int], ends: list[int], bits: list[float], entropy: list[float]) -> ScoredText:
    """The part of a scored text that ends after the prompt; its byte ends count from there."""
    cut = len(prompt.encode())
    first = next((at for at, end in enumerate(ends) if at > 0 and end > cut), len(ids))
    return ScoredText(
        ids=ids[first:],
        ends=[end - cut for end in ends[first:]],
        bits=bits[first - 1 :],
        entropy=entropy[first - 1 :],
    )
