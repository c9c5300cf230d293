"""Keeping runs, and opening what was kept, drafted or linked.

Stands between the page's session and the archive: what is kept how long, and
what a visitor is told of it. Raises ArchiveError or RunError with one sentence.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from components.note_actions import STALE, clean
from components.session import Session
from components.views.kept import Standing
from swatchbook.archive.documents import Document
from swatchbook.archive.errors import ArchiveError, Unreadable
from swatchbook.archive.mirror import Mirror, MirrorState
from swatchbook.archive.packing import pack, unpack
from swatchbook.archive.store import Archive, Kept
from swatchbook.palettes import MAX_NAME, Palette
from swatchbook.runs import MAX_DOCUMENT, MAX_TITLE, Lane, Run, RunError, read_run
from swatchbook.settings import AppSettings

PER_VISITOR, PER_SPACE = RateLimitItemPerHour(60), RateLimitItemPerHour(600)
"""What one open page may keep where many share the archive, and what all pages may together."""
MAX_DRAFT = 700_000
"""Most characters of a draft: it goes to the browser after each change, and comes back in one request."""
UNKNOWN = "There is nothing under this link: it may be mistyped, or what was kept was deleted."
MAX_DRAFT_TOKENS = 10_000
"""Tokens above which a run is no draft, whatever they are: so many do not fit."""
AT_HOME = ("127.0.0.1", "localhost", "::1")


@dataclass
class Keeping:
    """The archive as the page uses it. `mirror` is None without an archive repository."""

    archive: Archive
    settings: AppSettings
    mirror: Mirror | None = None
    _limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    @property
    def home(self) -> bool:
        """Whether other machines cannot reach this page."""
        return not self.settings.on_space and not self.settings.share and self.settings.host in AT_HOME

    def close(self) -> None:
        if self.mirror is not None:
            self.mirror.close()
        self.archive.close()

    def standing(self, session: Session) -> Standing:
        """How the session's run stands with the archive. One that was deleted meanwhile is kept no more."""
        try:
            entry = self.archive.entry(session.kept) if session.kept else None
            above = self.archive.entry(session.run.parent) if session.run and session.run.parent else None
            state = self.mirror.state() if self.mirror else None
        except ArchiveError as error:
            return Standing(lasting=self.lasting, home=self.home, fault=str(error))
        if session.kept and entry is None:
            session.kept = session.key = None
        return Standing(
            lasting=self.lasting,
            mirrored=None if self.mirror is None or entry is None else entry.mirrored,
            delay=_delay(state) if state else "",
            warning=state.warning if state else "",
            home=self.home,
            listed=entry is not None and entry.listed,
            parent=None if above is None else "listed" if above.listed else "unlisted",
            parent_title=(above.title or above.brief) if above else "",
            long=session.run is not None and too_long(session.run),
        )

    @property
    def lasting(self) -> str:
        """How long what is kept stays, in a sentence."""
        if self.mirror is not None:
            return "What is kept is copied to the archive repository, and comes back from there once it has been."
        if self.settings.on_space:
            return "This Space's disk is temporary: what is kept here is gone when it restarts. Download what matters."
        return "What is kept stays in the data folder of this machine until somebody deletes it."

    def put(self, document: Document, kind: str, listed: bool, visitor: str) -> Kept:
        """Keep a document; when this returns, it is on disk, and on its way to the archive repository.

        `visitor` is the page or the program that asks. Raises ArchiveError when it has kept too many on a Space.
        """
        if not self.home:
            self._check(visitor)
        kept = self.archive.keep(document, kind, listed)
        if not self.home:
            self._limiter.hit(PER_VISITOR, visitor)
            self._limiter.hit(PER_SPACE, "all")
        if self.mirror is not None:
            self.mirror.nudge()
        return kept

    def _check(self, visitor: str) -> None:
        """Raises ArchiveError where this page, or all together, kept as many as they may in an hour."""
        for limit, who, whose in ((PER_VISITOR, visitor, "from one page"), (PER_SPACE, "all", "here by all together")):
            if not self._limiter.test(limit, who):
                raise ArchiveError(
                    f"{limit.amount} documents were kept {whose} within an hour, which is the most; download this one,"
                    " or keep it later."
                )

    def keep(self, session: Session, data: dict[str, Any], visitor: str = "") -> None:
        """Keep the session's run; when this returns, it is on disk."""
        run = session.run
        if run is None:
            raise RunError(STALE)
        if session.performance is not None:
            raise RunError("The run is still being written; keep it when it has ended.")
        if session.kept is not None:
            return
        title = clean(str(data.get("title", "")).strip()[:MAX_TITLE])
        named = run.model_copy(update={"title": title})
        kept = self.put(named, "run", bool(data.get("listed")), visitor)
        if session.run is not run:
            raise KeptMeanwhile(kept)
        session.settled = run.id
        session.own.clear()
        session.run, session.kept, session.key = kept.document, kept.document.id, kept.key  # type: ignore[assignment]

    def keep_palette(self, lanes: list[Lane], name: str, visitor: str = "") -> Kept:
        """Keep a palette. Raises ArchiveError, or RunError for an empty one."""
        if not lanes:
            raise RunError("The palette is empty; add a model, then keep it.")
        return self.put(Palette(title=name[:MAX_NAME], lanes=lanes), "palette", False, visitor)

    def find(self, id: str) -> Document:
        """What was kept under an id, here or in the archive repository. Raises ArchiveError."""
        document = self.archive.open(id)
        if document is None and self.mirror is not None and self.mirror.restore(id):
            document = self.archive.open(id)
        if document is None:
            raise Unreadable(UNKNOWN)
        return document

    def draft(self, session: Session) -> dict[str, Any] | None:
        """The session's run as the browser keeps it until it is kept here; None where it is none or too large."""
        run, done = session.run, session.settled
        session.drafted, session.settled = (run, bool(session.order)) if run else None, ""
        if run is None or session.kept is not None:
            return {"id": done, "body": None} if run else None
        if too_long(run):
            return {"id": run.id, "body": None}
        body = base64.b64encode(pack(run.to_json().encode())).decode()
        about = {"id": run.id, "title": run.title, "prompt": run.template[:160], "created": run.created}
        return {**about, "body": body if len(body) <= MAX_DRAFT else None, "blind": bool(session.order)}


