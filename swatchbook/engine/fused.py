"""The Llama family's forward pass by hand: fewer, larger operations, and rows of any length.

Every row keeps its own length and attends to exactly its own positions, without
padding or mask, so its logits have the same bits alone and in company. Takes the
weights out of a published model as it packs them; `load` compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from swatchbook.engine.backend import CHUNK, MIN_ROWS, SCORED, right_padded, rows_for
from swatchbook.engine.linear import Linear, Norm, linear

GROWTH = 128
"""Positions by which the cache grows at once."""


@dataclass(slots=True)
class Layer:
    qkv: Linear
    out: Linear
    gate_up: Linear
    down: Linear
    norm_in: Norm
    norm_out: Norm
    norm_q: Norm | None
    norm_k: Norm | None
    rotates: bool
    window: int | None


@dataclass(slots=True)
class Prompt:
    """Prompts while they are prefilled: per layer keys and values (prompts, length, heads, width)."""

    cache: list[torch.Tensor]
    copies: int = 1
    length: int = 0


class Fused:
    """The Llama family, with one running batch whose rows need not be of one length."""

    joins = True

    def __init__(self, model: nn.Module, context: int, progress: Callable[[float], None]) -> None:
        config = model.config
        self.vocabulary, self.context, self.device = config.vocab_size, context, model.device
        self._heads, self._kv = config.num_attention_heads, config.num_key_value_heads
        attention = model.model.layers[0].self_attn
        self._width, self._scale = attention.head_dim, attention.scaling
        self._cos, self._sin = self._rotations(model.model.rotary_emb, context, model.dtype)
        # Attention over a few positions is quicker in fp32 on a CPU, its copies included.
        self._exact = torch.float32 if model.device.type == "cpu" else model.dtype
        self._layers: list[Layer] = []
        modules, count = model.model.layers, len(model.model.layers)
        while len(modules):
            self._layers.append(_take(modules, len(self._layers), config))
            progress(len(self._layers) / (count + 1))
        self._embedding = model.model.embed_tokens.weight.detach().clone()
        self._norm = Norm(model.model.norm.weight, config.rms_norm_eps)
        self._head = linear(model.lm_head.weight, model.lm_head.bias)
        self._cache = [self._empty(0, 0) for _ in self._layers]
        self._lengths: list[int] = []
        self.max_rows = rows_for(2 * self._kv * self._width * count * model.dtype.itemsize, context)

    @property
    def rows(self) -> int:
        return len(self._lengths)

    @torch.inference_mode()
    def prefill(self, ids: list[int], copies: int) -> Iterator[tuple[torch.Tensor, Any] | None]:
        batch = torch.tensor([ids], device=self.device)
        prompt = Prompt([self._empty(*batch.shape) for _ in self._layers], copies)
        for chunk in batch.split(CHUNK, 1):
            hidden = self._chunk(chunk, prompt)
            if prompt.length < len(ids):
                yield None
        yield self._logits(hidden[0, -1:])[0], prompt

    @torch.inference_mode()
    def logits(self, batch: list[list[int]]) -> Iterator[torch.Tensor]:
        ids = right_padded(batch, self.device)
        prompts = Prompt([self._empty(*ids.shape) for _ in self._layers])
        for chunk in ids.split(max(SCORED // len(batch), 1), 1):
            yield self._logits(self._chunk(chunk, prompts))

    @torch.inference_mode()
    def join(self, state: Prompt) -> None:
        rows, room = self.rows, self._room(max(self._lengths, default=0), state.length)
        for index, new in enumerate(state.cache):
            grown = self._empty(max(rows + state.copies, MIN_ROWS), room)
            held = min(room, self._cache[index].shape[1])
            grown[:rows, :held] = self._cache[index][:rows, :held]
            grown[rows : rows + state.copies, : state.length] = new
            self._cache[index] = grown
        self._lengths += [state.length] * state.copies

    @torch.inference_mode()
    def keep(self, rows: list[int]) -> None:
        if rows == list(range(self.rows)):
            return
        self._lengths = [self._lengths[row] for row in rows]
        room = self._room(max(self._lengths, default=0)) if rows else 0
        places = rows + rows[:1] * max(MIN_ROWS - len(rows), 0)
        chosen = torch.tensor(places, dtype=torch.long, device=self.device)
        for index, held in enumerate(self._cache):
            self._cache[index] = held[:, :room].index_select(0, chosen)

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        rows = self.rows
        self._make_room()
        # Few rows take other kernels, with other last bits: a lone row is computed as several.
        spare = max(MIN_ROWS - rows, 0)
        hidden = self._embedding[functional.pad(tokens, (0, spare))]
        places = torch.tensor(self._lengths + [0] * spare, device=self.device)
        cos, sin = self._turned(places)
        slots = torch.arange(rows, device=self.device) * self._cache[0].shape[1] + places[:rows]
        spans = _spans([length + 1 for length in self._lengths])
        for layer, cache in zip(self._layers, self._cache, strict=True):
            qkv = self._qkv(layer, hidden, cos, sin)
            cache.flatten(0, 1).index_copy_(0, slots, qkv[:rows, self._heads :])
            seen = self._attend(layer, qkv, cache, spans)
            hidden = self._finish(layer, hidden, seen)
        self._lengths = [length + 1 for length in self._lengths]
        return self._logits(hidden)[:rows]

    def _chunk(self, ids: torch.Tensor, prompts: Prompt) -> torch.Tensor:
        """Compute the next tokens of these prompts; returns their hidden states (prompts, n, hidden)."""
        start, end = prompts.length, prompts.length + ids.shape[1]
        hidden = self._embedding[ids]
        cos, sin = self._turned(torch.arange(start, end, device=self.device))
        mask = {layer.window: _causal(start, end, layer.window, self.device) for layer in self._layers}
        for layer, cache in zip(self._layers, prompts.cache, strict=True):
            qkv = self._qkv(layer, hidden, cos, sin)
            cache[:, start:end] = qkv[:, :, self._heads :]
            queries = qkv[:, :, : self._heads].transpose(1, 2)
            keys, values = cache[:, :end].transpose(1, 2).split(self._kv, 1)
            seen = functional.scaled_dot_product_attention(
                queries, keys, values, attn_mask=mask[layer.window], scale=self._scale, enable_gqa=True
            )
            hidden = self._finish(layer, hidden, seen.transpose(1, 2).flatten(2))
        prompts.length = end
        return hidden

    def _qkv(self, layer: Layer, hidden: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """Queries, keys and values as heads (..., heads + 2 kv, width), turned to their positions."""
        x = layer.norm_in(hidden)
        x = layer.qkv(x).view(*hidden.shape[:-1], -1, self._width)
        if layer.norm_q is not None and layer.norm_k is not None:
            query, key, value = x.split((self._heads, self._kv, self._kv), -2)
            query = layer.norm_q(query)
            key = layer.norm_k(key)
            x = torch.cat((query, key, value), -2)
        if not layer.rotates:
            return x
        return torch.addcmul(x * cos, x.roll(self._width // 2, -1), sin)

    def _attend(
        self, layer: Layer, qkv: torch.Tensor, cache: torch.Tensor, spans: list[tuple[int, int, int]]
    ) -> torch.Tensor:
        """Attention of one new token a row, (rows, heads x width): one call for each run of rows of one length."""
        seen = qkv.new_zeros(len(qkv), self._heads * self._width)
        for first, last, length in spans:
            begin = max(length - layer.window, 0) if layer.window else 0
            # A neighbour comes along with a lone row, which would be summed in another order by itself.
            lowest = max(last - 2, 0) if last - first == 1 else first
            highest = max(last, lowest + 2)
            queries = qkv[lowest:highest, : self._heads].to(self._exact)
            held = cache[lowest:highest, begin:length].transpose(1, 2).to(self._exact)
            part = functional.scaled_dot_product_attention(
                queries.reshape(highest - lowest, self._kv, -1, self._width),
                held[:, : self._kv],
                held[:, self._kv :],
                scale=self._scale,
            )
            seen[first:last] = part[first - lowest : last - lowest].flatten(1)
        return seen

    def _finish(self, layer: Layer, hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        hidden = hidden + layer.out(seen)
        x = layer.norm_out(hidden)
        gate, up = layer.gate_up(x).chunk(2, -1)
        return hidden + layer.down(functional.silu(gate).mul_(up))

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return self._head(self._norm(hidden)).float()

    def _rotations(self, rotary: nn.Module, context: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Tables (context, width) of cosines and of sines, signed so that a roll takes the place of a rotation."""
        places = torch.arange(context, device=self.device)[None]
        cos, sin = rotary(torch.empty(0, dtype=dtype, device=self.device), places)
        half = self._width // 2
        return cos[0].clone(), torch.cat((-sin[0, :, :half], sin[0, :, half:]), -1)

    def _turned(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and sines for each head at these positions; values pass unturned (1 and 0)."""
        heads = self._heads + self._kv
        cos = self._cos[places][:, None].expand(-1, heads + self._kv, -1).contiguous()
        sin = self._sin[places][:, None].expand(-1, heads + self._kv, -1).contiguous()
        cos[:, heads:], sin[:, heads:] = 1, 0
        return cos, sin

    def _empty(self, *shape: int) -> torch.Tensor:
        return torch.empty(*shape, 2 * self._kv, self._width, dtype=self._cos.dtype, device=self.device)

    def _room(self, *lengths: int) -> int:
        """Positions to hold for these lengths and the next token, in whole blocks."""
        return (max(lengths) // GROWTH + 1) * GROWTH

    def _make_room(self) -> None:
        needed, held = self._room(max(self._lengths)), self._cache[0].shape[1]
        if needed > held:
            for index, old in enumerate(self._cache):
                grown = self._empty(len(old), needed)
                grown[:, :held] = old
                self._cache[index] = grown


def understands(model: nn.Module) -> bool:
    """Whether this model is one whose forward pass is written out here."""
    config = model.config
    rope = getattr(config, "rope_parameters", None) or {}
    return (
        getattr(config, "hidden_act", None) == "silu"
        and rope.get("rope_type", "default") in ("default", "linear", "llama3")
        and rope.get("partial_rotary_factor", 1.0) == 1.0
        and all(type(module).__name__.endswith("DecoderLayer") for module in model.model.layers)
    )


def _take(modules: nn.ModuleList, index: int, config: Any) -> Layer:
    """The first of the modules as a layer of ours; the module is dropped, and its weights with it."""
    module = modules[0]
    del modules[0]
    attention, mlp = module.self_attn, module.mlp
    eps = config.rms_norm_eps
    return Layer(
        qkv=_stacked(attention.q_proj, attention.k_proj, attention.v_proj),
        out=_stacked(attention.o_proj),
        gate_up=_stacked(mlp.gate_proj, mlp.up_proj),
        down=_stacked(mlp.down_proj),
        norm_in=Norm(module.input_layernorm.weight, eps),
        norm_out=Norm(module.post_attention_layernorm.weight, eps),
        norm_q=Norm(attention.q_norm.weight, eps) if hasattr(attention, "q_norm") else None,
        norm_k=Norm(attention.k_norm.weight, eps) if hasattr(attention, "k_norm") else None,
        rotates=bool(getattr(attention, "use_rope", True)),
        window=_window(config, index),
    )


def _stacked(*modules: nn.Linear) -> Linear:
    """Layers that read the same input, as one."""
    if len(modules) == 1:
        return linear(modules[0].weight, modules[0].bias)
    biases = [module.bias for module in modules if module.bias is not None]
    return linear(torch.cat([module.weight for module in modules]), torch.cat(biases) if biases else None)


def _window(config: Any, index: int) -> int | None:
    """How many positions, itself included, a token of this layer sees; None for all."""
    window = getattr(config, "sliding_window", None)
    kinds = getattr(config, "layer_types", None)
    if not window or (kinds is not None and kinds[index] != "sliding_attention"):
        return None
    return int(window)


def _spans(lengths: list[int]) -> list[tuple[int, int, int]]:
    """Runs of neighbouring rows of one length: (first, past the last, length)."""
    spans, first = [], 0
    for length, run in groupby(lengths):
        last = first + len(list(run))
        spans.append((first, last, length))
        first = last
    return spans


def _causal(start: int, end: int, window: int | None, device: torch.device) -> torch.Tensor:
    """Which positions 0..end each of the positions start..end sees."""
    query, key = torch.arange(start, end, device=device)[:, None], torch.arange(end, device=device)
    seen = key <= query
    return seen if window is None else seen & (key > query - window)
