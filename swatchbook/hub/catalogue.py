"""Finding models: a query, and the pages of facts that answer it.

What the Hub can filter it filters; what it cannot is sifted here, page after
page, and the page says how many were looked through. Nothing is asked per
model. Keeps the facts of what was listed last, so that a press on a swatch
asks nothing; what was said of a commit is never taken for the newest. Knows no
markup.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

from swatchbook.hub.errors import BadName, HubError
from swatchbook.hub.facts import Facts, read_facts, repo_name
from swatchbook.hub.gaps import stated
from swatchbook.hub.hub import INFO_FRESH, LIST_FRESH, Answer, Hub, Question, model_info
from swatchbook.runs import ModelRef

Sort = Literal["trending", "downloads", "likes", "newest", "unsung"]
_SORTS: dict[Sort, str] = {
    "trending": "trendingScore",
    "downloads": "downloads",
    "likes": "likes",
    "newest": "createdAt",
    "unsung": "lastModified",
}
PAGE = 60
"""Models asked for in one question."""
LOOKS = 4
"""Questions spent on one page at most, where what comes has to be sifted."""
ENOUGH = 24
"""Models that fill a page of sifted ones."""
PATIENCE = 6.0
"""Seconds after which a page is no longer filled up by further questions."""
REMEMBERED = 4000
"""Facts that are kept at hand: two for a model that was listed."""
SIZES = {"1M": 1e6, "10M": 1e7, "50M": 5e7, "150M": 1.5e8, "500M": 5e8, "1B": 1e9, "3B": 3e9, "8B": 8e9, "70B": 7e10}
"""The bounds that a size can be given, in parameters."""
LIST_FACTS = (
    "author",
    "cardData",
    "config",
    "createdAt",
    "downloads",
    "gated",
    "lastModified",
    "library_name",
    "likes",
    "pipeline_tag",
    "safetensors",
    "sha",
    "tags",
)
_ADDRESS = re.compile(
    r"(?:https?://|(?=(?:www\.)?(?:huggingface|hf)\.co/))(?:www\.)?(?:huggingface\.co|hf\.co)/(?:models/)?"
)
"""What stands before a model's name where it was pasted from the Hub."""
_PAGES = ("tree", "blob", "resolve", "raw", "commit", "commits", "discussions")
"""The Hub's own pages below a model's."""
_WHOLE_COMMIT = re.compile("[0-9a-f]{40}")
_WORD = re.compile(r"[\w.+#/ -]{0,96}")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. Empty texts ask for nothing in particular; sizes are keys of `SIZES`."""

    search: str = ""
    author: str = ""
    licence: str = ""
    language: str = ""
    least: str = ""
    most: str = ""
    architecture: str = ""
    dataset: str = ""
    originals: bool = False
    gated: Literal["", "no", "yes"] = ""
    everything: bool = False
    """Also models that do not write text."""
    sort: Sort = "trending"

    @property
    def plain(self) -> bool:
        """Whether it asks for nothing in particular."""
        return self == Query()

    def check(self) -> None:
        """Raises BadName with one sentence for what no model can answer to."""
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, str) and not _WORD.fullmatch(value):
                raise BadName(
                    f"{part.name.capitalize()} may hold letters, digits and . _ - / only, 96 at most; shorten it or"
                    " leave out the other signs."
                )
        if strays := {self.least, self.most} - {"", *SIZES}:
            raise BadName(f"{min(strays)!r} is not one of the sizes that are offered ({', '.join(SIZES)}); choose one.")
        if self.sort not in get_args(Sort):
            raise BadName("The order in this address is not one that is offered; choose it from the list.")
        if self.least and self.most and SIZES[self.least] >= SIZES[self.most]:
            raise BadName(
                f"No model is both larger than {self.least} and smaller than {self.most}; change one of them."
            )

    def matches(self, facts: Facts) -> bool:
        """Whether these facts fit, as far as they are stated. What the Hub filtered is not asked again."""
        size = facts.parameters
        return (
            not (self.originals and facts.parents)
            and not (self.architecture and facts.architecture not in (None, self.architecture))
            and not (self.least and size is not None and size < SIZES[self.least])
            and not (self.most and size is not None and size > SIZES[self.most])
        )

    def finds(self, facts: Facts) -> bool:
        """Whether these facts fit all of it: for models that no Hub has filtered."""
        return (
            self.matches(facts)
            and self.search.lower() in facts.repo.lower()
            and self.author.lower() in ("", (facts.author or "").lower())
            and (not self.licence or self.licence in (facts.licence or "").split(" and "))
            and (not self.language or self.language in facts.languages)
            and (not self.dataset or self.dataset in facts.datasets)
            and not (self.gated == "yes" and not facts.gated)
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Models that answer a query. `looked` of them were looked through; `next` leads on.

    `age` is that of the oldest answer used, in seconds; `problem` is why it is not newer.
    """

    models: tuple[Facts, ...]
    looked: int
    next: str | None = None
    age: float = 0.0
    problem: str | None = None


