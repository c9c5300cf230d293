"""Makes a Space of a piece, in the account of the visitor who signed in, and watches it come up.

Whatever goes wrong before the piece is there whole, the Space that was made for it
is deleted again; one that was there before is never touched. The visitor's token
is passed from hand to hand and kept nowhere. Each publishing has a thread of its
own, which goes on to its end even when the visitor has left.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from swatchbook.hub.ways import No
from swatchbook.runs import RunError
from swatchbook.settings import AppSettings
from swatchbook.sketch.publish.account import TROUBLE, Account
from swatchbook.sketch.publish.bundle import Bundle
from swatchbook.sketch.publish.card import HARDWARE
from swatchbook.sketch.publish.naming import check_name, suggested
from swatchbook.sketch.publish.refusals import LATER, Refusal, redacted, refusal
from swatchbook.sketch.publish.work import Target

log = logging.getLogger(__name__)

BEAT = 3.0
"""Seconds between two looks at a Space that is being built."""
LOOKS = 400
"""Looks after which it is left to itself: twenty minutes."""
PAGE_LOOKS = 20
"""Looks at a page that is to answer."""
MISSES = 5
"""Looks in a row that may fail."""
AT_ONCE = 4
"""Pieces that are published at the same time."""

Stage = Literal["creating", "uploading", "building", "done", "left", "failed"]
"""`done`: its page answers. `left`: it is on the Hub whole, and was not watched to the end. `failed`: it is not there,
or cannot start."""

_ENDS = {
    "BUILD_ERROR": ("could not be built", "build"),
    "CONFIG_ERROR": ("could not be set up", "build"),
    "NO_APP_FILE": ("lacks the file that it starts with", "build"),
    "RUNTIME_ERROR": ("was built and could not start", "container"),
    "STOPPED": ("was stopped", "container"),
    "PAUSED": ("was paused", "container"),
    "DELETING": ("is being deleted", "container"),
}
"""Stages that a Space does not get out of by itself: what they mean, and which of its logs says more."""
_WAITS = {"APP_STARTING": "It is built, and starts.", "RUNNING": "It has started; its page is about to answer."}
_BUILDING = "The Hub builds it; that takes some minutes."


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is. `said` is one sentence; `address` leads to the Space, or to the log that says what is wrong.

    A refusal names the targets to take `instead`, and a `name` to take where another was taken.
    """

    stage: Stage
    said: str
    address: str = ""
    instead: tuple[Target, ...] = ()
    name: str = ""


