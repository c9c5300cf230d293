"""Keeping, linking, freezing, comparing versions of a sketch, and taking it along as a file.

The sketch's text comes from the page with each press, and the number of what it came of; the
session knows what that is, and what is frozen with it. Publishing with a sign-in is in `publish_actions`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.descent import chain, descended, kept_as, lineage, owner
from components.keep_actions import Keeping
from components.numbered import numbers
from components.pad_draft import equals, news, stale
from components.pad_session import LOST, Origin, PadSession
from components.piece_actions import Pieces, fault, posted
from components.sketch_files import NO_RESULT, file_of
from components.views.publish import publish_html
from components.views.share import Standing, notice_html, share_html
from components.views.versions import versions_html
from swatchbook.archive.errors import ArchiveError
from swatchbook.archive.links import pack
from swatchbook.runs import ModelRef, RunError
from swatchbook.sketch.carried import carried, carried_over
from swatchbook.sketch.changes import Change, changes
from swatchbook.sketch.fits import fits, fitting, left_behind
from swatchbook.sketch.kept import MAX_EXAMPLES, KeptSketch
from swatchbook.sketch.parts import MAX_SKETCH
from swatchbook.sketch.publish.naming import suggested
from swatchbook.sketch.publish.signing import can_sign_in
from swatchbook.sketch.publish.work import Work
from swatchbook.sketch.reader import examine, read_sketch
from swatchbook.sketch.record import Record

FROZEN = "Frozen results do not fit into a link: keep the sketch, and this button copies a short one that has them."


@dataclass
class Sharing:
    """Acts on the sketch of a page."""

    keeping: Keeping
    pieces: Pieces
    files: Callable[[Sequence[ModelRef]], Mapping[ModelRef, Sequence[str]]]
    """The files of each model that a Space can fetch before it starts."""

    @property
    def signs(self) -> bool:
        """Whether visitors can sign in here."""
        return can_sign_in(self.keeping.settings)

    @property
    def base(self) -> str:
        """The page's address for everybody; empty where the browser's own is the one to share."""
        return self.keeping.settings.public_address() or ""

    def panel(
        self,
        origin: Origin,
        told: str = "",
        versions: str = "",
        publishing: str = "",
        name: str = "",
        target: str = "zerogpu",
    ) -> dict[str, Any]:
        """Everything under the piece, as it is now for one sketch; `told`, `versions` and `publishing` are markup."""
        if origin.lost:
            return {"number": next(numbers), "of": origin.of, "html": notice_html(LOST, bad=True)}
        number, base, held = next(numbers), origin.base, news(origin)
        try:
            entry = self.keeping.archive.entry(base.id) if base else None
        except ArchiveError as error:
            entry, told = None, told or notice_html(str(error), bad=True)
        standing = Standing(
            kept=base.id if base and entry else "",
            key=origin.key or "",
            title=base.title if base else "",
            lasting=self.keeping.lasting,
            listed=bool(entry and entry.listed),
            home=self.keeping.home,
            result=origin.record is not None,
            of=origin.of,
            stale=stale(base),
            loose=origin.loose,
        )
        title = origin.record.title if origin.record else base.title if base else "my-piece"
        form = publish_html(name or suggested(title), target, publishing) if self.signs or publishing else ""
        html = share_html(standing, origin.examples, versions, told, form)
        return {"number": number, "of": origin.of, "html": html, **held}

    def recall(self, origin: Origin, data: Mapping[str, Any]) -> None:
        """The result that the page shows is the last one, also where it was not performed here.

        `data` holds the text, the visitor's values and the seed. What is not known, or not whole, changes nothing.
        """
        text, last = text_in(data), origin.record
        found = self.pieces.remembered(text, data.get("values"), data.get("seed"))
        now = carried(last, read_sketch(text)) if found and last else None
        if found and (now is None or (now.values, now.seed) != (found.values, found.seed)):
            origin.record = found

    async def play(self, session: PadSession, event: gr.EventData) -> AsyncIterator[tuple[Any, Any]]:
        """Perform the text of the pad: the piece, and with its last state what lies under it."""
        data = posted(event)
        origin = session.at(data.get("of"))
        try:
            text = text_in(data)
            async with contextlib.aclosing(self.pieces.run(session, read_sketch(text), text, data)) as states:
                async for value, record in states:
                    origin.record = record or origin.record
                    yield value, self.panel(origin) if record else gr.skip()
        except RunError as error:
            yield fault(error), gr.skip()

    async def stop(self, session: PadSession, event: gr.EventData) -> None:
        session.halt(posted(event))

    async def press(self, session: PadSession, event: gr.EventData, request: gr.Request) -> tuple[Any, Any]:
        """A press under the pad: what is shown there now, and the pad's new text where there is one."""
        data = posted(event)
        origin = session.at(data.get("of"))
        acts: Mapping[str, Callable[[], tuple[Any, Any]]] = {
            "keep": lambda: self._keep(origin, data, request.session_hash or ""),
            "keep-record": lambda: self._keep_record(origin, data, request.session_hash or ""),
            "visit-link": lambda: (self._link(origin, data, "visit"), gr.skip()),
            "pad-link": lambda: (self._link(origin, data, "pad"), gr.skip()),
            "visit": lambda: (self._link(origin, data, "open"), gr.skip()),
            "kept-link": lambda: (self._kept_link(origin), gr.skip()),
            "freeze": lambda: (self._freeze(origin, data), gr.skip()),
            "thaw": lambda: (self._thaw(origin, data), gr.skip()),
            "versions": lambda: (self.panel(origin, versions=self._versions(origin, data)), gr.skip()),
            "back": lambda: self._back(origin, data),
        }
        act = acts.get(str(data.get("act")))
        if act is None or origin.lost:
            return self.panel(origin) if origin.lost else gr.skip(), gr.skip()
        return await asyncio.to_thread(self._done, session, origin, act)

    def _done(self, session: PadSession, origin: Origin, act: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        with session.lock:
            try:
                return act()
            except (RunError, ArchiveError) as error:
                return self.panel(origin, notice_html(str(error), bad=True)), gr.skip()

    def _keep(self, origin: Origin, data: Mapping[str, Any], visitor: str) -> tuple[Any, Any]:
        text, listed = text_in(data), bool(data.get("listed"))
        kept = descended(origin, text, read_sketch(text), owner(self.keeping, data))
        sketch = read_sketch(kept.text)
        kept = kept.model_copy(update={"examples": carried_over(kept.examples, sketch)})
        if kept.relation == "version" and self._is_kept(origin, kept, listed):
            return self._kept(origin, "Nothing has changed since this was kept."), gr.skip()
        done = self.keeping.put(kept, "sketch", listed, visitor)
        kept = kept.model_copy(update={"id": done.document.id})
        origin.base, origin.key, origin.source = kept, done.key, None
        origin.examples, origin.lineage = list(kept.examples), list(kept.lineage)
        changed = self._same(origin, kept.text, text) if kept.text != text else gr.skip()
        left = left_behind(len(kept.examples) - len(fitting(kept.examples, sketch)))
        return self._kept(origin, f"{kept_as(kept)} {left}".strip()), changed

    def _kept(self, origin: Origin, told: str) -> dict[str, Any]:
        """What is kept of a sketch; on the pad there may be another text by now."""
        kept = {"id": origin.base.id, "text": origin.base.text} if origin.base else None
        return {**self.panel(origin, notice_html(told)), "kept": kept}

    def _is_kept(self, origin: Origin, kept: KeptSketch, listed: bool) -> bool:
        """Whether what is to be kept is what the archive has already."""
        base = origin.base
        entry = self.keeping.archive.entry(base.id) if base else None
        same = base and (base.text, base.examples) == (kept.text, kept.examples)
        return bool(same and entry and entry.listed == listed)

    def _keep_record(self, origin: Origin, data: Mapping[str, Any], visitor: str) -> tuple[Any, Any]:
        self.recall(origin, data)
        if origin.record is None:
            raise RunError(NO_RESULT)
        record = origin.record.model_copy(update={"parent": origin.base.id if origin.base else None})
        done = self.keeping.put(record, "record", False, visitor)
        id = done.document.id
        address = {"copy": f"record={id}&tab=sketchpad", "own": [id, done.key, "record"]}
        told = notice_html("The result is kept, and its link is copied.")
        return {**self.panel(origin, told), **address}, gr.skip()

    def _link(self, origin: Origin, data: Mapping[str, Any], way: str) -> dict[str, Any]:
        """A link to the sketch: by its id if it is kept as it is, else with all of it; then it must not be too long."""
        text = text_in(data)
        if way != "pad" and origin.base and origin.base.text == text and self.keeping.archive.entry(origin.base.id):
            return self._address(f"sketch={origin.base.id}", way)
        sketch = read_sketch(text)
        came = lineage(origin, sketch, owner(self.keeping, data))
        packed = pack("sketch", KeptSketch(text=text, title=sketch.title, lineage=came))
        address = self._address(f"packed={packed}" if way != "pad" else f"packed={packed}&tab=sketchpad", way)
        return {**address, "note": FROZEN if origin.examples else ""}

    def _address(self, query: str, way: str) -> dict[str, Any]:
        """A query for the page's script to copy, or to open."""
        return {"number": next(numbers), "copy" if way != "open" else "open": query, "visit": way != "pad"}

    def _kept_link(self, origin: Origin) -> dict[str, Any]:
        if origin.base is None:
            raise RunError("The sketch is not kept yet; press Keep first.")
        return {"number": next(numbers), "copy": f"sketch={origin.base.id}", "visit": True}

    def _freeze(self, origin: Origin, data: Mapping[str, Any]) -> dict[str, Any]:
        self.recall(origin, data)
        if origin.record is None:
            raise RunError(NO_RESULT)
        if not origin.record.whole:
            raise RunError("The last result failed or was stopped in a place; run it once more, then freeze it.")
        sketch = read_sketch(text_in(data))
        record = carried(origin.record, sketch)
        if record is None:
            raise RunError("The last result is of an earlier text of this sketch; run it once more, then freeze it.")
        record.to_json()  # one that is too large to be read again is refused here, not when it is kept
        same = equals(origin.examples, record, sketch)
        if any(fits(each, sketch) for each in same):
            return self.panel(origin, notice_html("This result is frozen already."))
        others = [each for each in origin.examples if each not in same]
        if len(others) >= MAX_EXAMPLES:
            raise RunError(f"{MAX_EXAMPLES} results are frozen, which is the most; take one away first.")
        origin.examples = [record, *others]
        return self.panel(origin, notice_html("Frozen: it goes along when you keep or publish the sketch."))

    def _thaw(self, origin: Origin, data: Mapping[str, Any]) -> dict[str, Any]:
        at = str(data.get("at", ""))
        origin.examples = [each for n, each in enumerate(origin.examples) if str(n) != at]
        return self.panel(origin)

    def _versions(self, origin: Origin, data: Mapping[str, Any]) -> str:
        """The chain of kept sketches that leads to this one, newest first, each with what changed in it."""
        found = chain(self.keeping, origin.base, owner(self.keeping, data))
        pairs = zip(found, [*found[1:], None], strict=False)
        return versions_html([(kept, _changed(before, kept) if before else None) for kept, before in pairs])

    def _back(self, origin: Origin, data: Mapping[str, Any]) -> tuple[Any, Any]:
        wanted, versions = str(data.get("id", "")), chain(self.keeping, origin.base, owner(self.keeping, data))
        found = next((kept for kept in versions if kept.id == wanted), None)
        if found is None:
            raise RunError("This version is not there any more; show the versions again.")
        origin.examples = list(found.examples)
        told = notice_html("The pad shows the earlier version; keep it to make it the newest.")
        return self.panel(origin, told, self._versions(origin, data)), self._same(origin, found.text)

    def _same(self, origin: Origin, text: str, was: str | None = None) -> dict[str, Any]:
        """Another text for the pad, of the same sketch; where it was made of one, only in the place of that one."""
        return {"number": next(numbers), "text": text, "same": True, "was": was, "of": origin.of}

    async def take(self, session: PadSession, event: gr.EventData) -> dict[str, Any]:
        """A file for the page's script: its name, its kind, its content, and what could not be said in it."""
        data = posted(event)
        origin = session.at(data.get("of"))
        if origin.lost:
            return self.panel(origin)
        try:
            return await asyncio.to_thread(self._taken, origin, data)
        except (RunError, ArchiveError) as error:
            return self.panel(origin, notice_html(str(error), bad=True))

    def _taken(self, origin: Origin, data: Mapping[str, Any]) -> dict[str, Any]:
        made = file_of(str(data.get("format")), self.work(origin, text_in(data), data), origin.record)
        told = notice_html(f"Not brought along: {' '.join(made.untold)}") if made.untold else ""
        content = base64.b64encode(made.content).decode()
        return {**self.panel(origin, told), "file": {"name": made.name, "media": made.media, "content": content}}

    def work(self, origin: Origin, text: str, data: Mapping[str, Any]) -> Work:
        """The sketch as it is published: with what is frozen and recorded, and everybody it is owed to."""
        self.recall(origin, data)
        sketch = read_sketch(text)
        came = lineage(origin, sketch, owner(self.keeping, data))
        credits, files = self.pieces.credits(sketch.models), self.files(sketch.models)
        colours = {model: self.pieces.colour(model) for model in sketch.models}
        return Work(text, self.records(origin, text), credits, came, files, colours)

    def records(self, origin: Origin, text: str) -> list[Record]:
        """What goes along as recorded: the frozen results, and the last one if it is whole and of this very text."""
        examples, last = carried_over(origin.examples, read_sketch(text)), origin.record
        if last is None or last.sketch != text or not last.whole or any(last.id == each.id for each in examples):
            return examples
        return [*examples, last]


def text_in(data: Mapping[str, Any]) -> str:
    """The pad's text, as far as a sketch can be long and one character more, which is then refused."""
    return str(data.get("text", ""))[: MAX_SKETCH + 1]


def _changed(before: KeptSketch, after: KeptSketch) -> list[Change]:
    """What changed between two versions; where one cannot be read by this Swatchbook, nothing can be told."""
    old, new = examine(before.text).sketch, examine(after.text).sketch
    return changes(old, new) if old and new else []
