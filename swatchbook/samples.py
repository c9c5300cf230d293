"""One sample of a run: a text with its tokens, what the model thought of each of them, and how it ended.

Part of the shared vocabulary: knows nothing of the run that holds the sample,
and imports nothing of the house but what documents are made of.
"""

from __future__ import annotations

import base64
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from swatchbook.strict import Strict

MAX_FILLINGS = 16
"""Most words that fill the slots of one prompt, and most prompts that a template makes."""
MAX_WORD = 2_000
"""Most characters in one word of a slot."""
MAX_TOKENS = 512
"""Most tokens of a sample."""
MAX_TOP = 5
"""Most alternatives that are kept for a token."""

Bits = Annotated[float, Field(ge=0, le=1e4)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Token = Annotated[int, Field(ge=-(2**31), lt=2**31)]
"""A token's id."""
Count = Annotated[int, Field(ge=0, lt=2**33)]
Finish = Literal["end", "stop", "length", "context", "cancelled", "failed"]
"""Why a sample ended: the model's own end token, a stop string, the token limit,
the end of the model's context, the visitor, or a failure."""

_COLUMN = Field(max_length=MAX_TOKENS)
_TOP = Field(max_length=MAX_TOP)


class Trace(Strict):
    """What the model thought of each token, before truncation and at temperature 1.

    `surprisal` and `entropy` are in bits, one value a token. `top_ids`, `top_bits`
    and `top_text` hold the five likeliest tokens at each place, likeliest first.
    """

    surprisal: Annotated[list[Bits], _COLUMN] = []
    entropy: Annotated[list[Bits], _COLUMN] = []
    top_ids: Annotated[list[Annotated[list[Token], _TOP]], _COLUMN] = []
    top_bits: Annotated[list[Annotated[list[Bits], _TOP]], _COLUMN] = []
    top_text: Annotated[list[Annotated[list[str], _TOP]], _COLUMN] = []


class Tag(Strict):
    """A stated rule that a text met, such as a loop; `token` is where it begins."""

    name: Annotated[str, Field(max_length=40)]
    detail: Annotated[str, Field(max_length=200)] = ""
    token: Count | None = None


class Timing(Strict):
    """Seconds from the asking for the sample to its first token, and to its end."""

    first_token: Seconds | None = None
    total: Seconds | None = None


class Sample(Strict):
    """One text by one lane.

    `ends[i]` is the byte offset, in `raw_bytes`, at which token i ends, so token i
    covers `ends[i-1]:ends[i]`. `raw` keeps those bytes (base64) only where they are
    not valid UTF-8; `text` is what a person reads. Many samples share a prompt: a document
    writes it once, in the run's `prompts`, and here its place there, `prompt_at`.
    """

    lane: str
    filling: Annotated[list[Annotated[str, Field(max_length=MAX_WORD)]], Field(max_length=MAX_FILLINGS)] = []
    index: Count = 0
    seed: Count = 0
    prompt: str = ""
    prompt_at: Count | None = None
    prompt_tokens: Count = 0
    token_ids: Annotated[list[Token], _COLUMN] = []
    ends: Annotated[list[int], _COLUMN] = []
    text: str = ""
    raw: str | None = None
    trace: Trace = Trace()
    finish: Finish | None = None
    timing: Timing = Timing()
    tags: Annotated[list[Tag], Field(max_length=40)] = []
    error: str | None = None

    @model_validator(mode="after")
    def _arrays_agree(self) -> Self:
        count, trace = len(self.token_ids), self.trace
        columns = (
            self.ends,
            trace.surprisal,
            trace.entropy,
            trace.top_ids,
            trace.top_bits,
            trace.top_text,
        )
        if any(len(column) not in (0, count) for column in columns):
            raise ValueError("a sample's tokens and its trace differ in length")
        ends = [0, *self.ends, len(self.raw_bytes)]
        if ends != sorted(ends):
            raise ValueError("a sample's tokens end outside its text")
        return self

    @field_validator("raw")
    @classmethod
    def _base64(cls, raw: str | None) -> str | None:
        if raw is not None:
            base64.b64decode(raw, validate=True)
        return raw

    @property
    def raw_bytes(self) -> bytes:
        """The text's bytes, which the tokens' spans index."""
        return base64.b64decode(self.raw) if self.raw is not None else self.text.encode()
