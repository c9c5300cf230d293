"""A guard before every request: foreign pages, unused routes and oversized bodies are refused.

Gradio answers a foreign origin as if it were the page itself, serves routes that
this app does not use, and reads a JSON body of any length. The guard answers
first. It also says in every response what a page may load: only what is served
here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000
"""Most bytes in a body. Files are uploaded by another route, with Gradio's own limit."""
BLOCKED = re.compile(
    r"(/gradio_api)?/(deep_link|proxy=|vibe-|undo-vibe|process_recording|monitoring|profiling|dev/reload|runs\b"
    r"|run-history|file=(https?|ftp|//|%2f%2f|\\))",
    re.IGNORECASE,
)
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:;"
    " object-src 'none'; base-uri 'self'; form-action 'self'"
)


class Guard:
    """ASGI middleware. `origins` may ask besides the address that the request itself names as the host."""

    def __init__(self, app: ASGIApp, origins: Iterable[str] = ()) -> None:
        self.app = app
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(scope["method"], scope["path"], Headers(scope=scope))
        if refusal is not None:
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, send)
            return
        await self.app(scope, receive, _with_policy(send))

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """Status and sentence for a request that goes no further, or None."""
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins and urlsplit(origin).netloc != headers.get("host"):
            return 403, "This address answers only its own pages."
        if BLOCKED.match(path):
            return 404, "There is nothing here."
        if method in ("GET", "HEAD", "OPTIONS") or path.removeprefix("/gradio_api") == "/upload":
            return None
        length = headers.get("content-length", "")
        if not length.isdigit():
            return 411, "Say how long the request is."
        if int(length) > MAX_BODY:
            return 413, f"A request holds at most {MAX_BODY:,} bytes."
        return None


def _with_policy(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = POLICY
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
        await send(message)

    return sending
