"""Why the Hub did not take a piece, in a sentence that names what works instead."""

from __future__ import annotations

import math
import re

from swatchbook.hub.errors import Away, Limited
from swatchbook.hub.transport import Stopped
from swatchbook.hub.ways import Lost, No
from swatchbook.sketch.publish.naming import following
from swatchbook.sketch.publish.work import Target
from swatchbook.strict import shown

PLACES: dict[Target, str] = {
    "static": "publish it as a static page",
    "zerogpu": "publish it on ZeroGPU",
    "cpu": "publish it on a processor",
    "zip": "take the zip",
}
LATER = "try again in a moment"
_TOKEN = re.compile(r"hf_[\w.-]+")
_LOST = {
    "unreachable": "The Hub cannot be reached",
    "slow": "The Hub took too long to answer",
    "broken": "The connection to the Hub broke off",
}
_FREE: dict[Target, tuple[Target, ...]] = {
    "cpu": ("zerogpu", "static", "zip"),
    "zerogpu": ("static", "zip"),
    "static": ("zip",),
    "zip": ("zip",),
}
"""What costs nothing, where a target was to be paid for."""
_SMALLER = _FREE | {"cpu": ("static", "zip")}
_UNPAID: dict[Target, str] = {
    "cpu": "A Space on a processor needs a PRO account",
    "zerogpu": "The Hub gives this account no further Space on ZeroGPU without pay",
    "static": "The Hub makes this Space only for pay",
}


class Refusal(Exception):
    """What was not done, and why: `cause` and `advice`, each without a full stop.

    `instead` are the targets that can work; `name` is one to try, where the name was the matter.
    """

    def __init__(self, cause: str, advice: str = "", instead: tuple[Target, ...] = ("zip",), name: str = "") -> None:
        super().__init__(cause)
        self.cause, self.advice, self.instead, self.name = cause, advice, instead, name

    def sentence(self, after: str = "") -> str:
        """The whole of it in one sentence; `after` says what became of what was begun."""
        others = [PLACES[target] for target in self.instead]
        advice = ", or ".join(filter(None, (self.advice, *others)))
        return redacted("; ".join(filter(None, (self.cause, after, advice)))) + "."


def redacted(text: str) -> str:
    """A text on one line, without anything that looks like a token."""
    return _TOKEN.sub("hf_…", shown(text))


def refusal(error: Exception, target: Target, name: str) -> Refusal:
    """What befell a call to the Hub, for who publishes there."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, No):
        return _answered(error, target, name)
    if isinstance(error, Limited):
        return _limited(error.seconds)
    if isinstance(error, Stopped):
        return Refusal("Publishing was stopped", "begin again")
    if isinstance(error, Lost | Away):
        return Refusal(_LOST[error.how if isinstance(error, Lost) else "slow"], LATER)
    return Refusal("What the Hub answered makes no sense", LATER)


def _answered(no: No, target: Target, name: str) -> Refusal:
    if no.status == 401:
        return Refusal("Your sign-in to Hugging Face has ended", "sign in again")
    if no.status == 402:
        return Refusal(_UNPAID[target], "", _FREE[target])
    if no.status == 403:
        cause = "Your sign-in does not allow Swatchbook to make this Space"
        return Refusal(cause, "sign in again and let it create repositories")
    if no.status == 409:
        free = following(name)
        return Refusal(f"A Space of yours is called {name} already", f"call this one {free}", name=free)
    if no.status == 413:
        return Refusal("The piece is larger than the Hub takes", "", _SMALLER[target])
    if no.status == 429:
        return _limited(no.pause)
    if no.status >= 500 or no.status == 408:
        return Refusal(f"The Hub has trouble of its own (it answered {no.status})", LATER)
    said = f", saying “{no.said[:200].strip(' .')}”" if no.said else ""
    return Refusal(f"The Hub does not take this (it answered {no.status}{said})")


def _limited(seconds: float) -> Refusal:
    minutes = max(1, math.ceil(seconds / 60))
    wait = f"try again in {minutes} minute{'' if minutes == 1 else 's'}"
    return Refusal("The Hub takes no more from this account for now", wait)