class KeptMeanwhile(Exception):
    """A run was kept, and another one is on the page by now."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.document.id)
        self.kept = kept


def too_long(run: Run) -> bool:
    """Whether a run has more tokens than a browser takes for a draft."""
    return sum(len(sample.token_ids) for sample in run.samples) > MAX_DRAFT_TOKENS


def keep_in(settings: AppSettings) -> Keeping:
    """The archive in the settings' data folder, with its mirror at work where a repository is configured."""
    archive = Archive(settings.data, int(settings.archive_gb * 1e9))
    mirror = None
    if settings.archive_repo and settings.archive_token:
        mirror = Mirror(archive, settings.archive_repo, settings.archive_token, settings.hub, offline=settings.offline)
        mirror.start()
    return Keeping(archive, settings, mirror)


def _delay(state: MirrorState) -> str:
    """Why the archive repository has not got it yet, and when it is tried again."""
    again = f" It is tried again in {max(1, round(state.again))} s." if state.error and state.again else ""
    return f"{state.error}{again}"


def read_draft(body: str) -> Run:
    """A draft as the browser sends it back. Raises RunError when it is none."""
    try:
        plain = unpack(base64.b64decode(body[: MAX_DRAFT + 1], validate=True), MAX_DOCUMENT)
    except (ValueError, Unreadable):
        raise RunError("This draft is damaged and cannot be opened; delete it.") from None
    return read_run(plain)
