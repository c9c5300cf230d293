"""Everything about one model, put together: at most four questions before it shows.

The info, the list of files, the card and the head of the weight file are asked
for at one commit; each part may be missing, and then the dossier says so and
stands without it. The family and the rows of datasets come later, on demand.
Knows no markup.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swatchbook.engine import headers
from swatchbook.engine.events import EngineError
from swatchbook.hub import here, tin
from swatchbook.hub.catalogue import LIST_FACTS, Catalogue
from swatchbook.hub.errors import BadName, HubError, NoFile
from swatchbook.hub.evidence import Evaluation, energy, evaluations
from swatchbook.hub.facts import Facts, File, mapping, read_facts, read_files, texts
from swatchbook.hub.gaps import Gap, gaps
from swatchbook.hub.hub import DAY, FOREVER, INFO_FRESH, LIST_FRESH, Answer, file, model_info, tree
from swatchbook.hub.licences import Licence, read_licence
from swatchbook.hub.tin import Tin, read_tin
from swatchbook.runs import ModelRef

ALL_FACTS = (*LIST_FACTS, "baseModels", "evalResults", "model-index", "spaces")
WEIGHTS = "model.safetensors"
PART = re.compile(r"model-00001-of-\d{5}\.safetensors")
MAX_CARD = 200_000
"""Bytes of a card that are asked for: more than is shown of it, or looked through."""
SPACES = 24
JUST_NOW = 1.0
"""Seconds within which an answer counts as given now."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """One model's facts and documents.

    `files` are those at the top of the repository, None where they could not be listed; `more_files` says
    that there are others. `card` is "" where there is none, None where it could not be read; `spaces` is None where
    nobody was asked. `age` is that of the facts, in seconds; `problems` say what is missing or old.
    """

    facts: Facts
    licence: Licence
    gaps: tuple[Gap, ...]
    files: tuple[File, ...] | None = None
    more_files: bool = False
    card: str | None = None
    tin: Tin | None = None
    spaces: tuple[str, ...] | None = None
    evaluations: tuple[Evaluation, ...] = ()
    energy: str | None = None
    age: float = 0.0
    problems: tuple[str, ...] = ()

    def with_problem(self, problem: str) -> Dossier:
        return replace(self, problems=(problem, *self.problems))


@dataclass(frozen=True, slots=True)
class Parts:
    """The answers that a dossier is made of; an error stands for what could not be had."""

    info: Answer
    files: Answer | HubError
    card: Answer | HubError
    head: Answer | HubError


class Reader:
    """Opens dossiers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._hub, self._catalogue = catalogue.hub, catalogue

    async def open(self, ref: ModelRef) -> AsyncIterator[Dossier]:
        """What is known of the model, at once; then what the Hub says now. Raises HubError when there is neither."""
        question = model_info(ref.repo, ref.commit, ALL_FACTS)
        async for info in self._hub.stream(question, INFO_FRESH):
            self._note(ref, info)
            parts = await self._parts(info)
            dossier = await asyncio.to_thread(self._assembled, ref, parts)
            yield dossier
            if dossier.tin is None and (first := first_part(dossier.files)):
                yield replace(dossier, tin=await self._label(dossier.facts, first, dossier.files))

    async def _label(self, facts: Facts, name: str, files: tuple[File, ...] | None) -> Tin | None:
        """The label of one part of weights that come in several."""
        head = file(facts.repo, facts.commit or "", name, first=tin.FIRST)
        return _tin(await _tried(self._hub.ask(head, FOREVER)), name, files)

    def _note(self, ref: ModelRef, info: Answer) -> None:
        """What was said of the newest commit is true of that commit; the other way round, only while a list says so."""
        facts, newest = read_facts(info.body), self._catalogue.listed(ref.repo, LIST_FRESH)
        if info.age > JUST_NOW or facts is None or facts.commit is None:
            return
        self._catalogue.remember([facts], info.age, newest=ref.commit is None)
        if ref.commit is None:
            self._hub.keep(model_info(ref.repo, facts.commit, ALL_FACTS), info)
        elif newest is not None and newest.commit == facts.commit:
            self._hub.keep(model_info(ref.repo, None, ALL_FACTS), info)

    async def _parts(self, info: Answer) -> Parts:
        facts = read_facts(info.body)
        if facts is None or facts.commit is None:
            missing = BadName("The Hub names no commit of this model, so its files cannot be listed.")
            return Parts(info, missing, missing, missing)
        ask, repo, commit = self._hub.ask, facts.repo, facts.commit
        files = _tried(ask(tree(repo, commit), DAY))
        card = _tried(ask(file(repo, commit, "README.md", first=MAX_CARD), FOREVER))
        head = _tried(ask(file(repo, commit, WEIGHTS, first=tin.FIRST), FOREVER))
        return Parts(info, *await asyncio.gather(files, card, head))

    def _assembled(self, ref: ModelRef, parts: Parts) -> Dossier:
        facts = read_facts(parts.info.body)
        if facts is None:
            raise BadName(f"What the Hub says of {ref.repo} cannot be read; choose another model.")
        raw, body = mapping(parts.info.body), _card(parts.card)
        files = read_files(parts.files.body) if isinstance(parts.files, Answer) else None
        dossier = _described(facts, raw, body)
        return replace(
            dossier,
            files=files,
            more_files=isinstance(parts.files, Answer) and parts.files.next is not None,
            tin=_tin(parts.head, WEIGHTS, files),
            age=parts.info.age,
            problems=tuple(_problems(parts)),
        )


