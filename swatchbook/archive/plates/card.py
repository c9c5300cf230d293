"""A run as a card of bounded height, to be drawn as a picture: of each lane the first sample of each filling.

What is left out is said on the card. It is always light, as paper is, whoever
draws it. All foreign text passes `markup`.
"""

from __future__ import annotations

from collections.abc import Mapping

from swatchbook.archive.plates.about import date, legend_html, prompt_html, settings_words, summary, title_of
from swatchbook.archive.plates.credits import credit_of
from swatchbook.archive.plates.frame import GREY, document
from swatchbook.archive.plates.lane import FINISHES, lane_head, lead_html, tag_html
from swatchbook.archive.plates.surprise import Detail, short, text_html
from swatchbook.markup import text
from swatchbook.runs import Lane, Run, Sample

SHOWN = 420
"""Most characters shown of a sample."""
LINES = 14
"""Most lines shown of a sample that breaks them itself."""
PROMPT = 400
"""Most characters shown of the prompt; of a longer one, its end."""
FILLINGS = 4
"""Most fillings shown of up to four lanes; half as many of more lanes."""
SENTENCE = 200
"""Most characters shown of an error."""
WIDE = 4
"""Lanes up to which one row holds them all."""


def picture_html(run: Run, colours: Mapping[str, str]) -> str:
    """The card of a run as a page of its own. `colours` holds a CSS colour for each lane by its id."""
    words = list(dict.fromkeys(tuple(sample.filling) for sample in run.samples))
    few = words[: FILLINGS if len(run.lanes) <= WIDE else FILLINGS // 2]
    lanes = "".join(_lane(run, lane, place, few) for place, lane in enumerate(run.lanes))
    said = [settings_words(run.settings), date(run.created)]
    body = (
        f'<header class="top"><h1 dir="auto">{text(title_of(run))}</h1>'
        f'<p class="prompt" dir="auto">{prompt_html(run, PROMPT)}</p>'
        f'<p class="small" dir="auto">{text(" · ".join([summary(run), *filter(None, said)]))}</p></header>'
        f'{legend_html("")}<div class="lanes" data-lanes="{len(run.lanes)}">{lanes}</div>'
        f'<footer class="small"><span>{_left_out(run, words, few)}</span><span>Swatchbook</span></footer>'
        '<p class="short">The picture ends here, for it would be too tall; the run goes on in its page.</p>'
    )
    tints = [colours.get(lane.id, GREY) for lane in run.lanes]
    return document(f"{title_of(run)} · Swatchbook", summary(run), body, tints, kind="card")


def _lane(run: Run, lane: Lane, place: int, few: list[tuple[str, ...]]) -> str:
    first: dict[tuple[str, ...], Sample] = {}
    for sample in run.of(lane.id):
        first.setdefault(tuple(sample.filling), sample)
    shown = "".join(_sample(run, lane, first[words]) for words in few if words in first)
    head = lane_head(lane, f"lane-{place + 1}", credit_of(run, lane.model).licence)
    empty = '<p class="nothing">This lane holds no samples.</p>'
    return f'<section class="lane c{place}">{head}{shown or empty}</section>'


def _sample(run: Run, lane: Lane, sample: Sample) -> str:
    dots = "" if lane.mode == "chat" else '<span class="lead">…</span>'
    body = text_html(sample, Detail.DEPTH, most=_most(sample.text))
    if not sample.text.strip():
        body += '<span class="nothing">(no text)</span>'
    tags = " ".join(tag_html(tag) for tag in sample.tags[:4])
    ended = f'<span class="failed">{text(short(sample.error, SENTENCE))}</span>' if sample.error else ""
    return (
        f'<div class="group"><h3 dir="auto">{lead_html(run, tuple(sample.filling))}</h3>'
        f'<p class="text" dir="auto">{dots}{body}</p>'
        f'<p class="made">seed {sample.seed} · {ended or FINISHES[sample.finish]} {tags}</p></div>'
    )


def _most(value: str) -> int:
    """How many characters of a text are shown: SHOWN, or those of its first LINES lines."""
    lines = value.split("\n", LINES)
    return min(SHOWN, len(value) if len(lines) <= LINES else len(value) - len(lines[-1]) - 1)


def _left_out(run: Run, words: list[tuple[str, ...]], few: list[tuple[str, ...]]) -> str:
    """What is shown of the run, and that there is more."""
    lanes, total = len(run.lanes), len(run.samples)
    seen = len({(sample.lane, tuple(sample.filling)) for sample in run.samples if tuple(sample.filling) in few})
    if seen == total:
        return "Shown: all samples of the run."
    which = f"{len(few)} of {len(words)} fillings, " if len(few) < len(words) else ""
    notes = len(run.notes)
    more = f", and {notes} note{'' if notes == 1 else 's'}" if notes else ""
    lead = "the first sample of each filling" if len(words) > 1 else "the first sample"
    where = "each lane" if lanes > 1 else "the lane"
    return f"Shown: {lead} in {where}, {which}{seen} of {total} samples. The run's page holds all of them{more}."