class Catalogue:
    """The Hub's models, listed and looked up."""

    def __init__(self, hub: Hub, clock: Callable[[], float] = time.monotonic) -> None:
        self.hub = hub
        self._known: OrderedDict[tuple[str, str | None], tuple[Facts, float]] = OrderedDict()
        self._clock, self._lock = clock, threading.Lock()

    async def pages(self, query: Query) -> AsyncIterator[Page]:
        """The first page: as it was known, at once, and then as it is now. Raises HubError when there is neither."""
        query.check()
        known = self.hub.known(_first(query))
        if known is not None and known.age > LIST_FRESH:
            yield self._page(query, [known], "Asking the Hub whether this has changed.")
        yield await self.page(query)

    async def page(self, query: Query, at: str | None = None) -> Page:
        """The page at this address, or the first. Raises HubError."""
        query.check()
        answers: list[Answer] = []
        question, until = Question(at) if at else _first(query), self._clock() + PATIENCE
        while True:
            try:
                answers.append(await self.hub.ask(question, LIST_FRESH))
            except HubError as error:
                if not answers:
                    raise
                return replace(self._page(query, answers), problem=str(error))
            following = answers[-1].next
            enough = len(answers) == LOOKS or self._clock() > until or not self._wants_more(query, answers)
            if following is None or enough:
                return self._page(query, answers)
            question = Question(following)

    async def facts(self, ref: ModelRef) -> Facts:
        """One model's facts: at its commit where one is named, else the newest. Asked for only if not heard lately.

        Raises HubError.
        """
        with self._lock:
            known, heard = self._known.get((ref.repo, ref.commit), (None, 0.0))
        if known is not None and (ref.commit or self._clock() - heard <= INFO_FRESH):
            return known
        answer = await self.hub.ask(model_info(ref.repo, ref.commit, LIST_FACTS), INFO_FRESH)
        facts = read_facts(answer.body)
        if facts is None:
            raise BadName(f"What the Hub says of {ref.repo} cannot be read; choose another model.")
        self.remember([facts], answer.age, newest=ref.commit is None)
        return facts

    def listed(self, repo: str, within: float = math.inf) -> Facts | None:
        """What was last heard of a model's newest commit, no longer than `within` seconds ago, without asking."""
        with self._lock:
            facts, heard = self._known.get((repo, None), (None, 0.0))
        return facts if self._clock() - heard <= within else None

    def at(self, repo: str, commit: str | None) -> Facts | None:
        """What was heard of a model at a commit, without asking."""
        with self._lock:
            return self._known.get((repo, commit), (None, 0.0))[0]

    def remember(self, models: Iterable[Facts], age: float, newest: bool = True) -> None:
        """Keep facts at hand that the Hub stated `age` seconds ago, unless something younger is.

        `newest` says that they were asked for without naming a commit.
        """
        heard = self._clock() - age
        with self._lock:
            for facts in models:
                for key in {(facts.repo, facts.commit), *([(facts.repo, None)] if newest else [])}:
                    if self._known.get(key, (None, -math.inf))[1] <= heard:
                        self._known[key] = facts, heard
                    self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def _wants_more(self, query: Query, answers: list[Answer]) -> bool:
        return query.sort == "unsung" or sum(1 for _ in _found(query, answers)) < ENOUGH

    def _page(self, query: Query, answers: list[Answer], asking: str | None = None) -> Page:
        models = list(_found(query, answers))
        if query.sort == "unsung":
            models.sort(key=unsung, reverse=True)
        age = max(answer.age for answer in answers)
        self.remember(models, age)
        return Page(
            models=tuple(models),
            looked=sum(len(answer.body) for answer in answers if isinstance(answer.body, list)),
            next=answers[-1].next,
            age=age,
            problem=asking or next((answer.problem for answer in answers if answer.problem), None),
        )


