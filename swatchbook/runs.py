"""The shared vocabulary: models, lanes, samples and the run that holds them.

A run is one JSON document that can be written, read back and run again. This
module knows how such a document looks and what it may hold; it knows nothing
of engines, pages or files, and imports nothing of the house.
"""

from __future__ import annotations

import re
from itertools import islice
from sys import getsizeof
from typing import Annotated, Literal, Self, cast

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from swatchbook.bounded import Later, Refused, read
from swatchbook.notes import Blind, Note
from swatchbook.samples import MAX_FILLINGS as MAX_FILLINGS
from swatchbook.samples import MAX_TOKENS as MAX_TOKENS
from swatchbook.samples import MAX_WORD as MAX_WORD
from swatchbook.samples import Finish as Finish
from swatchbook.samples import Sample as Sample
from swatchbook.samples import Tag as Tag
from swatchbook.samples import Timing as Timing
from swatchbook.samples import Trace as Trace
from swatchbook.strict import Id, Moment, Strict, new_id, now, sentence

FORMAT: Literal[2] = 2
MAX_LANES = 8
MAX_SAMPLES = 16
MAX_RUN_TOKENS = 131_072
"""Most tokens a run may ask for: lanes x fillings x samples x tokens."""
MAX_PROMPT = 20_000
"""Most characters in a prompt template."""
MAX_DOCUMENT = 48_000_000
"""Most bytes in a run's JSON document."""
MAX_TEXTS = 48_000_000
"""Most bytes of memory that all the texts of its samples may take, those that are the same counted once."""
MAX_TITLE = 120
MAX_NOTES = 1000
MAX_READINGS = 200

Source = Literal["house", "hub", "remote"]
Mode = Literal["completion", "chat"]

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


class RunError(ValueError):
    """A run that cannot be read or performed; its message is one sentence for a person."""


class Newer(RunError):
    """A document of a format that only a later Swatchbook knows."""


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
            raise RunError(f"{sentence(error)}.") from None

    @property
    def name(self) -> str:
        """The last part of the repository id, which is what people call the model."""
        return self.repo.rpartition("/")[2]

    def __str__(self) -> str:
        address = self.repo if self.source == "hub" else f"{self.source}/{self.repo}"
        return f"{address}@{self.commit}" if self.commit else address


class Lane(Strict):
    """One model's column in a run. Text belongs to a lane by `id`, never by position.

    A lane that `repeats` another is a placebo: the same model, asked the same way with other seeds.
    """

    id: Id
    model: ModelRef
    mode: Mode = "completion"
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    repeats: Id | None = None


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


class Credit(Strict):
    """Whom a lane owes its text to, as it was known when the run was made. Empty means that nobody said."""

    model: ModelRef
    author: Annotated[str, Field(max_length=200)] = ""
    licence: Annotated[str, Field(max_length=200)] = ""
    datasets: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)] = []
    parents: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=8)] = []

    @property
    def homemade(self) -> bool:
        """Whether it is a house model, made here from nothing but the texts that were written for it."""
        own = self.model.source == "house" and self.datasets == [f"house/{self.model.repo}"]
        return own and not self.parents and self.author in ("", "house")


Relation = Literal["again", "notes", "remix"]
"""How a run came of its parent: the same asked again, the same with more notes, or something asked otherwise."""
_Word = Annotated[str, Field(max_length=200)]


