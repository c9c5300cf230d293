"""Every question to the Hub and every file from it passes here.

Questions have a deadline and a largest answer; a host that does not answer is
left alone for a while; no token is ever sent. What goes wrong becomes a
HubError of one sentence. Blocking: callers choose the thread. Knows paths and
bytes, not what they mean.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status
from tqdm import tqdm

from swatchbook.hub import ways
from swatchbook.hub.errors import Absent, Away, Gated, HubError, Limited, NoFile, Refused, Troubled
from swatchbook.hub.transport import Stopped, Transport, terms
from swatchbook.settings import AppSettings

log = logging.getLogger(__name__)

DEADLINE = 8.0
"""Seconds that one question may take: a dossier asks twice in a row, and has twenty."""
MOST = 8_000_000
"""Most bytes of an answer that is not a file."""
REST = 5.0
"""Seconds for which a host that failed is left alone; twice as long after each further failure, up to a minute."""
MAX_REST = 60.0
PATIENT = 2
"""Questions in a row that may fail before a host that can be reached is left alone: one may have trouble of its own."""
AGENT = "swatchbook"

T = TypeVar("T")

__all__ = ["Reply", "Stopped", "Wire"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer's bytes; `next` is the address of the page after it."""

    body: bytes
    next: str | None
    headers: Mapping[str, str]
    status: int


@dataclass
class Rest:
    """Why a host is not asked for the moment, and until when."""

    until: float = 0.0
    failures: int = 0
    reason: Away = field(default_factory=lambda: Away(""))


class Wire:
    """The way to one Hub and its dataset viewer. Usable from any thread."""

    def __init__(self, settings: AppSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.hub, self.viewer, self.offline = settings.hub, settings.viewer, settings.offline
        self._clock = clock
        self._headers = build_hf_headers(token=False, library_name=AGENT)
        self._transport = Transport([self.hub, self.viewer], clock)
        self._client = ways.client(self._transport)
        self._rests: dict[str, Rest] = {}
        self._lock = threading.Lock()
        ways.share()  # the library's own functions, `http_get` among them, take their client from there

    def read(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        most: int = MOST,
        deadline: float = DEADLINE,
        first: int | None = None,
    ) -> Reply:
        """The answer to a GET of this path, or full address, of the Hub. `first` asks for that many first bytes.

        Raises a HubError: Away, Limited, Absent, Gated, or Refused for more than `most` bytes.
        """
        url = self._url(path)
        headers = self._headers | ({"Range": f"bytes=0-{first - 1}"} if first else {})
        until = self._clock() + deadline
        # An empty list would take the place of what the address itself asks.
        pairs: httpx2.QueryParams | None = httpx2.QueryParams(list(params)) if params else None

        def ask() -> Reply:
            with terms(until), self._client.stream("GET", url, params=pairs, headers=headers) as response:
                _raise_for(response)
                body = _drained(response, first or most, cut=first is not None)
                return Reply(body, response.links.get("next", {}).get("url"), response.headers, response.status_code)

        return self._trying(url, ask)

    def transfer(
        self,
        path: str,
        file: BinaryIO,
        *,
        have: int,
        size: int,
        heard: Callable[[int], None],
        stopped: Callable[[], bool],
    ) -> None:
        """Write a file's bytes from `have` on; `heard` is told of each portion. A short loss of the line is mended.

        Raises Stopped, or another HubError; what was written by then stays in `file`.
        """
        url, headers = self._url(path), self._headers | {"Accept-Encoding": "identity"}

        class Bar(_Bar):
            tell = staticmethod(heard)

        def fetch() -> None:
            try:
                with ways.by(self._transport), terms(stopped=stopped):
                    http_get(url, file, resume_size=have, headers=dict(headers), expected_size=size, tqdm_class=Bar)
            except HfHubHTTPError as error:
                raise _meant(error) from None

        self._trying(url, fetch)

    def close(self) -> None:
        self._client.close()

    def _url(self, path: str) -> str:
        if self.offline:
            raise Away("Swatchbook was started without a network (HF_HUB_OFFLINE), so the Hub is not asked.")
        return path if path.startswith(("http://", "https://")) else f"{self.hub}{path}"

    def _trying(self, url: str, act: Callable[[], T]) -> T:
        host = urlsplit(url).netloc
        self._check(host)
        try:
            result = act()
        except Limited as error:
            self._leave_alone(host, error, error.seconds)
            raise
        except Troubled:
            raise
        except Away as error:
            self._leave_alone(host, error)
            raise
        except (httpx2.TransportError, OSError) as error:
            log.info("the Hub could not be reached: %s", error)
            away = _away(error)
            self._leave_alone(host, away, at_once=isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout))
            raise away from None
        except httpx2.HTTPError as error:
            log.info("the Hub's answer made no sense: %s", error)
            raise Troubled("The Hub's answer made no sense; try again in a moment.") from None
        with self._lock:
            self._rests.pop(host, None)
        return result

    def _check(self, host: str) -> None:
        with self._lock:
            rest = self._rests.get(host)
        left = rest.until - self._clock() if rest else 0.0
        if rest and left > 0:
            raise Limited(left) if isinstance(rest.reason, Limited) else rest.reason

    def _leave_alone(self, host: str, reason: Away, seconds: float | None = None, at_once: bool = False) -> None:
        """Let a host rest: for `seconds` if it said so; at once, or else after a second failure."""
        with self._lock:
            rest = self._rests.setdefault(host, Rest())
            rest.failures += 1
            if seconds is None and not at_once and rest.failures < PATIENT:
                return
            rest.reason = reason
            rest.until = self._clock() + (seconds or min(REST * 2 ** min(rest.failures - 1, 8), MAX_REST))


