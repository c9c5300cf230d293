"""The head of a dossier: one model as an artifact, with what is stated, what is not, and where each thing stands.

Works on a `Dossier` and its verdict alone; the documents below it are in `documents`. Everything a maker wrote passes
`render`; an absent fact reads "not stated".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from components.colour import swatch_colour
from components.render import ago, text
from components.views.swatches import model_link, verdict_html
from components.words import UNSAID
from swatchbook.hub.dossier import SPACES, Dossier
from swatchbook.hub.facts import Facts, File, Parent
from swatchbook.hub.fit import Verdict
from swatchbook.hub.gaps import Gap
from swatchbook.hub.languages import language_name
from swatchbook.hub.licences import CAVEAT, Licence
from swatchbook.hub.room import in_words
from swatchbook.shelf import Pick

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'
AGED = 120.0
"""Seconds from which the age of a dossier is said."""
FLAGS = ("unsafe", "suspicious", "caution")
"""What the Hub's scanners say of a file that they object to."""
COMES_ALONG = "It comes with the app, so the Hub's scanners have not seen it."
NO_CHAT = "no chat template is stated"
FROM = {
    "finetune": "trained further from",
    "quantized": "made smaller (quantised) from",
    "adapter": "an addition (adapter) to",
    "merge": "mixed (merged) from",
    "unknown": "made in some way from",
}
"""How a model came from a parent, before the parent's name."""


def head_html(dossier: Dossier, pick: Pick, verdict: Verdict, hub: str, conflict: str = "") -> str:
    """What the model is, in one table: the part that is read first. `hub` is the Hub's address, `conflict` why the
    licence does not go with the parent's, where that is known."""
    facts = dossier.facts
    return (
        f'<article class="dossier" data-source="{facts.source}" data-model="{text(facts.repo)}"'
        f' style="--c:{swatch_colour(pick)}"><header><i class="plate" aria-hidden="true"></i><div>'
        f"<h2>{text(pick.title or facts.name)}</h2>{_about(pick.blurb)}"
        f'<p class="small">{_published(facts)}{_aged(dossier)}</p></div></header>'
        f"{_problems(dossier)}{_acts(dossier, verdict, hub)}"
        f"<dl>{''.join(_row(name, said) for name, said in _said(dossier, verdict, conflict))}</dl></article>"
    )


def licence_html(licence: Licence) -> str:
    """A licence in plain words, its lists behind a fold."""
    lists = (("You may", licence.may), ("You must", licence.must), ("You may not", licence.may_not))
    said = "".join(f"<p><strong>{name}</strong> {text('; '.join(items))}.</p>" for name, items in lists if items)
    link = f' <a href="{text(licence.url)}" {LINK}>Its text</a>.' if licence.url else ""
    said += f"<p><strong>What it writes</strong> {text(licence.writes)}</p>"
    more = f'<details data-key="licence"><summary>In more words</summary>{said}<p class="small">{CAVEAT}</p></details>'
    name = f"<strong>{text(licence.name)}.</strong> " if licence.id else ""
    return f"{name}{text(licence.summary)}{link}{more}"


def languages(facts: Facts) -> str:
    return ", ".join(language_name(code) for code in facts.languages)


def carries(dossier: Dossier) -> str:
    """What the weight files hold."""
    facts, tin = dossier.facts, dossier.tin
    # The label of a part tells of that part alone.
    numbers = facts.numbers or (tin.numbers if tin and "-of-" not in tin.file else ())
    if not numbers:
        return ""
    kinds = " and ".join(f"{count:,} numbers in {kind.lower()}" for kind, count in numbers[:4])
    total = f", {in_words(facts.weight_bytes)}" if facts.weight_bytes else ""
    words = next((shape[0] for name, shape in (tin.largest if tin else ()) if "emb" in name or "wte" in name), None)
    return f"{kinds}{total}{f'; {words:,} pieces of words in its vocabulary' if words else ''}"


def silences(gaps: Sequence[Gap]) -> str:
    """The matters on which the maker is silent, or why that cannot be told."""
    if names := [gap.name for gap in gaps if gap.open]:
        return " · ".join(names)
    if any(gap.unread for gap in gaps):
        return "not known: no card could be read"
    return "nothing that is looked for here"


def _about(blurb: str) -> str:
    return f"<p>{text(blurb)}</p>" if blurb else ""


def _published(facts: Facts) -> str:
    author = f"by {text(facts.author)}" if facts.author else "no maker named"
    parts = [author]
    parts += [f"first published {facts.created}"] if facts.created else []
    parts += [f"{facts.downloads:,} downloads in a month"] if facts.downloads is not None else []
    parts += [f"{facts.likes:,} likes"] if facts.likes is not None else []
    if facts.commit:
        parts.append(f'at commit <span class="mono">{text(facts.commit[:7])}</span>')
    return " · ".join(parts)


def _aged(dossier: Dossier) -> str:
    """How old the facts are, where nothing else says so."""
    return f" · as the Hub had it {ago(dossier.age)}" if dossier.age > AGED and not dossier.problems else ""


def _problems(dossier: Dossier) -> str:
    old = f"<p>What follows was heard {ago(dossier.age)}.</p>" if dossier.problems and dossier.age > 60 else ""
    told = "".join(f"<p>{text(problem)}</p>" for problem in dossier.problems)
    return f'<div class="notice">{told}{old}</div>' if told else ""


