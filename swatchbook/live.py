"""A run's lanes while they are written: what has come of each sample, and the sample that it becomes.

Knows the engine's events and the run's vocabulary; who performs the run, and
when the page is told, is `runner`'s work.
"""

from __future__ import annotations

import base64
import codecs
from dataclasses import dataclass, field

import numpy as np

from swatchbook.engine.events import Loading, Tokens
from swatchbook.measures.failure import findings
from swatchbook.runs import Finish, Lane, Sample, Tag, Timing, Trace

TOP = 5
MEASURABLE = 0.02
"""Seconds of writing under which a lane's speed is not stated: events come in bunches."""


@dataclass(slots=True)
class LiveSample:
    """A sample while it is being written. Arrays grow; `text` only ever grows at its end."""

    lane: str
    filling: tuple[str, ...]
    index: int
    seed: int
    prompt: str = ""
    prompt_tokens: int = 0
    text: str = ""
    raw: bytearray = field(default_factory=bytearray)
    chunks: list[Tokens] = field(default_factory=list)
    tokens: int = 0
    finish: Finish | None = None
    error: str | None = None
    first_token: float | None = None
    total: float | None = None
    tags: list[Tag] = field(default_factory=list)
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def add(self, chunk: Tokens, elapsed: float) -> int:
        """Take in new tokens; returns how many."""
        if self.first_token is None:
            self.first_token = elapsed
        self.chunks.append(chunk)
        self.raw += chunk.raw
        self.text += self._decoder.decode(chunk.raw)
        count = len(chunk.ids) // 4
        self.tokens += count
        return count

    def end(self, finish: Finish, elapsed: float, error: str | None = None) -> None:
        """Close the sample; a second end changes nothing."""
        if self.finish is not None:
            return
        self.finish, self.error, self.total = finish, error, elapsed
        self.text += self._decoder.decode(b"", final=True)
        ids = self.token_ids()[:-1] if finish == "end" else self.token_ids()
        found = findings(ids, self.text, self.prompt, finish)
        self.tags = [Tag(name=name, detail=detail, token=token) for name, detail, token in found]

    def token_ids(self) -> list[int]:
        return _column(self.chunks, "ids", np.int32)

    def frozen(self) -> Sample:
        """The sample as the run's document keeps it."""
        raw = bytes(self.raw)
        valid = raw == self.text.encode(errors="surrogatepass")
        return Sample(
            lane=self.lane,
            filling=list(self.filling),
            index=self.index,
            seed=self.seed,
            prompt=self.prompt,
            prompt_tokens=self.prompt_tokens,
            token_ids=self.token_ids(),
            ends=[min(end, len(raw)) for end in _column(self.chunks, "ends", np.int32)],
            text=self.text,
            raw=None if valid else base64.b64encode(raw).decode(),
            trace=_trace(self.chunks),
            finish=self.finish,
            timing=Timing(first_token=_seconds(self.first_token), total=_seconds(self.total)),
            tags=self.tags,
            error=self.error,
        )


@dataclass(slots=True)
class LaneState:
    """A lane while it runs: what the page shows of it."""

    lane: Lane
    samples: list[LiveSample]
    loading: Loading | None = None
    error: str | None = None
    tokens: int = 0
    first_token: float | None = None
    last_token: float | None = None
    done: bool = False

    @property
    def status(self) -> str:
        """One of: failed, done, writing, loading, waiting."""
        if self.error:
            return "failed"
        if self.done:
            return "done"
        if self.first_token is not None:
            return "writing"
        return "loading" if self.loading and self.loading.share is not None else "waiting"

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens of all the lane's samples a second, from its first token to its last."""
        if self.first_token is None or self.last_token is None or self.last_token - self.first_token < MEASURABLE:
            return None
        return self.tokens / (self.last_token - self.first_token)


def _column(chunks: list[Tokens], name: str, kind: type) -> list:  # type: ignore[type-arg]
    data = b"".join(getattr(chunk, name) for chunk in chunks)
    return np.frombuffer(data, dtype=np.dtype(kind).newbyteorder("<")).tolist()


def _trace(chunks: list[Tokens]) -> Trace:
    surprisal = _column(chunks, "surprisal", np.float32)
    text = [token.decode(errors="replace") for chunk in chunks for token in chunk.top_text]
    places = range(0, len(surprisal) * TOP, TOP)
    ids, bits = _column(chunks, "top_ids", np.int32), _column(chunks, "top_bits", np.float32)
    return Trace(
        surprisal=[round(value, 4) for value in surprisal],
        entropy=[round(value, 4) for value in _column(chunks, "entropy", np.float32)],
        top_ids=[ids[at : at + TOP] for at in places],
        top_bits=[[round(value, 4) for value in bits[at : at + TOP]] for at in places],
        top_text=[text[at : at + TOP] for at in places],
    )


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
