"""Fakes that the tests share: an engine whose models write a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import numpy as np

from swatchbook.engine.events import (
    EngineError,
    Event,
    Failed,
    Finished,
    Job,
    Loading,
    Model,
    ScoredText,
    Started,
    Tokens,
)
from swatchbook.runs import Mode


def tokens(sample: int, text: bytes, at: int = 0, token: int = 1, bits: float = 2.0) -> Tokens:
    """One scripted token of a sample, `at` bytes into its text."""
    ids = np.array([token], "<i4").tobytes()
    return Tokens(
        sample=sample,
        ids=ids,
        ends=np.array([at + len(text)], "<i4").tobytes(),
        surprisal=np.array([bits], "<f4").tobytes(),
        entropy=np.array([bits], "<f4").tobytes(),
        top_ids=ids * 5,
        top_bits=np.array([bits] * 5, "<f4").tobytes(),
        top_text=[text] * 5,
        raw=text,
    )


@dataclass
class Script:
    """What one model does: its words, seconds a token, seconds to load, and how it fails.

    `words` may follow from the job. `bits` is what each token of a text costs, 2 where nothing else is said.
    """

    words: list[str] | Callable[[Job], list[str]] = field(default_factory=lambda: ["one", " two", " three."])
    bits: dict[str, float] = field(default_factory=dict)
    delay: float = 0.0
    load: float = 0.0
    refuse: str = ""
    die_after: int | None = None


class FakeEngine:
    """Speaks the engine's events for scripted models, keyed by folder name. `asked` is every prompt it was given,
    `calls` how many there were in each call."""

    def __init__(self, scripts: dict[str, Script] | None = None) -> None:
        self.scripts = scripts or {}
        self.running = 0
        self.closed = False
        self.asked: list[str] = []
        self.calls: list[int] = []

    async def score(self, model: Model, texts: list[tuple[str, str]], mode: Mode = "completion") -> list[ScoredText]:
        """One token a word. What was asked is noted as `chat:prompt|text`."""
        script = self._heard(model, [f"{mode}:{prompt}|{text}" for prompt, text in texts])
        self.running += 1
        try:
            await asyncio.sleep(script.delay)
            if script.refuse:
                raise EngineError(script.refuse)
            return [_scored(text, script.bits.get(text.strip(), 2.0)) for _, text in texts]
        finally:
            self.running -= 1

    def _heard(self, model: Model, prompts: list[str]) -> Script:
        self.asked += prompts
        self.calls.append(len(prompts))
        return self.scripts.get(model.folder.name, Script())

    async def generate(self, model: Model, jobs: list[Job]) -> AsyncIterator[tuple[int, Event]]:
        script = self._heard(model, [job.prompt for job in jobs])
        self.running += 1
        try:
            for step in range(1, 5):
                yield 0, Loading(step / 4, "reading weights")
                await asyncio.sleep(script.load / 4)
            if script.refuse:
                raise EngineError(script.refuse)
            for number, job in enumerate(jobs):
                async for event in self._write(script, job):
                    yield number, event
        finally:
            self.running -= 1

    async def _write(self, script: Script, job: Job) -> AsyncIterator[Event]:
        yield Started(job.prompt, len(job.prompt.split()))
        said = script.words(job) if callable(script.words) else script.words
        words = [word.encode() for word in said[: job.settings.max_tokens]]
        at = 0
        for step, word in enumerate(words):
            if step == script.die_after:
                raise EngineError("The model's process died while it was writing; run again.")
            for sample in range(len(job.seeds)):
                yield tokens(sample, word, at, token=step)
            at += len(word)
            await asyncio.sleep(script.delay)
        for sample in range(len(job.seeds)):
            yield Finished(sample, "length" if len(words) == job.settings.max_tokens else "end", at)

    def loaded(self, model: Model) -> bool:  # noqa: ARG002
        return False

    def close(self) -> None:
        self.closed = True


def _scored(text: str, bits: float) -> ScoredText:
    words = text.split() or [text]
    ends = [len(text.encode())] * len(words)
    return ScoredText(list(range(len(words))), ends, [bits] * len(words), [0.0] * len(words))


__all__ = ["Failed", "FakeEngine", "Script", "tokens"]
