"""What changed between a run and its repetition: the result, what changed around it, and where texts part.

Works on a drift alone. All foreign text passes `render`.
"""

from __future__ import annotations

from components.render import text
from swatchbook.archive.drift import Drift, Pair

SHOWN = 12
"""Most samples whose parting is shown."""


def drift_html(drift: Drift) -> str:
    """The comparison with the run that this one repeats."""
    first, *others = drift.sentences
    result = f'<p class="{"" if drift.none else "warn"}"><strong>{text(first)}</strong></p>'
    around = "".join(f"<li>{text(said)}</li>" for said in others)
    listed = f'<ul class="changes">{around}</ul>' if around else ""
    nothing = "" if drift.changes else '<p class="small">Models, versions, machine and settings are the same.</p>'
    parted = drift.of("text")
    more = f'<p class="small">{len(parted) - SHOWN} more samples differ.</p>' if len(parted) > SHOWN else ""
    rows = "".join(map(_row, parted[:SHOWN]))
    table = (
        '<table><thead><tr><th scope="col">Sample</th><th scope="col">Before</th><th scope="col">Now</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>{more}"
        if rows
        else ""
    )
    return f'<section class="drifted" aria-label="Drift"><h2>Drift</h2>{result}{listed}{nothing}{table}</section>'


def _row(pair: Pair) -> str:
    """One sample: where its texts part, and how each goes on."""
    lead = text(f"…{pair.shared}" if len(pair.shared) >= 40 else pair.shared)
    before, now = (
        f'<td class="text">{lead}<ins>{text(said) or "[end]"}</ins></td>' for said in (pair.was, pair.became)
    )
    where = f'{text(pair.place)}<br><span class="small">from {text(pair.at)}</span>'
    return f'<tr><th scope="row">{where}</th>{before}{now}</tr>'
