"""The models that can be picked here, wherever they come from.

House models, what was fetched, and what the Hub was heard to list are found by
one reference and introduced alike. Answers from what is known; only `learn`
asks the Hub. Knows no page.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from swatchbook import house as houses
from swatchbook.hub.catalogue import Catalogue
from swatchbook.hub.disk import Disk
from swatchbook.hub.errors import HubError
from swatchbook.hub.facts import Facts
from swatchbook.hub.here import house_facts
from swatchbook.hub.shelves import written_facts
from swatchbook.hub.suit import unsuited
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.runs import ModelRef, RunError

FULL_COMMIT = 40
"""Digits of a commit that is written out."""
GENERATIONS = 6
"""How far up a family is followed to name it."""
_STEM = re.compile(r"[A-Za-z]{3,}")


@dataclass(frozen=True, slots=True)
class Pick:
    """One model as the page introduces it; `ref` pins its commit where that is known.

    `folder` is where it lies, None while it is only known of. `chat` says whether it has a chat template.
    """

    ref: ModelRef
    facts: Facts
    hue: int | None
    title: str = ""
    blurb: str = ""
    folder: Path | None = None

    @property
    def parameters(self) -> int | None:
        return self.facts.parameters

    @property
    def chat(self) -> bool:
        return self.facts.chat


class Shelf:
    """Finds models by reference. Without a disk and a catalogue there are the house models alone."""

    def __init__(self, folder: Path = HOUSE, disk: Disk | None = None, catalogue: Catalogue | None = None) -> None:
        self.folder, self.disk, self.catalogue = folder, disk, catalogue

    @property
    def models(self) -> tuple[houses.HouseModel, ...]:
        return houses.house_models(self.folder)

    def here(self) -> list[Pick]:
        """All that lies here and can be run at once: the house models, then what was fetched."""
        kept = self.disk.models() if self.disk else []
        fetched = [Pick(each.ref, each.facts, self.hue(each.facts), folder=each.folder) for each in kept if each.facts]
        return [*self.house(), *fetched]

    def house(self) -> list[Pick]:
        """The house models."""
        return [self._house(model) for model in self.models]

    def known(self, ref: ModelRef) -> Pick | None:
        """The model by its name, as far as it is known; at the commit that is named if that was heard of.

        Without a commit it is the newest that was heard of, else what was fetched last.
        """
        if ref.source == "house":
            model = next((model for model in self.models if model.ref.repo == ref.repo), None)
            return self._house(model) if model else None
        if ref.commit is None:
            newest = self._said(ref.repo)
            return (self._at(newest) if newest else None) or self._fetched(ref)
        heard = self.catalogue.at(ref.repo, ref.commit) if self.catalogue else None
        other = self._said(ref.repo)
        return self._fetched(ref) or (self._at(heard) if heard else self._at(other) if other else None)

    def find(self, ref: ModelRef) -> Pick:
        """The model to put on a palette, pinned. Raises RunError when it is not here and nothing is known of it."""
        if ref.source == "house":
            return self._house(houses.find(ref, self.folder))
        if ref.source == "remote":
            raise RunError("Models on other servers cannot be picked yet; choose one from Browse.")
        known = self.known(ref)
        if known is not None and known.ref.commit and known.ref.commit.startswith(ref.commit or ""):
            return known
        if len(ref.commit or "") < FULL_COMMIT:
            raise RunError(f"Nothing is known of {ref} yet; look it up in Browse, then add it.")
        facts = known.facts if known else Facts(ref.repo)
        return Pick(ref, facts, self.hue(facts))

    def locate(self, ref: ModelRef) -> Path:
        """The model's folder. Raises RunError when the model is not here."""
        if ref.source == "house":
            return houses.find(ref, self.folder).folder
        if self.disk is None:
            raise RunError(f"{ref.repo} is a model of the Hub, and none are fetched here; choose a house model.")
        known = self.known(ref)
        if known is not None and known.folder is None and (reason := unsuited(known.facts)):
            raise RunError(f"{ref.repo} does not run here. {reason.why}")
        return self.disk.locate(ref)

    async def learn(self, refs: Iterable[ModelRef]) -> list[str]:
        """Ask the Hub about models, unless it was asked lately; returns a sentence for each that stays unknown."""
        asked = [ref for ref in dict.fromkeys(refs) if ref.source == "hub" and not self._settled(ref)]
        return [problem for problem in await asyncio.gather(*map(self._asked, asked)) if problem]

    def hue(self, facts: Facts) -> int | None:
        """The hue of a model's family, 0 to 359; None where neither its name nor its architecture tells one."""
        name = family_name(facts, self._said)
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 360 if name else None

    def _settled(self, ref: ModelRef) -> bool:
        """Whether nothing can be learnt of a model any more: its commit is named, and known."""
        known = self.known(ref) if ref.commit else None
        return known is not None and known.ref == ref

    async def _asked(self, ref: ModelRef) -> str | None:
        if self.catalogue is None:
            return None
        try:
            await self.catalogue.facts(ref)
        except HubError as error:
            known = self.known(ref)
            return None if known and known.ref.commit else f"{ref.repo}: {error}"
        return None

    def _house(self, model: houses.HouseModel) -> Pick:
        return Pick(model.ref, house_facts(model), model.hue, model.title, model.blurb, model.folder)

    def _fetched(self, ref: ModelRef) -> Pick | None:
        kept = self.disk.find(ref) if self.disk else None
        if kept is None or kept.facts is None:
            return None
        return Pick(kept.ref, kept.facts, self.hue(kept.facts), folder=kept.folder)

    def _at(self, facts: Facts) -> Pick:
        """The model at the commit of these facts, and where it lies if it was fetched at that very commit."""
        kept = self.disk.find(facts.ref) if self.disk and facts.commit else None
        return Pick(facts.ref, facts, self.hue(facts), folder=kept.folder if kept else None)

    def _said(self, repo: str) -> Facts | None:
        """What was heard of a model, else what was written down of it for the first shelves."""
        heard = self.catalogue.listed(repo) if self.catalogue else None
        return heard or written_facts().get(repo)


def family_name(facts: Facts, said: Callable[[str], Facts | None]) -> str | None:
    """The family that a model descends from: the first word in the name of its eldest known ancestor.

    Cousins whose common ancestor was not listed yet may be named apart until it is.
    """
    seen, eldest = {facts.repo}, facts
    for _ in range(GENERATIONS):
        if not eldest.parents or eldest.parents[0].repo in seen:
            break
        parent = eldest.parents[0].repo
        seen.add(parent)
        eldest = said(parent) or Facts(parent, architecture=eldest.architecture)
    stem = _STEM.search(eldest.name)
    return stem[0].lower() if stem else eldest.architecture
