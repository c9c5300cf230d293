"""The archive repository: a dataset on the Hub that files are written to and read from.

Writes through `huggingface_hub`, and believes only what the repository says it
holds afterwards. The token goes to the Hub's own host and nowhere else. Every
call has an end; whatever goes wrong is a Refusal of one sentence. Blocking.
Knows paths and bytes, not documents.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx2
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import build_hf_headers

from swatchbook.archive.errors import ArchiveError
from swatchbook.hub import ways
from swatchbook.hub.errors import Away, HubError, Limited
from swatchbook.hub.transport import terms
from swatchbook.hub.ways import Lost, No, TooMuch, Whole

if TYPE_CHECKING:
    from huggingface_hub import HfApi

log = logging.getLogger(__name__)

MOST = 6_000_000
"""Most bytes of an answer: a part of a document, or what the repository says of a commit's files."""
PAGES = 20
"""Pages of a list that are read."""
AGENT = "swatchbook"
_TOKEN = re.compile(r"[!-~]{1,1000}")
_SETTINGS = "SWATCHBOOK_ARCHIVE_REPO and SWATCHBOOK_ARCHIVE_TOKEN"
_MISREAD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the library raises for an answer that makes no sense."""


class Refusal(ArchiveError):
    """The archive repository did not do it. `cause` says why, without a capital or a full stop.

    It may be asked again after `pause` seconds. Where it is `lasting`, somebody has to mend
    something first; where it is `personal`, other files may be taken all the same.
    """

    def __init__(
        self, cause: str, advice: str, *, pause: float = 0, lasting: bool = False, personal: bool = False
    ) -> None:
        super().__init__(f"{cause[:1].upper()}{cause[1:]}; {advice}.")
        self.cause, self.pause, self.lasting, self.personal = cause, pause, lasting, personal


class Repository:
    """One dataset on one Hub, by a token of its own. Usable from any thread, one writing at a time.

    Nothing is asked when it is `offline`; `stopped` ends what is under way. `until` is always
    a time on the monotonic clock.
    """

    def __init__(
        self, name: str, token: str, endpoint: str, offline: bool = False, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.name, self._token, self._endpoint, self._offline, self._stopped = name, token, endpoint, offline, stopped
        self._reading = threading.Lock()
        self._client: httpx2.Client | None = None
        self._library: HfApi | None = None
        ways.share()

    def is_private(self, until: float) -> bool:
        """Whether only those who may use the repository can read it. Raises Refusal."""
        with self._asking(until):
            answer = self._get(f"/api/datasets/{self.name}?expand=private")
            return answer.json()["private"] is not False

    def read(self, path: str, until: float) -> bytes | None:
        """A file; None where the repository has none of this name. Raises Refusal."""
        with self._asking(until):
            try:
                return self._get(f"/datasets/{self.name}/resolve/main/{quote(path)}").content
            except No as no:
                if no.code in ("EntryNotFound", "RevisionNotFound"):
                    return None
                raise

    def list(self, folder: str, until: float) -> Sequence[str]:
        """The paths of the files in a folder and below it, of the first ten thousand or so entries. Raises Refusal."""
        found: list[str] = []
        address: str | None = f"/api/datasets/{self.name}/tree/main/{quote(folder)}?recursive=true&expand=false"
        with self._asking(until):
            for _ in range(PAGES):
                if address is None:
                    break
                answer = self._listed(address)
                if answer is None:
                    break
                found += [entry["path"] for entry in answer.json() if entry["type"] == "file"]
                after = answer.links.get("next", {}).get("url")
                address = after.removeprefix(self._endpoint) if after else None
        return found

    def _listed(self, address: str) -> httpx2.Response | None:
        """A page of a folder's list; None where there is no such folder."""
        try:
            return self._get(address)
        except No as no:
            if no.code in ("EntryNotFound", "RevisionNotFound"):
                return None
            raise

    def write(self, files: Mapping[str, bytes], message: str, until: float) -> None:
        """One commit of these files. When this returns, the repository said that it holds them. Raises Refusal."""
        with self._asking(until):
            from huggingface_hub import CommitOperationAdd, RepoFile

            additions = [CommitOperationAdd(path, data) for path, data in files.items()]
            made = self._api().create_commit(self.name, additions, commit_message=message, repo_type="dataset")
            told = self._api().get_paths_info(self.name, list(files), revision=made.oid, repo_type="dataset")
            held = {entry.path: entry.blob_id for entry in told if isinstance(entry, RepoFile)}
        if any(held.get(path) != _git_name(data) for path, data in files.items()):
            raise Refusal(
                "the archive repository left out what was written to it", "look into its .gitignore", personal=True
            )

    def remove(self, paths: Sequence[str], message: str, until: float) -> None:
        """One commit without these files, and folders with all that is in them. Raises Refusal."""
        with self._asking(until):
            from huggingface_hub import CommitOperationDelete, RepoFile

            # The Hub refuses to delete what is not there.
            told = self._api().get_paths_info(self.name, list(paths), repo_type="dataset")
            there = [entry.path if isinstance(entry, RepoFile) else f"{entry.path}/" for entry in told]
            if there:
                deletions = [CommitOperationDelete(path) for path in there]
                self._api().create_commit(self.name, deletions, commit_message=message, repo_type="dataset")

    def close(self) -> None:
        with self._reading:
            if self._client is not None:
                self._client.close()

    def _api(self) -> HfApi:
        if self._library is None:
            from huggingface_hub import HfApi

            self._library = HfApi(endpoint=self._endpoint, token=self._token, library_name=AGENT)
        return self._library

    def _get(self, path: str) -> httpx2.Response:
        with self._reading:
            client = self._client = self._client or ways.client(self._way)
        headers = build_hf_headers(token=self._token, library_name=AGENT)
        return client.get(f"{self._endpoint}{path}", headers=headers)

    @cached_property
    def _way(self) -> _Way:
        return _Way(self._endpoint, MOST)

    @contextmanager
    def _asking(self, until: float) -> Iterator[None]:
        """What is asked in the block ends at `until`, and fails with a Refusal only."""
        if self._offline:
            cause = "Swatchbook was started without a network (HF_HUB_OFFLINE)"
            raise Refusal(cause, "start it with one to reach the archive repository", lasting=True)
        if not _TOKEN.fullmatch(self._token):
            raise Refusal("the archive's token is none", "check SWATCHBOOK_ARCHIVE_TOKEN", lasting=True)
        try:
            with ways.by(self._way), terms(until, self._stopped):
                yield
        except No as no:
            raise self._refused(no) from None
        except HfHubHTTPError as error:
            raise self._refused(No.of(error.response.status_code, error.response.headers)) from None
        except HubError as error:
            raise _unheard(error) from None
        except Lost as error:
            raise Refusal(*_LOST[error.how]) from None
        except (httpx2.HTTPError, OSError) as error:
            raise Refusal(*_LOST[ways.lost(error).how]) from None
        except TooMuch:
            raise Refusal("the archive repository answered more than is read here", _BY_ITSELF, personal=True) from None
        except _MISREAD as error:
            log.info("what the archive repository answered could not be read: %s", type(error).__name__)
            raise Refusal("what the archive repository answered makes no sense", _BY_ITSELF) from None

    def _refused(self, no: No) -> Refusal:
        if no.status == 401:
            cause = "the Hub does not accept the archive's token"
            return Refusal(cause, "check SWATCHBOOK_ARCHIVE_TOKEN", lasting=True)
        if no.status == 403:
            cause = f"the archive's token may not do this with {self.name}"
            return Refusal(cause, f"let it write there, or check {_SETTINGS}", lasting=True)
        if no.status in (404, 410) and no.code != "EntryNotFound":
            cause = f"the Hub has no dataset {self.name}, or does not show it to the archive's token"
            return Refusal(cause, f"make it there, or check {_SETTINGS}", lasting=True)
        if no.status in (404, 409, 412):
            return Refusal("the archive repository was changed by somebody else meanwhile", _BY_ITSELF, pause=no.pause)
        if no.status in (408, 429) or no.status >= 500:
            cause = f"the Hub has trouble of its own (it answered {no.status})"
            return Refusal(cause, _BY_ITSELF, pause=no.pause)
        return Refusal(f"the Hub does not take this (it answered {no.status})", _STAYS, personal=True)


