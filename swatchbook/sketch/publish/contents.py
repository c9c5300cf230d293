"""What a published piece holds as data: written when it is published, read when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from swatchbook.runs import MAX_LANES, Credit, ModelRef, RunError
from swatchbook.sketch.kept import MAX_LINEAGE, Ancestor
from swatchbook.sketch.parts import MAX_STEPS, Sketch
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Record, read_record
from swatchbook.strict import Strict, sentence

SKETCH = "sketch.yaml"
RUNS = "runs.jsonl"
CREDITS = "credits.json"


class Owed(Strict):
    """Whom a piece is owed to: the makers of its models, and whose sketches it came of, the eldest first."""

    credits: Annotated[list[Credit], Field(max_length=MAX_STEPS * MAX_LANES)] = []
    lineage: Annotated[list[Ancestor], Field(max_length=MAX_LINEAGE)] = []


@dataclass(frozen=True, slots=True)
class Contents:
    """The sketch's file and what it says, what was recorded of it, and whom it is owed to."""

    text: str
    sketch: Sketch
    records: list[Record]
    owed: Owed

    def credit(self, model: ModelRef) -> Credit:
        """What is known of a model; an empty credit where nothing is."""
        return next((each for each in self.owed.credits if each.model == model), Credit(model=model))


def read_contents(folder: Path) -> Contents:
    """What lies in a piece's folder. Raises RunError with one sentence where a file is missing or damaged."""
    try:
        text = (folder / SKETCH).read_text(encoding="utf-8")
        lines = (folder / RUNS).read_bytes().split(b"\n")
        owed = Owed.model_validate_json((folder / CREDITS).read_bytes())
    except OSError as error:
        raise RunError(
            f"The piece's {Path(str(error.filename)).name} cannot be read; unpack the piece again."
        ) from None
    except UnicodeDecodeError:
        raise RunError(f"The piece's {SKETCH} is damaged; unpack the piece again.") from None
    except ValidationError as error:
        raise RunError(f"The piece's {CREDITS} is damaged ({sentence(error)}); unpack the piece again.") from None
    return Contents(text, read_sketch(text), [read_record(line) for line in lines if line], owed)
