"""The app as a visitor gets it: started in a process of its own, on a free port, without a network."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from swatchbook.settings import ROOT

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Page:
    """A running app: where its page is, its process, and how long the page took to come."""

    address: str
    process: psutil.Process
    seconds: float


@contextlib.contextmanager
def served(**more: str) -> Iterator[Page]:
    """Start the app, with `more` in its environment, wait for its page, and end it afterwards.

    Raises RuntimeError when no page comes.
    """
    port = _free_port()
    address = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as scratch:
        env = {
            **os.environ, "PORT": str(port), "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_TEMP_DIR": scratch, "SWATCHBOOK_DATA": scratch, **more,
        }  # fmt: skip
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
        try:
            _wait_for(address, process)
            yield Page(address, psutil.Process(process.pid), time.monotonic() - started)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise RuntimeError(f"app.py served no page within {PATIENCE:g} s (exit code {process.poll()})")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
