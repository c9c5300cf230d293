"""An input, a step or a symbol of the grammar called otherwise in a sketch itself, without its text.

Where names stand in a template is known to `renames`.
"""

from __future__ import annotations

from collections.abc import Callable

from swatchbook.sketch.parts import Sketch, Step
from swatchbook.sketch.renames import Span, names_in, respelled, symbols_in


def renamed(sketch: Sketch, old: str, new: str) -> Sketch:
    """A sketch with an input or a step called otherwise; nothing in it may be called so yet."""

    def called(name: str) -> str:
        return new if name == old else name

    def step(each: Step) -> Step:
        when = {called(name): value for name, value in each.when.items()}
        return each.model_copy(update={"id": called(each.id), "when": when, "each": called(each.each)})

    inputs = {called(name): each for name, each in sketch.inputs.items()}
    others = {"inputs": inputs, "steps": tuple(map(step, sketch.steps)), "show": tuple(map(called, sketch.show))}
    return _said(sketch.model_copy(update=others), lambda text: names_in(text, old), old, new)


def symbol_renamed(sketch: Sketch, old: str, new: str) -> Sketch:
    """A sketch with a symbol of its grammar called otherwise; none in it may be called so yet."""
    grammar = {new if name == old else name: rules for name, rules in sketch.grammar.items()}
    other = sketch.model_copy(update={"grammar": grammar})
    return _said(other, lambda text: symbols_in(text, old), old, new)


def _said(sketch: Sketch, found: Callable[[str], list[Span]], old: str, new: str) -> Sketch:
    """A sketch with `new` in all its templates wherever `old` is `found`."""

    def other(text: str) -> str:
        return respelled(text, found(text), new) if old in text else text

    def step(each: Step) -> Step:
        field = "prompt" if each.asks else "text"
        return each.model_copy(update={field: other(each.template)}) if old in each.template else each

    grammar = {symbol: tuple(map(other, rules)) for symbol, rules in sketch.grammar.items()}
    return sketch.model_copy(update={"grammar": grammar, "steps": tuple(map(step, sketch.steps))})
