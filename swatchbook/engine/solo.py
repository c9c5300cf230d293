"""Models whose state cannot be joined, run by their own `generate`, one prompt at a time.

`generate` runs in a thread of its own and stops at each token: it hands its
logits out and waits for the tokens that were drawn. Only one of the two threads
ever runs. Knows public arguments of `generate` only, and no cache.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import torch
from torch import nn
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from swatchbook.engine.backend import MIN_ROWS, right_padded


class _Ended(Exception):
    """Raised inside `generate`, to leave it."""


@dataclass(slots=True)
class _Prompt:
    ids: list[int]
    copies: int


class Solo:
    """One prompt at a time; a new one starts once the batch is empty."""

    joins = False
    max_rows = 64

    def __init__(self, model: nn.Module, context: int) -> None:
        self._model = model
        self.vocabulary, self.context, self.device = model.config.vocab_size, context, model.device
        self._run: _Run | None = None
        self._rows: list[int] = []

    @property
    def rows(self) -> int:
        return len(self._rows)

    def prefill(self, ids: list[int], copies: int) -> Iterator[tuple[torch.Tensor, Any] | None]:
        """The prompt's logits, without a cache; `join` starts `generate`, which computes them again."""
        yield self._forward([ids])[0, -1], _Prompt(ids, copies)

    def join(self, state: _Prompt) -> None:
        if self._rows:
            raise RuntimeError("this model takes a new prompt only when its batch is empty")
        # As few rows as this would be computed by other kernels than many are.
        self._run = _Run(self._model, state.ids, max(state.copies, MIN_ROWS), self.context)
        self._rows = list(range(state.copies))

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        assert self._run is not None
        drawn = torch.zeros(self._run.rows, dtype=torch.long, device=self.device)
        drawn[self._rows] = tokens
        return self._run.step(drawn)[self._rows]

    def keep(self, rows: list[int]) -> None:
        self._rows = [self._rows[row] for row in rows]
        if not self._rows and self._run is not None:
            self._run.end()
            self._run = None

    def logits(self, batch: list[list[int]]) -> Iterator[torch.Tensor]:
        if self._run is not None:
            # Such a model keeps its state in itself, so the running text is begun again afterwards.
            self._run.pause()
        yield self._forward(batch)

    @torch.inference_mode()
    def _forward(self, batch: list[list[int]]) -> torch.Tensor:
        out: torch.Tensor = self._model(right_padded(batch, self.device), use_cache=False).logits
        return out.float()


class _Run:
    """One call to `generate`, taken a token at a time."""

    def __init__(self, model: nn.Module, ids: list[int], rows: int, context: int) -> None:
        self.rows = rows
        self._model, self._context = model, context
        self._ids = torch.tensor([ids] * rows, device=model.device)
        self._thread: threading.Thread | None = None

    def step(self, drawn: torch.Tensor) -> torch.Tensor:
        """Give the tokens drawn from the last logits; returns the next."""
        if self._thread is None:
            self._ids = torch.cat((self._ids, drawn[:, None]), 1)
            return self._begin()
        self._ids = torch.cat((self._ids, drawn[:, None]), 1)
        self._tokens.put(drawn)
        return self._next()

    def pause(self) -> None:
        """Leave `generate`; the next step begins it again with all tokens so far."""
        if self._thread is not None:
            self._tokens.put(None)
            self._thread.join()
            self._thread = None

    end = pause

    def _begin(self) -> torch.Tensor:
        self._logits: SimpleQueue[torch.Tensor | BaseException] = SimpleQueue()
        self._tokens: SimpleQueue[torch.Tensor | None] = SimpleQueue()
        threads = torch.get_num_threads()
        self._thread = threading.Thread(target=self._generate, args=(self._ids, threads), daemon=True)
        self._thread.start()
        return self._next()

    def _next(self) -> torch.Tensor:
        logits = self._logits.get()
        if isinstance(logits, BaseException):
            assert self._thread is not None
            self._thread.join()
            self._thread = None
            raise RuntimeError(f"generate failed: {logits}") from logits
        return logits

    def _generate(self, ids: torch.Tensor, threads: int) -> None:
        torch.set_num_threads(threads)
        settings = GenerationConfig(do_sample=False, max_new_tokens=self._context, pad_token_id=0)
        try:
            with torch.inference_mode():
                self._model.generate(
                    ids,
                    attention_mask=torch.ones_like(ids),
                    generation_config=settings,
                    logits_processor=LogitsProcessorList([self._exchange]),
                    stopping_criteria=StoppingCriteriaList([]),
                )
        except _Ended:
            return
        except BaseException as error:  # noqa: BLE001 - handed to the other thread, which raises it
            self._logits.put(error)

    def _exchange(self, _: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Hand the logits out, wait for the tokens drawn, and leave nothing else to choose."""
        self._logits.put(scores.float())
        drawn = self._tokens.get()
        if drawn is None:
            raise _Ended
        return torch.full_like(scores, -torch.inf).scatter_(1, drawn[:, None], 0)
