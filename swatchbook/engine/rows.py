"""The rows of a cache of the transformers library: choose, add, and pad them.

A cache is a list of layers. Attention layers hold keys and values, padded along
their positions; recurrent ones hold states without positions; some hold both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional
from transformers import DynamicCache


@dataclass(frozen=True, slots=True)
class Kept:
    """What a model's cache keeps: positions at all, and the narrowest sliding window among its layers."""

    attends: bool
    window: int | None


def kept(cache: DynamicCache) -> Kept:
    windows = [layer.sliding_window for layer in cache.layers if getattr(layer, "is_sliding", False)]
    attends = not cache.layers or any(hasattr(layer, "keys") for layer in cache.layers)
    return Kept(attends, min(windows, default=None))


def select(cache: DynamicCache, chosen: torch.Tensor) -> None:
    """Keep these rows, in this order; one may come several times."""
    _change(cache, lambda held: held.index_select(0, chosen))


def concatenate(cache: DynamicCache, other: DynamicCache) -> None:
    """Add the other cache's rows after these; both must be of one length."""
    added = iter(list(_tensors(other)))
    _change(cache, lambda held: torch.cat((held, next(added))))


def pad_left(cache: DynamicCache, slots: int) -> None:
    """Put empty positions before all others. A sliding layer that is full keeps its newest positions."""
    for layer in cache.layers:
        if getattr(layer, "keys", None) is None:
            continue
        room = slots
        if layer.is_sliding:
            room = max(min(slots, layer.sliding_window - 1 - layer.keys.shape[-2]), 0)
            layer.cumulative_length += slots
        # Zeros, not whatever memory holds: a masked slot counts 0 times its value, and 0 times NaN is NaN.
        layer.keys = functional.pad(layer.keys, (0, 0, room, 0))
        layer.values = functional.pad(layer.values, (0, 0, room, 0))


def _change(cache: DynamicCache, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    for layer in cache.layers:
        for holder, name in _held(layer):
            holder[name] = change(holder[name])


def _tensors(cache: DynamicCache) -> Iterator[torch.Tensor]:
    for layer in cache.layers:
        for holder, name in _held(layer):
            yield holder[name]


def _held(layer: object) -> Iterator[tuple[dict, str | int]]:  # type: ignore[type-arg]
    """Where a layer holds tensors with rows: (dictionary, key), always in the same order."""
    own = vars(layer)
    for name in ("keys", "values"):
        if own.get(name) is not None:
            yield own, name
    for name in ("conv_states", "recurrent_states"):
        for state, held in own.get(name, {}).items():
            if held is not None:
                yield own[name], state
