"""Whether each input and each step of a sketch holds together by itself, before anybody uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from swatchbook.sketch.faults import Complaint, Path
from swatchbook.sketch.parts import LINE, Input, Sketch, Step, is_name, is_symbol
from swatchbook.sketch.stumbles import clipped
from swatchbook.sketch.values import ValueFault, accept

_TEXTS = ("text", "long")


def alone(sketch: Sketch) -> Iterator[Complaint]:
    """What is wrong with a part whatever the others are."""
    for name, given in sketch.inputs.items():
        path = ("inputs", name)
        yield from _name(path, name, "an input", of_key=True)
        yield from _limits(path, given)
        yield from _options(given.choose, (*path, "choose"), "A choice") if given.kind == "choice" else ()
        yield from _default(sketch, name, given)
    for symbol, rules in sketch.grammar.items():
        if not is_symbol(symbol):
            said = "cannot be the name of a symbol; take letters, digits and _, with a letter first."
            yield Complaint(("grammar", symbol), f'"{clipped(symbol)}" {said}', of_key=True)
        if not rules:
            yield Complaint(("grammar", symbol), f'The symbol "{clipped(symbol)}" has no rules; write at least one.')
    for at, step in enumerate(sketch.steps):
        yield from _name(("steps", at, "id"), step.id, "a step")
        yield from _step(("steps", at), step)
        yield from _models(("steps", at, "model"), step)


def held(sketch: Sketch, name: str, value: str) -> str:
    """A value as an input would hold it. Raises ValueFault where the input does not take it."""
    only = sketch.model_copy(update={"inputs": {name: sketch.inputs[name]}})
    return accept(only, {name: value})[name]


def _name(path: Path, name: str, what: str, of_key: bool = False) -> Iterator[Complaint]:
    if name == LINE:
        said = f'"{LINE}" is how a step with "each" calls the line it is at; call this otherwise.'
        yield Complaint(path, said, of_key)
    elif not is_name(name):
        better = re.sub("[^a-z0-9]+", "_", name[:32].lower()).strip("_0123456789")
        such = f', such as "{better}"' if is_name(better) else ""
        said = f"take small letters, digits and _, with a letter first{such}."
        yield Complaint(path, f'"{clipped(name)}" cannot be the name of {what}; {said}', of_key)


def _limits(path: Path, given: Input) -> Iterator[Complaint]:
    """Settings that mean nothing for an input of this kind, and limits that let nothing through."""
    belongs = {"longest": _TEXTS, "least": ("number",), "most": ("number",), "choose": ("choice",)}
    for key, kinds in belongs.items():
        if key in given.model_fields_set and given.kind not in kinds:
            said = f'"{key}" means nothing for an input of kind {given.kind}; remove it, or write "kind: {kinds[0]}".'
            yield Complaint((*path, key), said, of_key=True)
    if given.least is not None and given.most is not None and given.least > given.most:
        said = f'"least" is {given.least:,g}, and that is more than "most", {given.most:,g}; exchange them.'
        yield Complaint((*path, "least"), said)


def _options(options: Sequence[str], path: Path, what: str) -> Iterator[Complaint]:
    if len(options) < 2:
        yield Complaint(path, f"{what} needs at least two options, such as [tender, furious]; add one.")
    for at, option in enumerate(options):
        if option in options[:at]:
            yield Complaint((*path, at), f'The option "{clipped(option)}" is there twice; remove one of them.')


def _default(sketch: Sketch, name: str, given: Input) -> Iterator[Complaint]:
    """A default is taken as a visitor's own words would be."""
    if given.default and (given.choose or given.kind != "choice"):
        try:
            held(sketch, name, given.default)
        except ValueFault as fault:
            yield Complaint(("inputs", name, "default"), f"This default does not fit: {fault}")


def _step(path: Path, step: Step) -> Iterator[Complaint]:
    """A step has a prompt or a text; what belongs to a model belongs to a prompt."""
    name = clipped(step.id)
    if step.prompt is None and step.text is None:
        said = 'has nothing to say; add a "prompt:" for a model, or a "text:" that is only filled in.'
        yield Complaint((*path, "id"), f'Step "{name}" {said}')
    if step.prompt is not None and step.text is not None:
        yield Complaint((*path, "text"), f'Step "{name}" has both a prompt and a text; remove one.', of_key=True)
    elif step.text is not None:
        for key in sorted({"model", "config", "pick"} & step.model_fields_set):
            said = f'"{key}" is for a step that asks a model; write "prompt:" in place of "text:", or remove it.'
            yield Complaint((*path, key), said, of_key=True)
    if "pick" in step.model_fields_set:
        yield from _options(step.pick, (*path, "pick"), "A pick")
        if step.repeat > 1:
            said = "A step that picks chooses once; remove repeat or pick."
            yield Complaint((*path, "repeat"), said, of_key=True)
    if step.each and step.repeat > 1:
        said = "A step cannot go through lines and repeat at once; put one of the two into a step of its own."
        yield Complaint((*path, "repeat"), said, of_key=True)


def _models(path: Path, step: Step) -> Iterator[Complaint]:
    for at, asked in enumerate(step.model):
        model = asked.model
        if model.source == "remote":
            said = "is asked over the network, which a sketch does not do; take a house model or one of the Hub."
            yield Complaint((*path, at), f"{model} {said}")
        elif model.source == "hub" and model.commit is None:
            said = f"may be another tomorrow; write {model}@commit, which choosing it from the palette does."
            yield Complaint((*path, at), f"{model} {said}")
