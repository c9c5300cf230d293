"""Questions to the Hub, answered from memory where that is young enough.

What was known is given at once with its age, and asked anew behind it; when the
Hub does not answer, what was known stands, with the reason. One question goes
out however many ask it. Knows paths and JSON, not what they say of a model.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from swatchbook.hub.errors import Away, HubError, NoFile, Troubled
from swatchbook.hub.store import Store, Stored
from swatchbook.hub.wire import DEADLINE, MOST, Wire

THREADS = 8
"""Questions that are out at the same time, to the Hub, and as many to the viewer: one that stalls does not hold up the
other."""
MINUTE, HOUR = 60.0, 3600.0
DAY = 24 * HOUR
LIST_FRESH = 10 * MINUTE
INFO_FRESH = HOUR
FOREVER = float("inf")
"""For files at a commit: they never change."""
ABSENT = "absent"
"""What stands for the way on, where a file at a commit is known not to be there."""
_AT_COMMIT = re.compile(r"/resolve/[0-9a-f]{40}/")

Params = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the Hub said `age` seconds ago. `problem` is why it could not be asked anew, in one sentence."""

    body: Any
    next: str | None = None
    age: float = 0.0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A path or full address, its parameters, and how much of the answer is wanted."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    most: int = MOST
    first: int | None = None
    json: bool = True

    @property
    def at_commit(self) -> bool:
        """Whether it asks for a file at a commit, whose absence is as final as its presence."""
        return _AT_COMMIT.search(self.path) is not None

    def key(self, hub: str) -> str:
        place = self.path if self.path.startswith("http") else hub + self.path
        return f"{place}?{urlencode(self.params)}#{self.first or ''}"


class Hub:
    """The Hub, asked through a wire and remembered in a store. Usable from any event loop."""

    def __init__(self, wire: Wire, store: Store, clock: Callable[[], float] = time.time) -> None:
        self.wire, self._store, self._clock = wire, store, clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hub")
        self._viewers = ThreadPoolExecutor(THREADS, thread_name_prefix="viewer")
        self._flying: dict[str, Future[Stored]] = {}
        self._lock = threading.RLock()

    async def ask(self, question: Question, fresh: float = INFO_FRESH) -> Answer:
        """The answer, no older than `fresh` seconds if the Hub can be asked; else what was known, with the reason.

        Raises HubError when nothing is known.
        """
        kept = self.known(question)
        if kept is not None and kept.age <= fresh:
            return kept
        return await self._asked(question, kept)

    async def stream(self, question: Question, fresh: float = INFO_FRESH) -> AsyncIterator[Answer]:
        """What is known, at once; then, if that is older than `fresh`, what the Hub says now."""
        kept = self.known(question)
        if kept is not None:
            yield kept
            if kept.age <= fresh:
                return
        yield await self._asked(question, kept)

    def known(self, question: Question) -> Answer | None:
        """What was kept of this question's answer, whatever its age. Raises NoFile where there is known to be none."""
        kept = self._store.get(question.key(self.wire.hub))
        if kept is not None and kept.next == ABSENT:
            raise NoFile("The Hub has no such file in this repository.")
        return self._answer(question, kept) if kept else None

    def keep(self, question: Question, answer: Answer) -> None:
        """Remember an answer as that to another question, too."""
        self._store.put(question.key(self.wire.hub), json.dumps(answer.body).encode(), answer.next)

    async def _asked(self, question: Question, kept: Answer | None) -> Answer:
        flying = asyncio.wrap_future(self._fly(question))
        # Looking a name up has no deadline of its own, so the thread may stay behind; who asked does not.
        await asyncio.wait({flying}, timeout=DEADLINE + 1)
        try:
            if flying.done():
                return self._answer(question, flying.result())
            problem: HubError = Away("The Hub took too long to answer; try again in a moment.")
        except HubError as error:
            problem = error
        if kept is None:
            raise problem
        return Answer(kept.body, kept.next, kept.age, str(problem))

    def _fly(self, question: Question) -> Future[Stored]:
        key = question.key(self.wire.hub)
        with self._lock:
            if (flying := self._flying.get(key)) is None:
                flying = self._flying[key] = self._pool_of(key).submit(self._load, question, key)
                flying.add_done_callback(lambda _: self._landed(key))
        return flying

    def _pool_of(self, key: str) -> ThreadPoolExecutor:
        return self._viewers if key.startswith(f"{self.wire.viewer}/") else self._pool

    def _landed(self, key: str) -> None:
        with self._lock:
            self._flying.pop(key, None)

    def _load(self, question: Question, key: str) -> Stored:
        try:
            reply = self.wire.read(question.path, question.params, most=question.most, first=question.first)
        except NoFile:
            if question.at_commit:
                self._store.put(key, b"", ABSENT)
            raise
        if question.json:
            _json(reply.body)
        self._store.put(key, reply.body, reply.next)
        return Stored(reply.body, reply.next, self._clock())

    def _answer(self, question: Question, kept: Stored) -> Answer:
        body = _json(kept.body) if question.json else kept.body
        return Answer(body, kept.next, max(self._clock() - kept.taken, 0.0))

    def close(self) -> None:
        for pool in (self._pool, self._viewers):
            pool.shutdown(wait=False, cancel_futures=True)
        self.wire.close()
        self._store.close()


def model_info(repo: str, commit: str | None, expand: Sequence[str]) -> Question:
    revision = f"/revision/{quote(commit, safe='')}" if commit else ""
    return Question(f"/api/models/{repo}{revision}", tuple(("expand", name) for name in expand))


def tree(repo: str, commit: str) -> Question:
    """The files at the top of a repository, with their sizes and the Hub's own security checks."""
    return Question(f"/api/models/{repo}/tree/{quote(commit, safe='')}", (("expand", "true"),))


def file(repo: str, commit: str, name: str, most: int = MOST, first: int | None = None) -> Question:
    """A file's bytes; with `first`, only that many from its beginning."""
    return Question(f"/{repo}/resolve/{quote(commit, safe='')}/{quote(name)}", most=most, first=first, json=False)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Troubled("The Hub's answer made no sense; try again in a moment.") from None
