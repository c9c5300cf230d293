"""Who is related to a model, as far as it is known, and who is to be asked next.

Holds what was learnt, in whatever order it came, and the bounds that keep a
family affordable; asks nobody itself and draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from swatchbook.hub.facts import Facts, Relation

GONE = "gone from the Hub, or private"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a tree goes: hops up and down, models drawn per model, questions asked in all."""

    up: int = 4
    down: int = 2
    parents: int = 6
    children: int = 6
    questions: int = 14


@dataclass(frozen=True, slots=True)
class Question:
    """Who a model is, or what was made from it."""

    kind: Literal["about", "children"]
    repo: str


@dataclass(slots=True)
class Kin:
    """What is known so far. Models go by the name that their own facts give, so a renamed one is met once."""

    facts: Facts
    bounds: Bounds
    known: dict[str, Facts] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    children: dict[str, tuple[Facts, ...]] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    asked: set[Question] = field(default_factory=set)
    cut: bool = False

    def __post_init__(self) -> None:
        self.known[self.facts.repo] = self.facts

    def wave(self) -> list[Question]:
        """What to ask next, ancestors first, as far as the bounds go."""
        wanted = [question for question in self._open() if question not in self.asked]
        room = max(0, self.bounds.questions - len(self.asked))
        self.cut = len(wanted) > room
        self.asked.update(wanted[:room])
        return wanted[:room]

    def parents(self, repo: str) -> list[str]:
        """The parents that a model states, each once."""
        facts = self.known.get(repo)
        return list(dict.fromkeys(self._name(parent.repo) for parent in facts.parents)) if facts else []

    def drawn_parents(self, repo: str) -> list[str]:
        return self.parents(repo)[: self.bounds.parents]

    def drawn_children(self, repo: str) -> list[str]:
        return list(dict.fromkeys(child.repo for child in self.children.get(repo, ())))[: self.bounds.children]

    def ascent(self) -> list[list[str]]:
        """The model itself, its parents, theirs and so on; each where the fewest hops lead to it."""
        return self._layers({self.facts.repo}, self.drawn_parents, self.bounds.up)

    def descent(self) -> list[list[str]]:
        """The model itself, what was made from it, and so on; who is an ancestor too is left out."""
        above = {repo for layer in self.ascent() for repo in layer}
        return self._layers(above, self.drawn_children, self.bounds.down)

    def relation(self, repo: str, parent: str) -> Relation:
        """How a model says that it came from this parent."""
        facts = self.known.get(repo)
        found = [each.relation for each in facts.parents if self._name(each.repo) == parent] if facts else []
        return found[0] if found else "unknown"

    def learn(self, asked: str, found: Facts | None) -> None:
        """What `about` answered."""
        if found is None:
            self.notes[asked] = GONE
            return
        if found.repo != asked:
            self.renamed[asked] = found.repo
        self.known.setdefault(found.repo, found)

    def adopt(self, repo: str, found: tuple[Facts, ...], more: int | None) -> None:
        """What `children_of` answered."""
        self.children[repo] = found
        for child in found:
            self.known.setdefault(child.repo, child)
        hidden = len({child.repo for child in found}) - len(self.drawn_children(repo)) + (more or 0)
        if hidden:
            self.remarks[repo] = f"{hidden} {'or more others' if more is None else 'more'} made from it"

    def _name(self, repo: str) -> str:
        return self.renamed.get(repo, repo)

    def _layers(self, seen: set[str], following: Callable[[str], list[str]], hops: int) -> list[list[str]]:
        layers = [[self.facts.repo]]
        for _ in range(hops):
            found = dict.fromkeys(each for repo in layers[-1] for each in following(repo))
            layers.append([repo for repo in found if repo not in seen])
            seen = seen.union(layers[-1])
        return layers

    def _open(self) -> Iterator[Question]:
        for repo in chain.from_iterable(self.ascent()):
            if repo not in self.known:
                yield Question("about", repo)
        for repo in chain.from_iterable(self.descent()[: self.bounds.down]):
            yield Question("children", repo)