class Publisher:
    """Publishes pieces on the Hub of the settings. Usable from any event loop."""

    def __init__(self, settings: AppSettings, beat: float = BEAT) -> None:
        """`beat` is in seconds, between two looks at what is being built."""
        self._hub, self._offline, self._beat = settings.hub, settings.offline, beat
        self._threads: set[threading.Thread] = set()
        self._going: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()

    async def publish(self, bundle: Bundle, name: str, token: str, private: bool = True) -> AsyncIterator[Step]:
        """Make a Space called `name` in the account that the token is of. The last step says how it ended.

        Closing the iterator ends it: what was begun and is not whole is deleted.
        """
        loop, gone = asyncio.get_running_loop(), threading.Event()
        steps: asyncio.Queue[Step | None] = asyncio.Queue()

        def tell(step: Step | None) -> None:
            with suppress(RuntimeError):  # its loop has ended, so nobody listens
                loop.call_soon_threadsafe(steps.put_nowait, step)

        self._start(bundle, name, token, private, gone, tell)
        try:
            while (step := await steps.get()) is not None:
                yield step
        finally:
            gone.set()

    def close(self, patience: float = 5.0) -> None:
        """Stop everything, and leave what was begun `patience` seconds to be deleted."""
        self._closing.set()
        for thread in list(self._threads):
            thread.join(patience)

    def _start(
        self,
        bundle: Bundle,
        name: str,
        token: str,
        private: bool,
        gone: threading.Event,
        tell: Callable[[Step | None], None],
    ) -> None:
        account = Account(self._hub, token, lambda: gone.is_set() or self._closing.is_set())

        def rest(to_the_end: bool) -> bool:
            return (self._closing if to_the_end else gone).wait(self._beat) or self._closing.is_set()

        publishing = _Publishing(account, f"{self._hub}/spaces", bundle, name, private, rest)

        def work() -> None:
            try:
                for step in self._alone(publishing):
                    tell(step)
            except Exception:
                log.exception("publishing failed")
                tell(Step("failed", "Swatchbook itself failed to publish this; take the zip.", instead=("zip",)))
            finally:
                tell(None)
                self._threads.discard(thread)

        thread = threading.Thread(target=work, name="publish", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _alone(self, publishing: _Publishing) -> Iterator[Step]:
        """The steps, unless the same piece is on its way already, or too many are."""
        try:
            check_name(publishing.name)
            self._check_reachable()
            id = publishing.find()
            self._take(id)
        except (RunError, Refusal, *TROUBLE) as error:
            yield publishing.failed(error)
            return
        try:
            yield from publishing.steps()
        finally:
            with self._lock:
                self._going.discard(id)

    def _check_reachable(self) -> None:
        if self._offline:
            raise Refusal("Swatchbook was started without a network (HF_HUB_OFFLINE)", "start it with one")

    def _take(self, id: str) -> None:
        with self._lock:
            if id in self._going:
                raise Refusal(f"{id} is being published already", "wait for it")
            if len(self._going) >= AT_ONCE:
                raise Refusal(f"{AT_ONCE} pieces are being published here already", LATER)
            self._going.add(id)


class _Publishing:
    """One piece on its way. `rest` waits between two looks, also when the visitor has left if that has to be, and says
    whether to stop."""

    def __init__(
        self, account: Account, spaces: str, bundle: Bundle, name: str, private: bool, rest: Callable[[bool], bool]
    ) -> None:
        self.name = name
        self._account, self._spaces, self._bundle = account, spaces, bundle
        self._private, self._rest = private, rest
        self._id = ""
        self._made: Literal["no", "perhaps", "yes"] = "no"

    @property
    def address(self) -> str:
        return f"{self._spaces}/{self._id}"

    def find(self) -> str:
        """The id that the Space will have. Raises what is in TROUBLE."""
        self._id = f"{self._account.owner()}/{self.name}"
        return self._id

    def steps(self) -> Iterator[Step]:
        """All that happens, to the end."""
        try:
            yield Step("creating", f"Making the Space {self._id}.")
            self._create()
            yield Step("uploading", f"Sending {len(self._bundle.files)} files.")
            self._account.send(self._id, self._bundle.files, "Publish a sketch")
        except TROUBLE as error:
            yield self.failed(error, self._undo())
            return
        yield from self._watch()

    def failed(self, error: Exception, after: str = "") -> Step:
        if isinstance(error, RunError):
            return Step("failed", str(error), name=suggested(self.name))
        why = refusal(error, self._bundle.target, self.name)
        left = self.address if after and self._made != "no" else ""
        return Step("failed", why.sentence(after), left, why.instead, why.name)

    def _create(self) -> None:
        """Have a new Space. Until the Hub answers, there may be one or not."""
        if self._account.holds(self._id):
            raise No(409)
        sdk = "static" if self._bundle.target == "static" else "gradio"
        self._made = "perhaps"
        try:
            self._account.create(self._id, sdk, HARDWARE.get(self._bundle.target), self._private)
        except No as no:
            if no.status < 500 and no.status != 408:
                self._made = "no"
            raise
        self._made = "yes"

    def _undo(self) -> str:
        """Delete what was made, and say what became of it. What the Hub was slow to make may come after all, so that a
        beat later it is looked for once more."""
        if self._made == "no":
            return ""
        missed = self._made == "yes"
        for _ in range(2):
            with suppress(*TROUBLE):
                if self._account.delete(self._id) or missed:
                    self._made = "no"
                    return "nothing of it is left on the Hub"
                missed = not self._rest(True)
        may = "may be" if self._made == "perhaps" else "is"
        return f"an unfinished Space {may} left at {self.address}, which you can delete there"

    def _watch(self) -> Iterator[Step]:
        """Look at the Space until its page answers, or it cannot start."""
        misses = looks = 0
        for _ in range(LOOKS):
            try:
                stage, problem = self._account.stage(self._id)
                looks += stage == "RUNNING"
                if stage == "RUNNING" and (self._private or self._account.answers(self._id)):
                    yield Step("done", "It runs.", self.address)
                    return
                misses = 0
            except TROUBLE as error:
                misses += 1
                if misses >= MISSES or _is_final(error):
                    yield self._left(refusal(error, self._bundle.target, self.name).cause)
                    return
                stage, problem = "", ""
            if stage in _ENDS:
                yield self._broken(stage, problem)
                return
            if looks >= PAGE_LOOKS:
                break
            yield Step("building", _WAITS.get(stage, _BUILDING), self.address)
            if self._rest(False):
                return
        yield self._left("It takes longer than usual")

    def _left(self, why: str) -> Step:
        return Step(
            "left", redacted(f"{why}; the piece is on the Hub whole, so look there how it goes on."), self.address
        )

    def _broken(self, stage: str, problem: str) -> Step:
        what, which = _ENDS[stage]
        said = f" (“{problem.strip(' .')}”)" if problem.strip() else ""
        sentence = redacted(f"The Space {what}{said}; its log says why, or take the zip.")
        return Step("failed", sentence, f"{self.address}?logs={which}", ("zip",))


def _is_final(error: Exception) -> bool:
    """Whether asking again would be answered alike."""
    return isinstance(error, No) and error.status in (401, 403, 404, 410)
