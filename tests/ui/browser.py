"""Finds a browser for the tests; run as a program with --install, it installs one.

Any Chromium that starts will do: one named by SWATCHBOOK_BROWSER, one on the
path, or the one that Playwright keeps. Knows nothing of the app.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_browser() -> Path | None:
    """A Chromium that starts on this machine, or None."""
    return next((path for path in _candidates() if path.is_file() and _starts(path)), None)


def install_browser() -> Path | None:
    """Install Debian's chromium when root, else Playwright's own; the browser, or None when neither came."""
    if _is_root() and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    if (browser := find_browser()) is None:
        _run(sys.executable, "-m", "playwright", "install", *(["--with-deps"] if _is_root() else []), "chromium")
        browser = find_browser()
    return browser


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("SWATCHBOOK_BROWSER"):
        yield Path(named)
    yield from (Path(found) for name in NAMES if (found := shutil.which(name)))
    yield from map(Path, PLACES)
    if own := _playwrights_own():
        yield own


def _playwrights_own() -> Path | None:
    """Where Playwright keeps its Chromium. Asked in a process of its own: its sync API refuses to run in a loop."""
    program = "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path)"
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return Path(asked.stdout.strip()) if asked.stdout.strip() else None


def _starts(path: Path) -> bool:
    """Ubuntu's chromium-browser is a note about snap, and a browser may lack its libraries: so try it."""
    if os.name == "nt":
        return True  # there `--version` opens a window
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _run(*command: str) -> None:
    print("$", " ".join(command), flush=True)
    subprocess.run(command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def main() -> int:
    browser = find_browser() or (install_browser() if "--install" in sys.argv else None)
    if browser is None:
        print(
            "No browser was found and none could be installed: the browser tests need Chromium. "
            "Install it, or name one with SWATCHBOOK_BROWSER.",
            file=sys.stderr,
        )
        return 1
    print(f"Browser for the tests: {browser}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
