"""The shared vocabulary: models, lanes, samples and the run that holds them.

A run is one JSON document that can be written, read back and run again. This
module knows how such a document looks and what it may hold; it knows nothing
of engines, pages or files, and imports nothing of the house.
"""

from __future__ import annotations

import base64
import re
import secrets
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

FORMAT: Literal[1] = 1
MAX_LANES = 8
MAX_FILLINGS = 16
MAX_SAMPLES = 16
MAX_TOKENS = 512
MAX_RUN_TOKENS = 131_072
"""Most tokens a run may ask for: lanes x fillings x samples x tokens."""
MAX_PROMPT = 20_000
"""Most characters in a prompt template."""
MAX_WORD = 2_000
"""Most characters in one word of a slot."""
MAX_DOCUMENT = 64_000_000
"""Most bytes in a run's JSON document."""

Bits = Annotated[float, Field(ge=0, le=1e4)]
Source = Literal["house", "hub", "remote"]
Mode = Literal["completion", "chat"]
Finish = Literal["end", "stop", "length", "context", "cancelled", "failed"]
"""Why a sample ended: the model's own end token, a stop string, the token limit,
the end of the model's context, the visitor, or a failure."""

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


class RunError(ValueError):
    """A run that cannot be read or performed; its message is one sentence for a person."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ModelRef(Strict):
    """One model at one commit. `repo` is `name` for house models, `owner/name` on the Hub."""

    model_config = ConfigDict(frozen=True)

    source: Source
    repo: str
    commit: str | None = None

    @model_validator(mode="after")
    def _plain(self) -> Self:
        parts = self.repo.split("/")
        if len(parts) > 2 or not all(_PART.fullmatch(part) and ".." not in part for part in parts):
            raise ValueError(f"{self.repo[:80]!r} is not a model's name; write owner/name or house/name")
        if self.commit is not None and not _COMMIT.fullmatch(self.commit):
            raise ValueError(f"{self.commit[:80]!r} is not a commit; write 7 to 64 hexadecimal digits")
        return self

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        """Read `house/name`, `remote/name` or `owner/name`, each with `@commit` or without.

        Raises RunError when the text names no model.
        """
        address, _, commit = text.strip().partition("@")
        source, _, rest = address.partition("/")
        try:
            if source in ("house", "remote") and rest:
                return cls(source=cast(Source, source), repo=rest, commit=commit or None)
            return cls(source="hub", repo=address, commit=commit or None)
        except ValidationError as error:
            raise RunError(f"{_sentence(error)}.") from None

    @property
    def name(self) -> str:
        """The last part of the repository id, which is what people call the model."""
        return self.repo.rpartition("/")[2]

    def __str__(self) -> str:
        address = self.repo if self.source == "hub" else f"{self.source}/{self.repo}"
        return f"{address}@{self.commit}" if self.commit else address


class Lane(Strict):
    """One model's column in a run. Text belongs to a lane by `id`, never by position."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    model: ModelRef
    mode: Mode = "completion"
    precision: Literal["auto", "bf16", "fp32"] = "auto"


class Settings(Strict):
    """How each sample is drawn. `temperature` 0 takes the likeliest token every time."""

    samples: Annotated[int, Field(ge=1, le=MAX_SAMPLES)] = 4
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = 48
    temperature: Annotated[float, Field(ge=0, le=4)] = 0.9
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    min_p: Annotated[float, Field(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    stop: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=4)] = []
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7


class Trace(Strict):
    """What the model thought of each token, before truncation and at temperature 1.

    `surprisal` and `entropy` are in bits, one value a token. `top_ids`, `top_bits`
    and `top_text` hold the five likeliest tokens at each place, likeliest first.
    """

    surprisal: list[Bits] = []
    entropy: list[Bits] = []
    top_ids: list[list[int]] = []
    top_bits: list[list[Bits]] = []
    top_text: list[list[str]] = []


class Tag(Strict):
    """A stated rule that a text met, such as a loop; `token` is where it begins."""

    name: Annotated[str, Field(max_length=40)]
    detail: Annotated[str, Field(max_length=200)] = ""
    token: int | None = None


class Timing(Strict):
    """Seconds from the asking for the sample to its first token, and to its end."""

    first_token: float | None = None
    total: float | None = None


class Sample(Strict):
    """One text by one lane.

    `ends[i]` is the byte offset, in `raw_bytes`, at which token i ends, so token i
    covers `ends[i-1]:ends[i]`. `raw` keeps those bytes (base64) only where they are
    not valid UTF-8; `text` is what a person reads.
    """

    lane: str
    filling: Annotated[list[Annotated[str, Field(max_length=MAX_WORD)]], Field(max_length=MAX_FILLINGS)] = []
    index: int = 0
    seed: int = 0
    prompt: str = ""
    prompt_tokens: int = 0
    token_ids: Annotated[list[int], Field(max_length=MAX_TOKENS)] = []
    ends: list[int] = []
    text: str = ""
    raw: str | None = None
    trace: Trace = Trace()
    finish: Finish | None = None
    timing: Timing = Timing()
    tags: list[Tag] = []
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
        if any(a > b for a, b in pairwise([0, *self.ends, len(self.raw_bytes)])):
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


class Note(Strict):
    """A remark that travels with the run."""

    text: Annotated[str, Field(max_length=4000)]
    lane: str | None = None
    created: str = ""


def new_id() -> str:
    return secrets.token_urlsafe(12)


def now() -> str:
    """The time, in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Run(Strict):
    """A prompt template, its settings, its lanes, and the samples that came of them."""

    swatchbook: Literal[1] = FORMAT
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(default_factory=new_id)
    created: Annotated[str, Field(pattern=r"^[0-9T:.+Z-]{1,40}$")] = Field(default_factory=now)
    template: Annotated[str, Field(max_length=MAX_PROMPT)]
    settings: Settings = Settings()
    lanes: Annotated[list[Lane], Field(min_length=1, max_length=MAX_LANES)]
    samples: Annotated[list[Sample], Field(max_length=MAX_LANES * MAX_FILLINGS * MAX_SAMPLES)] = []
    notes: list[Note] = []
    versions: dict[str, str] = {}

    @field_validator("lanes")
    @classmethod
    def _distinct(cls, lanes: list[Lane]) -> list[Lane]:
        if len({lane.id for lane in lanes}) != len(lanes):
            raise ValueError("two lanes have the same id")
        return lanes

    @model_validator(mode="after")
    def _samples_belong(self) -> Self:
        known = {lane.id for lane in self.lanes}
        if strays := {sample.lane for sample in self.samples} - known:
            raise ValueError(f"a sample names a lane that is not in the run: {min(strays)[:64]!r}")
        return self

    def lane(self, lane_id: str) -> Lane:
        return next(lane for lane in self.lanes if lane.id == lane_id)

    def to_json(self) -> str:
        return self.model_dump_json(exclude_defaults=False)


def read_run(document: str | bytes) -> Run:
    """Read a run's JSON document. Raises RunError with one sentence when it is not one."""
    if len(document) > MAX_DOCUMENT:
        raise RunError(f"This file is larger than a run can be ({MAX_DOCUMENT // 1_000_000} MB).")
    try:
        return Run.model_validate_json(document)
    except ValidationError as error:
        raise RunError(f"This file is not a Swatchbook run: {_sentence(error)}.") from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"][:6])
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
