"""The record of a sketch that was performed: what went in, and each cell's prompt, text and origin.

A cell is one step in one column at one round or line. Records are kept with a
sketch as frozen examples, in the archive by themselves, and in a published piece
as what is replayed when no model can run.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from swatchbook.bounded import Later, Refused, read
from swatchbook.runs import MAX_LANES, MAX_TOKENS, Credit, Finish, Mode, ModelRef, Newer, RunError, Tag
from swatchbook.sketch.parts import MAX_LINES, MAX_OPTIONS, MAX_SKETCH, MAX_STEPS, MAX_VALUE
from swatchbook.strict import Id, Moment, Strict, new_id, now

FORMAT: Literal[1] = 1
MAX_RECORD = 6_000_000
"""Most bytes in a record's JSON document: more than a performance comes to, unless most letters take three bytes."""
MAX_CELLS = MAX_STEPS * MAX_LANES * MAX_LINES
MAX_TEXT = 200_000
"""Most characters of a cell's prompt or text."""
MAX_ERROR = 1_000
MAX_BITS = 1e4
_Text = Annotated[str, Field(max_length=MAX_TEXT)]
_Word = Annotated[str, Field(max_length=200)]
_Seconds = Annotated[float, Field(ge=0, le=1e9)]


class Share(Strict):
    """One option of a pick: its share of all options (they add up to 1), and what it costs in bits a token."""

    option: _Word
    share: Annotated[float, Field(ge=0, le=1)]
    bits: Annotated[float, Field(ge=0, le=MAX_BITS)]


class Cell(Strict):
    """What came of one step in one `column` (None: the step is the same for all), at one round or line `at`.

    `prompt` is the template filled in; `rendered` what the model was given after its chat template, where that
    differs. A cell whose `when` did not hold is `skipped` and has no text.
    """

    step: _Word
    column: Annotated[int, Field(ge=0, lt=MAX_LANES)] | None = None
    at: Annotated[int, Field(ge=0, lt=MAX_LINES)] = 0
    model: ModelRef | None = None
    mode: Mode = "completion"
    prompt: _Text = ""
    rendered: _Text = ""
    text: _Text = ""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    finish: Finish | None = None
    error: Annotated[str, Field(max_length=MAX_ERROR)] | None = None
    skipped: bool = False
    split: Annotated[list[Share], Field(max_length=MAX_OPTIONS)] = []
    tags: Annotated[list[Tag], Field(max_length=40)] = []
    prompt_tokens: Annotated[int, Field(ge=0, lt=2**33)] = 0
    tokens: Annotated[int, Field(ge=0, le=MAX_TOKENS)] = 0
    seconds: _Seconds = 0.0

    @property
    def status(self) -> Literal["done", "skipped", "failed", "cancelled"]:
        """How it ended."""
        if self.skipped:
            return "skipped"
        if self.error is not None:
            return "failed"
        return "cancelled" if self.finish == "cancelled" else "done"


class Record(Strict):
    """One performance of a sketch. `sketch` is its file, `values` what the visitor wrote, by input."""

    record: Literal[1] = FORMAT
    id: Id = Field(default_factory=new_id)
    title: Annotated[str, Field(max_length=120)] = ""
    created: Moment = Field(default_factory=now)
    parent: Id | None = None
    sketch: Annotated[str, Field(max_length=MAX_SKETCH)]
    values: Annotated[dict[_Word, Annotated[str, Field(max_length=MAX_VALUE)]], Field(max_length=20)] = {}
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
    cells: Annotated[list[Cell], Field(max_length=MAX_CELLS)] = []
    credits: Annotated[list[Credit], Field(max_length=MAX_STEPS * MAX_LANES)] = []
    machine: _Word = ""
    versions: Annotated[dict[_Word, _Word], Field(max_length=20)] = {}

    @property
    def whole(self) -> bool:
        """Whether everything in it was written to its end."""
        return all(cell.status in ("done", "skipped") for cell in self.cells)

    def to_json(self) -> str:
        """Raises RunError where it is too large to be read again."""
        advice = "let the prompts be shorter, or take out a step, a round or a model"
        return written(self, MAX_RECORD, "This result", advice)


def written(document: Strict, most: int, what: str, advice: str) -> str:
    """A document as JSON. Raises RunError, saying what it is and what helps, where it has more bytes than `most`."""
    text = document.model_dump_json()
    if (size := len(text.encode())) > most:
        raise RunError(f"{what} takes {size / 1e6:.1f} MB, and {most / 1e6:g} is the most; {advice}.")
    return text


def read_record(document: str | bytes) -> Record:
    """Read a record's JSON document. Raises RunError with one sentence when it is none, Newer for a later one."""
    try:
        return read(Record, document, MAX_RECORD, "record", FORMAT)
    except Later:
        raise Newer("This result was written by a newer Swatchbook; update this one to open it.") from None
    except Refused as cause:
        raise RunError(f"This file is not the result of a sketch: {cause}.") from None
