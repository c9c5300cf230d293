"""Other processes on the same archive, for tests that kill them, or give them fewer rights.

`python -m tests.faults.keeper` waits for commands, one a line, and starts a process for each, which says what it
did as soon as it is done. A process of its own is forked, not started anew, so that a test can afford hundreds.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from swatchbook.archive.documents import kinds
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.store import Archive, Query
from swatchbook.settings import ROOT
from swatchbook.strict import new_id
from tests.kept import a_run

NOBODY = 65534
FEW = [a_run(1, 2, 8 if seed else 300, seed=3 - seed) for seed in (3, 2, 1, 0)]
"""What is kept, again and again, under new ids."""

Line = list[str]


class Keeper:
    """The waiting process, seen from a test. One command runs at a time."""

    def __init__(self) -> None:
        program = [sys.executable, "-m", "tests.faults.keeper"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(program, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._told = self._process.stdin, self._process.stdout
        assert self.read() == ["ready"]

    def start(self, *command: object) -> int:
        """Start a process; returns its number."""
        self._asked.write(" ".join(map(str, command)) + "\n")
        return int(self.read()[1])

    def read(self) -> Line:
        """What a process says next: `kept`, an id and what it was; `deleting` or `deleted`, an id; `failed` and why."""
        return self._told.readline().strip().split(" ", 2)

    def rest(self) -> list[Line]:
        """All that a process still says until it ends."""
        said = []
        while (line := self.read()) != ["ended"]:
            said.append(line)
        return said

    def kill(self, pid: int) -> list[Line]:
        os.kill(pid, signal.SIGKILL)
        return self.rest()

    def close(self) -> None:
        self._asked.close()
        self._process.wait(10)
        self._told.close()


def main() -> None:
    kinds()
    say("ready")
    for line in sys.stdin:
        what, *arguments = line.split()
        pid = os.fork()
        if not pid:
            try:
                {"keep": keep, "try": try_as_nobody}[what](*arguments)
            finally:
                os._exit(0)
        say("started", pid)
        os.waitpid(pid, 0)
        say("ended")


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def keep(folder: str, seed: str, count: str) -> None:
    """Keep so many documents, and delete one in four of them."""
    chance, archive = random.Random(int(seed)), Archive(Path(folder))
    for _ in range(int(count)):
        which = chance.randrange(len(FEW))
        try:
            kept = archive.keep(FEW[which].model_copy(update={"id": new_id()}), listed=chance.random() < 0.5)
        except ArchiveError as error:
            say("failed", error)
            continue
        say("kept", kept.document.id, which)
        if chance.random() < 0.25:
            say("deleting", kept.document.id)
            assert archive.delete(kept.document.id, kept.key)
            say("deleted", kept.document.id)
    archive.close()


def try_as_nobody(folder: str, *ids: str) -> None:
    """Read all there is and keep one more, as a user who owns nothing."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    archive = Archive(Path(folder))
    for _ in range(2):
        say("found", len(archive.find(Query("", count=200))), sum(archive.open(id) is not None for id in ids))
        try:
            archive.keep(FEW[0].model_copy(update={"id": new_id()}))
        except ArchiveError as error:
            say("failed", error)
    archive.close()


if __name__ == "__main__":
    main()
