"""Whom a run's texts are owed to, and what its readers said without knowing it.

Both stand at the end of a plate. All foreign text passes `markup.text`.
"""

from __future__ import annotations

from swatchbook.blind import placebo_pair, tally
from swatchbook.markup import text
from swatchbook.notes import Blind
from swatchbook.runs import Credit, ModelRef, Run

UNSAID = '<span class="unsaid">not stated</span>'
"""An absent fact, in the colour for what nobody says."""
QUESTIONS = {"best": "the best", "strangest": "the strangest", "alike": "the two most alike"}


def credit_of(run: Run, model: ModelRef) -> Credit:
    """What the run says of a model; an empty credit where it says nothing of this commit."""
    return next((credit for credit in run.credits if credit.model == model), Credit(model=model))


def credits_html(run: Run) -> str:
    """Each model once: who made it, at which commit, under which terms, and of what."""
    models = dict.fromkeys(lane.model for lane in run.lanes)
    cards = "".join(credit_html(credit_of(run, model)) for model in models)
    return (
        '<section class="credits" aria-labelledby="credits"><h2 id="credits">Credits</h2>'
        f'<p class="small">As they were known when the run was made.</p><div class="cards">{cards}</div></section>'
    )


def credit_html(credit: Credit) -> str:
    """What is known of one model."""
    model = credit.model
    source = {"house": "shipped with Swatchbook", "hub": "from the Hub", "remote": "on a server"}[model.source]
    newest = "none named, so the one that Swatchbook ships" if model.source == "house" else UNSAID
    home = credit.homemade
    rows = (
        ("Made by", "Swatchbook" if home else _said([credit.author])),
        ("Source", f"<bdi>{text(model.repo)}</bdi>, {source}"),
        ("Commit", f'<span class="mono">{text(model.commit)}</span>' if model.commit else newest),
        ("Licence", _said([credit.licence])),
        ("Datasets", "texts grown from a grammar that was written for it" if home else _said(credit.datasets)),
        ("Comes from", "no other model" if home else _said(credit.parents)),
    )
    listed = "".join(f"<div><dt>{name}</dt><dd>{said}</dd></div>" for name, said in rows)
    return f"<article><h3><bdi>{text(model.name)}</bdi></h3><dl>{listed}</dl></article>"


def _said(words: list[str]) -> str:
    return ", ".join(f"<bdi>{text(word)}</bdi>" for word in words if word.strip()) or UNSAID


def readings_html(run: Run) -> str:
    """What those chose who read the run without names; nothing where nobody did."""
    if not run.readings:
        return ""
    items = "".join(f"<li>{_reading(run, blind)}</li>" for blind in run.readings)
    return (
        '<section class="readings" aria-labelledby="readings"><h2 id="readings">Read without names</h2>'
        f"{_placebo(run)}<ol>{items}</ol></section>"
    )


def _placebo(run: Run) -> str:
    """How often the placebo was told apart, beside what guessing would do."""
    if not placebo_pair(run):
        return ""
    name = next(_name(run, lane.repeats) for lane in run.lanes if lane.repeats)
    found = tally(run)
    if found is None:
        return f"<p>A placebo was among the lanes: {name}, once more. Nobody has chosen the two most alike.</p>"
    return (
        f"<p>A placebo was among the lanes: {name}, once more with other seeds. The two were taken for the most alike"
        f" in <strong>{found.together} of {found.asked}</strong> reading{'' if found.asked == 1 else 's'}, and told"
        f" apart in {found.apart}; guessing finds the pair in {found.chance:.0%}.</p>"
    )


def _reading(run: Run, blind: Blind) -> str:
    who = f"<bdi>{text(blind.reader)}</bdi>" if blind.reader else "Somebody"
    when = f' <time datetime="{text(blind.created)}">{text(blind.created[:10])}</time>' if blind.created else ""
    votes = "; ".join(
        f"{QUESTIONS[vote.question]}: {' and '.join(_name(run, lane) for lane in vote.lanes)}" for vote in blind.votes
    )
    order = ", ".join(_name(run, lane) for lane in blind.order)
    named = "".join(
        f'<p><span class="tag fail">{_name(run, lane)} had said its own name, so it was not blind</span></p>'
        for lane in blind.named
    )
    words = f'<p class="said" dir="auto">{text(blind.words)}</p>' if blind.words else ""
    return (
        f"<p><strong>{who}</strong>{when} chose {votes or 'nothing'}.</p>{words}{named}"
        f'<p class="small">Shown without names in this order: {order}.</p>'
    )


def _name(run: Run, lane_id: str) -> str:
    lane = run.lane(lane_id)
    return f"<bdi>{text(lane.model.name)}</bdi>{' (the placebo)' if lane.repeats else ''}"
