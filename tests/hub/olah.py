"""olah, a second Hub server that others wrote, over git repositories made from ours.

Installs it into an environment of its own, since what it needs conflicts with
what Swatchbook needs; writes repositories for it; starts and stops it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from tests.fake_hub import Repo
from tests.fake_hub.files import Blob

VERSION = "0.5.4"
ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv-olah"
CONSTRAINTS = Path(__file__).with_name("olah-constraints.txt")
INSTALL_SECONDS = 240
START_SECONDS = 30
_GIT = {
    "GIT_AUTHOR_NAME": "Fake Hub",
    "GIT_AUTHOR_EMAIL": "hub@localhost",
    "GIT_COMMITTER_NAME": "Fake Hub",
    "GIT_COMMITTER_EMAIL": "hub@localhost",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def python(home: Path = HOME) -> Path:
    """The interpreter of olah's environment, which is made if it is not there whole. Raises if that fails."""
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment, stamp = home / "env", home / f"olah-{VERSION}.stamp"
        if not stamp.exists():
            shutil.rmtree(environment, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(environment)])
            pip = [
                str(environment / "bin" / "python"),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
            _run([*pip, "-c", str(CONSTRAINTS), f"olah=={VERSION}"])
            stamp.touch()
    return environment / "bin" / "python"


class Olah:
    """A running olah that serves these repositories from a folder, and asks no other server."""

    def __init__(self, folder: Path, repos: Iterable[Repo]) -> None:
        self.folder = folder
        for repo in repos:
            write_repository(folder / "mirrors" / f"{repo.kind}s" / repo.id, repo)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        settings = self.folder / "olah.toml"
        settings.write_text(self._settings())
        command = [str(python()), "-c", "from olah.server import cli; cli()", "--config", str(settings)]
        command += ["--log-path", str(self.folder / "logs")]
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=output)
        try:
            self._wait()
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def _settings(self) -> str:
        nowhere = "127.0.0.1:9"
        return (
            f'[basic]\nhost = "127.0.0.1"\nport = {self._port}\nrepos-path = "{self.folder / "cache"}"\n'
            f'hf-scheme = "http"\nhf-netloc = "{nowhere}"\nhf-lfs-netloc = "{nowhere}"\n'
            f'mirrors-path = ["{self.folder / "mirrors"}"]\n\n[accessibility]\noffline = true\n'
        )

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"olah did not start:\n{(self.folder / 'output').read_text(errors='replace')}")


def write_repository(folder: Path, repo: Repo) -> None:
    """A repository as git has it: every commit of `main`, tags, and large files in LFS storage."""
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    names = {}
    for commit in reversed(repo.history(repo.head)):
        for path in folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for blob in commit.files.values():
            _write(folder, blob)
        _git(folder, "add", "--all", "--force")
        _git(folder, "commit", "--quiet", "--allow-empty", "-m", commit.title, date=commit.date)
        names[commit.sha] = _git(folder, "rev-parse", "HEAD")
    for tag, sha in repo.tags.items():
        _git(folder, "tag", tag, names[sha])


def _write(folder: Path, blob: Blob) -> None:
    place = folder / blob.path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(blob.pointer if blob.large else blob.read())
    if blob.large:
        stored = folder / ".git" / "lfs" / "objects" / blob.sha256[:2] / blob.sha256[2:4] / blob.sha256
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(blob.read())


def _git(folder: Path, *arguments: str, date: str = "") -> str:
    dated = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | _GIT | dated, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
