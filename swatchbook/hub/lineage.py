"""The family tree of a model: what it was made from, what was made from it, several hops up and down.

The tree is a list of rows, the oldest ancestor first. A model is drawn in full
once; where it comes again, for a merge or a circle, a row says so. Asking is
left to two functions that are given. Knows no network and no page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from swatchbook.hub.errors import Absent, HubError
from swatchbook.hub.facts import Facts
from swatchbook.hub.kin import GONE, Bounds, Kin, Question
from swatchbook.hub.licences import changed, conflict, read_licence

About = Callable[[str], Awaitable[Facts | None]]
"""What a model states; None when it is gone or private. May raise HubError."""
ChildrenOf = Callable[[str], Awaitable[tuple[tuple[Facts, ...], int | None]]]
"""Models made from one, the most downloaded first, and how many more there are, or None. May raise HubError."""

ABOVE, BELOW = "again, see above", "again, see below"
PENDING, UNASKED = "being looked up", "not looked up"
OLDER = "its own parents are not shown"
CUT = "Only so many questions are asked of the Hub for one tree, so some branches may go on."
BOUNDS = Bounds()
RELATIONS = {
    "finetune": "finetuned",
    "quantized": "quantised",
    "adapter": "adapter",
    "merge": "merged",
    "unknown": "made from it, how is not stated",
}
"""How a model came from the one above it, in plain words."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree; `guides` is the drawing before it.

    A row without `repo` is a remark on the model it hangs from. `relation`,
    `changes` (of licence) and `conflict` are about the model and the one above it.
    """

    depth: int
    guides: str
    repo: str | None = None
    facts: Facts | None = None
    relation: str | None = None
    licence: str | None = None
    changes: bool = False
    conflict: str | None = None
    note: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A tree as far as it is known; `done` when nothing more will be asked, after `asked` questions."""

    rows: tuple[Row, ...]
    asked: int
    done: bool
    note: str | None = None


async def grow(facts: Facts, about: About, children_of: ChildrenOf, bounds: Bounds = BOUNDS) -> AsyncIterator[Family]:
    """The tree of what the model's own facts say, then again after each level, which is asked all at once."""
    kin = Kin(facts, bounds)
    wave = kin.wave()
    yield draw(kin, done=not wave)
    while wave:
        await asyncio.gather(*(_ask(kin, question, about, children_of) for question in wave))
        wave = kin.wave()
        yield draw(kin, done=not wave)


def draw(kin: Kin, done: bool) -> Family:
    """The tree of what is known."""
    drawing = _Drawing(kin, done)
    for root in drawing.roots():
        drawing.model(root)
    return Family(tuple(drawing.rows), len(kin.asked), done, CUT if done and kin.cut else None)


async def _ask(kin: Kin, question: Question, about: About, children_of: ChildrenOf) -> None:
    try:
        if question.kind == "about":
            kin.learn(question.repo, await about(question.repo))
        else:
            kin.adopt(question.repo, *await children_of(question.repo))
    except HubError as error:
        if question.kind == "about":
            kin.notes[question.repo] = GONE if isinstance(error, Absent) else str(error)
        else:
            kin.remarks[question.repo] = str(error)


class _Drawing:
    """A tree being drawn. `hops` is how far above (positive) or below the model each relative is.

    A relative hangs in full where it is one hop from the one above it, so the
    drawing is never deeper than the hops, whatever circles there are.
    """

    def __init__(self, kin: Kin, done: bool) -> None:
        self._kin, self._done = kin, done
        self.rows: list[Row] = []
        self._drawn: set[str] = set()
        self._hops = {repo: hops for hops, layer in enumerate(kin.ascent()) for repo in layer}
        self._below = self._edges()
        self._hops |= {repo: -hops for hops, layer in enumerate(kin.descent()) for repo in layer}

    def roots(self) -> list[str]:
        """The oldest ancestors, in the order in which the model and its parents name theirs."""
        found: dict[str, None] = {}
        seen: set[str] = set()

        def climb(repo: str) -> None:
            if repo not in seen:
                seen.add(repo)
                above = [parent for parent in self._kin.drawn_parents(repo) if self._is_hop(parent, repo)]
                found.update({} if above else {repo: None})
                for parent in above:
                    climb(parent)

        climb(self._kin.facts.repo)
        return list(found)

    def model(self, repo: str, above: str | None = None, lead: str = "", stem: str = "", depth: int = 0) -> None:
        """Draws a model and, the first time, everything below it. `lead` and `stem` precede it and what is below."""
        if repo in self._drawn:
            self._row(repo, above, lead, depth, ABOVE)
            return
        if above is not None and not self._is_hop(above, repo):
            self._row(repo, above, lead, depth, BELOW)
            return
        self._drawn.add(repo)
        self._row(repo, above, lead, depth, self._note(repo), whole=True)
        below, remark = self._kept(repo), self._kin.remarks.get(repo) if self._hops[repo] <= 0 else None
        for number, child in enumerate(below, 1):
            last = number == len(below) and remark is None
            self.model(child, repo, stem + ("└─ " if last else "├─ "), stem + ("   " if last else "│  "), depth + 1)
        if remark is not None:
            self.rows.append(Row(depth + 1, stem + "└─ ", note=remark))

    def _row(self, repo: str, above: str | None, lead: str, depth: int, note: str | None, whole: bool = False) -> None:
        facts, parent = self._kin.known.get(repo), self._kin.known.get(above or "")
        pair = (facts, parent) if facts and parent else None
        self.rows.append(
            Row(
                depth=depth,
                guides=lead,
                repo=repo,
                facts=facts,
                relation=None if above is None else RELATIONS[self._kin.relation(repo, above)],
                licence=read_licence(facts).name if facts else None,
                changes=changed(*pair) if pair else False,
                conflict=conflict(*pair) if pair else None,
                note=note,
                own=whole and repo == self._kin.facts.repo,
            )
        )

    def _note(self, repo: str) -> str | None:
        """What a model's own row has to say besides its facts."""
        if repo not in self._kin.known:
            return self._kin.notes.get(repo) or (UNASKED if self._done else PENDING)
        hidden = [parent for parent in self._kin.parents(repo) if parent not in self._hops]
        return OLDER if hidden and self._hops[repo] >= 0 else None

    def _edges(self) -> dict[str, list[str]]:
        """The models of the upper tree under each parent that they state."""
        found: dict[str, list[str]] = {}
        for repo in self._hops:
            for parent in self._kin.drawn_parents(repo):
                found.setdefault(parent, []).append(repo)
        return found

    def _kept(self, repo: str) -> list[str]:
        """What hangs below a model, each once: in full first, then what is only mentioned."""
        below = dict.fromkeys([*self._below.get(repo, []), *self._kin.drawn_children(repo)])
        return sorted(
            (child for child in below if child in self._hops), key=lambda child: not self._is_hop(repo, child)
        )

    def _is_hop(self, parent: str, child: str) -> bool:
        return self._hops.get(parent) == self._hops[child] + 1
