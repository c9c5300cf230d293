"""Two to four models in one table: what differs first, what is the same after it.

Works on dossiers and verdicts alone. A model that could not be read keeps its
column, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components.colour import size
from components.render import text
from components.views.dossier import carries, languages
from components.views.swatches import verdict_words
from swatchbook.hub.dossier import Dossier
from swatchbook.hub.fit import Verdict
from swatchbook.hub.room import in_words

UNSAID = "not stated"


@dataclass(frozen=True, slots=True)
class Column:
    """One model: its dossier and verdict, or why there is none."""

    name: str
    dossier: Dossier | None = None
    verdict: Verdict | None = None
    problem: str = ""


Reading = Callable[[Dossier, Verdict], str]

ROWS: dict[str, Reading] = {
    "Runs here": lambda _, verdict: verdict_words(verdict),
    "Size": lambda d, _: f"{size(d.facts.parameters)} parameters" if d.facts.parameters else UNSAID,
    "Licence": lambda d, _: d.licence.name,
    "You may": lambda d, _: _phrases(d, d.licence.may),
    "You must": lambda d, _: _phrases(d, d.licence.must),
    "You may not": lambda d, _: _phrases(d, d.licence.may_not),
    "Maker": lambda d, _: d.facts.author or UNSAID,
    "Made from": lambda d, _: ", ".join(parent.repo for parent in d.facts.parents) or UNSAID,
    "Ingredients": lambda d, _: ", ".join(d.facts.datasets) or UNSAID,
    "Speaks": lambda d, _: languages(d.facts) or UNSAID,
    "Architecture": lambda d, _: d.facts.architecture or UNSAID,
    "Carries": lambda d, _: carries(d) or UNSAID,
    "Answers in a chat": lambda d, _: "yes" if d.facts.chat else "no",
    "Gate": lambda d, _: {None: UNSAID, "": "open to all"}.get(d.facts.gated, "gated"),
    "First published": lambda d, _: d.facts.created or UNSAID,
    "Last changed": lambda d, _: d.facts.updated or UNSAID,
    "Downloads in a month": lambda d, _: f"{d.facts.downloads:,}" if d.facts.downloads is not None else UNSAID,
    "Likes": lambda d, _: f"{d.facts.likes:,}" if d.facts.likes is not None else UNSAID,
    "Energy used": lambda d, _: d.energy or UNSAID,
    "Results reported": lambda d, _: str(len(d.evaluations)) if d.evaluations else UNSAID,
    "The maker does not say": lambda d, _: " · ".join(gap.name for gap in d.gaps if gap.open) or "nothing looked for",
    "All files": lambda d, _: in_words(sum(file.size for file in d.files)) if d.files else UNSAID,
}
"""What is compared, and how it is read, in the order of the table."""


def beside_html(columns: Sequence[Column]) -> str:
    """The table; fewer than two readable models are no comparison, and the reasons stand in its place."""
    if len(columns) < 2:
        return '<div class="notice" role="alert"><p>Choose two to four models to lay side by side.</p></div>'
    rows = {name: [_read(column, reading) for column in columns] for name, reading in ROWS.items()}
    said = {name: [value for value in values if value is not None] for name, values in rows.items()}
    differ = [name for name, values in said.items() if len(set(values)) > 1]
    same = [name for name in rows if name not in differ]
    head = "".join(_head(column) for column in columns)
    body = _group("What differs", differ, rows, len(columns)) + _group("The same in all", same, rows, len(columns))
    return (
        '<article class="beside"><h2>Side by side</h2><div class="wide" tabindex="0" role="region"'
        ' aria-label="The models side by side"><table class="facts">'
        f'<thead><tr><th scope="col">Model</th>{head}</tr></thead>{body}</table></div></article>'
    )


def _phrases(dossier: Dossier, phrases: Sequence[str]) -> str:
    """What a licence says; of one that is not on file nothing is known."""
    return "; ".join(phrases) or ("nothing in particular" if dossier.licence.known else UNSAID)


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
        f'<button type="button" class="link" data-on="select" data-model="{ref}" data-key="see-{ref}">{name}</button>'
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
    return f'<span class="unsaid">{UNSAID}</span>' if value == UNSAID else text(value)
