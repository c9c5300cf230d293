"""What a maker reports about a model: evaluation results and energy, as stated.

Nothing here is checked or compared; a figure is repeated with what it is said
to measure. Reads any JSON, keeps what has a shape it knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from swatchbook.hub.facts import entries, mapping, text

MOST = 60
"""Results kept."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One reported result. `verified` says that the Hub, not only the maker, vouches for it."""

    dataset: str
    metric: str
    value: str
    task: str | None = None
    verified: bool = False


def evaluations(raw: Mapping[str, Any]) -> tuple[Evaluation, ...]:
    """Results from the card's `model-index` and from the Hub's `evalResults`."""
    return tuple(islice(_all(raw), MOST))


def energy(stated: object) -> str | None:
    """The card's `co2_eq_emissions` in words: grams of CO2 equivalent, and how they are said to have come about."""
    if _number(stated):
        return f"{stated:,g} g of CO2 equivalent"
    said = mapping(stated)
    amount = said.get("emissions")
    parts = [f"{amount:,g} g of CO2 equivalent"] if _number(amount) else []
    for name in ("training_type", "geographical_location", "hardware_used", "source"):
        if value := text(said.get(name), 160):
            parts.append(f"{name.replace('_', ' ')}: {value}")
    return "; ".join(parts) or None


def _all(raw: Mapping[str, Any]) -> Iterator[Evaluation]:
    for entry in entries(raw.get("model-index")):
        for result in entries(entry.get("results")):
            yield from _results(result)
    for entry in entries(raw.get("evalResults")):
        data = mapping(entry.get("data")) or entry
        about = mapping(data.get("dataset"))
        value = _value(data.get("value"))
        name = text(about.get("name")) or text(about.get("id"))
        if name and value:
            yield Evaluation(name, text(about.get("task_id")) or "result", value, verified=data.get("verified") is True)


def _results(result: Mapping[str, Any]) -> Iterator[Evaluation]:
    about, task = mapping(result.get("dataset")), mapping(result.get("task"))
    name = text(about.get("name")) or text(about.get("type"))
    for metric in entries(result.get("metrics")):
        value, kind = _value(metric.get("value")), text(metric.get("name")) or text(metric.get("type"))
        if name and kind and value:
            yield Evaluation(
                name, kind, value, text(task.get("name")) or text(task.get("type")), metric.get("verified") is True
            )


def _value(value: object) -> str | None:
    if _number(value):
        return f"{value:.4g}"
    return text(value, 60)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
