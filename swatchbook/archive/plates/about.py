"""What is said of a run before its texts, on a page and on a card: its title, its size, how it was drawn, and a legend.

All foreign text passes `markup`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from swatchbook import markup
from swatchbook.archive.plates.surprise import DEEPEST, STEP, quoted, short
from swatchbook.markup import text
from swatchbook.measures.failure import RULES
from swatchbook.runs import Run, Settings

TITLE = 80
"""Most characters of a prompt that stand for a missing title."""


def title_of(run: Run) -> str:
    """The run's title, or the beginning of its prompt; not yet HTML."""
    return run.title.strip() or short(" ".join(run.template.split()), TITLE) or "A run without a prompt"


def summary(run: Run) -> str:
    """How large the run is, in one line of plain text."""
    lanes, count = len(run.lanes), len({tuple(sample.filling) for sample in run.samples})
    parts = [f"{lanes} lane{'' if lanes == 1 else 's'}"]
    parts += [f"{count} fillings"] if count > 1 else []
    return " × ".join([*parts, f"{run.settings.samples} sample{'' if run.settings.samples == 1 else 's'}"])


def prompt_html(run: Run, most: int = 0) -> str:
    return markup.template(run.template, most=most) or '<span class="nothing">(no prompt)</span>'


def date(moment: str) -> str:
    """A moment as people write it, in UTC; as it is where it cannot be read."""
    try:
        when = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return moment
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def settings_words(settings: Settings) -> str:
    """How the samples were drawn; what was left as it usually is, is not said. Plain text."""
    said = [f"temperature {settings.temperature:g}", f"seed {settings.seed}", f"at most {settings.max_tokens} tokens"]
    usual = Settings()
    for name, value in (
        ("top-p", "top_p"),
        ("top-k", "top_k"),
        ("min-p", "min_p"),
        ("repetition penalty", "repetition_penalty"),
    ):
        if (chosen := getattr(settings, value)) != getattr(usual, value):
            said.append(f"{name} {chosen:g}")
    if settings.stop:
        said.append(f"stops at {', '.join(map(quoted, settings.stop))}")
    return " · ".join(said)


def legend_html(says: str) -> str:
    """What the lines mean, with one of each depth."""
    told = [f"{depth * STEP:g}".center(4) for depth in range(DEEPEST + 1)]
    steps = "".join(f'<li><u class="s{depth}">{bits}</u></li>' for depth, bits in enumerate(told))
    return (
        '<div class="legend"><p><strong>How to read the lines.</strong> The deeper the line under a word, the less the'
        " model expected it. Its depth is measured in bits: 1 bit is a coin toss, 10 bits are one chance in a thousand."
        f' Its colour is the lane’s. <span class="point">{says}</span></p>'
        f'<ol aria-label="Lines from 0 to {DEEPEST * STEP:g} bits and more">{steps}</ol></div>'
    )


def tags_html(run: Run) -> str:
    """The rules behind the tags that the run's samples bear; nothing where they bear none."""
    names = {tag.name for sample in run.samples for tag in sample.tags}
    rules = "; ".join(f"<b>{text(name)}</b>: {text(rule)}" for name, rule in RULES.items() if name in names)
    return f'<p class="small rules">Tags state what a plain rule found: {rules}.</p>' if rules else ""
