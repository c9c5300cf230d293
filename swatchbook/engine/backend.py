"""What the decode loop asks of a model, however it computes.

A backend holds a loaded causal model and one running batch. Rows join with a
prefilled prompt, step together, and leave. It knows token ids and logits only:
no text, no sampling, no events. Three kinds implement this: `fused` (the Llama
family), `joined` (any cache that can be joined) and `solo` (one prompt at a
time, for models whose state cannot be joined).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import torch

CHUNK = 128
"""Tokens of a prompt prefilled at once; between two chunks, running rows take steps."""

MIN_ROWS = 4
"""Rows computed at least: fewer take other kernels, whose last bits differ (and are no faster)."""

SCORED = 256
"""Tokens scored at once, in all rows together: their logits over a large vocabulary take much memory."""

_CACHE_BYTES = 512 * 2**20


def rows_for(bytes_a_position: int, context: int) -> int:
    """The most rows whose caches, at a usual length, stay within a fixed share of memory."""
    row = max(bytes_a_position, 1) * min(context, 1024)
    return min(max(_CACHE_BYTES // row, 16), 64)


def right_padded(batch: list[list[int]], device: torch.device) -> torch.Tensor:
    """Sequences as one tensor (len(batch), longest), the shorter ones filled up with id 0."""
    longest = max(len(ids) for ids in batch)
    return torch.tensor([ids + [0] * (longest - len(ids)) for ids in batch], device=device)


class Backend(Protocol):
    """One model and its running batch of rows 0..rows-1.

    `context` is the most positions a row can hold, prompt and text together.
    `joins` is False when a new prompt can only start once the batch is empty.
    """

    vocabulary: int
    context: int
    device: torch.device
    joins: bool
    max_rows: int

    @property
    def rows(self) -> int: ...

    def prefill(self, ids: list[int], copies: int) -> Iterator[tuple[torch.Tensor, Any] | None]:
        """Compute one prompt in chunks, for `copies` rows to come: yields None after each chunk
        but the last, then (logits of the last position, shape (vocabulary,), fp32; a state for `join`)."""
        ...

    def join(self, state: Any) -> None:
        """Add the prefilled prompt's rows after the rows there are."""
        ...

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Feed one token to each row, shape (rows,); returns logits (rows, vocabulary), fp32."""
        ...

    def keep(self, rows: list[int]) -> None:
        """Keep only these rows, in this order; the others' memory is given back."""
        ...

    def logits(self, batch: list[list[int]]) -> Iterator[torch.Tensor]:
        """Teacher-forced logits of several sequences at once, chunk by chunk along the tokens,
        shapes (len(batch), n, vocabulary), fp32. Shorter sequences are padded on the right with
        any id (a causal model never looks right), and the logits past their end mean nothing.
        Every chunk covers the same positions of all rows. The running batch is untouched."""
        ...
