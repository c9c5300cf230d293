"""Five rows of a dataset, from the Hub's dataset viewer.

A row is shown as plain text, cell by cell, cut to a length; pictures and sound
are named, never fetched. Knows no markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from swatchbook.hub.errors import Absent
from swatchbook.hub.facts import count, entries, mapping, repo_name, text
from swatchbook.hub.hub import HOUR, Hub, Question
from swatchbook.kitchen.corpus import grammar_of, training_texts
from swatchbook.kitchen.grammar import GrammarError
from swatchbook.kitchen.recipe import Recipe

COUNT = 5
MAX_CELL = 600
"""Most characters of a cell."""
MAX_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Rows:
    """The first rows of one part of a dataset; `total` is how many there are, `hidden` how many columns are not shown.

    `source` says where they are from: the dataset's configuration and split.
    """

    dataset: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int | None = None
    hidden: int = 0
    age: float = 0.0
    problem: str | None = None


async def first_rows(hub: Hub, dataset: str) -> Rows:
    """Raises HubError when the viewer has no rows of it."""
    if repo_name(dataset) is None:
        raise Absent(f"{dataset[:60]!r} is not a dataset's name on the Hub; look for it by the name in the card.")
    where = await _split(hub, dataset)
    pairs = (("dataset", dataset), *where.items(), ("offset", "0"), ("length", str(COUNT)))
    answer = await _ask(hub, Question(f"{hub.wire.viewer}/rows", pairs), dataset)
    body = mapping(answer.body)
    names = [name for entry in entries(body.get("features")) if (name := text(entry.get("name"), 80))]
    shown = names[:MAX_COLUMNS]
    first = [mapping(entry.get("row")) for entry in entries(body.get("rows"))[:COUNT]]
    rows = tuple(tuple(cell(row.get(name)) for name in shown) for row in first)
    source = " · ".join(where.values())
    total = count(body.get("num_rows_total"))
    return Rows(dataset, source, tuple(shown), rows, total, len(names) - len(shown), answer.age, answer.problem)


def house_rows(recipe: Recipe) -> Rows:
    """The first texts that a house model read, grown from its grammar again. Raises Absent without the grammar."""
    try:
        texts = tuple((text,) for text in islice(training_texts(recipe, grammar_of(recipe)), COUNT))
    except (GrammarError, OSError):
        raise Absent(f"The grammar that {recipe.name} was cooked from does not lie here; see its card.") from None
    return Rows(f"house/{recipe.name}", "grown from its grammar again, as when it was made", ("text",), texts)


def cell(value: object) -> str:
    """A cell as text. Pictures and sound are named by what they are."""
    if value is None:
        return ""
    if isinstance(value, Mapping) and "src" in value:
        return "(a picture or sound)"
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= MAX_CELL else shown[:MAX_CELL] + "…"


async def _split(hub: Hub, dataset: str) -> dict[str, str]:
    """The first configuration and split, `train` before others."""
    answer = await _ask(hub, Question(f"{hub.wire.viewer}/splits", (("dataset", dataset),)), dataset)
    found = [
        {"config": config, "split": split}
        for entry in entries(mapping(answer.body).get("splits"))
        if (config := text(entry.get("config"))) and (split := text(entry.get("split")))
    ]
    if not found:
        raise Absent(f"The dataset viewer lists no rows of {dataset}; open it on the Hub itself.")
    return next((pair for pair in found if pair["split"] == "train"), found[0])


async def _ask(hub: Hub, question: Question, dataset: str) -> Any:
    try:
        return await hub.ask(question, HOUR)
    except Absent:
        raise Absent(
            f"The dataset viewer has no rows of {dataset}; it may be private, gone, or in a form of its own."
        ) from None
