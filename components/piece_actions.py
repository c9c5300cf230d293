"""Running a piece: what a visitor wrote goes in, cards come out while they are written.

The same for the preview beside the pad, for the visit page and for a published
piece. What is known already is taken from one memo that all pages share.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from components import render
from components.numbered import numbered
from components.views.cards import Cards
from components.views.piece import form_html, front_html
from swatchbook.provenance import machine, versions
from swatchbook.runs import Credit, ModelRef, RunError
from swatchbook.sketch.cells import ENDED
from swatchbook.sketch.glance import Glance, glance
from swatchbook.sketch.memo import Memo
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.piece import Piece
from swatchbook.sketch.play import Performs, Play
from swatchbook.sketch.reader import examine
from swatchbook.sketch.record import Record
from swatchbook.sketch.values import ValueFault, accept

DEADLINE = 300.0
"""Seconds after which a performance is ended."""


@dataclass
class PieceSession:
    """What one open page holds of its piece: the performance that goes on, and the record of the last one."""

    play: Play | None = None
    record: Record | None = None
    halted: int = 0
    """The number of the page's last run that was stopped: it may still wait for its turn."""

    def __deepcopy__(self, memo: object) -> PieceSession:
        """Each page begins with an empty one."""
        return PieceSession()

    def stop(self) -> None:
        if self.play is not None:
            self.play.stop()

    def halt(self, data: Mapping[str, Any]) -> None:
        """Stop what goes on, and what was asked for before this."""
        self.halted = max(self.halted, _count(data.get("run")))
        self.stop()


@dataclass
class Pieces:
    """Performs sketches on one engine. `colour` is a model's; `credits` says whom texts are owed to."""

    engine: Performs
    locate: Callable[[ModelRef], Path]
    colour: Callable[[ModelRef | None], str]
    credits: Callable[[Sequence[ModelRef]], list[Credit]]
    deadline: float = DEADLINE
    memo: Memo = field(default_factory=Memo)

    def preview(self, sketch: Sketch, text: str, posted: Any, seed: Any) -> dict[str, Any]:
        """A piece as far as it is known without asking a model."""
        known = self._glance(sketch, text, posted, seed)
        cards = Cards(sketch, self.colour, compares=False)
        ended = [cell for cell in known.cells if cell.status in ENDED]
        return {
            "front": front_html(sketch),
            "form": form_html(sketch, known.values),
            "steps": cards.steps(ended),
            "behind": cards.behind(known.cells),
            "seed": sketch.seed,
            "told": _told([cell.ended for cell in known.cells if cell.asked], known.remarks),
        }

    def remembered(self, text: str, posted: Any, seed: Any) -> Record | None:
        """What a preview shows as the result that it is; None where some of it is not known or not whole."""
        reading = examine(text)
        if reading.sketch is None or reading.faults:
            return None
        known = self._glance(reading.sketch, text, posted, seed)
        record = self._record(known) if known.over else None
        return record if record and record.whole else None

    def _glance(self, sketch: Sketch, text: str, posted: Any, seed: Any) -> Glance:
        return glance(sketch, text, lenient(sketch, posted), number_in(seed, sketch.seed), self.memo)

    def _record(self, piece: Piece) -> Record:
        return piece.record(credits=self.credits(piece.sketch.models), machine=machine(), versions=versions())

    async def run(
        self, session: PieceSession, sketch: Sketch, text: str, data: Mapping[str, Any]
    ) -> AsyncGenerator[tuple[dict[str, Any], Record | None]]:
        """Perform a sketch for a visitor: what the page shows, and with its last state the record.

        `data` holds the visitor's `values`, the page's `seed` and the number of its `run`. Raises ValueFault.
        """
        values, seed = accept(sketch, data.get("values")), number_in(data.get("seed"), sketch.seed)
        if 0 < _count(data.get("run")) <= session.halted:
            yield numbered({"running": False, "status": "Stopped before it began."}), None
            return
        session.stop()
        play = Play(sketch, text, values, seed, self.engine, self.locate, self.memo)
        session.play, cards = play, Cards(sketch, self.colour, compares=False)
        deadline = asyncio.get_running_loop().call_later(self.deadline, play.stop)
        try:
            async with contextlib.aclosing(play.play()) as states:
                async for state in states:
                    yield self._live(cards, state), None
        finally:
            deadline.cancel()
            record = self._record(play)
            if session.play is play:
                session.play, session.record = None, record
        if session.record is record:  # another run took its place otherwise, and the page is that one's
            whole = self._live(Cards(sketch, self.colour), play)
            yield {**whole, "running": False, "status": _ended(play)}, record

    def _live(self, cards: Cards, play: Play) -> dict[str, Any]:
        told = _told([], [*play.remarks, *_cause(play)])
        shown = {"steps": cards.steps(play.cells, play.glimpses()), "behind": cards.behind(play.cells)}
        return numbered({"running": True, "status": "", "told": told, **shown})


def fault(error: RunError) -> dict[str, Any]:
    """What the page shows when nothing could be begun."""
    told = f'<p class="failed" role="alert">{render.text(str(error))}</p>'
    return numbered({"running": False, "told": told})


def posted(event: gr.EventData) -> dict[str, Any]:
    """What a page sent with an event; nothing where it is no object."""
    return event._data if isinstance(event._data, dict) else {}


def _count(said: Any) -> int:
    return said if type(said) is int and said > 0 else 0


def lenient(sketch: Sketch, posted: Any) -> dict[str, str]:
    """The values of a form that may belong to an earlier text: what no longer fits takes its default."""
    given = posted if isinstance(posted, dict) else {}
    values = accept(sketch, {})
    for name in sketch.inputs:
        if name in given:
            with contextlib.suppress(ValueFault):
                values[name] = accept(sketch, {name: given[name]})[name]
    return values


def number_in(seed: Any, usual: int) -> int:
    """A seed as a page sends it, else the sketch's own."""
    return seed if type(seed) is int and 0 <= seed < 2**31 else usual


def _told(asked: Sequence[bool], remarks: Sequence[str]) -> str:
    """What is to be known before one reads: which of the texts that models write are there, and what was left out."""
    said = list(remarks)
    if asked and not any(asked):
        said.append("No model has been asked with these words yet; press Run.")
    elif not all(asked):
        said.append(f"{sum(asked)} of {len(asked)} texts are still true; press Run to have the rest written.")
    return "".join(f'<p class="small">{render.text(each)}</p>' for each in said)


def _cause(play: Play) -> list[str]:
    """Why the first step that failed did, where that step is not shown itself."""
    first = next((cell for cell in play.cells if cell.status == "failed"), None)
    return [first.error or ""] if first and first.step not in play.sketch.shown else []


def _ended(play: Play) -> str:
    failed = sum(cell.status == "failed" for cell in play.cells)
    stopped = sum(cell.status == "cancelled" for cell in play.cells)
    said = f" {failed} failed." if failed else ""
    return f"Done.{said}{f' {stopped} stopped.' if stopped else ''}"
