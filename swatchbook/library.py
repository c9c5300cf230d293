"""Everything about models that one running app shares: the Hub, the disk, the shelf and the machine.

Only joins them: each part is a module of its own. Knows no page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from swatchbook.engine import memory
from swatchbook.estimate import Pace
from swatchbook.hub import fit, lineage
from swatchbook.hub.catalogue import LIST_FACTS, Catalogue
from swatchbook.hub.disk import Disk
from swatchbook.hub.dossier import Dossier, Reader, of_facts, of_folder
from swatchbook.hub.errors import Absent, HubError
from swatchbook.hub.facts import Facts, File, read_facts, read_files
from swatchbook.hub.fetch import Fetcher
from swatchbook.hub.fit import Machine, Verdict
from swatchbook.hub.hub import DAY, INFO_FRESH, Hub, Question, tree
from swatchbook.hub.lineage import Family
from swatchbook.hub.rows import Rows, first_rows, house_rows
from swatchbook.hub.store import Store
from swatchbook.hub.wire import Wire
from swatchbook.kitchen.recipe import HOUSE, read_recipe
from swatchbook.runs import ModelRef
from swatchbook.settings import AppSettings
from swatchbook.shelf import Shelf

CHILDREN = 20
"""Children of a model that are asked for."""


class Library:
    """The models this app knows of, has, and can get."""

    def __init__(self, settings: AppSettings, house: Path = HOUSE) -> None:
        self.settings, self.pace = settings, Pace()
        self.hub = Hub(Wire(settings), Store(settings.data))
        self.catalogue = Catalogue(self.hub)
        self.disk = Disk(settings.data / "models", int(settings.disk_gb * 1e9))
        self.fetcher = Fetcher(self.hub.wire, self.disk)
        self.shelf = Shelf(house, self.disk, self.catalogue)
        self._reader = Reader(self.catalogue)
        self._budget = memory.budget(settings.memory_gb)

    def machine(self) -> Machine:
        """What a verdict is judged against, as it is now."""
        return Machine(
            budget=self._budget,
            disk_free=self.disk.free(),
            disk_left=self.disk.left(),
            cores=self.settings.cores,
            pace=self.pace,
        )

    def verdict(self, facts: Facts, machine: Machine, files: Sequence[File] | None = None) -> Verdict:
        """Whether a model runs here; one that lies here has nothing to fetch."""
        here = facts.source == "house" or self.disk.find(facts.ref) is not None
        return fit.judge(facts, machine, files, here=here)

    async def dossier(self, ref: ModelRef) -> AsyncIterator[Dossier]:
        """A model's dossier: as it is known, then as it is now; without the Hub, what lies here. Raises HubError."""
        pick = self.shelf.known(ref)
        if ref.source == "house":
            if pick is None or pick.folder is None:
                raise Absent(f"There is no house model called {ref.repo}; choose one from the first shelf.")
            yield of_folder(pick.folder, pick.facts)
            return
        shown = False
        try:
            async for dossier in self._reader.open(ref):
                shown = True
                yield dossier
        except HubError as error:
            if shown or pick is None:
                raise
            if pick.folder is None:
                yield of_facts(pick.facts).with_problem(f"{error} What follows is all that was heard of it before.")
                return
            local = of_folder(pick.folder, pick.facts)
            yield local.with_problem(f"{error} What follows was read from the files that lie here.")

    async def files(self, ref: ModelRef) -> tuple[File, ...] | None:
        """The files of a model of the Hub at its commit; None where they are more than one answer holds.

        Raises HubError.
        """
        if ref.commit is None:
            raise Absent(f"The Hub names no commit of {ref.repo}; look it up in Browse.")
        answer = await self.hub.ask(tree(ref.repo, ref.commit), DAY)
        return read_files(answer.body) if answer.next is None else None

    async def rows(self, dataset: str) -> Rows:
        """Five rows of a dataset of the Hub, or of what a house model read. Raises HubError."""
        source, _, name = dataset.partition("/")
        model = next((model for model in self.shelf.models if (source, name) == ("house", model.ref.repo)), None)
        if model is None:
            return await first_rows(self.hub, dataset)
        return await asyncio.to_thread(house_rows, read_recipe(model.folder))

    async def family(self, facts: Facts) -> AsyncIterator[Family]:
        """A model's family tree as it grows."""
        async for family in lineage.grow(facts, self._about, self._children):
            yield family

    async def _about(self, repo: str) -> Facts | None:
        try:
            return await self.catalogue.facts(ModelRef(source="hub", repo=repo))
        except Absent:
            return None

    async def _children(self, repo: str) -> tuple[tuple[Facts, ...], int | None]:
        """The most downloaded models made from one, and how many more there are, where the Hub tells."""
        pairs = [("filter", f"base_model:{repo}"), ("sort", "downloads"), ("limit", str(CHILDREN))]
        question = Question("/api/models", (*pairs, *(("expand", name) for name in LIST_FACTS)))
        answer = await self.hub.ask(question, INFO_FRESH)
        entries = answer.body if isinstance(answer.body, list) else []
        found = tuple(facts for entry in entries if (facts := read_facts(entry)))
        self.catalogue.remember(found, answer.age)
        return found, 0 if answer.next is None else None

    def close(self) -> None:
        self.fetcher.close()
        self.hub.close()