def size_key(said: str) -> str:
    """A size as it may be typed, 500 m or 0.5B, by its key in `SIZES`; what is none stands as it is."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)\s?([kmb])", said.strip(), re.IGNORECASE)
    count = float(found[1]) * {"k": 1e3, "m": 1e6, "b": 1e9}[found[2].lower()] if found else None
    return next((key for key, size in SIZES.items() if size == count), said.strip())


def unsung(facts: Facts) -> float:
    """How much a model says of itself for how little it is used: facts stated, by the digits of its downloads."""
    return stated(facts) / (1 + math.log10(1 + (facts.downloads or 0)))


def _found(query: Query, answers: Iterable[Answer]) -> Iterator[Facts]:
    for answer in answers:
        for entry in answer.body if isinstance(answer.body, list) else []:
            facts = read_facts(entry)
            if facts is not None and query.matches(facts):
                yield facts


def _first(query: Query) -> Question:
    """The query as the Hub's own parameters."""
    pairs: list[tuple[str, str]] = [("filter", value) for value in _filters(query)]
    if query.search:
        pairs.append(("search", query.search))
    if query.author:
        pairs.append(("author", query.author))
    if query.gated:
        pairs.append(("gated", "true" if query.gated == "yes" else "false"))
    if not query.everything:
        pairs.append(("pipeline_tag", "text-generation"))
    bounds = [f"{name}:{value}" for name, value in (("min", query.least), ("max", query.most)) if value]
    if bounds:
        pairs.append(("num_parameters", ",".join(bounds)))
    pairs += [("sort", _SORTS[query.sort]), ("limit", str(PAGE))]
    return Question("/api/models", tuple(pairs) + tuple(("expand", name) for name in LIST_FACTS))


def _filters(query: Query) -> Iterator[str]:
    if query.licence:
        yield f"license:{query.licence}"
    if query.language:
        yield query.language
    if query.architecture:
        yield query.architecture
    if query.dataset:
        yield f"dataset:{query.dataset}"


def is_address(typed: str) -> bool:
    """Whether this is the address of a page, rather than words to look for."""
    return typed.startswith(("http://", "https://")) or _ADDRESS.match(typed) is not None


def _of_page(path: str) -> tuple[str, str]:
    """The model whose page of the Hub this is, and the commit where the page is of one."""
    parts = path.split("/")
    for at in (2, 1):
        if len(parts) > at + 1 and parts[at] in _PAGES:
            return "/".join(parts[:at]), parts[at + 1] if _WHOLE_COMMIT.fullmatch(parts[at + 1]) else ""
    return path, ""


def read_name(typed: str) -> ModelRef:
    """A model's name as a person may type or paste it, also as its address on the Hub. Raises BadName."""
    name, _, commit = typed.strip().partition("@")
    if found := _ADDRESS.match(name):
        name, revision = _of_page(re.split(r"[?#]", name[found.end() :])[0].strip("/"))
        commit = commit or revision
    if repo_name(name) is None or (commit and not re.fullmatch("[0-9a-f]{7,40}", commit)):
        raise BadName(
            "A model's name is written owner/name, in letters, digits and . _ - only; check how it is written."
        )
    return ModelRef(source="hub", repo=name, commit=commit or None)
