"""Ties a process to its parent and takes from it what it must not have.

No process of the engine outlives the app, also when the app is killed with
SIGKILL: on Linux the kernel sees to it, elsewhere a thread that waits for the
parent's end. Standard library only.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import re
import signal
import sys
import threading
from multiprocessing.connection import wait
from pathlib import Path

PARENT = "SWATCHBOOK_PARENT"
"""Environment variable with the process id of whoever started us: a parent that died before we asked leaves another."""
_PR_SET_PDEATHSIG = 1
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|CREDENTIAL|API_?KEY|OAUTH", re.IGNORECASE)


def die_with_parent() -> None:
    """Be killed when the parent process ends. On Linux this follows the *thread* that started us."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != int(os.environ.get(PARENT, os.getppid())):
            os._exit(1)
    elif (parent := multiprocessing.parent_process()) is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()


def scrub_environment() -> None:
    """Remove secrets, and keep libraries from asking the network for anything, and from telling how they broke."""
    for name in list(os.environ):
        if _SECRET.search(name):
            del os.environ[name]
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        DISABLE_SAFETENSORS_CONVERSION="1",
        TOKENIZERS_PARALLELISM="false",
        # A tokenizer that breaks would otherwise spend seconds on writing its stack to the log.
        RUST_BACKTRACE="0",
    )


def die_first() -> None:
    """When memory runs out, let the kernel end this process rather than the app."""
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        try:
            score.write_text("1000")
        except PermissionError:
            # Some containers forbid it; the watch on memory in the parent still stands.
            return
