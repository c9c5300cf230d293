"""The dataset viewer: splits, rows, sizes and statistics of the datasets that the hub holds.

Rows are read from a dataset's `.jsonl` and `.csv` files: `train.jsonl` is the
split "train" of the configuration "default", `fr/train.jsonl` that of "fr".
"""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from tests.fake_hub.errors import No
from tests.fake_hub.errors import answer as said
from tests.fake_hub.faults import Response
from tests.fake_hub.repo import Repo

MOST_ROWS = 100
LONGEST_CELL = 2_000
"""Characters after which a text is cut in the first rows."""

Query = Mapping[str, list[str]]
Rows = list[dict[str, Any]]
Splits = dict[tuple[str, str], Rows]


def answer(datasets: Mapping[str, Repo], what: str, query: Query, with_token: bool) -> Response:
    """The viewer's answer. Raises No as the viewer does, with its codes."""
    if what not in _ANSWERS:
        raise No(404, "", "Not Found")
    name = _required(query, "dataset")
    repo = datasets.get(name)
    if repo is None or ((repo.private or repo.gated) and not with_token):
        raise _no_dataset(with_token)
    return said(_ANSWERS[what](name, _splits(repo), query))


def _is_valid(_: str, splits: Splits, __: Query) -> dict[str, Any]:
    return dict.fromkeys(("viewer", "preview", "search", "filter", "statistics"), bool(splits))


def _list_splits(name: str, splits: Splits, _: Query) -> dict[str, Any]:
    found = [{"dataset": name, "config": config, "split": split} for config, split in splits]
    if not found:
        raise No(500, "EmptyDatasetError", "The dataset is empty.")
    return {"splits": found, "pending": [], "failed": []}


def _first_rows(name: str, splits: Splits, query: Query) -> dict[str, Any]:
    config, split, rows = _split(splits, query)
    shown = rows[:MOST_ROWS]
    return {
        "dataset": name,
        "config": config,
        "split": split,
        "features": _features(rows),
        "rows": [_cut(number, row) for number, row in enumerate(shown)],
        "truncated": len(rows) > len(shown),
    }


def _some_rows(_: str, splits: Splits, query: Query) -> dict[str, Any]:
    rows = _split(splits, query)[2]
    offset, length = _number(query, "offset", 0), _number(query, "length", MOST_ROWS)
    if length > MOST_ROWS:
        raise _bad(f"Parameter 'length' must not be greater than {MOST_ROWS}", "InvalidParameter")
    shown = enumerate(rows[offset : offset + length], offset)
    return {
        "features": _features(rows),
        "rows": [{"row_idx": number, "row": row, "truncated_cells": []} for number, row in shown],
        "num_rows_total": len(rows),
        "num_rows_per_page": MOST_ROWS,
        "partial": False,
    }


def _size(name: str, splits: Splits, _: Query) -> dict[str, Any]:
    sizes = [
        {"dataset": name, "config": config, "split": split, "num_rows": len(rows), "num_columns": len(_features(rows))}
        for (config, split), rows in splits.items()
    ]
    total = {"dataset": name, "num_rows": sum(len(rows) for rows in splits.values())}
    return {"size": {"dataset": total, "configs": [], "splits": sizes}, "pending": [], "failed": [], "partial": False}


def _statistics(_: str, splits: Splits, query: Query) -> dict[str, Any]:
    rows = _split(splits, query)[2]
    columns = [_column(feature["name"], rows) for feature in _features(rows)]
    return {"num_examples": len(rows), "statistics": columns, "partial": False}


_ANSWERS: dict[str, Callable[[str, Splits, Query], dict[str, Any]]] = {
    "is-valid": _is_valid,
    "splits": _list_splits,
    "first-rows": _first_rows,
    "rows": _some_rows,
    "size": _size,
    "statistics": _statistics,
}


def _splits(repo: Repo) -> Splits:
    """Rows by configuration and split."""
    memory: dict[str, Splits] = repo.head.memory
    if "splits" not in memory:
        tables = {PurePosixPath(path): blob.read() for path, blob in repo.head.files.items()}
        memory["splits"] = {
            (path.parent.name or "default", path.stem): _READERS[path.suffix](content.decode())
            for path, content in tables.items()
            if path.suffix in _READERS
        }
    return memory["splits"]


def _read_csv(text: str) -> Rows:
    return [dict(row) for row in csv.DictReader(io.StringIO(text))]


def _read_jsonl(text: str) -> Rows:
    return [json.loads(line) for line in text.splitlines()]


_READERS: dict[str, Callable[[str], Rows]] = {".csv": _read_csv, ".jsonl": _read_jsonl}


def _split(splits: Splits, query: Query) -> tuple[str, str, Rows]:
    config, split = _required(query, "config"), _required(query, "split")
    if (config, split) not in splits:
        raise No(404, "ResponseNotFound", "Not found.")
    return config, split, splits[config, split]


def _features(rows: Rows) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return [
        {
            "feature_idx": at,
            "name": name,
            "type": _type(next((row[name] for row in rows if row.get(name) is not None), "")),
        }
        for at, name in enumerate(names)
    ]


def _type(value: object) -> Any:
    if isinstance(value, list):
        return {"feature": _type(value[0] if value else ""), "_type": "List"}
    if isinstance(value, dict):
        return {"_type": "Image"} if "src" in value else {name: _type(inner) for name, inner in value.items()}
    names: dict[type, str] = {bool: "bool", int: "int64", float: "float64"}
    return {"dtype": names.get(type(value), "string"), "_type": "Value"}


def _cut(number: int, row: dict[str, Any]) -> dict[str, Any]:
    long = [name for name, cell in row.items() if isinstance(cell, str) and len(cell) > LONGEST_CELL]
    return {
        "row_idx": number,
        "row": row | {name: row[name][:LONGEST_CELL] for name in long},
        "truncated_cells": long,
    }


def _column(name: str, rows: Rows) -> dict[str, Any]:
    """Counts and spread of a column: of its values if they are numbers, of their lengths otherwise."""
    values = [row[name] for row in rows if row.get(name) is not None]
    numbers = [value if isinstance(value, int | float) else len(str(value)) for value in values]
    kind = "string_text" if any(isinstance(value, str) for value in values) else "float"
    spread: dict[str, Any] = {
        "nan_count": len(rows) - len(values),
        "nan_proportion": 1 - len(values) / max(1, len(rows)),
    }
    if numbers:
        spread |= {
            "min": min(numbers),
            "max": max(numbers),
            "mean": statistics.fmean(numbers),
            "median": statistics.median(numbers),
            "std": statistics.pstdev(numbers),
        }
    return {"column_name": name, "column_type": kind, "column_statistics": spread}


def _required(query: Query, name: str) -> str:
    if not query.get(name, [""])[-1]:
        raise _bad(f"Parameter '{name}' is required", "MissingRequiredParameter")
    return query[name][-1]


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, [str(default)])[-1]
    if not text.isdigit():
        raise _bad(f"Parameter '{name}' must be an integer", "InvalidParameter")
    return int(text)


def _bad(message: str, code: str) -> No:
    return No(422, code, message)


def _no_dataset(with_token: bool) -> No:
    if with_token:
        return No(404, "ExternalAuthenticatedError", "The dataset does not exist, or is not accessible.")
    message = (
        "The dataset does not exist, or is not accessible without authentication (private or gated). Please check the"
        " spelling of the dataset name or retry with authentication."
    )
    return No(401, "ExternalUnauthenticatedError", message)
