"""A run as one HTML page that opens anywhere: no network, no script, everything it shows inside it.

A page stays under LIMIT by saying less of each token where a run is large, and
says so; only a run too large for that is longer, and still opens. All foreign
text passes `markup`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from swatchbook.archive.plates.about import date, legend_html, prompt_html, settings_words, summary, tags_html, title_of
from swatchbook.archive.plates.card import picture_html as picture_html
from swatchbook.archive.plates.credits import credits_html, readings_html
from swatchbook.archive.plates.frame import GREY, document
from swatchbook.archive.plates.lane import Column
from swatchbook.archive.plates.remarks import Remarks
from swatchbook.archive.plates.surprise import Detail
from swatchbook.markup import text
from swatchbook.runs import Run

LIMIT = 1_000_000
"""Bytes up to which a page says all it can of each token."""
LARGE = 8_000_000
"""Bytes up to which a large run's words still have their lines."""
ALL_TEXT = 4_000_000
"""About how many characters of samples a page shows; a share of them is shown of each where there are more."""
LEAST_TEXT = 2_000
"""Characters of a sample that are shown in any case."""
RELATIONS = {
    "again": "An earlier run, asked again",
    "notes": "An earlier run, with more notes",
    "remix": "An earlier run, asked otherwise",
    None: "An earlier run",
}
SMALLEST = {Detail.FULL: 60, Detail.BITS: 36, Detail.DEPTH: 0}
"""Bytes that a token takes at least, by how much is said of it."""
SAYS = {
    Detail.FULL: "Point at a word for its bits and what the model held likeliest.",
    Detail.BITS: "Point at a word for its bits. What the model held likeliest is left out, for the run is large; the"
    " run's own file has it.",
    Detail.DEPTH: "The bits of single words are left out, for the run is large; the run's own file has them.",
    Detail.PLAIN: "The run is so large that no lines are drawn; the run's own file has the bits of every word.",
}

NO_BITS = "No bits came with these texts, so no lines are drawn."


def plate_html(run: Run, colours: Mapping[str, str]) -> str:
    """The page of a run. `colours` holds a CSS colour for each lane by its id; a lane without one is grey."""
    detail, lanes = _lanes(run, LIMIT - len(_page(run, colours, "", Detail.FULL).encode()))
    return _page(run, colours, lanes, detail)


def _page(run: Run, colours: Mapping[str, str], lanes: str, detail: Detail) -> str:
    title = title_of(run)
    says = SAYS[detail] if any(sample.trace.surprisal for sample in run.samples) else NO_BITS
    names = ", ".join(dict.fromkeys(lane.model.name for lane in run.lanes))
    body = (
        f'<header class="top"><p class="small">A plate from Swatchbook</p><h1 dir="auto">{text(title)}</h1>'
        f'<p class="prompt" dir="auto">{prompt_html(run)}</p>{_facts(run)}</header>'
        f'{legend_html(says)}{tags_html(run)}<div class="lanes" data-lanes="{len(run.lanes)}">{lanes}</div>'
        f"{Remarks(run).html()}{readings_html(run)}{credits_html(run)}"
        '<footer class="small">Made with Swatchbook, where open language models are read side by side. This page holds'
        " all that it shows and asks for nothing from anywhere.</footer>"
    )
    about = f"{summary(run)} by {names}, read side by side."
    return document(f"{title} · Swatchbook", about, body, [colours.get(lane.id, GREY) for lane in run.lanes])


def _lanes(run: Run, room: int) -> tuple[Detail, str]:
    """The lanes, with as much said of each token as there is room for, in bytes."""
    tokens = sum(len(sample.trace.surprisal) for sample in run.samples)
    for detail, most in ((Detail.FULL, room), (Detail.BITS, room), (Detail.DEPTH, LARGE)):
        if tokens * SMALLEST[detail] <= most and (lanes := _within(run, detail, most)) is not None:
            return detail, lanes
    return Detail.PLAIN, "".join(_columns(run, Detail.PLAIN))


def _within(run: Run, detail: Detail, most: int) -> str | None:
    """The lanes, or None as soon as they are larger than `most` bytes."""
    parts, size = [], 0
    for part in _columns(run, detail):
        parts.append(part)
        size += len(part.encode())
        if size > most:
            return None
    return "".join(parts)


def _columns(run: Run, detail: Detail) -> Iterator[str]:
    remarks, most = Remarks(run), max(LEAST_TEXT, ALL_TEXT // max(len(run.samples), 1))
    for place, lane in enumerate(run.lanes):
        yield Column(run, lane, remarks, detail, most).html(place)


def _facts(run: Run) -> str:
    """What made the run, and when."""
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    rows = (
        ("Written", f'<time datetime="{text(run.created)}">{text(date(run.created))}</time>' if run.created else ""),
        ("Size", summary(run)),
        ("Settings", text(settings_words(run.settings))),
        ("Came of", RELATIONS[run.relation] if run.parent or run.relation else ""),
        ("Written on", text(run.machine)),
        ("With", text(versions)),
    )
    listed = "".join(f'<div><dt>{name}</dt><dd dir="auto">{said}</dd></div>' for name, said in rows if said)
    return f'<dl class="facts">{listed}</dl>'
