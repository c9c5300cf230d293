"""Does another way of computing a model agree with the published one?

Asked once, when a model is loaded: a reference is computed by the published
model without any cache, and a backend must give the same logits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from swatchbook.engine.backend import Backend

log = logging.getLogger(__name__)

LENGTH = 24
STEPS = 2


@dataclass(frozen=True, slots=True)
class Reference:
    """Texts and the published model's logits of them, (texts, LENGTH, vocabulary); `tolerance` is relative."""

    ids: list[list[int]]
    logits: torch.Tensor
    tolerance: float


@torch.inference_mode()
def reference(model: nn.Module, texts: int) -> Reference:
    """The published model's logits of some random texts: two are needed to try joining, one for all else."""
    vocabulary = model.config.get_text_config().vocab_size
    noise = torch.Generator().manual_seed(0)
    ids = torch.randint(vocabulary, (texts, LENGTH), generator=noise)
    logits = model(input_ids=ids.to(model.device), use_cache=False).logits.float()
    return Reference(ids.tolist(), logits, 1e-3 if model.dtype == torch.float32 else 0.06)


def agrees(backend: Backend, expected: Reference) -> bool:
    """Whether the backend computes the first text alike, at once and step by step."""
    return _tried(lambda: _agrees(backend, expected))


def joins(backend: Backend, expected: Reference) -> bool:
    """Whether two texts of unlike length, one joining while the other runs, are computed as they are alone."""
    return _tried(lambda: _joins(backend, expected))


def _tried(trial: Callable[[], bool]) -> bool:
    """A way of computing that raises an error does not work; what is next plainer will be taken."""
    try:
        return trial()
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        log.warning("a way of computing this model was tried and raised an error", exc_info=True)
        return False


def _agrees(backend: Backend, expected: Reference) -> bool:
    ids, logits = expected.ids[0], expected.logits[0]
    at_once = torch.cat(list(backend.logits([ids])), 1)[0]
    *_, (first, state) = (ready for ready in backend.prefill(ids[:-STEPS], 1) if ready is not None)
    backend.join(state)
    stepped = [backend.step(torch.tensor([token], device=backend.device))[0] for token in ids[-STEPS:-1]]
    backend.keep([])
    return _close(at_once, logits, expected) and _close(
        torch.stack([first, *stepped]), logits[-STEPS - 1 : -1], expected
    )


def _joins(backend: Backend, expected: Reference) -> bool:
    lengths, done = (LENGTH - 17, LENGTH - STEPS), 1
    drawn: list[list[torch.Tensor]] = [[], []]
    for row, length in enumerate(lengths):
        *_, (logits, state) = (r for r in backend.prefill(expected.ids[row][:length], 1) if r is not None)
        drawn[row].append(logits)
        backend.join(state)
        if row == 0:
            first = torch.tensor([expected.ids[0][length]], device=backend.device)
            drawn[0].append(backend.step(first)[0])
    tokens = [expected.ids[0][lengths[0] + done], expected.ids[1][lengths[1]]]
    both = backend.step(torch.tensor(tokens, device=backend.device))
    backend.keep([1])
    drawn[0].append(both[0])
    drawn[1].append(both[1])
    backend.keep([])
    return all(
        _close(torch.stack(rows), expected.logits[row, length - 1 : length - 1 + len(rows)], expected)
        for row, (rows, length) in enumerate(zip(drawn, lengths, strict=True))
    )


def _close(ours: torch.Tensor, theirs: torch.Tensor, expected: Reference) -> bool:
    """Whether logits agree, apart from a constant in each row, as a share of their own spread."""
    ours, theirs = ours - ours.mean(-1, keepdim=True), theirs - theirs.mean(-1, keepdim=True)
    return bool((ours - theirs).norm() <= expected.tolerance * theirs.norm())
