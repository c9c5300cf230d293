"""The models of a published piece: house models that lie in it, and the Hub's, fetched at their commits as it starts.

What is fetched is chosen and vetted as everywhere: weights as safetensors, settings and
tokenizer, never code and never a pickle, and no token is sent. It lies in the cache of
the Hub's own library, where a Space finds what was fetched before it started. A model
that cannot be had costs one sentence, and the piece goes on without it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from huggingface_hub.errors import CachedRepoTreeNotFoundError, GatedRepoError, HfHubHTTPError

from swatchbook import house
from swatchbook.engine import memory, vet
from swatchbook.engine.events import EngineError
from swatchbook.hub import ways
from swatchbook.hub.errors import HubError, Refused
from swatchbook.hub.facts import File
from swatchbook.hub.plan import Plan, plan
from swatchbook.hub.transport import Transport
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.runs import ModelRef, RunError
from swatchbook.settings import AppSettings

if TYPE_CHECKING:
    from huggingface_hub import RepoFile

log = logging.getLogger(__name__)

AGENT = "swatchbook"


class Stock:
    """The models of one piece. `start` fetches those that are not here yet, in the background."""

    def __init__(self, settings: AppSettings, models: Sequence[ModelRef], folder: Path = HOUSE) -> None:
        """`folder` holds the house models."""
        self._settings, self._folder = settings, folder
        self._wanted = [model for model in models if model.source == "hub"]
        self._here: dict[ModelRef, Path] = {}
        self._refused: dict[ModelRef, str] = {}

    def start(self) -> threading.Thread:
        """Fetch what is not here, one model after the other; the piece need not wait for it."""
        thread = threading.Thread(target=self._fetch_all, name="stock", daemon=True)
        thread.start()
        return thread

    def locate(self, ref: ModelRef) -> Path:
        """The model's folder. Raises RunError while it is on its way, and when it cannot be had."""
        if ref.source == "house":
            return house.find(ref, self._folder).folder
        if (folder := self._here.get(ref)) is not None:
            return folder
        if (why := self._refused.get(ref)) is not None:
            raise RunError(why)
        if ref not in self._wanted:
            raise RunError(f"{ref} is no model of this piece.")
        raise RunError(f"{ref.repo} is still on its way here; try again in some minutes.")

    def _fetch_all(self) -> None:
        for ref in self._wanted:
            try:
                self._here[ref] = self._cached(ref) or self._fetched(ref)
            except _EXPECTED as error:
                log.info("%s was not fetched: %r", ref, error)
                self._refused[ref] = f"{ref.repo} cannot be asked here: {_why(error)}."
            except Exception:
                log.exception("%s was not fetched", ref)
                self._refused[ref] = f"{ref.repo} cannot be asked here: it could not be fetched."

    def _cached(self, ref: ModelRef) -> Path | None:
        """The model's folder, if all that it needs is here already, as what a Space fetched before it started."""
        from huggingface_hub import snapshot_download

        try:
            folder = snapshot_download(
                ref.repo, revision=ref.commit, local_files_only=True, token=False, allow_patterns=_needed(ref)
            )
            vet.vet(Path(folder))
            return Path(folder)
        except (OSError, EngineError, HubError):  # a missing file makes it a FileNotFoundError of the library's own
            return None

    def _fetched(self, ref: ModelRef) -> Path:
        """Bring the model here. Raises what is in _EXPECTED."""
        if self._settings.offline:
            raise Refused("There is no network here (HF_HUB_OFFLINE).")
        ways.share()
        from huggingface_hub import hf_hub_download

        with ways.by(Transport([self._settings.hub])):
            chosen = plan(self._listed(ref))
            self._check_room(chosen)
            paths = [
                hf_hub_download(
                    ref.repo, file.path, revision=ref.commit, token=False, endpoint=self._settings.hub,
                    library_name=AGENT,
                )
                for file in chosen.files
            ]  # fmt: skip
        folder = Path(paths[0]).parent
        vet.vet(folder)
        return folder

    def _listed(self, ref: ModelRef) -> list[File]:
        from huggingface_hub import HfApi, RepoFile

        api = HfApi(endpoint=self._settings.hub, token=False, library_name=AGENT)
        entries = api.list_repo_tree(ref.repo, revision=ref.commit, expand=True)
        return [_file(each) for each in entries if isinstance(each, RepoFile)]

    def _check_room(self, chosen: Plan) -> None:
        weights, budget = sum(file.size for file in chosen.weights), memory.budget(self._settings.memory_gb)
        if weights > budget:
            raise Refused(f"It takes {weights / 1e9:.1f} GB of memory, and there are {budget / 1e9:.1f} here.")


_EXPECTED = (HubError, EngineError, HfHubHTTPError, httpx2.HTTPError, OSError)


def _needed(ref: ModelRef) -> list[str] | None:
    """Which files the model needs, where the library has kept the list of all; None where it has not.

    Told none, the library takes a model for unfinished that lacks any file of that list. Raises Refused.
    """
    from huggingface_hub import get_cached_repo_tree

    try:
        listed = get_cached_repo_tree(ref.repo, revision=ref.commit)
    except CachedRepoTreeNotFoundError:
        return None
    return [file.path for file in plan(map(_file, listed)).files]


def _file(entry: RepoFile) -> File:
    """A file as the Hub lists it, with what the Hub's scanners say of it."""
    digest = entry.lfs.sha256 if entry.lfs is not None else None
    security = entry.security.status if entry.security is not None else None
    return File(entry.path, entry.size, digest, entry.blob_id, security)


def _why(error: Exception) -> str:
    """Why a model is not here."""
    if isinstance(error, GatedRepoError):
        return "its maker lets in only people who sign in"
    if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403, 404):
        return "it is not on the Hub at this commit any more"
    if isinstance(error, HubError | EngineError):
        first = str(error).partition("; ")[0].rstrip(".")
        return f"{first[:1].lower()}{first[1:]}"
    return "the Hub could not be reached"
