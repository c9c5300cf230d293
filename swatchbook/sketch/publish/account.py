"""What is asked of the Hub in the name of a visitor who signed in: who it is, and about one Space of theirs.

The token goes to the Hub itself and nowhere else, and is forgotten with this. Every
call has an end. Blocking. Knows files and names, not what is published.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import httpx2
from huggingface_hub.utils import disable_progress_bars

from swatchbook.hub import ways
from swatchbook.hub.errors import HubError, Refused
from swatchbook.hub.transport import terms
from swatchbook.hub.ways import Lost, No, TooMuch, Whole

if TYPE_CHECKING:
    from huggingface_hub import HfApi

AGENT = "swatchbook"
MOST = 6_000_000
"""Most bytes of an answer."""
ASKING = 30.0
"""Seconds that one question may take."""
SENDING = 900.0
"""Seconds that all files together may take."""
TOKEN_SHOWN = "hf_…"
"""What is said where a token stood."""
_TOKEN = re.compile(r"[!-~]{1,4000}")
_LETTERS = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x100)) - {0x7F})
_MISREAD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the library raises for an answer that makes no sense."""


class Nonsense(HubError):
    """An answer that makes no sense."""


TROUBLE = (No, Lost, TooMuch, HubError)
"""All that a call may raise. No is an answer of the Hub's, Lost the connection; HubError has kinds of its own."""


class Account:
    """One visitor's. All calls raise what is in TROUBLE; `stopped` ends those under way, but for a deletion."""

    def __init__(self, endpoint: str, token: str, stopped: Callable[[], bool] = lambda: False) -> None:
        self._endpoint, self._token, self._stopped = endpoint, token, stopped
        self._way = Road(endpoint, MOST)
        ways.share()
        disable_progress_bars()

    def owner(self) -> str:
        """The account's name."""
        with self._asking():
            return str(self._api.whoami()["name"])

    def holds(self, id: str) -> bool:
        """Whether there is a Space of this name, as far as the visitor can see."""
        with self._asking():
            try:
                self._api.space_info(id, expand=["sha"])
            except No as no:
                if no.status == 404:
                    return False
                raise
        return True

    def create(self, id: str, sdk: str, hardware: str | None, private: bool) -> None:
        with self._asking():
            from huggingface_hub import SpaceHardware

            kind = SpaceHardware(hardware) if hardware else None
            self._api.create_repo(id, repo_type="space", space_sdk=sdk, space_hardware=kind, private=private)

    def send(self, id: str, files: Mapping[str, bytes], message: str) -> None:
        """All files in one commit."""
        with self._asking(SENDING):
            from huggingface_hub import CommitOperationAdd

            additions = [CommitOperationAdd(path, data) for path, data in files.items()]
            for each in additions:
                # One by one: the library would send several from threads of its own, which have no way from here.
                if not _is_text(files[each.path_in_repo]):
                    self._api.preupload_lfs_files(id, [each], repo_type="space", free_memory=False)
            self._api.create_commit(id, additions, commit_message=message, repo_type="space")

    def delete(self, id: str) -> bool:
        """Have no Space of this name; says whether there was one."""
        with self._asking(to_the_end=True):
            try:
                self._api.delete_repo(id, repo_type="space")
            except No as no:
                if no.status == 404:
                    return False
                raise
        return True

    def stage(self, id: str) -> tuple[str, str]:
        """How far the Space is in the Hub's own word, and what the Hub says is wrong with it."""
        with self._asking():
            runtime = self._api.get_space_runtime(id)
            return str(runtime.stage), self._safe(str(runtime.raw.get("errorMessage") or ""))[:300]

    def answers(self, id: str) -> bool:
        """Whether the Space's own page answers somebody who is not signed in."""
        with self._asking():
            if not (host := self._api.space_info(id).host):
                raise Nonsense("The Hub does not say where the Space is shown.")
            try:
                with ways.client(self._way) as client:
                    return bool(client.get(host).is_success)
            except No:
                return False

    @cached_property
    def _api(self) -> HfApi:
        from huggingface_hub import HfApi

        return HfApi(endpoint=self._endpoint, token=self._token, library_name=AGENT)

    def _safe(self, said: str) -> str:
        """What the Hub said, without the token, whatever that looks like."""
        return said.replace(self._token, TOKEN_SHOWN)

    @contextmanager
    def _asking(self, seconds: float = ASKING, to_the_end: bool = False) -> Iterator[None]:
        if not _TOKEN.fullmatch(self._token):
            raise No(401)
        stopped = (lambda: False) if to_the_end else self._stopped
        try:
            with ways.by(self._way), terms(time.monotonic() + seconds, stopped):
                yield
        except No as no:
            no.said = self._safe(no.said)
            raise
        except TROUBLE:
            raise
        except (httpx2.HTTPError, OSError) as error:
            raise ways.lost(error) from None
        except RuntimeError as error:
            # So the library wraps what befalls a large file.
            raise (error.__cause__ if isinstance(error.__cause__, TROUBLE) else _nonsense(error)) from None
        except _MISREAD as error:
            raise _nonsense(error) from None


class Road(Whole):
    """To the Hub with the token, and without it to where the Hub says that files go."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if "Authorization" in request.headers and not self.at_home(request):
            raise Refused("The Hub sent a sign-in on to an address that is not its own.")
        return super().handle_request(request)

    def _check_place(self, url: httpx2.URL) -> None:
        # Large files go to a store of another name, which changes; what is said there is no secret.
        if url.scheme != "https":
            super()._check_place(url)


def _nonsense(error: Exception) -> Nonsense:
    return Nonsense(f"What the Hub answered makes no sense ({type(error).__name__}).")


def _is_text(data: bytes) -> bool:
    """Whether these bytes are text, as git and the Hub judge it: by their beginning."""
    return not data[:1024].translate(None, _LETTERS)
