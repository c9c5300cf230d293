"""Any published model whose cache can be joined, through its own `forward`.

Rows that share a batch are padded on the left, and a mask hides the padding.
Sums change in their last bits when padding moves a row's positions by anything
but whole blocks of 16, or when nothing is masked at all. So every row starts
with 16 masked slots, and rows share a batch only if a shift by whole blocks
brings them together; the others step in a batch beside it. That way a row's
logits are the same alone and in company.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import DynamicCache

from swatchbook.engine import rows
from swatchbook.engine.backend import CHUNK, MIN_ROWS, SCORED, right_padded, rows_for
from swatchbook.runs import MAX_TOKENS

BLOCK = 16
"""Positions in a block of padding."""


@dataclass(slots=True)
class Group:
    """Rows that step together: `rows` are their numbers in the whole batch, then come spare copies of the first.

    `mask` is (rows and spares, positions held), ones where a row has a token.
    """

    rows: list[int]
    cache: DynamicCache
    mask: torch.Tensor


class Joined:
    """A model's running batch, in as few groups as rows can share."""

    joins = True

    def __init__(self, model: nn.Module, context: int, chunk: int | None = CHUNK) -> None:
        """`chunk` is None for models whose prompts must be computed whole."""
        self._model, self._chunk = model, chunk
        self.vocabulary, self.context, self.device = model.config.vocab_size, context, model.device
        self._takes = set(inspect.signature(model.forward).parameters)
        kept = rows.kept(self._new_cache())
        self._attends, self._window = kept.attends, kept.window
        self._groups: list[Group] = []
        self.max_rows = rows_for(_position_bytes(model), context)

    @property
    def rows(self) -> int:
        return sum(len(group.rows) for group in self._groups)

    @torch.inference_mode()
    def prefill(self, ids: list[int], copies: int) -> Iterator[tuple[torch.Tensor, Any] | None]:
        batch, cache = torch.tensor([ids], device=self.device), self._new_cache()
        chunks = batch.split(self._chunk or len(ids), 1)
        for number, chunk in enumerate(chunks):
            logits = self._extend(chunk, cache, number * (self._chunk or 0), last=True)
            if number + 1 < len(chunks):
                yield None
        group = Group([0] * copies, cache, torch.ones_like(batch))
        self._pad(group, BLOCK)
        yield logits[0, -1].float(), group

    @torch.inference_mode()
    def logits(self, batch: list[list[int]]) -> Iterator[torch.Tensor]:
        ids, cache = right_padded(batch, self.device), self._new_cache()
        size = max(SCORED // len(batch), 1) if self._chunk else ids.shape[1]
        for start in range(0, ids.shape[1], size):
            yield self._extend(ids[:, start : start + size], cache, start, last=False).float()

    @torch.inference_mode()
    def join(self, state: Group) -> None:
        first = self.rows
        state.rows = list(range(first, first + len(state.rows)))
        self._select(state, [0] * len(state.rows))
        for group in self._groups:
            if self._can_share(group, state):
                self._merge(group, state)
                return
        self._groups.append(state)

    @torch.inference_mode()
    def keep(self, kept: list[int]) -> None:
        place = {row: new for new, row in enumerate(kept)}
        for group in self._groups:
            held = [at for at, row in enumerate(group.rows) if row in place]
            if held != list(range(len(group.rows))):
                self._select(group, held)
            group.rows = [place[group.rows[at]] for at in held]
        self._groups = [group for group in self._groups if group.rows]

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        parts = [self._step(group, tokens) for group in self._groups]
        if len(parts) == 1 and self._groups[0].rows == list(range(self.rows)):
            return parts[0].float()
        logits = parts[0].new_empty(self.rows, parts[0].shape[-1], dtype=torch.float)
        for group, part in zip(self._groups, parts, strict=True):
            logits[group.rows] = part.float()
        return logits

    def _step(self, group: Group, tokens: torch.Tensor) -> torch.Tensor:
        spare = len(group.mask) - len(group.rows)
        own = tokens[group.rows + group.rows[:1] * spare]
        group.mask = functional.pad(group.mask, (0, 1), value=1)
        given: dict[str, Any] = {"attention_mask": group.mask} if self._attends else {}
        if "position_ids" in self._takes:
            given["position_ids"] = group.mask.sum(1, keepdim=True) - 1
        out = self._forward(own[:, None], group.cache, given)
        return out[: len(group.rows), -1]

    def _extend(self, ids: torch.Tensor, cache: DynamicCache, start: int, last: bool) -> torch.Tensor:
        """Logits of the next tokens of unpadded rows, or of their last position only."""
        end = start + ids.shape[1]
        given: dict[str, Any] = {"attention_mask": ids.new_ones(len(ids), end)} if self._attends else {}
        if "position_ids" in self._takes:
            given["position_ids"] = torch.arange(start, end, device=self.device).expand(len(ids), -1)
        if last and "logits_to_keep" in self._takes:
            given["logits_to_keep"] = 1
        return self._forward(ids, cache, given)

    def _forward(self, ids: torch.Tensor, cache: DynamicCache, given: dict[str, Any]) -> torch.Tensor:
        name = "cache_params" if "cache_params" in self._takes else "past_key_values"
        logits: torch.Tensor = self._model(input_ids=ids, use_cache=True, **{name: cache}, **given).logits
        return logits

    def _new_cache(self) -> DynamicCache:
        return DynamicCache(config=self._model.config)

    def _can_share(self, group: Group, new: Group) -> bool:
        """Whether whole blocks of padding bring both to one length, and no sliding window would cut them apart."""
        if not self._attends:
            return True
        shift = group.mask.shape[1] - new.mask.shape[1]
        longest = max(group.mask.shape[1], new.mask.shape[1])
        unseen = self._window is None or longest + MAX_TOKENS < self._window
        return shift == 0 or (shift % BLOCK == 0 and unseen)

    def _merge(self, group: Group, new: Group) -> None:
        shift = group.mask.shape[1] - new.mask.shape[1]
        self._pad(new, max(shift, 0))
        self._pad(group, max(-shift, 0))
        own, added = len(group.rows), len(new.rows)
        rows.concatenate(group.cache, new.cache)
        wanted = [*range(own), *range(len(group.mask), len(group.mask) + added)]
        group.mask = torch.cat((group.mask, new.mask))
        group.rows += new.rows
        self._select(group, wanted)

    def _pad(self, group: Group, slots: int) -> None:
        """Put masked slots before every row."""
        if slots and self._attends:
            rows.pad_left(group.cache, slots)
        group.mask = functional.pad(group.mask, (slots, 0))

    def _select(self, group: Group, places: list[int]) -> None:
        """Keep the rows at these places, then as many copies of the first as a small batch needs."""
        places = places + places[:1] * max(MIN_ROWS - len(places), 0)
        chosen = torch.tensor(places, dtype=torch.long, device=self.device)
        rows.select(group.cache, chosen)
        group.mask = group.mask.index_select(0, chosen)


def _position_bytes(model: nn.Module) -> int:
    """At most how many bytes one position takes in the caches of all layers."""
    config = model.config.get_text_config()
    layers = getattr(config, "num_hidden_layers", 32)
    return 2 * layers * getattr(config, "hidden_size", 1024) * model.dtype.itemsize
