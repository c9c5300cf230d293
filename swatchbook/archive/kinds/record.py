"""Results of sketches, as the archive keeps them."""

from __future__ import annotations

from typing import Any

from swatchbook.archive.documents import Kind, Words, cut
from swatchbook.archive.kinds.run import plain
from swatchbook.sketch.record import FORMAT, Record, read_record


def _words(record: Record) -> Words:
    asked = dict.fromkeys([*record.values.values(), *(cell.prompt for cell in record.cells)])
    texts = dict.fromkeys(cell.text for cell in record.cells if cell.text.strip())
    return Words(record.title, "\n".join(filter(None, asked)), "\n".join(texts))


def _brief(record: Record) -> str:
    """What the visitor wrote, and how the last text begins."""
    values = ", ".join(filter(None, record.values.values()))
    text = next((cell.text for cell in reversed(record.cells) if cell.text.strip()), "")
    return cut(": ".join(filter(None, [values, text])))


def specification(record: Record) -> Record:
    """What was performed, without what came of it: it can be performed again from this."""
    left: dict[str, Any] = {"cells": [], "credits": [], "machine": "", "versions": {}, "parent": None}
    return record.model_copy(update=left)


KIND = Kind(
    name="record",
    parameter="record",
    version=FORMAT,
    read=read_record,
    words=_words,
    models=lambda record: list(dict.fromkeys(plain(cell.model) for cell in record.cells if cell.model)),
    brief=_brief,
    packed=specification,
)
