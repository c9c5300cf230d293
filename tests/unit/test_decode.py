"""The decode loop on a scripted backend: joining, stopping, cancelling, failing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import pytest
import torch

from swatchbook.engine.decode import Decoder
from swatchbook.engine.events import EngineError, Event, Failed, Finished, Job, Scored, Started, Tokens
from swatchbook.runs import Settings

T = TypeVar("T")

WORDS = [b"", b"a", b" b", b"c.", b" stop", b"\xf0\x9f", b"\x99\x82", b" d"]
CHUNK = 4


class History:
    """A backend whose logits depend on the whole history of a row, so that a mixed-up row shows."""

    vocabulary, context, joins, max_rows = len(WORDS), 64, True, 5
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.histories: list[list[int]] = []
        self.broken_at: int | None = None

    @property
    def rows(self) -> int:
        return len(self.histories)

    def row_logits(self, history: list[int]) -> torch.Tensor:
        seed = sum((at + 1) * 31 * (token + 7) for at, token in enumerate(history)) % 10_007
        logits = torch.randn(self.vocabulary, generator=torch.Generator().manual_seed(seed))
        logits[0] -= 2
        return logits * torch.nan if len(history) == self.broken_at else logits

    def prefill(self, ids: list[int], copies: int) -> Iterator[tuple[torch.Tensor, Any] | None]:
        for _ in range((len(ids) - 1) // CHUNK):
            yield None
        yield self.row_logits(ids), [list(ids) for _ in range(copies)]

    def join(self, state: Any) -> None:
        assert self.joins or not self.histories
        self.histories += state
        assert len(self.histories) <= self.max_rows

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        assert len(tokens) == len(self.histories)
        for history, token in zip(self.histories, tokens.tolist(), strict=True):
            history.append(token)
        return torch.stack([self.row_logits(history) for history in self.histories])

    def keep(self, rows: list[int]) -> None:
        self.histories = [self.histories[row] for row in rows]

    def logits(self, batch: list[list[int]]) -> Iterator[torch.Tensor]:
        longest = max(map(len, batch))
        for start in range(0, longest, CHUNK):
            span = range(start, min(start + CHUNK, longest))
            yield torch.stack([torch.stack([self.row_logits(ids[: at + 1]) for at in span]) for ids in batch])


class Letters:
    """A codec of one token a letter: a to h are 1 to 7, and 0 begins."""

    end_ids, context = {0}, 64

    def bytes_of(self, token: int) -> bytes:
        return WORDS[token]

    shown = bytes_of

    def render(self, prompt: str, mode: str) -> tuple[str, list[int]]:
        return self.opening(prompt, mode), [1 + ord(char) % 7 for char in prompt]

    def opening(self, prompt: str, mode: str) -> str:
        if mode == "chat":
            raise EngineError("This model has no chat template; choose completion for it.")
        return prompt

    def given(self, text: str, mode: str) -> tuple[list[int], list[int]]:  # noqa: ARG002
        return [0, *(1 + ord(char) % 7 for char in text)], list(range(len(text) + 1))


class Table:
    """Collects events by job."""

    def __init__(self, backend: History | None = None) -> None:
        self.backend = backend or History()
        self.events: list[tuple[int, Event]] = []
        self.decoder = Decoder(self.backend, Letters(), lambda number, event: self.events.append((number, event)))  # type: ignore[arg-type]

    def run(self, steps: int = 500) -> None:
        for _ in range(steps):
            if not self.decoder.busy:
                break
            self.decoder.advance()
        self.decoder.flush()

    def text(self, job: int, sample: int) -> bytes:
        return b"".join(event.raw for event in self.tokens(job, sample))

    def ids(self, job: int, sample: int) -> list[int]:
        return [int(i) for event in self.tokens(job, sample) for i in np.frombuffer(event.ids, "<i4")]

    def tokens(self, job: int, sample: int) -> list[Tokens]:
        return [
            event
            for number, event in self.events
            if number == job and isinstance(event, Tokens) and event.sample == sample
        ]

    def finishes(self, job: int) -> dict[int, str]:
        return {
            event.sample: event.finish for number, event in self.events if number == job and isinstance(event, Finished)
        }


def job(prompt: str = "lamp", seeds: tuple[int, ...] = (1, 2, 3), **settings: Any) -> Job:
    return Job(prompt, list(seeds), Settings(**{"temperature": 1.0, "max_tokens": 12, **settings}))


def test_a_sample_is_the_same_alone_and_in_company() -> None:
    together = Table()
    together.decoder.submit(1, job("lamp", (1, 2, 3)))
    for _ in range(3):
        together.decoder.advance()
    together.decoder.submit(2, job("a rather long prompt", (4, 5, 6, 7)))
    together.run()
    for number, prompt, seeds in ((1, "lamp", (1, 2, 3)), (2, "a rather long prompt", (4, 5, 6, 7))):
        for sample, seed in enumerate(seeds):
            alone = Table()
            alone.decoder.submit(9, job(prompt, (seed,)))
            alone.run()
            assert alone.ids(9, 0) == together.ids(number, sample)
    assert together.backend.rows == 0


def test_more_samples_than_rows_are_all_drawn() -> None:
    table = Table()
    table.decoder.submit(1, job(seeds=tuple(range(12))))
    table.run()
    assert sorted(table.finishes(1)) == list(range(12))


def test_a_long_prompt_does_not_stall_who_is_writing() -> None:
    table = Table()
    table.decoder.submit(1, job(seeds=(11,), max_tokens=40, temperature=0.9))
    table.decoder.advance()
    table.decoder.submit(2, job("x" * 40, (4,)))
    before = table.backend.histories[0].copy() if table.backend.rows else []
    for _ in range(3):
        table.decoder.advance()
    assert len(table.backend.histories[0]) == len(before) + 3


def test_a_backend_that_cannot_join_runs_batch_after_batch() -> None:
    backend = History()
    backend.joins = False
    table = Table(backend)
    table.decoder.submit(1, job())
    table.decoder.submit(2, job("other", (5, 6)))
    table.run()
    assert len(table.finishes(1)) == 3
    assert len(table.finishes(2)) == 2


def test_length_and_context_and_end_are_told_apart() -> None:
    table = Table()
    table.decoder.submit(1, job(seeds=tuple(range(5)), max_tokens=3))
    table.decoder.submit(2, job("x" * 60, tuple(range(5)), max_tokens=30))
    table.run()
    assert set(table.finishes(1).values()) <= {"length", "end"}
    assert "context" in table.finishes(2).values()
    for sample, finish in table.finishes(2).items():
        assert (table.ids(2, sample)[-1] == 0) == (finish == "end")
        assert len(table.ids(2, sample)) <= 4


def test_a_stop_string_cuts_the_text_and_is_never_shown() -> None:
    table = Table()
    table.decoder.submit(1, job(seeds=tuple(range(8)), max_tokens=40, stop=["c. b", " stop"]))
    for _ in range(400):
        if not table.decoder.busy:
            break
        table.decoder.advance()
        table.decoder.flush()
    assert "stop" in table.finishes(1).values()
    for sample, finish in table.finishes(1).items():
        text, whole = table.text(1, sample), b"".join(WORDS[i] for i in table.ids(1, sample))
        assert b" stop" not in text
        assert b"c. b" not in text
        assert whole.startswith(text)
        assert (len(text) < len(whole)) == (finish == "stop")


def test_flushed_pieces_and_arrays_agree() -> None:
    table = Table()
    table.decoder.submit(1, job(seeds=(3, 4), max_tokens=20))
    while table.decoder.busy:
        table.decoder.advance()
        table.decoder.flush()
    for sample in (0, 1):
        ends = [int(end) for event in table.tokens(1, sample) for end in np.frombuffer(event.ends, "<i4")]
        assert ends == np.cumsum([len(WORDS[i]) for i in table.ids(1, sample)]).tolist()
        for event in table.tokens(1, sample):
            count = len(event.ids) // 4
            assert len(event.surprisal) == len(event.entropy) == 4 * count
            assert len(event.top_ids) == len(event.top_bits) == 20 * count
            assert len(event.top_text) == 5 * count


def test_cancelling_one_job_leaves_the_other_as_it_was() -> None:
    table, alone = Table(), Table()
    alone.decoder.submit(2, job("other", (5,), max_tokens=30))
    alone.run()
    table.decoder.submit(1, job(max_tokens=30))
    table.decoder.submit(2, job("other", (5,), max_tokens=30))
    for _ in range(4):
        table.decoder.advance()
    table.decoder.cancel(1)
    table.run()
    assert table.ids(2, 0) == alone.ids(2, 0)
    assert not table.decoder.busy


def test_cancelling_while_a_prompt_is_read() -> None:
    table = Table()
    table.decoder.submit(1, job("x" * 40))
    table.decoder.advance()
    table.decoder.cancel(1)
    assert not table.decoder.busy
    table.run()
    assert table.backend.rows == 0


def test_numbers_that_are_none_fail_their_sample_only() -> None:
    backend = History()
    backend.broken_at = 9
    table = Table(backend)
    table.decoder.submit(1, job("lamp", (1, 2), max_tokens=30))
    table.decoder.submit(2, job("a prompt of more letters than nine", (3,), max_tokens=4))
    table.run()
    failed = [event for number, event in table.events if number == 1 and isinstance(event, Failed)]
    ended_early = [finish for finish in table.finishes(1).values() if finish == "end"]
    assert len(failed) + len(ended_early) == 2
    assert failed
    assert "token 6" in failed[0].message
    assert list(table.finishes(2)) == [0]


def test_failing_everything_tells_each_job_once() -> None:
    table = Table()
    for number in (1, 2, 3):
        table.decoder.submit(number, job(max_tokens=30))
    table.decoder.advance()
    table.decoder.fail_all("Out of memory.")
    told = [number for number, event in table.events if isinstance(event, Failed)]
    assert told == [1, 2, 3]
    assert not table.decoder.busy


def test_a_prompt_that_cannot_be_rendered_is_a_failed_job() -> None:
    table = Table()
    table.decoder.submit(1, Job("hello", [1], Settings(), mode="chat"))
    assert [type(event) for _, event in table.events] == [Failed]
    assert not table.decoder.busy


def test_scores_follow_the_chain_rule_and_run_beside_decoding() -> None:
    table = Table()
    table.decoder.submit(1, job(max_tokens=30))
    table.decoder.submit_scoring(2, [("", "abcdef"), ("abc", "def"), ("abcdef", "ghijklmn")])
    table.run()
    (scored,) = [event for _, event in table.events if isinstance(event, Scored)]
    whole, tail, _ = scored.texts
    assert whole.bits[3:] == pytest.approx(tail.bits)
    assert whole.ends == [1, 2, 3, 4, 5, 6]
    assert tail.ends == [1, 2, 3]
    backend = History()
    expected = -torch.log_softmax(backend.row_logits([0]), -1)[whole.ids[0]] / np.log(2)
    assert whole.bits[0] == pytest.approx(float(expected), abs=1e-5)
    assert [len(text.bits) for text in scored.texts] == [6, 3, 8]


def test_a_text_too_long_to_score_says_so() -> None:
    table = Table()
    table.decoder.submit_scoring(1, [("", "x" * 100)])
    table.run()
    (failed,) = [event for _, event in table.events if isinstance(event, Failed)]
    assert "101 tokens" in failed.message


def test_started_tells_the_rendered_prompt() -> None:
    table = Table()
    table.decoder.submit(1, job("lamp"))
    assert table.events == [(1, Started("lamp", 4))]
