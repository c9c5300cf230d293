"""What can go wrong on the way from the Hub, one scripted fault at a time.

A fault changes an answer, or how it is delivered. Knows nothing of what the
answer is about.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

Kind = Literal[
    "status", "stall", "stall-body", "drip", "truncate", "flip", "etag", "close", "drop", "text", "html", "huge",
    "endless", "deep", "redirect",
]  # fmt: skip
"""status      an error: `status`, with an X-Error-Code if `code` says one; 429 says when it ends (`seconds`),
            any other if `retry_after` does
stall       nothing for `seconds`, then the answer
stall-body  `after` bytes of the answer, nothing for `seconds`, then the rest
drip        `rate` bytes a second
truncate    `after` bytes, then the connection closes, although more was promised
flip        the byte at `after` has all its bits turned over
etag        another ETag than the file's own
close       the connection closes at once
drop        the same, before anything was done
text        200, and no JSON
html        200, and a web page
huge        200, and `size` bytes of JSON
endless     200, and JSON without end, in chunks
deep        200, and JSON that is `size` lists deep (at most 100,000)
redirect    302 to `location`; 307 for a fault of POST

A status, a redirect and a drop come in place of what was asked; all others befall
the answer to it, so that what is written has been written."""

CHUNK = 65_536


@dataclass
class Response:
    """An answer to be sent; its body is sent `repeat` times over (None: without end, in chunks)."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    repeat: int | None = 1


@dataclass(frozen=True)
class Delivery:
    """How an answer travels: seconds before its headers, and what befalls its body after so many bytes."""

    wait: float = 0
    pause_at: int | None = None
    pause: float = 0
    rate: float | None = None
    cut_at: int | None = None
    close: bool = False


@dataclass(frozen=True)
class Fault:
    """A fault for requests whose target (path and query) `path` is found in, `times` times or for good.

    `skip` requests are answered well first. `method` narrows it to one method.
    """

    path: str
    kind: Kind = "status"
    times: int | None = None
    skip: int = 0
    method: str | None = None
    status: int = 503
    code: str = ""
    message: str = ""
    retry_after: int | None = None
    seconds: float = 60
    after: int = 0
    rate: float = 1000
    size: int = 100_000_000
    location: str = "http://192.0.2.1/elsewhere"

    @property
    def refuses(self) -> bool:
        """Whether what is asked is not done."""
        return self.kind in ("status", "redirect", "drop")

    def concerns(self, method: str, target: str) -> bool:
        return (self.method or method) == method and bool(re.search(self.path, target))

    def befalls(self, number: int) -> bool:
        """Whether it befalls the request that is this one in the row of those it concerns, counted from one."""
        return self.skip < number and (self.times is None or number <= self.skip + self.times)


class Faults:
    """The faults of one hub; the first that a request has coming befalls it."""

    def __init__(self) -> None:
        self._faults: list[tuple[Fault, Iterator[int]]] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._faults += [(fault, count(1)) for fault in faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def meet(self, method: str, target: str) -> Fault | None:
        with self._lock:
            concerned = ((fault, met) for fault, met in self._faults if fault.concerns(method, target))
            return next((fault for fault, met in concerned if fault.befalls(next(met))), None)


def befall(fault: Fault, response: Response) -> tuple[Response, Delivery]:
    """What becomes of an answer under a fault. The answer itself is left as it was."""
    if fault.kind in _DELIVERIES:
        return response, _DELIVERIES[fault.kind](fault)
    return _RESPONSES[fault.kind](fault, response), Delivery()


def _status(fault: Fault, _: Response) -> Response:
    message = fault.message or f"Status {fault.status}"
    headers = {"Content-Type": "application/json", "X-Error-Message": message}
    if fault.code:
        headers["X-Error-Code"] = fault.code
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.status == 429:
        headers |= {
            "RateLimit": f'"api";r=0;t={fault.seconds:.0f}',
            "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
            "Retry-After": f"{fault.seconds:.0f}",
        }
    return Response(fault.status, headers, json.dumps({"error": message}).encode())


def _flip(fault: Fault, response: Response) -> Response:
    body = bytearray(response.body)
    if fault.after < len(body):
        body[fault.after] ^= 0xFF
    return replace(response, body=bytes(body))


def _etag(_: Fault, response: Response) -> Response:
    wrong = {name: f'"{"0" * 40}"' for name in ("ETag", "X-Linked-Etag") if name in response.headers}
    return replace(response, headers=response.headers | wrong)


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def _said(kind: str, body: bytes, repeat: int | None = 1) -> Response:
    return Response(200, {"Content-Type": kind}, body, repeat)


_DELIVERIES: dict[str, Callable[[Fault], Delivery]] = {
    "stall": lambda fault: Delivery(wait=fault.seconds),
    "stall-body": lambda fault: Delivery(pause_at=fault.after, pause=fault.seconds),
    "drip": lambda fault: Delivery(rate=fault.rate),
    "truncate": lambda fault: Delivery(cut_at=fault.after),
    "close": lambda _: Delivery(close=True),
    "drop": lambda _: Delivery(close=True),
}
_RESPONSES: dict[str, Callable[[Fault, Response], Response]] = {
    "status": _status,
    "flip": _flip,
    "etag": _etag,
    "text": lambda *_: _said("text/plain", b"upstream has gone for a walk"),
    "html": lambda *_: _said("text/html", b"<!doctype html><title>Sign in</title><p>Welcome to the hotel network."),
    "huge": lambda fault, _: _said("application/json", b" " * CHUNK, max(1, fault.size // CHUNK)),
    "endless": lambda *_: _said("application/json", b" " * CHUNK, None),
    "deep": lambda fault, _: _said(
        "application/json", b"[" * min(fault.size, 100_000) + b"]" * min(fault.size, 100_000)
    ),
    "redirect": lambda fault, _: Response(307 if fault.method == "POST" else 302, {"Location": fault.location}),
}
