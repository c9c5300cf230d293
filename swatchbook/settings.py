"""What the surroundings say: every environment variable the app obeys, read in one place.

The rest of the house asks `read_settings()` and never the environment itself.
A value that makes no sense raises SettingsError with one sentence for a person.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
DEFAULT_DEADLINE = 900.0
HUB = "https://huggingface.co"
VIEWER = "https://datasets-server.huggingface.co"
DISK_GB = 20.0
ARCHIVE_GB = 5.0
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_OAUTH = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
_YES = ("1", "true", "t", "yes", "on")


class SettingsError(ValueError):
    """An environment variable holds a value that cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """How this copy of Swatchbook runs, and the variable behind each value."""

    memory_gb: float | None = None
    """SWATCHBOOK_MEMORY_GB: most gigabytes (10^9 bytes) for loaded models; None lets the machine's limit decide."""
    cores: int = 1
    """SWATCHBOOK_CORES: how many processor cores models may use; all that this process may use by default."""
    data: Path = ROOT / "data"
    """SWATCHBOOK_DATA: the folder that holds what is kept."""
    host: str = "127.0.0.1"
    """GRADIO_SERVER_NAME: the address listened on; every address (0.0.0.0) on a Space."""
    port: int | None = None
    """PORT, else GRADIO_SERVER_PORT: the port of the page; None takes 7860, or the next that is free."""
    deadline: float = DEFAULT_DEADLINE
    """SWATCHBOOK_DEADLINE: seconds after which a run is ended."""
    hub: str = HUB
    """HF_ENDPOINT: the model hub that is browsed."""
    viewer: str = VIEWER
    """SWATCHBOOK_VIEWER: the server that shows rows of the hub's datasets."""
    offline: bool = False
    """HF_HUB_OFFLINE: the hub is never asked; house models and what was fetched are there all the same."""
    disk_gb: float = DISK_GB
    """SWATCHBOOK_DISK_GB: most gigabytes (10^9 bytes) of fetched models on disk."""
    archive_gb: float = ARCHIVE_GB
    """SWATCHBOOK_ARCHIVE_GB: most gigabytes (10^9 bytes) of kept runs and other documents."""
    archive_repo: str | None = None
    """SWATCHBOOK_ARCHIVE_REPO: the Hub dataset, owner/name, that what is kept is copied to."""
    archive_token: str | None = field(default=None, repr=False)
    """SWATCHBOOK_ARCHIVE_TOKEN: the secret by which that dataset is written, and used for nothing else."""
    share: bool = False
    """SWATCHBOOK_SHARE: the page also gets an address of gradio.live that others can open, for a week."""
    space_id: str | None = None
    """SPACE_ID, set by Hugging Face Spaces: owner/name."""
    oauth: bool = False
    """OAUTH_CLIENT_ID and what comes with it, set by Spaces with `hf_oauth`: visitors can sign in with Hugging Face."""
    on_zerogpu: bool = False
    """SPACES_ZERO_GPU or ACCELERATOR, set by Spaces on ZeroGPU hardware."""

    @property
    def on_space(self) -> bool:
        return self.space_id is not None

    def public_address(self) -> str | None:
        """The page's address for everybody, on a Space; None elsewhere, where the browser's own is the one to show."""
        return f"https://huggingface.co/spaces/{self.space_id}" if self.space_id else None


def read_settings(environ: Mapping[str, str] | None = None) -> AppSettings:
    """Read the environment (or the given stand-in for it). Raises SettingsError."""
    env = {name: value.strip() for name, value in (os.environ if environ is None else environ).items()}
    space_id = env.get("SPACE_ID") or None
    return AppSettings(
        memory_gb=_number(env, "SWATCHBOOK_MEMORY_GB", 0.1, 100_000),
        cores=_whole(env, "SWATCHBOOK_CORES", 1, 4096) or _cores(env),
        data=_folder(env, "SWATCHBOOK_DATA", ROOT / "data"),
        host=env.get("GRADIO_SERVER_NAME") or ("0.0.0.0" if space_id else "127.0.0.1"),
        port=_whole(env, "PORT" if env.get("PORT") else "GRADIO_SERVER_PORT", 1, 65_535),
        deadline=_number(env, "SWATCHBOOK_DEADLINE", 1, 86_400) or DEFAULT_DEADLINE,
        hub=_address(env, "HF_ENDPOINT", HUB),
        viewer=_address(env, "SWATCHBOOK_VIEWER", VIEWER),
        offline=_yes(env, "HF_HUB_OFFLINE"),
        disk_gb=_number(env, "SWATCHBOOK_DISK_GB", 0.1, 100_000) or DISK_GB,
        archive_gb=_number(env, "SWATCHBOOK_ARCHIVE_GB", 0.01, 100_000) or ARCHIVE_GB,
        archive_repo=_repo(env, "SWATCHBOOK_ARCHIVE_REPO", "SWATCHBOOK_ARCHIVE_TOKEN"),
        archive_token=env.get("SWATCHBOOK_ARCHIVE_TOKEN") or None,
        share=_yes(env, "SWATCHBOOK_SHARE") and not space_id,
        space_id=space_id,
        oauth=all(env.get(name) for name in _OAUTH),
        on_zerogpu=_is_zerogpu(env),
    )


def _number(env: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    text = env.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise SettingsError(f"{name} is {text[:40]!r}; it must be a number from {least:g} to {most:g}.")
    return value


def _whole(env: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    text = env.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise SettingsError(f"{name} is {text[:40]!r}; it must be a whole number from {least} to {most}.")
    return int(text)


def _folder(env: Mapping[str, str], name: str, default: Path) -> Path:
    path = Path(env.get(name) or default).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise SettingsError(f"{name} is {str(path)!r}, which is a file; it must be a folder, or not be there yet.")
    return path


def _address(env: Mapping[str, str], name: str, default: str) -> str:
    address = (env.get(name) or default).rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise SettingsError(f"{name} is {address[:80]!r}; it must be an address such as {default}.")
    return address


def _repo(env: Mapping[str, str], name: str, secret: str) -> str | None:
    """A dataset's name, which is of no use without the secret that writes it."""
    repo = env.get(name) or None
    if repo is not None and not _REPO.fullmatch(repo):
        raise SettingsError(f"{name} is {repo[:80]!r}; it must be the name of a dataset on the Hub, owner/name.")
    if (repo is None) != (not env.get(secret)):
        raise SettingsError(f"{name} and {secret} go together: set both, or neither.")
    return repo


def _yes(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() in _YES


def _cores(env: Mapping[str, str]) -> int:
    """Cores this process may use: a Space says it, a container limits it, else the scheduler knows."""
    told = env.get("CPU_CORES", "")
    if told.isascii() and told.isdigit() and int(told) > 0:
        return int(told)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota(allowed)))


def _quota(allowed: int) -> int:
    """Whole cores that the container's processor limit leaves, or `allowed` without one."""
    try:
        limit, period = CPU_QUOTA.read_text().split()
        return allowed if limit == "max" else int(limit) // int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return allowed


def _is_zerogpu(env: Mapping[str, str]) -> bool:
    return _yes(env, "SPACES_ZERO_GPU") or "zero" in env.get("ACCELERATOR", "").lower()
