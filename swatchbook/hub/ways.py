"""The ways that the calls of `huggingface_hub` take from here to the Hub.

The library has one HTTP client for all its calls. Here that client has no way of
its own: whoever calls the library says which transport the requests take, so that
a visitor's upload, the archive's copies and a fetch each obey their own rules.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants, set_client_factory

from swatchbook.hub.errors import Refused
from swatchbook.hub.transport import MAX_PAUSE, Transport

log = logging.getLogger(__name__)

MAX_REDIRECTS = 5

_way: ContextVar[httpx2.BaseTransport | None] = ContextVar("way", default=None)


class No(Exception):
    """An answer that is no success. `code` is the Hub's own word for it, `said` its sentence; `pause` in seconds."""

    def __init__(self, status: int, code: str = "", said: str = "", pause: float = 0) -> None:
        super().__init__(status, code)
        self.status, self.code, self.said, self.pause = status, code, said, pause

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str]) -> No:
        return cls(status, headers.get("X-Error-Code", ""), headers.get("X-Error-Message", "")[:500], _pause(headers))


class Lost(Exception):
    """The connection: `how` it failed."""

    def __init__(self, how: Literal["unreachable", "slow", "broken"]) -> None:
        super().__init__(how)
        self.how = how


class TooMuch(Exception):
    """An answer larger than is read."""


def share() -> None:
    """Give the library the client whose requests take the way of whoever makes them."""
    set_client_factory(_client)


@contextmanager
def by(way: httpx2.BaseTransport) -> Iterator[None]:
    """What this thread asks through the library inside the block goes this way."""
    token = _way.set(way)
    try:
        yield
    finally:
        _way.reset(token)


def client(way: httpx2.BaseTransport) -> httpx2.Client:
    """A client that goes this way, with what is the same for all of them."""
    # trust_env would read a .netrc and send what is in it.
    return httpx2.Client(
        transport=way, follow_redirects=True, trust_env=False, max_redirects=MAX_REDIRECTS, timeout=None
    )


class _Crossing(httpx2.BaseTransport):
    """Sends each request the way of the thread that makes it. Closing it closes none of them."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        way = _way.get()
        if way is None:
            raise Refused("A question to the Hub that nobody here asked was not sent.")
        return way.handle_request(request)


def _client() -> httpx2.Client:
    return client(_Crossing())


class Whole(Transport):
    """To one Hub alone. An answer comes whole or not at all, and what fails has failed.

    That leaves out the library's own retries, which nobody could end. Raises No for an
    answer that is no success, Lost, TooMuch beyond `most` bytes, ValueError for an answer
    that is packed, and what the Transport raises.
    """

    def __init__(self, endpoint: str, most: int) -> None:
        super().__init__([endpoint])
        self._home, self._most = place(endpoint), most

    def at_home(self, request: httpx2.Request) -> bool:
        """Whether this goes to the Hub itself, and not to where it sends one."""
        return place(str(request.url)) == self._home

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        try:
            return self._whole(super().handle_request(request))
        except (httpx2.TransportError, OSError) as error:
            raise lost(error) from None

    def _whole(self, response: httpx2.Response) -> httpx2.Response:
        try:
            if response.status_code >= 400:
                raise No.of(response.status_code, response.headers)
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise ValueError("an answer came packed, which was not asked for")
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > self._most:
                    raise TooMuch
        finally:
            response.close()
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx2.ByteStream(bytes(body)),
            extensions=response.extensions,
        )


def lost(error: Exception) -> Lost:
    log.info("the connection to the Hub: %s", type(error).__name__)
    if isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError):
        return Lost("unreachable")
    return Lost("slow" if isinstance(error, httpx2.TimeoutException) else "broken")


def place(address: str) -> tuple[str, str]:
    """Where an address leads, whatever its path."""
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def _pause(headers: Mapping[str, str]) -> float:
    """The seconds of patience that a server asks for; 0 where it asks for none."""
    told = headers.get("Retry-After", "")
    plain = told.isascii() and told.isdigit() and len(told) < 10
    return float(min(int(told), MAX_PAUSE)) if plain else 0.0


# With Xet, files would go by a way of the library's own, past our transports.
constants.HF_HUB_DISABLE_XET = True
