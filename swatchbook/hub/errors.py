"""What can go wrong with the Hub, in one sentence for a person, and in kinds that code can tell apart."""

from __future__ import annotations

import math


class HubError(Exception):
    """Something the Hub was asked for cannot be had; the message is one sentence."""


class BadName(HubError):
    """What was typed names no model."""


class Absent(HubError):
    """There is no such model, commit or file, or it is private."""


class NoFile(Absent):
    """The repository is there, and has no such file at that commit."""


class Gated(HubError):
    """The maker lets only signed-in people in, after they have agreed to terms."""


class Away(HubError):
    """The Hub cannot be reached, is too slow, or answers with nonsense."""


class Troubled(Away):
    """The Hub answers, and what it answers is of no use."""


class Refused(HubError):
    """It could be had, and is not taken here: too large, not safe, or no disk for it."""


class Limited(Away):
    """The Hub answers no more until `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The Hub has had enough questions from this address for now; it answers again in {_minutes(seconds)}."
        )
        self.seconds = seconds


def _minutes(seconds: float) -> str:
    if seconds < 60:
        return "less than a minute"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
