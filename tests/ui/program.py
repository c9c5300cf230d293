"""The app as a stranger starts it: `python app.py`, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from swatchbook.settings import ROOT


@contextmanager
def started(port: int, folder: Path = ROOT, python: str = sys.executable, **environment: str) -> Iterator[str]:
    """The address of the app that runs in this folder; when the block ends it is told to stop: it closes what it has
    open, and nothing of it may be left."""
    told = {**os.environ, "PORT": str(port), "SWATCHBOOK_CORES": "2", **environment}
    program = subprocess.Popen(
        [python, "app.py"], cwd=folder, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert program.stdout is not None
        said = next(line for line in program.stdout if "http://" in line)
        assert f"http://127.0.0.1:{port}" in said
        yield f"http://127.0.0.1:{port}"
        family = psutil.Process(program.pid).children(recursive=True)
    finally:
        program.send_signal(signal.SIGTERM)
        ended = program.wait(20)
    assert ended == 0, "the signal ended it before it could close anything"
    _, left = psutil.wait_procs(family, timeout=10)
    assert not left