class _Way(Whole):
    """To one Hub alone, and not into its storage for large files. What fails is tried again by the mirror."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if not self.at_home(request):
            raise Refusal("the Hub sent the archive on to an address that is not its own", _BY_ITSELF)
        if "/info/lfs/" in request.url.path:
            cause = "the archive repository takes this only into its storage for large files"
            raise Refusal(cause, "look into its .gitattributes", personal=True)
        return super().handle_request(request)


_BY_ITSELF = "it is tried again by itself"
_STAYS = "it stays kept on this disk"
_LOST = {
    "unreachable": ("the archive repository cannot be reached", "check the network"),
    "slow": ("the archive repository took too long to answer", _BY_ITSELF),
    "broken": ("the connection to the archive repository broke off", _BY_ITSELF),
}


def _unheard(error: HubError) -> Refusal:
    """What the Transport's own errors mean here."""
    if isinstance(error, Limited):
        return Refusal("the Hub takes no more from this archive for now", _BY_ITSELF, pause=error.seconds)
    if isinstance(error, Away):
        return Refusal(*_LOST["slow"])
    return Refusal("the Hub sent the archive on to an address that is not its own", _BY_ITSELF)


def _git_name(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def deadline(seconds: float) -> float:
    """That many seconds from now, on the monotonic clock."""
    return time.monotonic() + seconds