def _acts(dossier: Dossier, verdict: Verdict, hub: str) -> str:
    facts = dossier.facts
    ref, key = text(str(facts.ref)), text(facts.repo)
    add = (
        f'<button type="button" class="add" data-act="add" data-model="{ref}" data-key="add-{key}"'
        ' data-words="Add to palette">Add to palette</button>'
    )
    if facts.source == "house":
        return f'<p class="acts">{add}</p>'
    fetch = ""
    if verdict.word != "not here" and verdict.fetch:
        fetch = (
            f'<button type="button" data-on="play" data-model="{ref}" data-key="fetch-{key}">'
            f"Fetch {in_words(verdict.fetch)}</button>"
        )
    elif verdict.word != "not here" and verdict.fetch == 0:
        fetch = '<span class="small">It lies on this disk.</span>'
    beside = ""
    if facts.parents:
        models = text(f"{facts.ref} {facts.parents[0].repo}")
        beside = (
            f'<button type="button" data-on="submit" data-models="{models}" data-key="parent-{key}">'
            "Lay beside its parent</button>"
        )
    page = f'<a href="{text(hub)}/{text(facts.repo)}" {LINK}>Its page on the Hub</a>'
    return f'<p class="acts">{add}{fetch}{beside}{page}</p>'


def _said(dossier: Dossier, verdict: Verdict, conflict: str) -> Iterable[tuple[str, str]]:
    facts = dossier.facts
    yield "Runs here", verdict_html(verdict, f"dossier-{facts.repo}", told=verdict.word in ("not here", "unknown"))
    if facts.gated:
        yield (
            "Gate",
            "Gated: the maker lets people in on the Hub, after they agree to terms. Only what is open is fetched.",
        )
    warning = f'<p class="failed">But {text(conflict)}</p>' if conflict else ""
    yield "Licence", licence_html(dossier.licence) + warning
    yield "Made from", _parents(facts.parents) or "no parent stated"
    yield "Ingredients", _ingredients(facts) or _silent(dossier, "training data")
    yield (
        "Speaks",
        f"{text(languages(facts))}. No other is stated." if facts.languages else _silent(dossier, "languages"),
    )
    yield "Kind", _kind(facts)
    yield "Carries", text(carries(dossier)) or UNSAID
    yield "Energy used", text(dossier.energy or "") or _silent(dossier, "energy used")
    yield "Security", COMES_ALONG if facts.source == "house" else _security(dossier.files)
    yield "Used by", _spaces(dossier.spaces)
    yield "The maker does not say", _gaps(dossier)


def _silent(dossier: Dossier, matter: str) -> str:
    """What is said of a matter that the metadata leave open: nobody is silent whose card could not be read."""
    unread = any(gap.name == matter and gap.unread for gap in dossier.gaps)
    return "not known: no card could be read" if unread else UNSAID


def _row(name: str, said: str) -> str:
    return f"<div><dt>{name}</dt><dd>{said}</dd></div>"


def _parents(parents: tuple[Parent, ...]) -> str:
    return "; ".join(f"{FROM[each.relation]} {model_link(each.repo, each.repo, 'see')}" for each in parents[:8])


def _ingredients(facts: Facts) -> str:
    """The datasets named; each opens on demand."""
    parts = [
        f'<span class="mono">{text(name)}</span> <button type="button" class="link" data-on="expand"'
        f' data-dataset="{text(name)}" data-key="rows-{text(name)}">five rows'
        f'<span class="sr"> of {text(name)}</span></button>'
        for name in facts.datasets[:20]
    ]
    more = len(facts.datasets) - 20
    return "<br>".join([*parts, *([f"and {more} more"] if more > 0 else [])])


def _kind(facts: Facts) -> str:
    parts = [text(facts.architecture or "") or "architecture not stated", text(facts.task or "") or "task not stated"]
    parts += [f"made for {text(facts.library)}"] if facts.library else []
    return " · ".join([*parts, "answers in a chat" if facts.chat else NO_CHAT])


def _security(files: tuple[File, ...] | None) -> str:
    """What the Hub's own scanners say of the files. Only "safe" says that a file was looked at and nothing found."""
    if files is None:
        return "not known: the list of files could not be had"
    told = [file for file in files if file.security]
    flagged = [file.path for file in told if file.security in FLAGS]
    if flagged:
        return (
            f'<span class="failed">The Hub flags {text(", ".join(flagged[:4]))}.</span> Only safetensors are read here.'
        )
    if not told:
        return UNSAID
    safe = sum(file.security == "safe" for file in told)
    if not safe:
        return "The Hub's scanners have looked at none of the files yet."
    waiting = len(told) - safe
    rest = f"; {waiting} {'is' if waiting == 1 else 'are'} not looked at yet" if waiting else ""
    return f"The Hub's scanners object to none of the {_files(safe)} they have looked at{rest}."


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _spaces(spaces: tuple[str, ...] | None) -> str:
    """Who uses it; None where that was not asked."""
    if spaces is None:
        return "not known"
    if not spaces:
        return "no Space is listed"
    rest = len(spaces) - 6
    count = "more" if len(spaces) >= SPACES else f"{rest} more Space{'' if rest == 1 else 's'}"
    return text(", ".join(spaces[:6])) + (f" and {count}" if rest > 0 else "")


def _gaps(dossier: Dossier) -> str:
    """The open matters, in the colour for what nobody says; behind them where the others are spoken of."""
    told = "".join(
        f"<li><strong>{text(gap.name)}</strong>: {text(gap.said)}"
        f' <span class="small">({text(gap.where or "")})</span></li>'
        for gap in dossier.gaps
        if gap.said
    )
    said = told or "<li>nothing that is looked for here</li>"
    return (
        f'<span class="unsaid">{text(silences(dossier.gaps))}</span>'
        f'<details data-key="gaps"><summary>What is said, and where</summary><ul>{said}</ul></details>'
    )
