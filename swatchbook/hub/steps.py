"""The steps of one fetch: list, plan, reserve, bring, vet, record. And what to say when one fails.

All of it is at the commit that was asked for, and only what the plan names.
Knows nothing of other fetches and of turns.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from swatchbook.engine import vet
from swatchbook.engine.events import EngineError
from swatchbook.hub import record
from swatchbook.hub.disk import Disk
from swatchbook.hub.errors import Absent, Away, Gated, Refused, Troubled
from swatchbook.hub.facts import File, read_files
from swatchbook.hub.parts import Porter, Transfers
from swatchbook.hub.plan import CONFIG, INDEX, Plan, check_index, plan
from swatchbook.hub.progress import Job
from swatchbook.hub.record import Fetched, FetchedFile, write_record
from swatchbook.hub.room import disk_refusal, in_words
from swatchbook.hub.wire import Reply, Stopped
from swatchbook.runs import ModelRef

MAX_PAGES = 20
"""Pages of a list of files that are read."""


class Line(Transfers, Protocol):
    """The wire, as far as it is needed to fetch."""

    def read(self, path: str, params: tuple[tuple[str, str], ...] = ()) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Steps:
    """How a model gets from the Hub onto the disk."""

    wire: Line
    disk: Disk
    porter: Porter

    def fetch(self, job: Job) -> None:
        """Have the model on disk, whole. Raises HubError, EngineError for what is not run here, OSError."""
        job.begin()
        chosen = plan(self._files(job.ref))
        job.total = chosen.total
        with self.disk.reserve(job.ref, chosen.total) as folder:
            if self.disk.find(job.ref):  # another process has fetched it meanwhile
                job.take(record.NAME, chosen.total)
                return
            (folder / record.NAME).unlink(missing_ok=True)
            self._bring(job, chosen.small, folder, 0)
            config = _vetted(folder, chosen)
            self._bring(job, chosen.weights, folder, sum(file.size for file in chosen.small))
            _check_whole(folder, job.ref)
            write_record(folder, _record(job, chosen, config))

    def _bring(self, job: Job, files: tuple[File, ...], folder: Path, before: int) -> None:
        for file in files:
            job.take(file.path, before)
            address = f"/{job.ref.repo}/resolve/{job.ref.commit}/{quote(file.path)}"
            self.porter.bring(address, file, folder, job)
            before += file.size

    def _files(self, ref: ModelRef) -> Iterator[File]:
        """The files at the top of the repository, as the Hub lists them at this commit."""
        reply = self.wire.read(f"/api/models/{ref.repo}/tree/{ref.commit}", (("expand", "true"),))
        for _ in range(MAX_PAGES):
            yield from read_files(_listed(reply.body))
            if reply.next is None:
                return
            reply = self.wire.read(reply.next)
        raise Refused(f"{ref.repo} holds more files than are looked through here; choose another model.")


def _listed(body: bytes) -> list[Any]:
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list):
        raise Troubled("The Hub's list of files made no sense; try again in a moment.")
    return listed


def _vetted(folder: Path, chosen: Plan) -> dict[str, Any]:
    """The config, before any weights are fetched for it. Raises EngineError or Refused."""
    config = vet.parse_config((folder / CONFIG).read_bytes())
    vet.check_config(config)
    vet.check_tokenizer(folder)
    if any(file.path == INDEX for file in chosen.small):
        check_index((folder / INDEX).read_bytes(), chosen)
    return config


def _check_whole(folder: Path, ref: ModelRef) -> None:
    """The weights are what was published; whether they can be loaded is another matter. Raises Refused."""
    try:
        vet.vet(folder)
    except EngineError as error:
        what = str(error).partition(";")[0].rstrip(".")
        raise Refused(
            f"{ref.repo} cannot be run as it was published ({what}); delete what has come, and choose another."
        ) from None


def _record(job: Job, chosen: Plan, config: dict[str, Any]) -> Fetched:
    stated = config.get("model_type")
    architecture = job.facts.architecture or (stated[:200] if isinstance(stated, str) else None)
    return Fetched(
        repo=job.ref.repo,
        commit=str(job.ref.commit),
        size=chosen.total,
        files=tuple(FetchedFile(name=f.path, size=f.size, sha256=f.sha256, blob=f.blob) for f in chosen.files),
        facts=dataclasses.replace(job.facts, architecture=architecture),
        context=vet.context_of(config, 0) or None,
    )


def sentence(error: Exception, job: Job) -> str:
    """Why it ended, and what to do, for whoever waits for it."""
    ref, done = job.ref, job.progress().done
    kept = f"; what has arrived ({in_words(done)}) is kept until you delete it" if done else ""
    if isinstance(error, Stopped):
        return f"The connection brought next to nothing for a minute{kept}; fetch again to go on."
    if isinstance(error, Absent):
        return f"{ref.repo} is not on the Hub at this commit, or no longer for everybody{kept}; find it in Browse."
    if isinstance(error, Gated):
        return f"{str(gated(ref)).rstrip('.')}{kept}."
    if isinstance(error, Away):
        return f"{str(error).rstrip('.')}{kept}."
    return str(disk_refusal(error)) if isinstance(error, OSError) else str(error)


def gated(ref: ModelRef) -> Gated:
    return Gated(
        f"The maker of {ref.repo} lets in only people who sign in and agree to terms, "
        "so it cannot be fetched here; choose another."
    )
