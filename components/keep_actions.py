"""Keeping runs, and opening what was kept, drafted or linked.

Stands between the page's session and the archive: what is kept how long, and
what a visitor is told of it. Raises ArchiveError or RunError with one sentence.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any

from components.note_actions import clean
from components.session import Session
from components.views.kept import Standing
from swatchbook.archive.documents import Document
from swatchbook.archive.errors import Unreadable
from swatchbook.archive.mirror import Mirror, MirrorState
from swatchbook.archive.store import Archive, Kept
from swatchbook.palettes import MAX_NAME, Palette
from swatchbook.runs import MAX_DOCUMENT, MAX_TITLE, Lane, Run, RunError, read_run
from swatchbook.settings import AppSettings

MAX_DRAFT = 700_000
"""Most characters of a draft: it goes to the browser after each change, and comes back in one request."""
UNKNOWN = "There is nothing under this link: it may be mistyped, or what was kept was deleted."
AT_HOME = ("127.0.0.1", "localhost", "::1")


@dataclass
class Keeping:
    """The archive as the page uses it. `mirror` is None without an archive repository."""

    archive: Archive
    settings: AppSettings
    mirror: Mirror | None = None

    @property
    def home(self) -> bool:
        """Whether other machines cannot reach this page."""
        return not self.settings.on_space and not self.settings.share and self.settings.host in AT_HOME

    def close(self) -> None:
        if self.mirror is not None:
            self.mirror.close()
        self.archive.close()

    def standing(self, session: Session, fault: str = "") -> Standing:
        """How the session's run stands with the archive."""
        entry = self.archive.entry(session.kept) if session.kept else None
        state = self.mirror.state() if self.mirror else None
        return Standing(
            lasting=self._lasting(),
            mirrored=None if self.mirror is None or entry is None else entry.mirrored,
            delay=_delay(state) if state else "",
            warning=state.warning if state else "",
            home=self.home,
            listed=entry is not None and entry.listed,
            fault=fault,
        )

    def _lasting(self) -> str:
        if self.mirror is not None:
            return "What is kept is copied to this Space's archive repository, and comes back from there."
        if self.settings.on_space:
            return "This Space's disk is temporary: what is kept here is gone when it restarts. Download what matters."
        return "What is kept stays in the data folder of this machine until somebody deletes it."

    def keep(self, session: Session, data: dict[str, Any]) -> None:
        """Keep the session's run; when this returns, it is on disk."""
        run = session.run
        if run is None or session.performance is not None:
            raise RunError("The run is still being written; keep it when it has ended.")
        if session.kept is not None:
            return
        title = clean(str(data.get("title", "")).strip()[:MAX_TITLE])
        kept = self.archive.keep(run.model_copy(update={"title": title}), "run", listed=bool(data.get("listed")))
        session.run, session.kept, session.key = kept.document, kept.document.id, kept.key  # type: ignore[assignment]
        if self.mirror is not None:
            self.mirror.nudge()

    def keep_palette(self, lanes: list[Lane], name: str) -> Kept:
        """Keep a palette. Raises ArchiveError, or RunError for an empty one."""
        if not lanes:
            raise RunError("The palette is empty; add a model, then keep it.")
        kept = self.archive.keep(Palette(title=name[:MAX_NAME], lanes=lanes), "palette", listed=self.home)
        if self.mirror is not None:
            self.mirror.nudge()
        return kept

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
        run = session.run
        if run is None or session.kept is not None:
            return {"id": run.id, "body": None} if run else None
        body = base64.b64encode(zlib.compress(run.to_json().encode(), 6)).decode()
        if len(body) > MAX_DRAFT:
            return None
        return {"id": run.id, "title": run.title, "prompt": run.template[:160], "created": run.created, "body": body}


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
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(base64.b64decode(body[: MAX_DRAFT + 1], validate=True), MAX_DOCUMENT)
    except (binascii.Error, zlib.error, ValueError):
        raise RunError("This draft is damaged and cannot be opened; delete it.") from None
    if not unpacking.eof:
        raise RunError("This draft is damaged and cannot be opened; delete it.")
    return read_run(plain)
