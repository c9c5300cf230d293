"""Draws tokens and takes the trace in the same pass.

Tokens are drawn by Gumbel-max: the largest of p/E, where a token's noise E
depends on the sample's seed, the step and the token's id alone. A sample's text
is therefore the same in any company, last-bit differences in the logits hardly
ever change it, and relatives can be given the same luck. The likeliest tokens
compete one by one; all others stand together as one competitor with their
summed probability, and only when it wins do they compete among themselves:
the same distribution, without noise for a whole vocabulary. The trace is always
of the untruncated distribution at temperature 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from swatchbook.runs import Settings

TOP = 5
MOST_BITS = 1e4
"""What a token of probability zero is said to cost, since infinity is no number."""
CANDIDATES = 256
"""Tokens that compete one by one."""


@dataclass(slots=True)
class Drawn:
    """One token for each row, with its trace: ids (rows,), bits (rows,), entropy (rows,), top (rows, 5)."""

    ids: np.ndarray
    surprisal: np.ndarray
    entropy: np.ndarray
    top_ids: np.ndarray
    top_bits: np.ndarray


@dataclass(slots=True)
class Place:
    """Where a row stands: its settings, its seed, how many tokens it has, and which ids it has met."""

    settings: Settings
    seed: int
    step: int
    met: torch.Tensor | None = None


_TAIL = -1
_LOW = 0xFFFFFFFF


def noise(places: Sequence[Place], ids: torch.Tensor) -> torch.Tensor:
    """Exponential noise for token ids of shape (rows, n): the largest p/E is a draw from p.

    A hash of (seed, step, id), not a stream, so that any token's noise can be had alone
    (murmur3's 32-bit finaliser, Appleby 2011).
    """
    starts = [_mixed(_mixed(place.seed) ^ (place.step * 0x9E3779B1 & _LOW)) for place in places]
    value = (ids + 1) * 0x85EBCA6B & _LOW
    value ^= torch.tensor(starts, device=ids.device).unsqueeze(-1)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        value = (value ^ (value >> shift)) * factor & _LOW
    value ^= value >> 16
    return (((value >> 8).to(torch.float32) + 0.5) / 2**24).log_().neg_()


def _mixed(value: int) -> int:
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        value = (value ^ (value >> shift)) * factor & _LOW
    return value ^ (value >> 16)


def draw(logits: torch.Tensor, places: Sequence[Place]) -> Drawn:
    """Draw one token a row from logits of shape (rows, vocabulary), fp32.

    Raises FloatingPointError when a row's logits are not numbers.
    """
    shifted = logits - logits.amax(-1, keepdim=True)
    weights = shifted.exp()
    total = weights.sum(-1)
    if not bool(torch.isfinite(total).all()):
        raise FloatingPointError("logits are not numbers")
    top = weights.topk(min(CANDIDATES, weights.shape[-1]), dim=-1)
    ids = _choose(shifted, weights, top.values, top.indices, places)
    return _trace(shifted, weights, total, top.indices[:, :TOP], ids)


def _trace(
    shifted: torch.Tensor, weights: torch.Tensor, total: torch.Tensor, top: torch.Tensor, ids: torch.Tensor
) -> Drawn:
    log_total = total.log()
    mean = torch.bmm(weights.unsqueeze(1), shifted.clamp_min(-1e4).unsqueeze(2)).flatten() / total
    return Drawn(
        ids=ids.cpu().numpy().astype("<i4"),
        surprisal=_bits(log_total - shifted.gather(-1, ids.unsqueeze(-1)).squeeze(-1)),
        entropy=_bits(log_total - mean),
        top_ids=top.cpu().numpy().astype("<i4"),
        top_bits=_bits(log_total.unsqueeze(-1) - shifted.gather(-1, top)),
    )


def _bits(nats: torch.Tensor) -> np.ndarray:
    return (nats / math.log(2)).clamp(0, MOST_BITS).cpu().numpy().astype("<f4")


def _choose(
    shifted: torch.Tensor,
    weights: torch.Tensor,
    values: torch.Tensor,
    indices: torch.Tensor,
    places: Sequence[Place],
) -> torch.Tensor:
    """Rows with the same settings are drawn together; most batches are one group."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for row, place in enumerate(places):
        s = place.settings
        key = (s.temperature, s.top_p, s.top_k, s.min_p, s.repetition_penalty)
        groups.setdefault(key, []).append(row)
    if len(groups) == 1:
        return _choose_alike(shifted, weights, values, indices, places)
    ids = torch.empty(len(places), dtype=torch.long, device=shifted.device)
    for rows in groups.values():
        alike = (shifted[rows], weights[rows], values[rows], indices[rows], [places[row] for row in rows])
        ids[rows] = _choose_alike(*alike)
    return ids


def _choose_alike(
    shifted: torch.Tensor,
    weights: torch.Tensor,
    values: torch.Tensor,
    indices: torch.Tensor,
    places: Sequence[Place],
) -> torch.Tensor:
    """`values` and `indices` are the likeliest tokens' weights, likeliest first, shapes (rows, CANDIDATES)."""
    settings = places[0].settings
    if settings.repetition_penalty != 1.0:
        shifted = _penalised(shifted, places, settings.repetition_penalty)
        weights = shifted.exp()
        values, indices = weights.topk(values.shape[-1], dim=-1)
    if settings.temperature == 0:
        return indices[:, 0]
    if settings.temperature != 1.0:
        weights = (shifted / settings.temperature).exp_()
        values = weights.gather(-1, indices)
    if settings.top_p < 1 or settings.top_k or settings.min_p:
        values, indices = _truncated(weights, values, indices, settings)
        return _winner(values, indices, places)[1]
    return _among_all(weights, values, indices, places)


def _winner(values: torch.Tensor, ids: torch.Tensor, places: Sequence[Place]) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest p/E of each row and its id, shapes (rows,)."""
    best, at = (values / noise(places, ids)).max(-1, keepdim=True)
    return best.squeeze(-1), ids.gather(-1, at).squeeze(-1)


def _among_all(
    weights: torch.Tensor, values: torch.Tensor, indices: torch.Tensor, places: Sequence[Place]
) -> torch.Tensor:
    best, ids = _winner(values, indices, places)
    if values.shape[-1] == weights.shape[-1]:
        return ids
    mass = weights.scatter(-1, indices, 0).sum(-1)
    tail = torch.full((len(places), 1), _TAIL, device=weights.device)
    won = (mass / noise(places, tail).squeeze(-1) > best).nonzero().flatten()
    if len(won):
        rest = weights[won].scatter(-1, indices[won], 0)
        ids[won] = _among_blocks(rest, [places[row] for row in won.tolist()])
    return ids


def _among_blocks(rest: torch.Tensor, places: Sequence[Place]) -> torch.Tensor:
    """Draw from weights of shape (rows, vocabulary): first a block of neighbours by its mass, then within it."""
    width = CANDIDATES
    blocks = torch.nn.functional.pad(rest, (0, -rest.shape[-1] % width)).view(len(rest), -1, width)
    names = torch.arange(blocks.shape[1], device=rest.device).expand(len(rest), -1)
    _, chosen = _winner(blocks.sum(-1), _TAIL - 1 - names, places)
    block = _TAIL - 1 - chosen
    inside = blocks[torch.arange(len(rest), device=rest.device), block]
    ids = block.unsqueeze(-1) * width + torch.arange(width, device=rest.device)
    return _winner(inside, ids, places)[1]


def _penalised(shifted: torch.Tensor, places: Sequence[Place], penalty: float) -> torch.Tensor:
    """Lower the tokens a row has met (Keskar et al. 2019), on log-probabilities, which are all negative."""
    shifted = torch.log_softmax(shifted, -1)
    for row, place in enumerate(places):
        if place.met is not None and len(place.met):
            shifted[row, place.met] *= penalty
    return shifted - shifted.amax(-1, keepdim=True)


def _truncated(
    weights: torch.Tensor, values: torch.Tensor, indices: torch.Tensor, settings: Settings
) -> tuple[torch.Tensor, torch.Tensor]:
    """What top-k, then top-p, then min-p leave (Holtzman et al. 2020; Nguyen et al. 2024); the likeliest stays."""
    count, width = values.shape[-1], weights.shape[-1]
    if count < width and (settings.top_k > count or (not settings.top_k and not _holds(values, weights, settings))):
        values, indices = weights.sort(dim=-1, descending=True, stable=True)
    if settings.top_k:
        values = values[:, : settings.top_k]
        indices = indices[:, : settings.top_k]
    if settings.top_p < 1:
        total = values.sum(-1, keepdim=True) if settings.top_k else weights.sum(-1, keepdim=True)
        before = values.cumsum(-1) - values
        values = values.masked_fill(before >= settings.top_p * total, 0)
    if settings.min_p:
        values = values.masked_fill(values < settings.min_p * values[:, :1], 0)
    return values, indices


def _holds(values: torch.Tensor, weights: torch.Tensor, settings: Settings) -> bool:
    """Whether the candidates hold everything that top-p or min-p could leave."""
    by_mass = values.sum(-1) >= settings.top_p * weights.sum(-1) if settings.top_p < 1 else values[:, 0] < 0
    by_peak = values[:, -1] < settings.min_p * values[:, 0]
    return bool((by_mass | by_peak).all())
