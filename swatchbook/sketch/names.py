"""Whether the names in a sketch belong together: who uses what, and whether it is there by then.

Takes a sketch whose parts are well by themselves. Says what is wrong; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from swatchbook.sketch import template
from swatchbook.sketch.alone import alone, held
from swatchbook.sketch.faults import Complaint, Path, suggestion
from swatchbook.sketch.grammar import MODIFIERS
from swatchbook.sketch.parts import LINE, Sketch, Step, is_name, is_symbol
from swatchbook.sketch.stumbles import clipped
from swatchbook.sketch.symbols import endless
from swatchbook.sketch.template import Template, TemplateFault, parse
from swatchbook.sketch.values import ValueFault


def complaints(sketch: Sketch) -> Iterator[Complaint]:
    """Everything that does not belong together, each thing once."""
    seen: set[Complaint] = set()
    for complaint in _complaints(sketch):
        if complaint not in seen:
            seen.add(complaint)
            yield complaint


def _complaints(sketch: Sketch) -> Iterator[Complaint]:
    yield from alone(sketch)
    uses: dict[Path, _Uses] = {}
    for path, text in _texts(sketch):
        try:
            uses[path] = _Uses.of(parse(text))
        except TemplateFault as fault:
            yield Complaint(path, fault.said, at=fault.at)
    whole = _Whole(sketch, uses, {step.id: at for at, step in enumerate(sketch.steps)})
    yield from whole.words()
    yield from whole.circles()
    for at, step in enumerate(sketch.steps):
        yield from whole.step(at, step)
    yield from _columns(sketch)
    yield from whole.shown()


def _texts(sketch: Sketch) -> Iterator[tuple[Path, str]]:
    """Every template, with where it stands."""
    for symbol, rules in sketch.grammar.items():
        yield from ((("grammar", symbol, at), rule) for at, rule in enumerate(rules))
    for at, step in enumerate(sketch.steps):
        yield _own(at, step), step.template


def _own(at: int, step: Step) -> Path:
    return ("steps", at, "prompt" if step.asks else "text")


_Words = list[tuple[str, int]]
"""Words of a template, each with its offset."""


@dataclass(frozen=True, slots=True)
class _Uses:
    """What one template uses and saves."""

    template: Template
    names: _Words
    symbols: _Words
    saved: set[str]
    modifiers: _Words

    @classmethod
    def of(cls, parts: Template) -> _Uses:
        words = template.names(parts), template.symbols(parts)
        return cls(parts, *words, template.saved(parts), template.modifiers(parts))


@dataclass(frozen=True, slots=True)
class _Whole:
    """A sketch with what its templates use; `order` says of each step's id the step's place, `told` what is lost."""

    sketch: Sketch
    uses: dict[Path, _Uses]
    order: dict[str, int]
    told: set[tuple[Path, int]] = field(default_factory=set)

    @property
    def known(self) -> list[str]:
        return [name for name in (*self.sketch.inputs, *self.order) if is_name(name)]

    def words(self) -> Iterator[Complaint]:
        """Names, symbols and modifiers that are nowhere in the sketch."""
        everywhere = set().union(*(uses.saved for uses in self.uses.values()))
        for path, uses in self.uses.items():
            for name, at in uses.names:
                if name not in self.sketch.inputs and name not in self.order and name != LINE:
                    yield Complaint(path, self._unknown(name), at=at)
            yield from self._lost(path, uses, everywhere)
            for name, at in uses.modifiers:
                if name not in MODIFIERS:
                    said = f'".{clipped(name)}" is no modifier.{suggestion(name, list(MODIFIERS))}'
                    yield Complaint(path, said, at=at)

    def _unknown(self, name: str) -> str:
        if name in self.sketch.grammar:
            return f"{{{{{clipped(name)}}}}} is one of the words to draw from; write #{clipped(name)}#."
        near = suggestion(name, self.known) or " Add an input or a step of this name."
        return f"Nothing here is called {{{{{clipped(name)}}}}}.{near}"

    def _lost(self, path: Path, uses: _Uses, saved: set[str]) -> Iterator[Complaint]:
        """Symbols of one template that have no rules and are not among those that were saved."""
        for symbol, at in uses.symbols:
            if symbol in self.sketch.grammar or symbol in saved or (path, at) in self.told:
                continue
            self.told.add((path, at))
            if symbol in self.sketch.inputs or symbol in self.order:
                said = f"#{symbol}# is not among the words to draw from; write {{{{{symbol}}}}} for what it holds."
            else:
                symbols = [each for each in self.sketch.grammar if is_symbol(each)]
                near = suggestion(symbol, symbols) or r" Add some, or write \# for a plain #."
                said = f"#{symbol}# has no words to draw from.{near}"
            yield Complaint(path, said, at=at)

    def circles(self) -> Iterator[Complaint]:
        """Symbols that can never end; a rule that cannot be read, and one that is missing, count as an end."""
        grammar = {
            symbol: [self._rule(("grammar", symbol, at)) for at in range(len(rules))] or [()]
            for symbol, rules in self.sketch.grammar.items()
        }
        steps = [self._rule(_own(at, step)) for at, step in enumerate(self.sketch.steps)]
        for first, *others in endless(grammar, steps):
            through = f" through {', '.join(f'#{clipped(other)}#' for other in others[:3])}" if others else ""
            said = f"#{clipped(first)}# can never end, as it leads back to itself{through}; add a rule that does not."
            yield Complaint(("grammar", first), said, of_key=True)

    def _rule(self, path: Path) -> Template:
        return self.uses[path].template if path in self.uses else ()

    def step(self, at: int, step: Step) -> Iterator[Complaint]:
        """What a step uses that is not there by then."""
        if step.id in self.sketch.inputs:
            said = f'"{clipped(step.id)}" is the name of an input already; call this step otherwise.'
            yield Complaint(("steps", at, "id"), said)
        reached = self._reached(at, step)
        saved = set().union(*(uses.saved for uses in reached.values()))
        for path, uses in reached.items():
            yield from self._lost(path, uses, saved)
            for name, offset in uses.names:
                if said := self._too_early(at, step, name):
                    yield Complaint(path, said, at=offset)
        if step.each:
            yield from self._looked_at(("steps", at, "each"), at, step, step.each)
        for name, value in step.when.items():
            path = ("steps", at, "when", name)
            early = list(self._looked_at(path, at, step, name))
            yield from early or self._impossible(path, name, value)

    def _reached(self, at: int, step: Step) -> dict[Path, _Uses]:
        """The templates that a step may come to be made of: its own, and every rule that these lead to."""
        waiting, found, met = [_own(at, step)], {}, set[str]()
        while waiting:
            path = waiting.pop()
            if path in self.uses:
                found[path] = uses = self.uses[path]
                called = ({symbol for symbol, _ in uses.symbols} | uses.saved) - met
                met |= called
                for symbol in called & self.sketch.grammar.keys():
                    waiting += [("grammar", symbol, number) for number in range(len(self.sketch.grammar[symbol]))]
        return found

    def _too_early(self, at: int, step: Step, name: str) -> str:
        """Why a name has no value yet in a step; nothing where it has one, or never will."""
        if name == LINE and not step.each:
            return (
                f'{{{{{LINE}}}}} is the line that a step with "each" is at; step "{clipped(step.id)}" has none, add it.'
            )
        if name in self.sketch.inputs or (made := self.order.get(name, -1)) < at:
            return ""
        if made > at:
            this, that = clipped(step.id), clipped(name)
            return f'Step "{this}" uses {{{{{that}}}}} before the step that makes it; move "{that}" above it.'
        if step.repeat == 1:
            return f'Step "{clipped(name)}" uses its own text, which takes "repeat:"; add it, or use another name.'
        return ""

    def _looked_at(self, path: Path, at: int, step: Step, name: str) -> Iterator[Complaint]:
        """What is wrong with a name that a step looks at outside of its template."""
        made = -1 if name in self.sketch.inputs else self.order.get(name)
        if made is None:
            said = f'Nothing here is called "{clipped(name)}".{suggestion(name, self.known)}'
            yield Complaint(path, said, of_key=path[-1] == name)
        elif made >= at:
            this, that = clipped(step.id), clipped(name)
            move = "take an earlier one" if made == at else f'move "{that}" above it'
            yield Complaint(
                path, f'Step "{this}" looks at "{that}" before that is made; {move}.', of_key=path[-1] == name
            )

    def _impossible(self, path: Path, name: str, value: str) -> Iterator[Complaint]:
        """A value that an input or a step never has."""
        if name in self.sketch.inputs:
            try:
                usual = held(self.sketch, name, value)
            except ValueFault as fault:
                yield Complaint(path, f"This can never be: {fault}")
            else:
                if usual != value:
                    yield Complaint(path, f'"{clipped(name)}" is never written "{clipped(value)}"; write "{usual}".')
            return
        step = self.sketch.steps[self.order[name]]
        if step.pick and not step.each and value not in step.pick:
            options = [clipped(option) for option in step.pick]
            said = f'Step "{clipped(name)}" never picks "{clipped(value)}".{suggestion(value, options)}'
            yield Complaint(path, said)

    def shown(self) -> Iterator[Complaint]:
        for at, id in enumerate(self.sketch.show):
            if id in self.sketch.show[:at]:
                yield Complaint(("show", at), f'"{clipped(id)}" is shown twice; take one out.')
            elif id not in self.order:
                steps = [name for name in self.order if is_name(name)]
                yield Complaint(("show", at), f'No step is called "{clipped(id)}".{suggestion(id, steps)}')


def _columns(sketch: Sketch) -> Iterator[Complaint]:
    """Every list of models makes the same columns, and somebody is there to be asked."""
    asking = [(at, step) for at, step in enumerate(sketch.steps) if step.asks]
    if asking and not sketch.named:
        said = 'No step names a model; add one, such as "model: house/cook", or make this a step of words alone.'
        yield Complaint(_own(*asking[0]), said, of_key=True)
    lists = [(at, step) for at, step in asking if len(step.model) > 1]
    for at, step in lists[1:]:
        first, many, few = lists[0][1], len(step.model), len(lists[0][1].model)
        if many != few:
            said = f'Step "{clipped(step.id)}" asks {many} models and step "{clipped(first.id)}" {few}'
            yield Complaint(("steps", at, "model"), f"{said}; name as many in both, or one alone.", of_key=True)
