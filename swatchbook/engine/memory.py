"""How much memory there is, how much a model will need, and what a process holds and uses.

The budget is the machine's memory or the container's limit, whichever is lower.
A need is an estimate from the files' sizes; once a worker runs, its real,
unshared memory counts instead. No torch here.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import psutil

from swatchbook.engine.events import EngineError, Model

SHARE = 0.75
"""The part of all memory that models may hold together; the rest is the system's and the page's."""
WORKING = 300_000_000
"""Bytes a worker needs besides its weights: its own pages, prompts, and what it is writing."""
MAX_CONFIG = 1_000_000

_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def total_memory() -> int:
    """Bytes of the machine, or of the container if that is less."""
    limits = [psutil.virtual_memory().total]
    for name in _CGROUP_LIMITS:
        path = Path(name)
        if path.exists() and (text := path.read_text().strip()).isdigit():
            limits.append(int(text))
    return min(limits)


def budget(gigabytes: float | None = None) -> int:
    """Bytes that all models together may hold: as told, else three quarters of all memory."""
    return int(gigabytes * 1e9) if gigabytes else int(total_memory() * SHARE)


def held(pid: int) -> int:
    """Bytes that only this process holds (its unique set); 0 once it has ended."""
    try:
        return int(psutil.Process(pid).memory_full_info().uss)
    except psutil.NoSuchProcess:
        return 0


def cpu_seconds(pid: int) -> float:
    """Processor time, user and system, that a process has used; 0 once it has ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def weight_bytes(folder: Path) -> int:
    """Bytes of the folder's weight files."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def needed(model: Model) -> int:
    """Bytes to reserve for a model before it is loaded: weights as computed, and working memory.

    Raises EngineError when the folder holds no readable model.
    """
    config_file = model.folder / "config.json"
    if not config_file.is_file():
        raise EngineError(f"There is no model in {model.folder.name!r}: config.json is missing; fetch it again.")
    text = config_file.read_text(errors="replace")[:MAX_CONFIG]
    stored = re.search(r'"(?:torch_)?dtype"\s*:\s*"(\w+)"', text)
    small = stored is not None and stored[1] in ("bfloat16", "float16")
    widened = 2 if small and (model.precision == "fp32" or (model.precision == "auto" and not _computes_half())) else 1
    tied = _embedding_bytes(text, 2 if small else 4) if '"tie_word_embeddings": false' not in text else 0
    return widened * (weight_bytes(model.folder) + tied) + WORKING


@cache
def _computes_half() -> bool:
    """Whether the processor is known to compute bf16; elsewhere such weights may be widened to fp32."""
    flags = Path("/proc/cpuinfo")
    return Path("/dev/nvidiactl").exists() or (flags.exists() and "_bf16" in flags.read_text())


def _embedding_bytes(text: str, width: int) -> int:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    if not isinstance(config, dict):
        return 0
    sizes = [config.get("vocab_size"), config.get("hidden_size") or config.get("n_embd")]
    if not all(isinstance(size, int) and 0 < size < 10**7 for size in sizes):
        return 0
    return int(sizes[0]) * int(sizes[1]) * width  # type: ignore[arg-type]


def refusal(name: str, need: int, limit: int) -> str:
    """One sentence with the arithmetic, for a model that can never fit."""
    weights = need - WORKING
    return (
        f"{name} needs about {need / 1e9:.1f} GB here ({weights / 1e9:.1f} GB of weights and {WORKING / 1e9:.1f} GB "
        f"to work in); all models together may hold {limit / 1e9:.1f} GB. Choose a smaller model."
    )
