"""Packed layers give the published layers' numbers, and stay out of where they do not belong."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D

from swatchbook.engine import linear as module
from swatchbook.engine.linear import Packed, PackedModule, Plain, linear, pack_modules, packs
from tests import tiny

HALF = torch.bfloat16
packing = pytest.mark.skipif(not packs(HALF), reason="this processor does not pack bf16 weights")


def weights(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0)).to(HALF)


@packing
@pytest.mark.parametrize("rows", [1, 2, 4, 7, 33])
@pytest.mark.parametrize("biased", [False, True])
def test_a_packed_layer_is_the_plain_one(rows: int, biased: bool) -> None:
    weight, x = weights(96, 64), weights(rows, 3, 64)
    bias = weights(96) if biased else None
    assert torch.equal(Packed(weight, bias)(x), functional.linear(x, weight, bias))


@packing
def test_a_row_has_the_same_bits_among_any_number_of_rows() -> None:
    layer, x = linear(weights(300, 100)), weights(64, 100)
    alone = layer(x[:4])
    assert all(torch.equal(layer(x[:rows])[:4], alone) for rows in (5, 8, 13, 31, 64))


@packing
def test_a_whole_model_is_packed_and_computes_the_same() -> None:
    for name in ("gpt2", "qwen2", "bloom", "mixtral", "mamba", "mamba2", "falcon_h1"):
        model, ids = tiny.model(name).to(HALF), torch.tensor([tiny.text(12)])
        before = model(input_ids=ids).logits.float()
        shares: list[float] = []
        pack_modules(model, shares.append)
        after = model(input_ids=ids).logits.float()
        assert (before - after).norm() < 0.02 * before.norm()
        assert shares[-1] == 1.0
        assert any(isinstance(part, PackedModule) for part in model.modules())


@packing
def test_blocks_with_a_convolution_keep_their_layers() -> None:
    model = tiny.model("mamba").to(HALF)
    pack_modules(model, lambda _: None)
    assert type(model.backbone.layers[0].mixer.in_proj) is nn.Linear
    assert isinstance(model.lm_head, PackedModule)


@packing
def test_originals_are_let_go_and_subclasses_stay() -> None:
    class Own(nn.Linear):
        pass

    model = nn.ModuleDict({"a": nn.Linear(8, 8), "b": Conv1D(8, 8), "c": Own(8, 8)}).to(HALF)
    pack_modules(model, lambda _: None)
    assert [type(part) for part in model.values()] == [PackedModule, PackedModule, Own]
    assert len(list(model.parameters())) == 2  # those of the subclass


def test_fp32_stays_plain() -> None:
    model = nn.ModuleDict({"a": nn.Linear(8, 8)})
    pack_modules(model, lambda _: None)
    assert type(model["a"]) is nn.Linear
    assert isinstance(linear(torch.zeros(8, 8)), Plain)


def test_without_the_private_operators_layers_stay_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise AttributeError("no such operator")

    monkeypatch.setattr(module.Packed, "__init__", gone)
    packs.cache_clear()
    try:
        assert isinstance(linear(weights(8, 8)), Plain)
    finally:
        packs.cache_clear()
