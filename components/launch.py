"""How a page is launched: the look, the guard, and Gradio's extras turned off. The same for the app and for a
published piece."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from components.guard import Guard
from components.theme import page_options, routes
from swatchbook.runs import MAX_DOCUMENT
from swatchbook.settings import AppSettings

WAITING = 24
"""Actions that may wait in the queue; the next one is told to try again."""
CACHE_SWEEP = (600, 3600)
"""Seconds between two sweeps of downloaded files, and the age at which one is swept."""


# Gradio sums up its queue's statistics with pandas after every event; nobody reads them here.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")


def launch_options(settings: AppSettings, largest: int = MAX_DOCUMENT) -> dict[str, Any]:
    """What `launch` is given. `largest` is the most bytes of a file that a visitor may upload."""
    return {
        "server_name": settings.host,
        "server_port": settings.port or None,
        "app_kwargs": {"middleware": [Middleware(Guard, origins=own_origins(settings))], "routes": routes()},
        "max_file_size": largest,
        "state_session_capacity": 500,
        "run_history": False,
        "footer_links": [],
        "ssr_mode": False,
        "enable_monitoring": False,
        "pwa": False,
        "mcp_server": False,
        "share": settings.share,
        **page_options(),
    }


def serve(page: gr.Blocks, options: dict[str, Any]) -> None:
    """Serve the page until this process is told to end, by either signal; then what `atexit` closes is closed.

    Without a handler SIGTERM would end the process before that, or, where it is a container's first process, be
    ignored. Gradio's own waiting takes five seconds to leave a page that is open in a browser.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    page.launch(**options, prevent_thread_lock=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        page.close(verbose=False)


def own_origins(settings: AppSettings) -> list[str]:
    """Where a Space's page is served, in case the proxy before it changes the Host header."""
    if settings.space_id is None:
        return []
    return [f"https://{re.sub('[^a-z0-9]+', '-', settings.space_id.lower())}.hf.space"]
