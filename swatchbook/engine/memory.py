"""How much memory there is, how much a model will need, and what a process holds and uses.

The budget is the machine's memory or the container's limit, whichever is lower.
A need is an estimate from counts of numbers, by one arithmetic for a folder here
and a model that was not fetched; once a worker runs, its real, unshared memory
counts instead. No torch here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import psutil

from swatchbook.engine.events import EngineError, Model
from swatchbook.engine.headers import Header, read_header

Precision = Literal["auto", "bf16", "fp32"]

SHARE = 0.75
"""The part of all memory that models may hold together; the rest is the system's and the page's."""
WORKING = 300_000_000
"""Bytes a worker needs besides its weights: its own pages, prompts, and what it is writing."""
SMALL = 30_000_000
"""Models of fewer parameters are computed in fp32 on one thread: less precision or more threads gain nothing."""
HALVES = ("BF16", "F16")
"""Types of 16 bits, as safetensors names them."""
MAX_CONFIG = 1_000_000

_HEADS = ("lm_head.weight", "embed_out.weight")
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


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a model takes: its `weights` as they are computed, in `width` bytes a number, and room to work in."""

    weights: int
    width: int
    working: int = WORKING

    @property
    def total(self) -> int:
        return self.weights + self.working


def need(numbers: Iterable[tuple[str, int]], head: int | None, half: bool, precision: Precision = "auto") -> Need:
    """What a model takes whose stored numbers, counted by type, are these; `half` where 16 bits are computed.

    `head` is how many numbers the embedding has when it is the output head as well,
    since the head is a copy; None guesses it, where nothing but the counts is known.
    """
    counts = learnt(numbers)
    parameters = sum(counts.values())
    kind = max(counts, key=lambda name: counts[name], default="")
    width = width_of(kind, parameters, half, precision)
    held = parameters + (guessed_head(parameters) if head is None else head)
    # No less than a smaller model takes, which fp32 doubles: the larger never fits where the smaller does not.
    return Need(max(width * held, 4 * min(held, SMALL)), width)


def width_of(kind: str, parameters: int, half: bool, precision: Precision = "auto") -> int:
    """Bytes of a number as it is computed: stored 16 bits are widened where that is exact and as fast."""
    if precision != "auto":
        return 2 if precision == "bf16" else 4
    return 2 if half and kind in HALVES and parameters >= SMALL else 4


def learnt(numbers: Iterable[tuple[str, int]]) -> Counter[str]:
    """The numbers that were learnt, by type: masks are stored as whole numbers beside them."""
    counts: Counter[str] = Counter()
    for kind, count in numbers:
        counts[kind] += count
    return Counter({kind: count for kind, count in counts.items() if kind.startswith(("F", "BF"))}) or counts


def guessed_head(parameters: int) -> int:
    """Numbers of an embedding that is the head as well: a quarter of a published model of up to 1 B, seldom more."""
    return min(parameters // 4, 250_000_000)


def needed(model: Model) -> int:
    """Bytes to reserve for a model before it is loaded. Raises EngineError when the folder holds no readable model."""
    config_file = model.folder / "config.json"
    if not config_file.is_file():
        raise EngineError(f"There is no model in {model.folder.name!r}: config.json is missing; fetch it again.")
    try:
        headers = [read_header(path) for path in model.folder.glob("*.safetensors")]
        config = _config(config_file)
    except OSError:
        raise EngineError(f"The files of {model.folder.name!r} cannot be read; fetch it again.") from None
    numbers = [(tensor.dtype, tensor.numbers) for header in headers for tensor in header.tensors]
    return need(numbers, _head(headers, config), computes_half(), model.precision).total


@cache
def computes_half() -> bool:
    """Whether the processor is known to compute bf16; elsewhere such weights may be widened to fp32."""
    flags = Path("/proc/cpuinfo")
    return Path("/dev/nvidiactl").exists() or (flags.exists() and "_bf16" in flags.read_text())


def _config(path: Path) -> dict[str, Any]:
    """A config as far as it can be read; `load` says what is wrong with it."""
    try:
        config = json.loads(path.read_bytes()[:MAX_CONFIG])
    except (ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def _head(headers: Iterable[Header], config: dict[str, Any]) -> int:
    """Numbers of the embedding if no head of its own is stored beside it."""
    stored = any(tensor.name in _HEADS for header in headers for tensor in header.tensors)
    sizes = [config.get("vocab_size"), config.get("hidden_size") or config.get("n_embd")]
    if stored or config.get("tie_word_embeddings") is False:
        return 0
    if not all(isinstance(size, int) and 0 < size < 10**7 for size in sizes):
        return 0
    return int(sizes[0]) * int(sizes[1])  # type: ignore[arg-type]


def refusal(name: str, need: int, limit: int) -> str:
    """One sentence with the arithmetic, for a model that can never fit."""
    weights = need - WORKING
    return (
        f"{name} needs about {need / 1e9:.1f} GB here ({weights / 1e9:.1f} GB of weights and {WORKING / 1e9:.1f} GB "
        f"to work in); all models together may hold {limit / 1e9:.1f} GB. Choose a smaller model."
    )
