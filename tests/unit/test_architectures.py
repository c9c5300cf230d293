"""Every architecture, by teacher-forced logits: rows that join, repeat and leave against one uncached forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn

from swatchbook.engine import joined
from swatchbook.engine.architectures import FUSED, JOINED, SOLO, UNCHUNKED, kind_of
from swatchbook.engine.events import EngineError
from swatchbook.engine.fused import Fused, understands
from swatchbook.engine.joined import Joined
from swatchbook.engine.solo import Solo
from tests import tiny

CHUNK = 16
LENGTH = 60

# Longer than the windows of 12 and the chunks of 16; the first two shift by whole blocks and share a batch.
STARTS = (5, 40, 20)

RECURRENT = ("mamba", "mamba2")
NAMES = sorted(set(tiny.SPECIAL) | JOINED | FUSED)
RUNNING = [name for name in NAMES if tiny.kind(name) not in SOLO]
PADDED = [name for name in RUNNING if name not in RECURRENT]

# These count positions from the mask or from the end by themselves.
OWN_POSITIONS = {"bloom", "falcon", "mpt", "opt"}


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("swatchbook.engine.fused.CHUNK", CHUNK)
    monkeypatch.setattr("swatchbook.engine.fused.SCORED", 3 * CHUNK)
    monkeypatch.setattr("swatchbook.engine.joined.SCORED", 3 * CHUNK)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def texts() -> list[list[int]]:
    return [tiny.text(LENGTH, seed) for seed in (1, 2, 3)]


def uncached(model: nn.Module) -> list[torch.Tensor]:
    return [model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].float() for ids in texts()]


def build(name: str, model: nn.Module) -> Joined:
    return Joined(model, tiny.CONTEXT, None if tiny.kind(name) in UNCHUNKED else CHUNK)


class Drive:
    """Feeds given texts to a backend and notes how far its logits are from the expected ones."""

    def __init__(self, backend: Joined | Fused | Solo, expected: list[torch.Tensor]) -> None:
        self.backend, self.expected, self.worst = backend, expected, 0.0
        self.rows: list[list[int]] = []

    def join(self, text: int, copies: int) -> None:
        start = STARTS[text]
        *_, (logits, state) = (ready for ready in self.backend.prefill(texts()[text][:start], copies) if ready)
        self.backend.join(state)
        self.rows += [[text, start] for _ in range(copies)]
        self._compare(logits, text, start)

    def step(self, count: int) -> None:
        for _ in range(count):
            logits = self.backend.step(torch.tensor([texts()[text][at] for text, at in self.rows]))
            for line, row in enumerate(self.rows):
                row[1] += 1
                self._compare(logits[line], *row)

    def keep(self, rows: list[int]) -> None:
        self.backend.keep(rows)
        self.rows = [self.rows[row] for row in rows]

    def _compare(self, logits: torch.Tensor, text: int, length: int) -> None:
        wanted = self.expected[text][length - 1]
        self.worst = max(self.worst, float((logits - wanted).norm() / wanted.norm()))


def play(backend: Joined | Fused, expected: list[torch.Tensor]) -> float:
    """Rows join, repeat, change places and leave; returns the worst relative error."""
    drive = Drive(backend, expected)
    drive.join(0, copies=2)
    drive.step(3)
    drive.join(1, copies=2)
    drive.step(4)
    drive.join(2, copies=1)
    drive.step(3)
    drive.keep([4, 2, 0])
    drive.step(6)
    drive.keep([1])
    drive.step(2)
    backend.keep([])
    assert backend.rows == 0
    return drive.worst


def scored(backend: Joined | Fused | Solo, expected: list[torch.Tensor]) -> float:
    """The worst relative error of texts of unlike length, scored together."""
    lengths = (LENGTH, 30, 41)
    batch = [ids[:length] for ids, length in zip(texts(), lengths, strict=True)]
    logits = torch.cat(list(backend.logits(batch)), 1)
    errors = [
        (logits[row, :length] - expected[row][:length]).norm() / expected[row][:length].norm()
        for row, length in enumerate(lengths)
    ]
    return float(max(errors))


@pytest.mark.parametrize("name", RUNNING)
def test_rows_that_join_repeat_and_leave_are_computed_as_if_alone(name: str) -> None:
    model = tiny.model(name)
    expected, tolerance = uncached(model), 1e-3 if name in RECURRENT else 1e-5
    backend = build(name, model)
    assert play(backend, expected) < tolerance
    assert scored(backend, expected) < tolerance


@pytest.mark.parametrize("name", [name for name in NAMES if tiny.kind(name) in FUSED])
def test_our_own_step_computes_what_the_published_model_does(name: str) -> None:
    model = tiny.model(name)
    expected = uncached(model)
    assert understands(model)
    backend = Fused(model, tiny.CONTEXT, lambda _: None)
    assert play(backend, expected) < 1e-5
    assert scored(backend, expected) < 1e-5


def without_mask(model: nn.Module) -> Callable[..., object]:
    """A forward that sees every slot, padding included."""
    forward = model.forward

    def changed(attention_mask: torch.Tensor, **given: object) -> object:
        return forward(attention_mask=torch.ones_like(attention_mask), **given)

    return changed


@pytest.mark.parametrize("name", PADDED)
def test_the_comparison_fails_when_the_mask_is_dropped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.model(name)
    expected, backend = uncached(model), build(name, model)
    monkeypatch.setattr(model, "forward", without_mask(model))
    assert play(backend, expected) > 1e-3


@pytest.mark.parametrize("name", [name for name in PADDED if tiny.kind(name) not in OWN_POSITIONS])
def test_the_comparison_fails_when_the_positions_are_dropped(name: str) -> None:
    model = tiny.model(name)
    expected, backend = uncached(model), build(name, model)
    backend._takes.discard("position_ids")
    assert play(backend, expected) > 1e-3


def test_the_comparison_fails_when_our_own_step_loses_lengths_or_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = uncached(tiny.model("llama"))
    backend = Fused(tiny.model("llama"), tiny.CONTEXT, lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr("swatchbook.engine.fused._spans", lambda lengths: [(0, len(lengths), max(lengths))])
        assert not play(backend, expected) < 1e-3
    turned = backend._turned
    monkeypatch.setattr(backend, "_turned", lambda places: turned(places.amax().expand_as(places)))
    assert play(backend, expected) > 1e-3


def test_prompts_share_a_batch_when_whole_blocks_of_padding_bring_them_together() -> None:
    backend = build("gpt2", tiny.model("gpt2"))
    for start in (5, 5 + joined.BLOCK, 6):
        *_, (_, state) = (ready for ready in backend.prefill(tiny.text(start), 1) if ready)
        backend.join(state)
    assert [group.rows for group in backend._groups] == [[0, 1], [2]]


def test_a_sliding_window_keeps_prompts_of_unlike_length_apart() -> None:
    backend = build("gemma2", tiny.model("gemma2"))
    for start in (5, 5 + joined.BLOCK):
        *_, (_, state) = (ready for ready in backend.prefill(tiny.text(start), 1) if ready)
        backend.join(state)
    assert [group.rows for group in backend._groups] == [[0], [1]]


@pytest.mark.parametrize("name", ["gemma2", "mistral"])
def test_prompts_within_a_wide_sliding_window_share_a_batch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined, "MAX_TOKENS", 16)
    model = tiny.model(name, sliding_window=100)
    expected, backend = uncached(model), build(name, model)
    assert play(backend, expected) < 1e-5


@pytest.mark.parametrize("name", sorted(SOLO))
def test_models_without_a_joinable_cache_run_alone(name: str) -> None:
    model = tiny.model(name)
    backend, drive = Solo(model, tiny.CONTEXT), None
    drive = Drive(backend, uncached(model))
    drive.join(1, copies=3)
    drive.step(2)
    drive.keep([2, 0])
    drive.step(2)
    assert scored(backend, drive.expected) < 1e-4  # in between: the running text must not notice
    drive.step(2)
    drive.keep([])
    drive.join(0, copies=1)
    drive.step(3)
    drive.keep([])
    assert drive.worst < 1e-4


def test_every_architecture_is_in_one_list() -> None:
    assert not FUSED & JOINED | FUSED & SOLO | JOINED & SOLO
    assert all(kind_of({"model_type": name}) == "fused" for name in FUSED)


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"model_type": "t5"}, "encoder-decoder"),
        ({"model_type": "strange", "is_encoder_decoder": True}, "encoder-decoder"),
        ({"model_type": "bert"}, "encoder"),
        ({"model_type": "rwkv"}, "RWKV"),
        ({"model_type": "xlnet"}, "XLNet"),
        ({"model_type": "llava", "vision_config": {}}, "pictures"),
        ({"model_type": "never_seen"}, "never_seen"),
        ({}, "model_type"),
    ],
)
def test_what_does_not_run_is_refused_with_one_sentence(config: dict[str, object], word: str) -> None:
    with pytest.raises(EngineError, match=word) as caught:
        kind_of(config)
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")