def of_facts(facts: Facts) -> Dossier:
    """The little that can be said of a model of which only these facts were heard."""
    return _described(facts, {}, None)


def of_folder(folder: Path, facts: Facts) -> Dossier:
    """The dossier of a model that lies here, from its own files and what is known of it."""
    metadata, body = here.read_card(folder)
    found = here.folder_headers(folder)
    labels = [read_tin(name, header) for name, header in found.items()]
    files = here.folder_files(folder)
    raw = {"cardData": metadata, "model-index": metadata.get("model-index")}
    return replace(_described(facts, raw, body), files=files, tin=labels[0] if labels else None)


def _described(facts: Facts, raw: Mapping[str, Any], body: str | None) -> Dossier:
    card = mapping(raw.get("cardData"))
    return Dossier(
        facts=facts,
        licence=read_licence(facts),
        gaps=gaps(facts, body, {**card, **{name: raw[name] for name in ("model-index", "evalResults") if name in raw}}),
        card=body,
        spaces=texts(raw["spaces"])[:SPACES] if "spaces" in raw else None,
        evaluations=evaluations(raw),
        energy=energy(card.get("co2_eq_emissions")),
    )


async def _tried(asking: Awaitable[Answer]) -> Answer | HubError:
    try:
        return await asking
    except HubError as error:
        return error


def first_part(files: tuple[File, ...] | None) -> str | None:
    """The first file of weights that come in several."""
    return min((each.path for each in files or () if PART.fullmatch(each.path)), default=None)


def _card(part: Answer | HubError) -> str | None:
    if isinstance(part, NoFile):
        return ""
    return here.card_body(part.body.decode("utf-8", "replace")) if isinstance(part, Answer) else None


def _tin(part: Answer | HubError, name: str, files: tuple[File, ...] | None) -> Tin | None:
    """The label of this file, unless it is not there or its header is longer than what was asked for."""
    if not isinstance(part, Answer):
        return None
    size = next((each.size for each in files or () if each.path == name), None)
    try:
        return read_tin(name, headers.parse(part.body, size))
    except EngineError:
        return None


def _problems(parts: Parts) -> list[str]:
    found = [parts.info.problem] if parts.info.problem else []
    if isinstance(parts.files, HubError):
        found.append(f"The list of files could not be had. {parts.files}")
    if isinstance(parts.card, HubError) and not isinstance(parts.card, NoFile):
        found.append(f"The card could not be had. {parts.card}")
    return found
