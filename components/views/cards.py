"""What came of a sketch, as cards: each shown step in each column, and on demand how every text was made.

Works on live cells and on recorded ones alike. Texts only grow at their end, so that little travels while they are
written. All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from components.render import text
from swatchbook.measures.failure import RULES
from swatchbook.runs import ModelRef
from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.lead import lead
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.pick import likeliest
from swatchbook.sketch.record import Cell, Share
from swatchbook.sketch.to_run import unaskable

WAITING = {"waiting": "waiting", "loading": "loading the model", "writing": "writing"}
ENDED = {"skipped": "left out", "cancelled": "stopped"}


Shown = LiveCell | Cell
"""A cell, live or recorded."""


@dataclass
class Cards:
    """Draws the cells of one sketch; `colour` is that of a model."""

    sketch: Sketch
    colour: Callable[[ModelRef | None], str]
    compares: bool = True
    """Whether texts can be opened in Compare, which opens those of a record."""
    _made: dict[tuple[str, int | None, int], tuple[str, str]] = field(default_factory=dict)

    def steps(
        self, cells: Sequence[Shown], glimpses: Mapping[tuple[str, int | None], str] = MappingProxyType({})
    ) -> list[dict[str, Any]]:
        """The shown steps in order, each with a card for each column that has one.

        `glimpses` are texts that a cell will have when what it waits for is written.
        """
        several = len(self.sketch.shown) > 1
        return [
            {"id": id, "title": text(id.replace("_", " ")) if several else "", "cards": self._row(id, cells, glimpses)}
            for id in self.sketch.shown
        ]

    def _row(
        self, id: str, cells: Sequence[Shown], glimpses: Mapping[tuple[str, int | None], str]
    ) -> list[dict[str, Any]]:
        own = [cell for cell in cells if cell.step == id]
        columns = sorted({cell.column for cell in own}, key=lambda column: -1 if column is None else column)
        return [
            self._card(id, column, [cell for cell in own if cell.column == column], glimpses.get((id, column), ""))
            for column in columns
        ]

    def _card(self, id: str, column: int | None, cells: list[Shown], glimpse: str) -> dict[str, Any]:
        first = cells[0]
        return {
            "key": f"{id}/{'' if column is None else column}",
            "colour": self.colour(model) if (model := first.model or self._voice(column)) else "",
            "head": f'<span class="name">{text(model.name)}</span>' if model and column is not None else "",
            "leads": [text(lead(cell)) for cell in cells],
            "texts": [text(cell.text or glimpse) for cell in cells],
            "foot": "".join(_foot(cell) for cell in cells),
        }

    def _voice(self, column: int | None) -> ModelRef | None:
        """The model whose thread a column follows, for steps of it that only hold words."""
        lists = [step.model for step in self.sketch.steps if len(step.model) > 1]
        return lists[0][column].model if lists and column is not None and column < len(lists[0]) else None

    def behind(self, cells: Sequence[Shown]) -> str:
        """How each text was made: the prompt as it was asked, time, tokens, seed, hesitation."""
        rows = "".join(
            self._step(step.id, [cell for cell in cells if cell.step == step.id]) for step in self.sketch.steps
        )
        return f'<details class="behind" data-key="behind"><summary>How each text was made</summary>{rows}</details>'

    def _goes_on(self, id: str) -> bool:
        """Whether a step has several rounds or lines."""
        return any(step.id == id and (step.repeat > 1 or step.each) for step in self.sketch.steps)

    def _step(self, id: str, cells: Iterable[Shown]) -> str:
        told = "".join(map(self._told, cells)) or '<p class="small">not done yet</p>'
        return f"<section><h3>{text(id)}</h3>{told}</section>"

    def _told(self, cell: Shown) -> str:
        key = (cell.step, cell.column, cell.at)
        known = self._made.get(key)
        if known is None or known[0] != cell.status:
            self._made[key] = known = (cell.status, _told(cell, self.compares, self._goes_on(cell.step)))
        return known[1]


def _foot(cell: Shown) -> str:
    parts = [split_html(cell.split)] if cell.split else []
    if cell.error and cell.status == "failed":
        parts.append(f'<p class="failed">{text(cell.error)}</p>')
    elif cell.status in WAITING or cell.status in ENDED:
        parts.append(f'<p class="small">{WAITING.get(cell.status) or ENDED[cell.status]}</p>')
    parts += [
        f'<span class="tag fail" title="{text(RULES.get(tag.name, tag.detail))}">{text(tag.name)}</span>'
        for tag in cell.tags
    ]
    return "".join(parts)


def split_html(split: Sequence[Share]) -> str:
    """A pick's hesitation: the share of each option, the chosen one marked."""
    chosen = likeliest(split)
    rows = "".join(
        f'<li{" class=chosen" if each.option == chosen else ""} style="--share:{each.share:.3f}">'
        f"<bdi>{text(each.option)}</bdi><span>{100 * each.share:.0f} %</span></li>"
        for each in split
    )
    return f'<ul class="split" aria-label="How the model was divided">{rows}</ul>'


def _told(cell: Shown, compares: bool, several: bool) -> str:
    """One text: the model, what it cost, the prompt as it was asked, and what came."""
    kept = cell if isinstance(cell, Cell) else cell.frozen()
    places = [] if kept.column is None else [f"column {kept.column + 1}"]
    places += [f"number {kept.at + 1}"] if several else []
    place = f"{', '.join(places)}: " if places else ""
    parts = [f'{place}<span class="mono">{_who(kept)}</span>', *_figures(kept, cell.status)]
    if isinstance(cell, LiveCell) and cell.remembered:
        parts.append("taken from memory")
    if state := WAITING.get(cell.status) or ENDED.get(cell.status):
        parts.append(state)
    prompt, error = kept.rendered or kept.prompt, kept.error
    return (
        f'<article><p class="small">{" · ".join(parts)} {_compare(kept, cell.status) if compares else ""}</p>'
        f"{_pre(prompt, 'asked')}{_pre(kept.text if cell.status == 'done' else '', 'wrote')}"
        f"{split_html(kept.split) if kept.split else ''}"
        f"{f'<p class=failed>{text(error)}</p>' if error else ''}</article>"
    )


def _who(cell: Cell) -> str:
    if cell.model is None:
        return "words alone"
    return f"{text(str(cell.model))}{', as a turn of a chat' if cell.mode == 'chat' else ''}"


def _figures(cell: Cell, status: str) -> list[str]:
    if cell.model is None or status != "done":
        return []
    figures = [f"{cell.seconds:.1f} s"]
    if not cell.split:
        written = [f"{cell.tokens:,} written"] if cell.tokens or not cell.text else []
        figures += [f"{cell.prompt_tokens:,} tokens read", *written, f"seed {cell.seed}"]
    return figures


def _compare(cell: Cell, status: str) -> str:
    if cell.model is None or status != "done":
        return ""
    if problem := unaskable(cell.prompt):
        return f'<span class="compare">{text(problem)}</span>'
    column = "" if cell.column is None else cell.column
    return (
        f'<button type="button" class="link compare" data-act="compare" data-tab="compare"'
        f' data-step="{text(cell.step)}" data-column="{column}" data-at="{cell.at}">Open in Compare</button>'
    )


def _pre(words: str, name: str) -> str:
    return f'<pre class="{name}">{text(words)}</pre>' if words else ""
