"""The decode loop: prompts are prefilled, rows join, draw, and leave.

One `Decoder` drives one backend. Work comes in small pieces, so that whoever
calls `advance` can look up between two of them: one chunk of a waiting prompt
or scoring, then one token for every running row. It knows jobs and events, not
processes; what it emits is plain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from swatchbook.engine.backend import Backend
from swatchbook.engine.draw import Drawn, Place, draw
from swatchbook.engine.events import EngineError, Event, Failed, Finished, Job, Scored, Started, Tokens
from swatchbook.engine.score import score_texts
from swatchbook.engine.tokens import Codec
from swatchbook.runs import Finish

Emit = Callable[[int, Event], None]
"""Takes a job's number and an event of it."""


@dataclass(slots=True)
class Row:
    """One sample while it is drawn."""

    job: int
    sample: int
    place: Place
    prompt: list[int]
    ids: list[int] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    sent: int = 0
    drawn: list[Drawn] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def take(self, drawn: Drawn, line: int, piece: bytes) -> None:
        """Add the token that `drawn` holds at `line`."""
        token = int(drawn.ids[line])
        self.ids.append(token)
        self.raw += piece
        self.drawn.append(drawn)
        self.lines.append(line)
        self.ends.append(len(self.raw))
        self.place.step += 1
        if self.place.met is not None:
            self.place.met = torch.cat([self.place.met, self.place.met.new_tensor([token])]).unique()


@dataclass(slots=True)
class Pending:
    """A job of which some samples still wait for room."""

    number: int
    job: Job
    ids: list[int]
    next: int = 0