class _Bar(tqdm):  # type: ignore[type-arg]
    """The library reports progress to a bar; this one shows nothing and passes it on."""

    tell: Callable[[int], None]

    def __init__(self, *_: object, **options: object) -> None:
        super().__init__(disable=True, total=options.get("total"))

    def update(self, n: float | None = 1) -> bool | None:
        self.tell(int(n or 0))
        return None


def _drained(response: httpx2.Response, most: int, cut: bool) -> bytes:
    """The body. A longer one is cut where only its beginning was wanted, else refused."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most:
            if not cut:
                raise Refused(f"The Hub's answer is larger than {most / 1e6:.0f} MB, which is not read here.")
            break
    return bytes(body[:most])


def _raise_for(response: httpx2.Response) -> None:
    """Raises the kind of HubError that the Hub's status and headers state."""
    try:
        hf_raise_for_status(response)
    except HfHubHTTPError as error:
        raise _meant(error) from None


def _meant(error: HfHubHTTPError) -> HubError:
    if isinstance(error, GatedRepoError | DisabledRepoError | RepositoryNotFoundError):
        return _closed(error)
    if isinstance(error, RevisionNotFoundError):
        return Absent("This model is no longer there at that commit; take its newest from Browse.")
    if isinstance(error, EntryNotFoundError):
        return NoFile("The Hub has no such file in this repository.")
    return _failed(error.response.status_code)


def _closed(error: HfHubHTTPError) -> HubError:
    if isinstance(error, GatedRepoError):
        return Gated("This model is gated: its maker lets people in on the Hub, after they agree to its terms.")
    if isinstance(error, DisabledRepoError):
        return Absent("The Hub has taken this repository offline; choose another.")
    return Absent("The Hub knows no such model, or it is private; check how its name is written.")


def _failed(status: int) -> HubError:
    if status in (401, 403):
        return Gated("The Hub does not show this to people who are not signed in; choose another.")
    if status == 404:
        return Absent("The Hub has nothing under that name; check how it is written.")
    if status == 416:
        return Absent("The file on the Hub is shorter than what was fetched of it; fetch it anew.")
    if status >= 500:
        return Troubled(f"The Hub has trouble of its own (it answered {status}); try again in a moment.")
    return Refused(f"The Hub did not accept the question (it answered {status}); try another.")


def _away(error: Exception) -> Away:
    if isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError):
        return Away("The Hub cannot be reached; check the network.")
    if isinstance(error, httpx2.TimeoutException):
        return Away("The Hub took too long to answer; try again in a moment.")
    return Away("The connection to the Hub broke off; try again in a moment.")


# The library writes and reports in portions of ten megabytes, of which a broken line loses the one on its way.
constants.DOWNLOAD_CHUNK_SIZE = 65_536
