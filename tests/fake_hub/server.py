"""The fake Hub: an HTTP server on this machine's own address, and what tests do with it.

Serves repositories over HTTP/1.1 with connections kept alive, writes down every
request, and lets faults befall the answers. Stopping it ends every stall, every
connection and every thread.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise, repeat
from typing import Any, Self, cast

from tests.fake_hub.faults import CHUNK, Delivery, Faults, Response, befall
from tests.fake_hub.repo import Kind, Repo
from tests.fake_hub.routes import Redirects, Request, Shelf, answer
from tests.fake_hub.spaces import Spaces

MOST_ASKED = 100_000_000
"""Most bytes of a request's own body."""


@dataclass(frozen=True)
class Asked:
    """One request as it came. `status` is the one that was sent back, 0 if the connection was closed instead."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")


class Log(list[Asked]):
    """The requests so far, oldest first."""

    def find(self, pattern: str = "", method: str | None = None) -> list[Asked]:
        """The requests whose target the pattern is found in."""
        return [each for each in self if re.search(pattern, each.target) and method in (None, each.method)]

    def count(self, pattern: str = "", method: str | None = None) -> int:  # type: ignore[override]
        return len(self.find(pattern, method))

    @property
    def tokens(self) -> list[str]:
        """Every credential that a client sent."""
        return [each.token for each in self if each.token is not None]


class FakeHub:
    """A Hub with these repositories, on a free port. Use it as a context manager, or start() and stop() it.

    Repositories are copied in: what a test changes, no other test sees. With a `token`, any other is refused.
    """

    def __init__(
        self,
        repos: Iterable[Repo] = (),
        port: int = 0,
        page: int = 100,
        redirects: Redirects = "none",
        token: str | None = None,
    ) -> None:
        self.shelf = Shelf({(repo.kind, repo.id): repo.copy() for repo in repos}, page, redirects, token)
        self.faults = Faults()
        self.log = Log()
        self.slow = 0.0
        """Seconds that every answer is held back."""
        self._port = port
        self._server: _Server | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def viewer(self) -> str:
        """The address of the dataset viewer."""
        return f"{self.address}/viewer"

    def repo(self, id: str, kind: Kind = "model") -> Repo:
        return self.shelf.repos[kind, id]

    def add(self, repo: Repo) -> Repo:
        self.shelf.repos[repo.kind, repo.id] = repo
        return repo

    @property
    def spaces(self) -> Spaces:
        """Who has the token, and how Spaces come up."""
        return self.shelf.spaces

    def remove(self, id: str, kind: Kind = "model") -> None:
        del self.shelf.repos[kind, id]

    def start(self) -> Self:
        """Begin to serve; after a stop, on the same port again."""
        assert self._server is None, "this hub is running already"
        self._server = _Server(self, self._port)
        self._port = self._server.server_address[1]
        self._server.begin()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.end()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, hub: FakeHub, port: int) -> None:
        self.hub = hub
        self.stopping = threading.Event()
        self._workers: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def begin(self) -> None:
        self._main = threading.Thread(target=self.serve_forever, args=(0.02,), name="fake-hub", daemon=True)
        self._main.start()

    def end(self) -> None:
        """Stop serving: whatever waits wakes, every connection closes, every thread ends."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            connections, threads = list(self._open), list(self._workers)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in [self._main, *threads]:
            thread.join(timeout=5)
            assert not thread.is_alive(), f"{thread.name} did not end with the hub"

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self._serve, args=(request, client_address), name="fake-hub-client", daemon=True
        )
        with self._lock:
            self._workers = [*(each for each in self._workers if each.is_alive()), thread]
            self._open.add(request)
            thread.start()

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except (ConnectionError, TimeoutError):
            pass  # the client has gone, as clients do
        finally:
            with self._lock:
                self._open.discard(request)
            self.shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        request = self._read()
        hub = self.server.hub
        fault = hub.faults.meet(request.method, request.target)
        response = Response() if fault is not None and fault.refuses else answer(hub.shelf, request)
        delivery = Delivery(wait=hub.slow)
        if fault is not None:
            response, delivery = befall(fault, response)
        headers = {name.lower(): value for name, value in request.headers.items()}
        status = 0 if delivery.close else response.status
        hub.log.append(Asked(request.method, request.target, headers, request.body, status))
        self._deliver(response, delivery)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def _read(self) -> Request:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MOST_ASKED))
        headers = cast(Mapping[str, str], self.headers)  # looks names up in any case
        return Request(self.command, self.path, headers, body)

    def _deliver(self, response: Response, delivery: Delivery) -> None:
        if delivery.close or (delivery.wait and self.server.stopping.wait(delivery.wait)):
            self.close_connection = True
            return
        self._head(response)
        if self.command != "HEAD":
            self._body(response, delivery)

    def _head(self, response: Response) -> None:
        self.send_response(response.status)
        endless = response.repeat is None
        size = {"Transfer-Encoding": "chunked"} if endless else {"Content-Length": str(_length(response))}
        for name, value in {**size, **response.headers}.items():
            self.send_header(name, _plain(value))
        self.end_headers()

    def _body(self, response: Response, delivery: Delivery) -> None:
        sent = 0
        for piece in _pieces(response, delivery):
            if delivery.pause_at == sent and self.server.stopping.wait(delivery.pause):
                self.close_connection = True
                return
            if delivery.cut_at == sent or self.server.stopping.is_set():
                self.close_connection = True
                return
            if delivery.rate and self.server.stopping.wait(len(piece) / delivery.rate):
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if response.repeat is None else piece)
            sent += len(piece)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to standard error: the hub has its own log."""


def _length(response: Response) -> int:
    return len(response.body) * (response.repeat or 0)


def _pieces(response: Response, delivery: Delivery) -> Iterator[bytes]:
    """The body in pieces, with a cut where something happens to it."""
    if response.repeat != 1:
        times = repeat(response.body) if response.repeat is None else repeat(response.body, response.repeat)
        yield from times
        return
    body, marks = response.body, [delivery.pause_at, delivery.cut_at]
    step = max(1, int(delivery.rate / 10)) if delivery.rate else CHUNK
    edges = sorted(
        {*range(0, len(body), step), *(mark for mark in marks if mark is not None and mark < len(body)), len(body)}
    )
    for start, stop in pairwise(edges):
        yield body[start:stop]


def _plain(value: str) -> str:
    """A header's value: one line of printable ASCII."""
    return re.sub(r"[^\x20-\x7e]", "?", value)
