"""A dossier's documents: reported results, the label inside the tin, files, rows of a dataset, and the card itself.

Each works on one part of a `Dossier` alone. Everything a maker wrote passes
`render`; an absent fact reads "not stated".
"""

from __future__ import annotations

from components.render import ago, markdown, text
from components.words import UNSAID
from swatchbook.hub.dossier import Dossier
from swatchbook.hub.facts import Facts, File
from swatchbook.hub.room import in_words
from swatchbook.hub.rows import Rows
from swatchbook.hub.tin import Tin

FILES = 200
"""Most files listed."""
MAX_CARD = 50_000


def rest_html(dossier: Dossier, hub: str = "") -> str:
    """The documents, one below the other. `hub` is the Hub's address, from which the card's own links are read."""
    parts = (
        _fold(
            "Evaluation results, as the maker reports them",
            _evaluations(dossier),
            str(len(dossier.evaluations) or "not stated"),
        ),
        _fold("The label inside the tin", _tin(dossier.tin), ""),
        _fold(
            "Files",
            _files(dossier.files, dossier.more_files),
            str(len(dossier.files)) if dossier.files is not None else "",
        ),
        _card(dossier.card, _address(dossier.facts, hub)),
    )
    return f'<div class="documents">{"".join(parts)}</div>'


def rows_html(rows: Rows) -> str:
    """The first rows of a dataset, as plain text."""
    if not rows.rows:
        return f'<section class="rows"><p>The dataset viewer gave no rows of {text(rows.dataset)}.</p></section>'
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in rows.columns)
    body = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>" for row in rows.rows)
    many = f"of {rows.total:,} " if rows.total else ""
    hidden = f" {rows.hidden} more columns are not shown." if rows.hidden > 0 else ""
    old = f" {text(rows.problem)} These were kept {ago(rows.age)}." if rows.problem else ""
    return (
        f'<section class="rows"><h3>{text(rows.dataset)}</h3><p class="small">The first {len(rows.rows)} rows {many}'
        f'({text(rows.source)}).{hidden}{old}</p><div class="wide" tabindex="0" role="region"'
        f' aria-label="Rows of {text(rows.dataset)}"><table class="facts"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _fold(title: str, body: str, count: str) -> str:
    many = f' <span class="small">{count}</span>' if count else ""
    return f'<details class="fold" data-key="{text(title)}"><summary>{title}{many}</summary>{body}</details>'


def _evaluations(dossier: Dossier) -> str:
    if not dossier.evaluations:
        return f"<p>{UNSAID}</p>"
    rows = "".join(
        f"<tr><td>{text(result.dataset)}</td><td>{text(result.metric)}</td><td>{text(result.value)}</td>"
        f"<td>{'the Hub too' if result.verified else 'the maker'}</td></tr>"
        for result in dossier.evaluations
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("On", "What is counted", "Result", "Vouched for by"))
    return f'<div class="wide"><table class="facts"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _tin(tin: Tin | None) -> str:
    if tin is None:
        return "<p>The head of the weight file was not read.</p>"
    kinds = ", ".join(f"{count:,} in {kind.lower()}" for kind, count in tin.numbers)
    largest = "".join(
        f'<li><span class="mono">{text(name)}</span> {" × ".join(f"{n:,}" for n in shape)}</li>'
        for name, shape in tin.largest
    )
    notes = "".join(f"<div><dt class='mono'>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in tin.notes)
    noted = (
        f"<p>What the trainer wrote into the file:</p><dl>{notes}</dl>"
        if notes
        else "<p>No notes were left in the file.</p>"
    )
    return (
        f'<p><span class="mono">{text(tin.file)}</span> holds {tin.parameters:,} numbers ({kinds}) in {tin.tensors:,}'
        f" tensors (tables of numbers). The largest:</p><ul>{largest}</ul>{noted}"
    )


def _files(files: tuple[File, ...] | None, more_files: bool) -> str:
    if files is None:
        return "<p>The list of files could not be had.</p>"
    rows = "".join(
        f'<tr><td class="mono">{text(file.path)}</td><td>{in_words(file.size)}</td></tr>' for file in files[:FILES]
    )
    hidden = max(len(files) - FILES, 0)
    many = f"{'More than ' if more_files else ''}{hidden:,} more files are not listed." if hidden or more_files else ""
    more = f'<p class="small">{many}</p>' if many else ""
    return f'<div class="wide"><table class="facts"><tbody>{rows}</tbody></table></div>{more}'


def _address(facts: Facts, hub: str) -> str:
    """Where the card stands on the Hub; nowhere, for a model that is not of the Hub."""
    return f"{hub}/{facts.repo}/blob/{facts.commit or 'main'}/README.md" if hub and facts.source == "hub" else ""


def _card(card: str | None, base: str) -> str:
    if not card:
        said = "The card could not be read." if card is None else "There is no card, or nothing is written in it."
        return f'<p class="small">{said}</p>'
    cut = f'<p class="small">Only the first {MAX_CARD:,} characters are shown.</p>' if len(card) > MAX_CARD else ""
    body = markdown(card[:MAX_CARD], base) or f"<p>{UNSAID}</p>"
    return (
        '<details class="fold" data-key="card" open><summary>The card, as the maker wrote it</summary>'
        f'<div class="prose">{body}</div>{cut}</details>'
    )
