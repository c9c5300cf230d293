"""What a request to the Hub may do: which hosts it reaches, and when it has to end.

Sits below the HTTP client, so redirects and the library's own retries obey it
too. The terms of a call travel with the thread that makes it. Knows nothing of
what is asked.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
from huggingface_hub.utils import parse_ratelimit_headers

from swatchbook.hub.errors import Away, HubError, Limited, Refused

SILENCE = 15.0
"""Seconds without a single byte after which a connection is given up."""
CONNECT = 6.0
"""Seconds to reach a host."""
PAUSE = 60.0
"""Seconds to wait where a server asks for patience without saying for how long."""
MAX_PAUSE = 900
"""Most seconds that a server is left alone because it asks for it; its quotas are counted by five minutes."""
FAMILY = (".huggingface.co", ".hf.co")
"""Where the Hub itself sends one for large files."""


class Stopped(HubError):
    """The visitor stopped it."""

    def __init__(self) -> None:
        super().__init__("Stopped.")


@dataclass(frozen=True, slots=True)
class Terms:
    """When a call has to end: at `until` on the transport's clock, or as soon as `stopped` says so."""

    until: float = float("inf")
    stopped: Callable[[], bool] = lambda: False


_NONE = Terms()
_terms: ContextVar[Terms] = ContextVar("terms", default=_NONE)


@cache
def _tls() -> ssl.SSLContext:
    """One context for all connections: to make one reads every certificate of the machine."""
    return httpx2.create_ssl_context()


@contextmanager
def terms(until: float = float("inf"), stopped: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """The terms of all requests that this thread makes inside the block."""
    token = _terms.set(Terms(until, stopped))
    try:
        yield
    finally:
        _terms.reset(token)


class Transport(httpx2.BaseTransport):
    """Raises Refused for a host that is not one of `addresses` or the Hub's family, Limited for a full quota,
    Away when the terms' time is over, Stopped; all else is as the connection gives it."""

    def __init__(self, addresses: list[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._places = {(parts.scheme, parts.netloc.lower()) for parts in map(urlsplit, addresses)}
        first = urlsplit(addresses[0])
        proxy = None if proxy_bypass(first.hostname or "") else getproxies().get(first.scheme)
        self._inner = httpx2.HTTPTransport(verify=_tls(), proxy=proxy)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        agreed = _terms.get()
        self._check_place(request.url)
        left = self._left(agreed)
        reach, wait = min(CONNECT, left), min(SILENCE, left)
        request.extensions["timeout"] = {"connect": reach, "read": wait, "write": wait, "pool": reach}
        response = self._inner.handle_request(request)
        if response.status_code == 429:
            response.close()
            raise Limited(_patience(response.headers))
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Watched(response.stream, lambda: self._left(agreed))
        return response

    def close(self) -> None:
        self._inner.close()

    def _check_place(self, url: httpx2.URL) -> None:
        place = (url.scheme, url.netloc.decode("ascii").lower())
        if place not in self._places and not (url.scheme == "https" and url.host.endswith(FAMILY)):
            raise Refused("The Hub sent us on to an address that is not its own, so nothing was taken from there.")

    def _left(self, agreed: Terms) -> float:
        if agreed.stopped():
            raise Stopped
        left = agreed.until - self._clock()
        if left <= 0:
            raise Away("The Hub took too long to answer; try again in a moment.")
        return left


class _Watched(httpx2.SyncByteStream):
    """A body whose reading ends with the terms, however slowly it comes."""

    def __init__(self, inner: httpx2.SyncByteStream, check: Callable[[], float]) -> None:
        self._inner, self._check = inner, check

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._check()
            yield chunk

    def close(self) -> None:
        self._inner.close()


def _patience(headers: httpx2.Headers) -> float:
    """Seconds until a quota is filled again, as the server says it."""
    told, after = parse_ratelimit_headers(headers), headers.get("retry-after", "")
    if told is not None and told.remaining == 0:
        return float(min(told.reset_in_seconds, MAX_PAUSE))
    plain = after.isascii() and after.isdigit() and len(after) < 10
    return float(min(int(after), MAX_PAUSE)) if plain else PAUSE
