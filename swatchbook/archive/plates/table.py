"""A run as a table, one row for each sample: CSV for spreadsheets, JSONL for programs.

CSV holds plain cells in which no formula can begin; JSONL holds every text as it
is, with the traces. Knows no page.
"""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import pairwise
from typing import Any

from swatchbook.runs import Run, Sample, Tag

Cell = str | int | float | None

BOM = "\ufeff"
"""By this first character spreadsheets tell that a file is UTF-8."""
_DANGEROUS = re.compile(
    # What may stand before a formula: white space, quotes, and characters that are dropped or do not show.
    r"[\s\"'“”‘’«»\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufeff]*"
    r"[=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫−]"
)
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character: a lone surrogate, which no file can hold as it is."""

COLUMNS = (
    *("run", "title", "created", "template", "lane", "model", "mode", "precision", "placebo_of", "filling", "sample"),
    *("seed", "max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "stop", "prompt", "text"),
    *("finish", "tags", "error", "tokens", "bits", "bits_per_byte", "first_token_seconds", "total_seconds"),
)
"""The columns of the CSV. `bits` is the surprisal of all tokens that were drawn, an end token too; `bits_per_byte`
that of the tokens which wrote the text, divided by its bytes."""


def csv_text(run: Run) -> str:
    """The run as CSV: a byte order mark, a line of column names, one line for each sample, lines ended by CR LF.

    Several words of a filling, tags and stop strings are joined by ` | `. A cell in which
    a formula could begin has an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_plain(cell) for cell in row] for row in rows(run))
    return BOM + out.getvalue()


def rows(run: Run) -> list[list[Cell]]:
    """The cells of the CSV, one row for each sample, before formulas are defused."""
    return [_row(run, sample) for sample in run.samples]


def defused(cell: str) -> str:
    """The text with an apostrophe before it where a spreadsheet might read a formula in it."""
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def restored(cell: str) -> str:
    """The text that `defused` was given."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell[1:]) else cell


def jsonl_text(run: Run) -> str:
    """The run as JSON lines, one object for each sample: what the CSV holds, unchanged, with tokens and trace."""
    return "".join(f"{_line(_record(run, sample) | _drawn(sample))}\n" for sample in run.samples)


def _plain(cell: Cell) -> Cell:
    return defused(_HALF.sub("\ufffd", cell)) if isinstance(cell, str) else cell


def _row(run: Run, sample: Sample) -> list[Cell]:
    settings, record = run.settings, _record(run, sample)
    several = {
        "filling": " | ".join(sample.filling),
        "stop": " | ".join(settings.stop),
        "tags": " | ".join(map(_tag, sample.tags)),
    }
    cells: dict[str, Any] = {**settings.model_dump(exclude={"samples", "seed"}), **record, **several}
    return [cells[name] for name in COLUMNS]


def _tag(tag: Tag) -> str:
    return f"{tag.name} from token {tag.token + 1}" if tag.token is not None else tag.name


def _record(run: Run, sample: Sample) -> dict[str, Any]:
    """Everything about a sample, and of its run what made it."""
    lane = run.lane(sample.lane)
    return {
        "run": run.id,
        "title": run.title,
        "created": run.created,
        "template": run.template,
        "lane": lane.id,
        "model": str(lane.model),
        "mode": lane.mode,
        "precision": lane.precision,
        "placebo_of": lane.repeats,
        "filling": sample.filling,
        "sample": sample.index,
        "seed": sample.seed,
        "settings": run.settings.model_dump(),
        "prompt": sample.prompt,
        "prompt_tokens": sample.prompt_tokens,
        "text": sample.text,
        "finish": sample.finish,
        "tags": [tag.model_dump() for tag in sample.tags],
        "error": sample.error,
        "tokens": len(sample.token_ids),
        "bits": _rounded(sum(sample.trace.surprisal) if sample.trace.surprisal else None),
        "bits_per_byte": _rounded(bits_per_byte(sample)),
        "first_token_seconds": sample.timing.first_token,
        "total_seconds": sample.timing.total,
    }


def _drawn(sample: Sample) -> dict[str, Any]:
    """The tokens of a sample, as the run's document holds them."""
    return sample.model_dump(include={"token_ids", "ends", "raw", "trace"})


def bits_per_byte(sample: Sample) -> float | None:
    """Bits of the tokens that wrote the text, by its bytes; None where there are no bytes or no trace.

    The token by which a model ends a text, and what a stop string cut off, wrote none of it.
    """
    spans, bits = list(pairwise([0, *sample.ends])), sample.trace.surprisal
    if not bits or not spans or not spans[-1][1]:
        return None
    return sum(each for each, (start, end) in zip(bits, spans, strict=False) if end > start) / spans[-1][1]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _line(record: dict[str, Any]) -> str:
    """One line of JSON; where it holds half a character, all is written with escapes, by which that survives."""
    line = json.dumps(record, ensure_ascii=False)
    return json.dumps(record) if _HALF.search(line) else line
