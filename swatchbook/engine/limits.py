"""Hard limits on this process while a stranger's file is worked through.

A tokenizer and a chat template are a stranger's programs, and a config can ask
for anything: each gets a few seconds of processor time and a share of memory,
and the system ends the process that takes more, in native code too. What fails
within the limits becomes one sentence. Where the platform has no such limits
(memory but on Linux, anything on Windows) the work goes on without them.
Imports no torch.
"""

from __future__ import annotations

import math
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from swatchbook.engine.events import EngineError

if sys.platform != "win32":
    import resource

Part = Literal["config.json", "tokenizer", "chat template"]

SECONDS = 5.0
"""Processor time for one piece of work."""
MEMORY = 512 * 2**20
"""Bytes of memory that one piece of work may add."""

_INSTEAD: dict[str, str] = {"chat template": "choose completion for it"}
_PATH = re.compile(r"(?<!\w)(?:https?:|[A-Za-z]:)?[/\\][^\s'\"]+")
_BROKE = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, getattr(signal, "SIGBUS", None)})


def _untold(part: str) -> None:
    """Nobody listens."""


_tell: Callable[[str], None] = _untold
_inside = ""


def tell(listener: Callable[[str], None]) -> None:
    """Have `listener` hear which part is being worked through, and "" when it is done: it may end the process."""
    global _tell
    _tell = listener


@contextmanager
def bounded(part: Part, seconds: float = SECONDS) -> Iterator[None]:
    """Work through a stranger's part of a model within limits; one inside another shares its time.

    Whatever it raises becomes an EngineError. A process that takes too much is
    ended by a signal, which `verdict` puts into words for whoever finds it.
    """
    global _inside
    outer, _inside = _inside, part
    _tell(part)
    loosen = _tighten(seconds)
    try:
        yield
    except (EngineError, KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        raise EngineError(_too_much(part)) from None
    except BaseException as error:  # noqa: BLE001 - a panic in a tokenizer is no Exception
        raise EngineError(f"This model's {part} failed ({reason(error)}); {_instead(part)}.") from None
    finally:
        loosen()
        _inside = outer
        _tell(outer)


def verdict(part: str, number: int) -> str | None:
    """Why a process was ended by this signal while it worked through `part`, if the part is to blame."""
    if number == getattr(signal, "SIGXCPU", None):
        return f"This model's {part} takes more processor time than any should; {_instead(part)}."
    if number in _BROKE:
        most = f"{MEMORY // 2**20} MB"
        return f"This model's {part} broke its process, as one does that needs more than {most}; {_instead(part)}."
    return None


def reason(error: BaseException) -> str:
    """What an error says, short enough to stand inside a sentence, and without paths."""
    said = f"there is no {error}" if isinstance(error, KeyError) else str(error).strip()
    lines = (said or type(error).__name__).splitlines()
    text = _PATH.sub("a file", "".join(char if char.isprintable() else " " for char in lines[0]))
    return re.split(r"[.!?;]\s", text)[0][:120].strip(" .:;,")


def leave_no_dump() -> None:
    """A process that is ended leaves no copy of its memory, which holds what visitors wrote, on the disk."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _too_much(part: str) -> str:
    return f"This model's {part} asks for more memory than any should ({MEMORY // 2**20} MB); {_instead(part)}."


def _instead(part: str) -> str:
    return _INSTEAD.get(part, "choose another model")


def _tighten(seconds: float) -> Callable[[], None]:
    """Lower the limits of processor time and memory; returns what puts them back."""
    if sys.platform == "win32":
        return lambda: None
    used = resource.getrusage(resource.RUSAGE_SELF)
    wanted = {resource.RLIMIT_CPU: math.ceil(used.ru_utime + used.ru_stime + seconds)}
    if sys.platform == "linux":
        wanted[resource.RLIMIT_DATA] = _data() + MEMORY
    before = {kind: resource.getrlimit(kind) for kind in wanted}
    for kind, most in wanted.items():
        soft, hard = before[kind]
        resource.setrlimit(kind, (most if soft == resource.RLIM_INFINITY else min(most, soft), hard))

    def loosen() -> None:
        for kind, limit in before.items():
            resource.setrlimit(kind, limit)

    return loosen


def _data() -> int:
    """Bytes of this process's own writable memory, as Linux counts them against RLIMIT_DATA."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
