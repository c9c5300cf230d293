"""Swatches: models on a page, each with its colour, its maker, its terms and its verdict.

Works on facts and verdicts alone. All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from components.colour import STEPS, shade, size, swatch_colour
from components.render import text
from components.words import MATERIAL, glossary_html
from swatchbook.hub.fit import Verdict
from swatchbook.hub.room import in_words
from swatchbook.shelf import Pick

DOTS = {"runs": "runs", "tight": "tight", "not here": "no", "unknown": "unknown"}
"""Verdict to the class of its dot."""
LEGEND = (
    "Colour is data: hue is the family a model descends from, darkness its size, so relatives look alike and a heavy"
    " model looks heavy. The dot says whether it runs on this machine; press the words beside it for the arithmetic."
)


@dataclass(frozen=True, slots=True)
class Swatch:
    """One model to be shown; `why` is a curator's line, where there is one."""

    pick: Pick
    verdict: Verdict
    why: str = ""


def grid(swatches: Iterable[Swatch]) -> str:
    """The swatches as list items; the list around them is the page's."""
    return "".join(map(_swatch, swatches))


def shelf_html(title: str, line: str, swatches: Iterable[Swatch]) -> str:
    """A shelf: its title, what it is for, and its swatches."""
    return (
        f'<section class="shelf"><h3>{text(title)}</h3><p class="small">{text(line)}</p>'
        f'<ul class="swatches">{grid(swatches)}</ul></section>'
    )


def results_html(swatches: Iterable[Swatch]) -> str:
    """What a search found. Its title is for those who go by headings."""
    return f'<h3 class="sr">Models found</h3><ul class="swatches results">{grid(swatches)}</ul>'


def model_link(name: str, ref: str, where: str) -> str:
    """A model's name that opens its dossier, in another tab too; `where` tells apart two of them on one page."""
    model = text(ref)
    return (
        f'<a class="link" href="{dossier_address(ref)}" data-on="select" data-model="{model}"'
        f' data-key="{where}-{model}">{text(name)}</a>'
    )


def dossier_address(ref: str) -> str:
    """Where the dossier of a model opens, from any page of the app, as markup."""
    return f"?tab=browse&amp;model={text(ref)}"


def legend_html() -> str:
    """What the colours say, shown with their colours, and what the words on swatches and dossiers mean."""
    sizes = "".join(f'<li><i style="background:{shade(250, int(step))}"></i>{size(int(step))}</li>' for step in STEPS)
    words = (("runs", "runs here"), ("tight", "tight"), ("no", "not here"), ("unknown", "unknown"))
    dots = "".join(f'<li><i class="dot {kind}"></i>{said}</li>' for kind, said in words)
    return (
        f'<div class="legend"><p>{text(LEGEND)}</p><ul aria-label="Darkness is size, in parameters">{sizes}</ul>'
        f'<ul aria-label="The dots">{dots}</ul>{glossary_html(MATERIAL)}</div>'
    )


def verdict_html(verdict: Verdict, key: str, told: bool = False) -> str:
    """The verdict in a few words, and its arithmetic behind them; `told` unfolds it."""
    opened = " open" if told else ""
    return (
        f'<details class="verdict" data-key="verdict-{text(key)}"{opened}><summary>'
        f'<i class="dot {DOTS[verdict.word]}"></i>'
        f"{text(verdict_words(verdict))}</summary><p>{text(sentence(verdict.why))}{text(_speed(verdict))}</p></details>"
    )


def verdict_words(verdict: Verdict) -> str:
    """The few words under a swatch: whether it runs here, and what trying it costs."""
    if verdict.word == "unknown":
        return "unknown whether it runs"
    if verdict.word == "not here":
        return f"not here: needs {in_words(verdict.need)}" if verdict.need else "not here"
    here = "runs here" if verdict.word == "runs" else "tight"
    if verdict.fetch:
        about = "" if verdict.exact else "about "
        return f"{here}, {about}{in_words(verdict.fetch)} to fetch"
    return f"{here}, first word in {seconds(verdict.first_word)}" if verdict.first_word is not None else here


def sentence(words: str) -> str:
    """Words as a sentence of their own."""
    said = words[:1].upper() + words[1:]
    return said if said.endswith((".", "!", "?")) else f"{said}."


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def _speed(verdict: Verdict) -> str:
    if verdict.first_word is None or verdict.tokens_per_second is None:
        return ""
    basis = "as measured on this machine" if verdict.calibrated else "a guess until this machine has been measured"
    return (
        f" First word about {seconds(verdict.first_word)} after Run, then some {verdict.tokens_per_second:,.0f} tokens"
        f" a second with four samples ({basis})."
    )


def _swatch(swatch: Swatch) -> str:
    pick, facts = swatch.pick, swatch.pick.facts
    ref, name = text(str(pick.ref)), text(pick.ref.name)
    count = f"<span>{size(pick.parameters)}</span>" if pick.parameters else "<span>size not stated</span>"
    terms = " · ".join(text(part) for part in _terms(pick))
    gate = ' <span class="tag" title="The maker lets people in on the Hub first">gated</span>' if facts.gated else ""
    said = swatch.why or pick.blurb
    why = f'<p class="why">{text(said)}</p>' if said else ""
    return (
        f'<li class="swatch" data-model="{text(pick.ref.repo)}" data-source="{pick.ref.source}"'
        f' style="--c:{swatch_colour(pick)}"><a class="plate" href="{dossier_address(str(pick.ref))}" data-on="select"'
        f' data-model="{ref}" data-key="open-{ref}" aria-label="Open the dossier of {name}">{count}</a>'
        f'<div class="card"><h4><a href="{dossier_address(str(pick.ref))}" tabindex="-1" data-on="select"'
        f' data-model="{ref}">{name}</a>{gate}</h4><p class="small">{terms}</p>{why}'
        f"{verdict_html(swatch.verdict, str(pick.ref))}"
        f'<p class="acts"><button type="button" class="add" data-act="add" data-model="{ref}" data-key="add-{ref}"'
        f' aria-label="Add {name} to your palette">Add</button>'
        f'<label><input type="checkbox" data-beside="{ref}"> side by side<span class="sr"> with others: {name}</span>'
        "</label></p></div></li>"
    )


def _terms(pick: Pick) -> list[str]:
    facts = pick.facts
    said = [facts.author or "no maker named", facts.architecture or "architecture not stated"]
    return [*said, facts.licence or "licence not stated"]
