"""What programs can ask of a running Swatchbook: run, list and open, as named endpoints.

Each does what the page does, on the same engine and the same archive. Bad input
is one sentence, which the client raises. The page of documentation is docs/api.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, Self

import gradio as gr
from pydantic import Field, ValidationError, model_validator

from components.actions import Actions
from components.keep_actions import Keeping
from components.palette_bar import added
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.store import Entry, Query
from swatchbook.hub.errors import HubError
from swatchbook.provenance import credits, machine, versions
from swatchbook.runner import Performance
from swatchbook.runs import MAX_LANES, MAX_PROMPT, MAX_TITLE, Lane, ModelRef, Run, RunError, Settings
from swatchbook.strict import Strict, sentence

AT_ONCE = 4
"""Runs of programs that go at the same time; later ones wait in the queue."""


class _Run(Strict):
    """What `run` is given: programs send anything."""

    prompt: Annotated[str, Field(max_length=MAX_PROMPT)]
    models: Annotated[list[str], Field(max_length=MAX_LANES)]
    settings: Settings
    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""
    keep: bool = False
    listed: bool = False

    @model_validator(mode="after")
    def _listed_is_kept(self) -> Self:
        if self.listed and not self.keep:
            raise ValueError("what is listed has to be kept; say keep=True, too")
        return self


class _Find(Strict):
    """What `list` is given."""

    text: str = ""
    kind: Literal["", "run", "palette", "sketch", "record"] = ""
    model: str = ""
    before: Annotated[int, Field(ge=0)] = 0


class _Open(Strict):
    """What `open` is given."""

    id: str


@dataclass
class Api:
    """The endpoints. Their docstrings are what a client's `view_api` shows."""

    actions: Actions
    keeping: Keeping

    async def run(
        self,
        prompt: str,
        models: list[str],
        samples: int = 4,
        max_tokens: int = 48,
        temperature: float = 0.9,
        seed: int = 7,
        top_p: float = 1.0,
        top_k: int = 0,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        stop: list[str] | None = None,
        title: str = "",
        keep: bool = False,
        listed: bool = False,
    ) -> dict[str, Any]:
        """Put one prompt, with {a|b} slots if you like, through several models and return the run when it has ended.

        A model is written house/name or owner/name, with @commit and :chat if you like; one of the Hub must have been
        fetched. With `keep` the run is kept: the answer's `kept` then holds its id, its link and the key to delete it.
        """
        with _told():
            asked = _Run(
                prompt=prompt,
                models=models,
                title=title,
                keep=keep,
                listed=listed,
                settings=Settings(
                    samples=samples,
                    max_tokens=max_tokens,
                    temperature=temperature,
                    seed=seed,
                    top_p=top_p,
                    top_k=top_k,
                    min_p=min_p,
                    repetition_penalty=repetition_penalty,
                    stop=stop or [],
                ),
            )
            return await self._answered(asked)

    def find(self, text: str = "", kind: str = "", model: str = "", before: int = 0) -> list[dict[str, Any]]:
        """List what was kept here and listed, newest first, thirty at a time; `before` is the last `number` you had.

        `text` looks for the beginnings of words in prompts, texts, titles and notes; `kind` is run or palette; `model`
        is a name without its commit.
        """
        with _told():
            said = _Find.model_validate({"text": text, "kind": kind, "model": model, "before": before})
            entries = self.keeping.archive.find(Query(said.text, said.kind, said.model, before=said.before or None))
            return [self._line(entry) for entry in entries]

    async def open(self, id: str) -> dict[str, Any]:
        """Open what was kept under an id: the whole document, as it was kept. No model is loaded for it."""
        with _told():
            document = await asyncio.to_thread(self.keeping.find, _Open(id=id).id)
            found: dict[str, Any] = json.loads(document.to_json())
            return found

    def _line(self, entry: Entry) -> dict[str, Any]:
        """An entry as JSON; what it came of is named only where that is listed, too."""
        above = self.keeping.archive.entry(entry.parent) if entry.parent else None
        parent = entry.parent if above is not None and above.listed else None
        return {**asdict(entry), "models": list(entry.models), "parent": parent}

    async def _answered(self, asked: _Run) -> dict[str, Any]:
        run = await self._performed(self._asked(asked))
        if not asked.keep:
            return {"run": json.loads(run.to_json()), "kept": None}
        kept = await asyncio.to_thread(self.keeping.put, run, "run", asked.listed, "a program")
        id = kept.document.id
        said = {"id": id, "link": f"{self.keeping.settings.public_address() or ''}?run={id}", "key": kept.key}
        return {"run": json.loads(kept.document.to_json()), "kept": said}

    def _asked(self, asked: _Run) -> Run:
        shelf = self.actions.shelf
        if not asked.prompt.strip():
            raise RunError("The prompt is empty; write a few words for the models to go on from.")
        named = [
            (ModelRef.parse(name), mode or "completion") for name, _, mode in (m.partition(":") for m in asked.models)
        ]
        problems: list[str] = []
        lanes: list[Lane] = added(named, shelf, problems)
        if problems or not lanes:
            raise RunError(problems[0] if problems else "No model is named; write some as house/name or owner/name.")
        run = Run(template=asked.prompt, title=asked.title, lanes=lanes, settings=asked.settings)
        made = {"credits": credits(lanes, shelf), "machine": machine(), "versions": versions()}
        return run.model_copy(update=made)

    async def _performed(self, run: Run) -> Run:
        performance = Performance(run, self.actions.engine, self.actions.shelf.locate)
        end = asyncio.get_running_loop().call_later(self.actions.settings.deadline, performance.stop)
        try:
            async with contextlib.aclosing(performance.play()) as states:
                async for _ in states:
                    pass
        finally:
            end.cancel()
        return performance.result()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Whatever is wrong with what was asked becomes one sentence at the client."""
    try:
        yield
    except ValidationError as error:
        raise gr.Error(f"{sentence(error)}.", print_exception=False) from None
    except (RunError, ArchiveError, HubError) as error:
        raise gr.Error(str(error), print_exception=False) from None


def build(api: Api) -> None:
    """Name the endpoints inside the current block."""
    gr.api(api.run, api_name="run", concurrency_limit=AT_ONCE)
    gr.api(api.find, api_name="list", concurrency_limit=AT_ONCE)
    gr.api(api.open, api_name="open", concurrency_limit=AT_ONCE)
