"""The ballot of a blind reading, and what all readers of a run said, once the names are shown.

Works on a run and a look alone. All foreign text passes `render`.
"""

from __future__ import annotations

from components.look import Look
from components.render import text
from components.views.notes import author_html
from swatchbook.blind import names_itself, placebo_pair, tally
from swatchbook.notes import MAX_NOTE, Blind
from swatchbook.runs import Lane, Run

QUESTIONS = {"best": "The best", "strangest": "The strangest", "alike": "The two most alike"}
MAY_HOLD_PLACEBO = (
    "One model may be here twice, once more with other seeds: a placebo. It shows how much of what looks like a style"
    " is chance."
)


def ballot_html(run: Run, look: Look) -> str:
    """The form while the names are hidden; afterwards what was said."""
    if look.blind:
        return _form(run, look)
    return _readings(run, look) if run.readings else ""


def _form(run: Run, look: Look) -> str:
    lanes = look.ordered(run.lanes)
    radios = "".join(_choice(question, lanes, look) for question in QUESTIONS)
    return (
        f'<form class="ballot" data-form="reveal" data-of="{text(run.id)}" aria-label="Read blind">'
        '<h2 tabindex="-1" data-rest>Read blind</h2>'
        f'<p class="small">Names, colours and speeds are hidden and the order is drawn. {MAY_HOLD_PLACEBO}</p>'
        f'{_leaks(run, look)}<div class="choices">{radios}</div>'
        f'<label>What sets them apart?<textarea name="words" rows="2" maxlength="{MAX_NOTE}"></textarea></label>'
        f"{author_html()}"
        '<p class="acts"><button type="submit" class="strong">Reveal the names</button>'
        '<span class="small">All answers are optional; those you give stay with the run.</span></p></form>'
    )


def _choice(question: str, lanes: list[Lane], look: Look) -> str:
    kind = "checkbox" if question == "alike" else "radio"
    boxes = "".join(
        f'<label><input type="{kind}" name="{question}" value="{look.key(lane.id)}"> {text(look.name(lane))}</label>'
        for lane in lanes
    )
    return f"<fieldset><legend>{QUESTIONS[question]}</legend>{boxes}</fieldset>"


def _leaks(run: Run, look: Look) -> str:
    """A warning for each lane that says a model's own name."""
    lines = []
    for lane in look.ordered(run.lanes):
        if found := names_itself(run, lane.id):
            where = f"{look.key(lane.id)}:{found[0][0]}"
            lines.append(
                f'<p class="warn">{text(look.name(lane))} says its own name in '
                f'<button type="button" class="link" data-jump="{where}">sample {found[0][0] + 1}</button>, so it is'
                " not blind any more. The run will say so.</p>"
            )
    return "".join(lines)


def _readings(run: Run, look: Look) -> str:
    items = "".join(f"<li>{_reading(run, look, blind)}</li>" for blind in run.readings)
    count = len(run.readings)
    title = f"{count} blind reading{'' if count == 1 else 's'}"
    return (
        f'<section class="ballot said" aria-label="Blind readings"><h2 tabindex="-1" data-rest>{title}</h2>'
        f"{placebo_html(run)}<ol>{items}</ol></section>"
    )


def placebo_html(run: Run) -> str:
    """How the readers took the placebo, beside what guessing would do."""
    found, pair = tally(run), placebo_pair(run)
    if not pair:
        return ""
    lane = next(lane for lane in run.lanes if lane.repeats)
    name = text(run.lane(lane.repeats or lane.id).model.name)
    if found is None:
        return f'<p class="small">The placebo was {name}. Nobody has chosen the two most alike yet.</p>'
    return (
        f"<p>The placebo was <strong>{name}</strong>, once more with other seeds. The two were taken for the most alike"
        f" in <strong>{found.together} of {found.asked}</strong> reading{'' if found.asked == 1 else 's'}, and told"
        f" apart in {found.apart}; guessing finds the pair in {found.chance:.0%}.</p>"
    )


def _reading(run: Run, look: Look, blind: Blind) -> str:
    who = text(blind.reader) if blind.reader else "Somebody"
    when = f' <time datetime="{text(blind.created)}">{text(blind.created[:10])}</time>' if blind.created else ""
    said = [
        f"{QUESTIONS[vote.question].lower()}: {' and '.join(_named(run, look, lane) for lane in vote.lanes)}"
        for vote in blind.votes
    ]
    named = "".join(
        f' <span class="tag fail">{text(look.name(run.lane(lane)))} had said its own name</span>'
        for lane in blind.named
    )
    words = f'<p class="said">{text(blind.words)}</p>' if blind.words else ""
    return f"<p><strong>{who}</strong>{when} chose {'; '.join(said) or 'nothing'}.{named}</p>{words}"


def _named(run: Run, look: Look, lane: str) -> str:
    return f"<strong>{text(look.name(run.lane(lane)))}</strong>"