class Run(Strict):
    """A prompt template, its settings, its lanes, and the samples that came of them.

    `machine` and `versions` say where the samples were written; `parent` is the id of the run this one came of.
    """

    swatchbook: Literal[1, 2] = FORMAT
    id: Id = Field(default_factory=new_id)
    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""
    created: Moment = Field(default_factory=now)
    parent: Id | None = None
    relation: Relation | None = None
    template: Annotated[str, Field(max_length=MAX_PROMPT)]
    settings: Settings = Settings()
    lanes: Annotated[list[Lane], Field(min_length=1, max_length=MAX_LANES)]
    prompts: Annotated[list[str], Field(max_length=MAX_LANES * MAX_FILLINGS)] = []
    samples: Annotated[list[Sample], Field(max_length=MAX_LANES * MAX_FILLINGS * MAX_SAMPLES)] = []
    notes: Annotated[list[Note], Field(max_length=MAX_NOTES)] = []
    readings: Annotated[list[Blind], Field(max_length=MAX_READINGS)] = []
    credits: Annotated[list[Credit], Field(max_length=MAX_LANES)] = []
    machine: _Word = ""
    versions: Annotated[dict[_Word, _Word], Field(max_length=20)] = {}

    @field_validator("lanes")
    @classmethod
    def _distinct(cls, lanes: list[Lane]) -> list[Lane]:
        known = {lane.id: lane for lane in lanes}
        if len(known) != len(lanes):
            raise ValueError("two lanes have the same id")
        for lane in lanes:
            other = known.get(lane.repeats) if lane.repeats else None
            if lane.repeats and (other is None or other.repeats or other.model != lane.model):
                raise ValueError("a placebo lane repeats no other lane of its model")
        return lanes

    @model_validator(mode="after")
    def _samples_belong(self) -> Self:
        known = {lane.id for lane in self.lanes}
        if strays := {sample.lane for sample in self.samples} - known:
            raise ValueError(f"a sample names a lane that is not in the run: {min(strays)[:64]!r}")
        if strays := {lane for blind in self.readings for lane in blind.order} - known:
            raise ValueError(f"a blind reading shows a lane that is not in the run: {min(strays)[:64]!r}")
        return self

    @model_validator(mode="after")
    def _notes_belong(self) -> Self:
        ids = [note.id for note in self.notes]
        if len(set(ids)) != len(ids):
            raise ValueError("two notes have the same id")
        lanes = {lane.id: self.of(lane.id) for lane in self.lanes} if self.notes else {}
        for place, note in enumerate(self.notes):
            if note.answers is not None and note.answers not in ids[:place]:
                raise ValueError("a note answers one that is not before it in the run")
            for span in note.at:
                samples = lanes.get(span.lane)
                if samples is None or (span.sample is not None and span.sample >= len(samples)):
                    raise ValueError("a note's place is not in the run")
                if span.end is not None and span.end > len(samples[span.sample or 0].text):
                    raise ValueError("a note's place lies beyond its text")
        return self

    @model_validator(mode="after")
    def _as_it_is_here(self) -> Self:
        """A document that was just read, as the house holds it: in the newest format, each sample with its prompt."""
        for sample in self.samples:
            if sample.prompt_at is not None:
                if sample.prompt_at >= len(self.prompts):
                    raise ValueError("a sample's prompt is not in the run")
                sample.prompt, sample.prompt_at = self.prompts[sample.prompt_at], None
        self.swatchbook, self.prompts = FORMAT, []
        return self

    def lane(self, lane_id: str) -> Lane:
        return next(lane for lane in self.lanes if lane.id == lane_id)

    def of(self, lane_id: str) -> list[Sample]:
        """The samples of a lane, in order."""
        return [sample for sample in self.samples if sample.lane == lane_id]

    def to_json(self) -> str:
        """The document, with each prompt written once."""
        places = {text: place for place, text in enumerate(dict.fromkeys(s.prompt for s in self.samples if s.prompt))}
        if len(places) > MAX_LANES * MAX_FILLINGS:
            places = {}
        samples = [
            sample.model_copy(update={"prompt": "", "prompt_at": places[sample.prompt]})
            if sample.prompt in places
            else sample
            for sample in self.samples
        ]
        document = self.model_copy(update={"prompts": list(places), "samples": samples})
        return document.model_dump_json()


def read_run(document: str | bytes) -> Run:
    """Read a run's JSON document. Raises RunError with one sentence when it is not one, Newer for a later one."""
    try:
        return read(Run, document, MAX_DOCUMENT, "swatchbook", FORMAT, _Budget().spend)
    except Later:
        raise Newer("This run was written by a newer Swatchbook; update this one to open it.") from None
    except Refused as cause:
        raise RunError(f"This file is not a Swatchbook run: {cause}.") from None


class _Budget:
    """What all samples of a document may take together. Words and prompts that many of them share are held once."""

    def __init__(self) -> None:
        self._tokens, self._bytes = MAX_RUN_TOKENS, MAX_TEXTS
        self._shared: dict[str, str] = {}

    def spend(self, _name: str, item: object) -> None:
        """Take an item's size off. Raises Refused when nothing is left."""
        if isinstance(item, Sample):
            known, hold = len(self._shared), self._shared.setdefault
            item.prompt = hold(item.prompt, item.prompt)
            for row in (item.filling, *item.trace.top_text):
                row[:] = map(hold, row, row)
            new = islice(reversed(self._shared), len(self._shared) - known)
            self._bytes -= sum(map(getsizeof, (*new, item.text, item.raw, item.error)))
            self._tokens -= len(item.token_ids)
        if self._tokens < 0 or self._bytes < 0:
            raise Refused("its samples hold more than a run can")