class Decoder:
    """Runs all jobs of one model in one batch."""

    def __init__(self, backend: Backend, codec: Codec, emit: Emit) -> None:
        self._backend, self._codec, self._emit = backend, codec, emit
        self._rows: list[Row] = []
        self._pending: deque[Pending] = deque()
        self._prefill: tuple[Pending, list[Row], Iterator[Any]] | None = None
        self._scoring: deque[tuple[int, Iterator[Scored | None]]] = deque()

    @property
    def busy(self) -> bool:
        """Whether `advance` has anything to do."""
        return bool(self._rows or self._pending or self._prefill or self._scoring)

    def submit(self, number: int, job: Job) -> None:
        """Take a job in; it joins the running batch at the next step that has room."""
        try:
            rendered, ids = self._codec.render(job.prompt, job.mode)
            if max(ids) >= self._backend.vocabulary:
                raise EngineError("This model's tokenizer and weights do not belong together; download it again.")
        except EngineError as error:
            self._emit(number, Failed(str(error)))
            return
        self._emit(number, Started(rendered, len(ids)))
        self._pending.append(Pending(number, job, ids))

    def submit_scoring(self, number: int, texts: list[tuple[str, str]], mode: str = "completion") -> None:
        """Take texts to be scored; they are read chunk by chunk between decode steps."""
        self._scoring.append((number, score_texts(self._backend, self._codec, texts, mode)))

    def cancel(self, number: int) -> None:
        """Forget a job; what was drawn and not yet flushed is dropped."""
        self._pending = deque(pending for pending in self._pending if pending.number != number)
        self._scoring = deque(item for item in self._scoring if item[0] != number)
        if self._prefill and self._prefill[0].number == number:
            self._prefill = None
        self._keep([row for row in self._rows if row.job != number])

    def advance(self) -> None:
        """One chunk of waiting work, if any, then one token for every row."""
        if self._scoring:
            self._score_chunk()
        if self._prefill is None:
            self._begin_prefill()
        if self._prefill is not None:
            self._prefill_chunk()
        if self._rows:
            self._step()

    def flush(self) -> None:
        """Emit every row's new tokens."""
        for row in self._rows:
            self._flush_row(row, final=False)

    def fail_all(self, message: str) -> None:
        """End every job with one sentence, and leave an empty batch."""
        numbers = {row.job for row in self._rows} | {pending.number for pending in self._pending}
        numbers |= {number for number, _ in self._scoring}
        if self._prefill:
            numbers.add(self._prefill[0].number)
        self._pending.clear()
        self._scoring.clear()
        self._prefill = None
        self._keep([])
        for number in sorted(numbers):
            self._emit(number, Failed(message))

    def _begin_prefill(self) -> None:
        room = self._backend.max_rows - len(self._rows)
        if not self._pending or room <= 0 or (self._rows and not self._backend.joins):
            return
        pending = self._pending[0]
        seeds = pending.job.seeds[pending.next : pending.next + room]
        rows = [self._row(pending, pending.next + at, seed) for at, seed in enumerate(seeds)]
        pending.next += len(seeds)
        if pending.next == len(pending.job.seeds):
            self._pending.popleft()
        self._prefill = (pending, rows, self._backend.prefill(pending.ids, len(rows)))

    def _row(self, pending: Pending, sample: int, seed: int) -> Row:
        settings = pending.job.settings
        penalised = settings.repetition_penalty != 1.0
        met = torch.tensor(pending.ids, device=self._backend.device).unique() if penalised else None
        return Row(pending.number, sample, Place(settings, seed, 0, met), pending.ids)

    def _prefill_chunk(self) -> None:
        assert self._prefill is not None
        _, rows, chunks = self._prefill
        ready = next(chunks)
        if ready is None:
            return
        logits, state = ready
        self._prefill = None
        self._backend.join(state)
        self._rows += rows
        self._draw(logits.expand(len(rows), -1), rows)

    def _step(self) -> None:
        last = torch.tensor([row.ids[-1] for row in self._rows], device=self._backend.device)
        self._draw(self._backend.step(last), list(self._rows))

    def _draw(self, logits: torch.Tensor, rows: list[Row]) -> None:
        """Draw a token for each of these rows; rows that end leave the batch."""
        try:
            drawn = draw(logits, [row.place for row in rows])
        except FloatingPointError:
            self._overflowed(logits, rows)
            return
        ended = set()
        for line, row in enumerate(rows):
            row.take(drawn, line, self._codec.bytes_of(int(drawn.ids[line])))
            if finish := self._finish(row):
                ended.add(id(row))
                self._end(row, finish)
        if ended:
            self._keep([row for row in self._rows if id(row) not in ended])

    def _overflowed(self, logits: torch.Tensor, rows: list[Row]) -> None:
        good = torch.isfinite(logits.amax(-1))
        bad = {id(row) for row, fine in zip(rows, good.tolist(), strict=True) if not fine}
        for row in rows:
            if id(row) in bad:
                self._flush_row(row, final=True)
                message = f"At token {len(row.ids) + 1} the model computed no numbers; its weights may be damaged."
                self._emit(row.job, Failed(message, row.sample))
        self._keep([row for row in self._rows if id(row) not in bad])
        if left := [line for line, row in enumerate(rows) if id(row) not in bad]:
            self._draw(logits[left], [rows[line] for line in left])

    def _finish(self, row: Row) -> Finish | None:
        settings = row.place.settings
        if row.ids[-1] in self._codec.end_ids:
            return "end"
        if (cut := _stop_at(row.raw, settings.stop)) is not None:
            del row.raw[cut:]
            return "stop"
        if len(row.ids) >= settings.max_tokens:
            return "length"
        return "context" if len(row.prompt) + len(row.ids) >= self._codec.context else None

    def _end(self, row: Row, finish: Finish) -> None:
        self._flush_row(row, final=True)
        self._emit(row.job, Finished(row.sample, finish, len(row.raw)))

    def _keep(self, rows: list[Row]) -> None:
        if len(rows) == len(self._rows):
            return
        places = {id(row): at for at, row in enumerate(self._rows)}
        self._backend.keep([places[id(row)] for row in rows])
        self._rows = rows

    def _flush_row(self, row: Row, final: bool) -> None:
        if not row.drawn:
            return
        until = len(row.raw) if final else len(row.raw) - _held_back(row.raw, row.place.settings.stop)
        raw = bytes(row.raw[row.sent : max(until, row.sent)])
        row.sent += len(raw)
        self._emit(row.job, self._tokens(row, raw))
        row.drawn, row.lines, row.ends = [], [], []

    def _tokens(self, row: Row, raw: bytes) -> Tokens:
        def column(name: str) -> np.ndarray:
            return np.stack([getattr(drawn, name)[line] for drawn, line in zip(row.drawn, row.lines, strict=True)])

        top = column("top_ids")
        return Tokens(
            sample=row.sample,
            ids=column("ids").astype("<i4").tobytes(),
            ends=np.array(row.ends, "<i4").tobytes(),
            surprisal=column("surprisal").tobytes(),
            entropy=column("entropy").tobytes(),
            top_ids=top.tobytes(),
            top_bits=column("top_bits").tobytes(),
            top_text=[self._codec.shown(token) for token in top.flatten().tolist()],
            raw=raw,
        )

    def _score_chunk(self) -> None:
        number, chunks = self._scoring[0]
        try:
            scored = next(chunks)
        except EngineError as error:
            self._scoring.popleft()
            self._emit(number, Failed(str(error)))
            return
        if scored is not None:
            self._scoring.popleft()
            self._emit(number, scored)


def _stop_at(raw: bytearray, stops: list[str]) -> int | None:
    """The first byte of the earliest stop string, if there is one."""
    found = [at for stop in stops if (at := raw.find(stop.encode())) >= 0]
    return min(found, default=None)


def _held_back(raw: bytearray, stops: list[str]) -> int:
    """How many last bytes may be the beginning of a stop string."""
    held = 0
    for stop in stops:
        needle = stop.encode()
        for length in range(min(len(needle) - 1, len(raw)), held, -1):
            if raw.endswith(needle[:length]):
                held = length
                break
    return held
