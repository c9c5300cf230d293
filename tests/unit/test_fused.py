"""Our own step: a row has the same bits alone and in company, and its memory follows its rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from swatchbook.engine.backend import MIN_ROWS, Backend
from swatchbook.engine.fused import GROWTH, Fused, understands
from swatchbook.engine.joined import Joined
from swatchbook.engine.linear import pack_modules
from tests import tiny

TYPES = [torch.float32, torch.bfloat16]
STEPS = 24


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def fused(name: str, dtype: torch.dtype = torch.float32) -> Fused:
    return Fused(tiny.model(name).to(dtype), tiny.CONTEXT, lambda _: None)


def joined(name: str, dtype: torch.dtype) -> Joined:
    model = tiny.model(name).to(dtype)
    pack_modules(model, lambda _: None)
    return Joined(model, tiny.CONTEXT)


def prefill(backend: Backend, ids: list[int], copies: int) -> torch.Tensor:
    *_, (logits, state) = (ready for ready in backend.prefill(ids, copies) if ready)
    backend.join(state)
    return logits


def lone(backend: Backend, company: bool, threads: tuple[int, ...] = (1,)) -> torch.Tensor:
    """Logits of one row over some steps; in company, others join and leave around it."""
    own, fed = tiny.text(40, 1), tiny.text(99, 9)
    drawn, place = [prefill(backend, own[:7], 1)], 0
    for step in range(STEPS):
        torch.set_num_threads(threads[step % len(threads)])
        if company and step in (3, 5, 11):
            prefill(backend, tiny.text(9 + 7 * step, step), 1 + step % 3)
        if company and step == 8:  # the row changes its place
            backend.keep([2, 1, 0])
            place = 2
        if company and step == 17:
            backend.keep([place])
            place = 0
        tokens = torch.tensor(fed[: backend.rows])
        tokens[place] = own[7 + step]
        drawn.append(backend.step(tokens)[place].clone())
    backend.keep([])
    return torch.stack(drawn)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["llama", "mistral", "qwen2", "qwen3", "smollm3"])
def test_a_row_has_the_same_bits_alone_and_in_company(name: str, dtype: torch.dtype) -> None:
    backend = fused(name, dtype)
    alone = lone(backend, company=False)
    assert torch.equal(lone(backend, company=False), alone)
    assert torch.equal(lone(backend, company=True), alone)


@pytest.mark.parametrize("name", ["llama", "qwen3"])
def test_in_bf16_the_number_of_threads_changes_no_bit(name: str) -> None:
    backend = fused(name, torch.bfloat16)
    assert torch.equal(lone(backend, company=True, threads=(1, 2)), lone(backend, company=False))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["gpt2", "gpt_neox", "gemma3_text", "opt", "lfm2", "mamba2"])
def test_the_same_holds_for_rows_of_published_models(name: str, dtype: torch.dtype) -> None:
    backend = joined(name, dtype)
    assert torch.equal(lone(backend, company=True), lone(backend, company=False))


@pytest.mark.parametrize("name", ["bloom", "gptj", "mpt", "xglm", "mixtral"])
def test_where_attention_is_summed_by_length_fp32_drifts_in_its_last_bits_only(name: str) -> None:
    backend = joined(name, torch.float32)
    alone, company = lone(backend, company=False), lone(backend, company=True)
    assert (alone - company).abs().max() < 1e-6 * alone.abs().max()


def test_rows_grow_past_the_block_they_began_with() -> None:
    model, ids = tiny.model("llama"), tiny.text(GROWTH + 20)
    expected = model(input_ids=torch.tensor([ids])).logits[0]
    backend = Fused(model, tiny.CONTEXT, lambda _: None)
    logits = [prefill(backend, ids[: GROWTH - 3], 2)]
    logits += [backend.step(torch.tensor([token, token]))[1] for token in ids[GROWTH - 3 : -1]]
    assert torch.allclose(torch.stack(logits), expected[GROWTH - 4 : -1], atol=1e-4)


def test_rows_that_leave_give_their_memory_back() -> None:
    backend = fused("llama")
    prefill(backend, tiny.text(300), 8)
    held = backend._cache[0].numel()
    prefill(backend, tiny.text(5), 1)
    backend.keep([8])
    assert backend._cache[0].shape[:2] == (MIN_ROWS, GROWTH)
    assert backend._cache[0].numel() < held / 4


def test_an_activation_or_a_rotation_that_is_not_written_out_here_is_not_understood() -> None:
    dynamic = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
    assert understands(tiny.model("llama"))
    assert not understands(tiny.model("llama", hidden_act="gelu"))
    assert not understands(tiny.model("llama", rope_parameters=dynamic))
