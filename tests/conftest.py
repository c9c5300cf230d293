"""What every test stands on: no network, no analytics, and folders of its own.

The environment is set before anything of the house or of gradio is imported.
"""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether the house is right.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

SCRATCH = Path(tempfile.mkdtemp(prefix="swatchbook-tests-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

os.environ |= {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_TEMP_DIR": str(SCRATCH / "gradio"),
    "HF_HOME": str(SCRATCH / "hf"),
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "SWATCHBOOK_DATA": str(SCRATCH / "data"),
}
_OURS = ("SPACE_ID", "SPACE_HOST", "SPACES_ZERO_GPU", "ACCELERATOR", "PORT", "GRADIO_SERVER_PORT")
_HUBS = ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_ENDPOINT", "SWATCHBOOK_VIEWER")
for _name in (*_OURS, *_HUBS):
    os.environ.pop(_name, None)

reached_out: list[str] = []
"""Addresses beyond this machine that something tried to reach, since the last test."""


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, args: tuple[Any, ...]) -> None:
    """Refuse every address but this machine's. An audit hook sees what no patch does: any library's sockets."""
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if not _is_here(host):
        reached_out.append(str(host))
        raise ConnectionRefusedError(f"tests have no network: {host}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Fail the test during which anything tried to reach another machine, even if the attempt was caught."""
    reached_out.clear()
    yield
    if reached_out:
        pytest.fail(f"the network was touched: {', '.join(sorted(set(reached_out)))}")


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The browser for the tests. There is no skipping: without one, the tests that need it fail."""
    from tests.ui.browser import find_browser

    found = find_browser()
    assert found is not None, "no browser was found; `make test` installs one"
    return found
