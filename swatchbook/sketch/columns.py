"""What each step of a sketch uses, and whether it is done once or in every column.

A list of models makes columns. A step that asks several models is done in every
column, and so is what uses such a step: a column follows its own thread. Knows
the sketch alone, and nothing of how it is performed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from swatchbook.sketch.parts import Asked, Sketch, Step
from swatchbook.sketch.template import names, parse, saved, symbols


@dataclass(frozen=True, slots=True)
class Layout:
    """`uses` holds, for each step, the inputs and earlier steps that it looks at; `columns` is how many there are."""

    sketch: Sketch
    uses: Mapping[str, frozenset[str]]
    split: frozenset[str]
    """The steps that are done in every column."""
    columns: int

    def of(self, step: str) -> tuple[int | None, ...]:
        """The columns in which a step is done; None alone where it is the same for all."""
        return tuple(range(self.columns)) if step in self.split else (None,)

    def seen(self, step: str, column: int | None) -> int | None:
        """Where a column finds a step: in itself, or where all do. Without a column, the first is meant."""
        return (column or 0) if step in self.split else None

    def asked(self, step: Step, column: int | None) -> Asked | None:
        """The model that a step asks in a column."""
        asked = self.sketch.asked(step)
        return asked[column or 0] if len(asked) > 1 else next(iter(asked), None)


def layout(sketch: Sketch) -> Layout:
    """Raises TemplateFault where a template cannot be read."""
    rules = {symbol: _met(texts) for symbol, texts in sketch.grammar.items()}
    uses: dict[str, frozenset[str]] = {}
    split: set[str] = set()
    for step in sketch.steps:
        known = (sketch.inputs.keys() | uses.keys()) & _uses(step, rules)
        if len(sketch.asked(step)) > 1 or known & split:
            split.add(step.id)
        uses[step.id] = frozenset(known)
    columns = max((len(sketch.asked(step)) for step in sketch.steps), default=1)
    return Layout(sketch, uses, frozenset(split), max(columns, 1))


_Met = tuple[frozenset[str], frozenset[str]]
"""The names that stand in some templates, and the symbols of the grammar that are called from there."""


def _met(texts: Iterable[str]) -> _Met:
    """A symbol that a template saves counts as called, too: after `POP`, the grammar's own stands again."""
    templates = [parse(text) for text in texts]
    named = {name for template in templates for name, _ in names(template)}
    called = {symbol for template in templates for symbol, _ in symbols(template)}
    return frozenset(named), frozenset(called.union(*map(saved, templates)))


def _uses(step: Step, rules: Mapping[str, _Met]) -> set[str]:
    """Every name that a step looks at, those in the rules that its template leads to among them."""
    named, called = _met([step.template])
    found, waiting, met = {*named, *step.when, step.each}, list(called), set(called)
    while waiting:
        named, called = rules.get(waiting.pop(), (frozenset(), frozenset()))
        found |= named
        waiting += called - met
        met |= called
    return found
