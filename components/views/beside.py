"""Two to four models in one table: what differs first, what is the same after it.

Works on dossiers and verdicts alone. A model that could not be read keeps its
column, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components.colour import size
from components.render import text
from components.views.dossier import NO_CHAT, carries, languages, silences
from components.views.swatches import model_link, verdict_words
from components.words import UNSAID
from swatchbook.hub.dossier import Dossier
from swatchbook.hub.fit import Verdict
from swatchbook.hub.licences import NOT_STATED
from swatchbook.hub.room import in_words


@dataclass(frozen=True, slots=True)
class Column:
    """One model: its dossier and verdict, or why there is none."""

    name: str
    dossier: Dossier | None = None
    verdict: Verdict | None = None
    problem: str = ""
    about: str = ""
    """What it is in one line, where somebody wrote one."""
    colour: str = "transparent"


Reading = Callable[[Dossier, Verdict], str]

ABOUT = "What it is"
ROWS: dict[str, Reading] = {
    "Runs here": lambda _, verdict: verdict_words(verdict),
    "Size": lambda d, _: f"{size(d.facts.parameters)} parameters" if d.facts.parameters else NOT_STATED,
    "Licence": lambda d, _: d.licence.name,
    "You may": lambda d, _: _phrases(d, d.licence.may),
    "You must": lambda d, _: _phrases(d, d.licence.must),
    "You may not": lambda d, _: _phrases(d, d.licence.may_not),
    "What it writes": lambda d, _: d.licence.writes,
    "Maker": lambda d, _: d.facts.author or NOT_STATED,
    "Made from": lambda d, _: ", ".join(parent.repo for parent in d.facts.parents) or NOT_STATED,
    "Ingredients": lambda d, _: ", ".join(d.facts.datasets) or NOT_STATED,
    "Speaks": lambda d, _: languages(d.facts) or NOT_STATED,
    "Architecture": lambda d, _: d.facts.architecture or NOT_STATED,
    "Carries": lambda d, _: carries(d) or NOT_STATED,
    "Answers in a chat": lambda d, _: "yes" if d.facts.chat else NO_CHAT,
    "Gate": lambda d, _: {None: NOT_STATED, "": "open to all"}.get(d.facts.gated, "gated"),
    "First published": lambda d, _: d.facts.created or NOT_STATED,
    "Last changed": lambda d, _: d.facts.updated or NOT_STATED,
    "Downloads in a month": lambda d, _: _count(d, d.facts.downloads),
    "Likes": lambda d, _: _count(d, d.facts.likes),
    "Energy used": lambda d, _: d.energy or NOT_STATED,
    "Results reported": lambda d, _: str(len(d.evaluations)) if d.evaluations else NOT_STATED,
    "The maker does not say": lambda d, _: silences(d.gaps),
    "Files": lambda d, _: _files(d),
}
"""What is compared, and how it is read, in the order of the table."""


def beside_html(columns: Sequence[Column]) -> str:
    """The table; fewer than two readable models are no comparison, and the reasons stand in its place."""
    if len(columns) < 2:
        return '<div class="notice" role="alert"><p>Choose two to four models to lay side by side.</p></div>'
    rows: dict[str, list[str | None]] = {}
    if any(column.about for column in columns):
        rows[ABOUT] = [(column.about or "–") if column.dossier else None for column in columns]
    rows |= {name: [_read(column, reading) for column in columns] for name, reading in ROWS.items()}
    said = {name: [value for value in values if value is not None] for name, values in rows.items()}
    differ = [name for name, values in said.items() if len(set(values)) > 1]
    same = [name for name in rows if name not in differ]
    head = "".join(_head(column) for column in columns)
    alone = sum(column.dossier is not None for column in columns) < 2
    alike = "What is known of the one that could be read" if alone else "The same in all"
    body = _group("What differs", differ, rows, len(columns)) + _group(alike, same, rows, len(columns))
    return (
        '<article class="beside"><h2>Side by side</h2><div class="wide" tabindex="0" role="region"'
        ' aria-label="The models side by side"><table class="facts">'
        f'<thead><tr><th scope="col">Model</th>{head}</tr></thead>{body}</table></div></article>'
    )


def _count(dossier: Dossier, count: int | None) -> str:
    """What the Hub counts; it does not count what comes with the app."""
    if dossier.facts.source == "house":
        return "not counted here"
    return f"{count:,}" if count is not None else NOT_STATED


def _files(dossier: Dossier) -> str:
    """Bytes of the files that are known of."""
    if dossier.files is None:
        return NOT_STATED
    return ("more than " if dossier.more_files else "") + in_words(sum(file.size for file in dossier.files))


def _phrases(dossier: Dossier, phrases: Sequence[str]) -> str:
    """What a licence says; of one that is not on file nothing is known."""
    return "; ".join(phrases) or ("nothing in particular" if dossier.licence.known else NOT_STATED)


def _read(column: Column, reading: Reading) -> str | None:
    if column.dossier is None or column.verdict is None:
        return None
    return reading(column.dossier, column.verdict)


def _head(column: Column) -> str:
    name = text(column.name)
    if column.dossier is None:
        return f'<th scope="col">{name}<br><span class="failed">{text(column.problem)}</span></th>'
    facts = column.dossier.facts
    ref = text(str(facts.ref))
    return (
        f'<th scope="col" data-source="{facts.source}" data-model="{text(facts.repo)}">'
        f'<i class="colour" style="--c:{column.colour}" aria-hidden="true"></i>'
        f"{model_link(column.name, str(facts.ref), 'see')}"
        "<br>"
        f'<button type="button" class="add" data-act="add" data-model="{ref}" data-key="add-{ref}"'
        f' aria-label="Add {name} to your palette">Add</button></th>'
    )


def _group(title: str, names: Sequence[str], rows: dict[str, list[str | None]], width: int) -> str:
    if not names:
        return ""
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{_cell(value)}</td>" for value in rows[name])}</tr>'
        for name in names
    )
    return f'<tbody><tr class="group"><th scope="rowgroup" colspan="{width + 1}">{title}</th></tr>{body}</tbody>'


def _cell(value: str | None) -> str:
    if value is None:
        return "–"
    return UNSAID if value == NOT_STATED else text(value)
