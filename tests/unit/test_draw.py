"""Drawing: the right distribution, the same token in any company, a trace that adds up."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.engine import draw as drawing
from swatchbook.engine.draw import Place, draw
from swatchbook.runs import Settings


def frequencies(logits: torch.Tensor, settings: Settings, draws: int = 20_000) -> np.ndarray:
    counts = np.zeros(logits.shape[-1])
    for start in range(0, draws, 500):
        places = [Place(settings, start + row, 0) for row in range(500)]
        np.add.at(counts, draw(logits.expand(500, -1), places).ids, 1)
    return counts / draws


def reference(logits: torch.Tensor, settings: Settings) -> np.ndarray:
    """The truncated distribution, written once more with sorting and loops."""
    p = torch.softmax(logits.double() / settings.temperature, -1).numpy()
    order = np.argsort(-p)
    if settings.top_k:
        p[order[settings.top_k :]] = 0
        p /= p.sum()
    if settings.top_p < 1:
        total = 0.0
        for at in order:
            if total >= settings.top_p:
                p[at] = 0
            total += p[at]
        p /= p.sum()
    p[p < settings.min_p * p.max()] = 0
    return p / p.sum()


@pytest.mark.parametrize(
    "settings",
    [
        Settings(temperature=1.0),
        Settings(temperature=0.6),
        Settings(temperature=1.2, top_k=3),
        Settings(temperature=1.0, top_p=0.7),
        Settings(temperature=1.0, min_p=0.2),
        Settings(temperature=0.9, top_k=6, top_p=0.9, min_p=0.05),
    ],
    ids=str,
)
@pytest.mark.parametrize("candidates", [3, 256], ids=["tail competes", "all compete"])
def test_draws_follow_the_stated_distribution(
    settings: Settings, candidates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "CANDIDATES", candidates)
    logits = torch.tensor([1.0, 2.0, 0.0, -1.0, 1.5, 0.2, 0.9, -2.0])
    assert np.abs(frequencies(logits, settings) - reference(logits, settings)).max() < 0.015


def test_greedy_takes_the_likeliest() -> None:
    logits = torch.randn(4, 1000, generator=torch.Generator().manual_seed(0))
    drawn = draw(logits, [Place(Settings(temperature=0), seed, 0) for seed in range(4)])
    assert drawn.ids.tolist() == logits.argmax(-1).tolist()


@given(st.integers(0, 2**31 - 1), st.integers(0, 500), st.integers(1, 9))
def test_company_does_not_change_a_token(seed: int, step: int, others: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(others + 1, 700, generator=generator)
    mine = Place(Settings(temperature=0.9), seed, step)
    strangers = [Place(Settings(temperature=0.3 + at / 10, top_p=0.9), at, at) for at in range(others)]
    alone = draw(logits[:1], [mine])
    together = draw(logits, [mine, *strangers])
    assert alone.ids[0] == together.ids[0]
    assert alone.surprisal[0] == pytest.approx(together.surprisal[0], abs=1e-5)


def test_tiny_differences_in_logits_rarely_change_a_token() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = 3 * torch.randn(2000, 5000, generator=generator)
    places = [Place(Settings(temperature=1.0), seed, 3) for seed in range(2000)]
    noisy = logits + 1e-3 * torch.randn(2000, 5000, generator=generator)
    changed = (draw(logits, places).ids != draw(noisy, places).ids).mean()
    assert changed < 0.01


def test_steps_and_seeds_have_noise_of_their_own() -> None:
    ids = torch.arange(20_000).unsqueeze(0)
    fields = [drawing.noise([Place(Settings(), seed, step)], ids) for seed in (1, 2) for step in (0, 1)]
    for field in fields:
        assert float(field.mean()) == pytest.approx(1, abs=0.03), "exponential noise has mean 1"
        assert float(field.var()) == pytest.approx(1, abs=0.1)
    stacked = torch.cat(fields)
    assert float((torch.corrcoef(stacked) - torch.eye(4)).abs().max()) < 0.03


def test_the_trace_is_of_the_untruncated_distribution() -> None:
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(2))
    drawn = draw(logits, [Place(Settings(temperature=0.3, top_k=2, repetition_penalty=1.5), s, 0) for s in range(3)])
    log_p = torch.log_softmax(logits.double(), -1) / math.log(2)
    p = 2**log_p
    for row in range(3):
        assert drawn.surprisal[row] == pytest.approx(-float(log_p[row, drawn.ids[row]]), abs=1e-5)
        assert drawn.entropy[row] == pytest.approx(-float((p[row] * log_p[row]).sum()), abs=1e-5)
        top = torch.topk(log_p[row], 5)
        assert drawn.top_ids[row].tolist() == top.indices.tolist()
        assert drawn.top_bits[row].tolist() == pytest.approx((-top.values).tolist(), abs=1e-5)


def test_a_penalty_makes_met_tokens_rarer() -> None:
    logits = torch.tensor([2.0, 1.9, 0.0])
    met = torch.tensor([0])
    place = Place(Settings(temperature=0, repetition_penalty=1.5), 0, 0, met)
    assert draw(logits.unsqueeze(0), [place]).ids[0] == 1
    place.met = torch.tensor([1])
    assert draw(logits.unsqueeze(0), [place]).ids[0] == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_logits_that_are_no_numbers_are_an_error(bad: float) -> None:
    logits = torch.zeros(2, 10)
    logits[1, 3] = bad
    with pytest.raises(FloatingPointError):
        draw(logits, [Place(Settings(), 0, 0)] * 2)
