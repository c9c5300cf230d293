"""Why something cannot be kept, found or opened; each message is one sentence for a person."""

from __future__ import annotations


class ArchiveError(Exception):
    """The archive cannot do what was asked; nothing that was kept is lost by it."""


class TooLarge(ArchiveError):
    """A document, or the archive with it, would be larger than is allowed."""


class Unreadable(ArchiveError):
    """A document, or a link, that is not what it says it is."""
