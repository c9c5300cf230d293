"""A family tree: what a model was made from and what was made from it, with every change of licence.

Works on a `Family` alone, row by row; the drawing before a name is hidden from
screen readers, which hear the depth instead.
"""

from __future__ import annotations

from components.render import text
from components.views.swatches import model_link
from swatchbook.hub.lineage import Family, Row


def family_html(family: Family) -> str:
    """The tree as far as it is known."""
    rows = "".join(map(_row, family.rows))
    waiting = "" if family.done else '<p class="waiting small">Looking further up and down…</p>'
    conflicts = "".join(
        f'<p class="warn">{text(row.repo or "")}: {text(row.conflict)}</p>' for row in family.rows if row.conflict
    )
    alone = "No parent is stated, and the Hub lists nothing that was made from it."
    said = alone if family.done and len(family.rows) == 1 else family.note
    note = f'<p class="small">{text(said)}</p>' if said else ""
    return (
        '<section class="family" aria-label="Family"><h3>Family</h3><p class="small">Oldest ancestor first. In colour:'
        " where the licence changes, or does not go with the one above it.</p>"
        f'<div class="wide" tabindex="0" role="region" aria-label="The family tree"><ul class="tree">{rows}</ul></div>'
        f"{conflicts}{waiting}{note}</section>"
    )


def _row(row: Row) -> str:
    level = f'<span class="sr">Level {row.depth + 1}: </span>'
    drawn = f'<span class="guides" aria-hidden="true">{text(row.guides)}</span>{level}'
    parts = [part for part in (_name(row), _licence(row), _remark(row)) if part]
    return f"<li>{drawn}<span>{' '.join(parts)}</span></li>"


def _name(row: Row) -> str:
    if row.repo is None:
        return ""
    if row.own:
        return f'<span class="self" aria-current="true">{text(row.repo)}</span>'
    return text(row.repo) if row.facts is None else model_link(row.repo, row.repo, "kin")


def _licence(row: Row) -> str:
    if row.licence is None:
        return ""
    said = text(row.licence)
    if row.conflict:
        return f'<span class="warn">{said}: does not go with the one above</span>'
    return f'<span class="warn">licence changes: {said}</span>' if row.changes else f'<span class="small">{said}</span>'


def _remark(row: Row) -> str:
    said = [part for part in (row.relation, row.note) if part]
    return f'<span class="small">{text("; ".join(said))}</span>' if said else ""
