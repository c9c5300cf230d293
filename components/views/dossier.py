"""A dossier: one model as an artifact, with what is stated, what is not, and where each thing stands.

Works on a `Dossier` and its verdict alone. Everything a maker wrote passes
`render`; an absent fact reads "not stated".
"""

from __future__ import annotations

from collections.abc import Iterable

from components.colour import swatch_colour
from components.render import ago, markdown, text
from components.views.swatches import verdict_html
from swatchbook.hub.dossier import Dossier
from swatchbook.hub.facts import Facts, File, Parent
from swatchbook.hub.fit import Verdict
from swatchbook.hub.gaps import UNREAD
from swatchbook.hub.languages import language_name
from swatchbook.hub.licences import CAVEAT, Licence
from swatchbook.hub.room import in_words
from swatchbook.hub.rows import Rows
from swatchbook.hub.tin import Tin
from swatchbook.shelf import Pick

NOT_STATED = '<span class="unsaid">not stated</span>'
FILES = 200
"""Most files listed."""
MAX_CARD = 50_000
RELATIONS = {
    "finetune": "trained further from",
    "quantized": "made smaller (quantised) from",
    "adapter": "an addition (adapter) to",
    "merge": "mixed (merged) from",
    "unknown": "made in some way from",
}


def head_html(dossier: Dossier, pick: Pick, verdict: Verdict, hub: str) -> str:
    """What the model is, in one table: the part that is read first. `hub` is the Hub's address."""
    facts = dossier.facts
    return (
        f'<article class="dossier" data-source="{facts.source}" data-model="{text(facts.repo)}"'
        f' style="--c:{swatch_colour(pick)}"><header><i class="plate" aria-hidden="true"></i><div>'
        f"<h2>{text(pick.title or facts.name)}</h2>{_about(pick.blurb)}"
        f'<p class="small">{_published(facts)}</p></div></header>{_problems(dossier)}{_acts(dossier, verdict, hub)}'
        f"<dl>{''.join(_row(name, said) for name, said in _said(dossier, verdict))}</dl></article>"
    )


def rest_html(dossier: Dossier) -> str:
    """The documents: what the maker reports, the label inside the tin, the files and the card itself."""
    parts = (
        _fold(
            "Evaluation results, as the maker reports them",
            _evaluations(dossier),
            str(len(dossier.evaluations) or "not stated"),
        ),
        _fold("The label inside the tin", _tin(dossier.tin), ""),
        _fold("Files", _files(dossier.files), str(len(dossier.files)) if dossier.files is not None else ""),
        _card(dossier.card),
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


def licence_html(licence: Licence) -> str:
    """A licence in plain words, its lists behind a fold."""
    lists = (("You may", licence.may), ("You must", licence.must), ("You may not", licence.may_not))
    said = "".join(f"<p><strong>{name}</strong> {text('; '.join(items))}.</p>" for name, items in lists if items)
    link = f' <a href="{text(licence.url)}" {LINK}>Its text</a>.' if licence.url else ""
    more = f'<details data-key="licence"><summary>In more words</summary>{said}<p class="small">{CAVEAT}</p></details>'
    name = f"<strong>{text(licence.name)}.</strong> " if licence.id else ""
    return f"{name}{text(licence.summary)}{link}{more if said else ''}"


LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


def languages(facts: Facts) -> str:
    return ", ".join(language_name(code) for code in facts.languages)


def carries(dossier: Dossier) -> str:
    """What the weight files hold."""
    facts, tin = dossier.facts, dossier.tin
    numbers = facts.numbers or (tin.numbers if tin else ())
    if not numbers:
        return ""
    kinds = " and ".join(f"{count:,} numbers in {kind.lower()}" for kind, count in numbers[:4])
    total = f", {in_words(facts.weight_bytes)}" if facts.weight_bytes else ""
    words = next((shape[0] for name, shape in (tin.largest if tin else ()) if "emb" in name or "wte" in name), None)
    return f"{kinds}{total}{f'; {words:,} pieces of words in its vocabulary' if words else ''}"


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


def _problems(dossier: Dossier) -> str:
    old = f"<p>What follows was heard {ago(dossier.age)}.</p>" if dossier.problems and dossier.age > 60 else ""
    told = "".join(f"<p>{text(problem)}</p>" for problem in dossier.problems)
    return f'<div class="notice" role="status">{told}{old}</div>' if told else ""


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


def _said(dossier: Dossier, verdict: Verdict) -> Iterable[tuple[str, str]]:
    facts = dossier.facts
    yield "Runs here", verdict_html(verdict, f"dossier-{facts.repo}")
    if facts.gated:
        yield (
            "Gate",
            "Gated: the maker lets people in on the Hub, after they agree to terms. Only what is open is fetched.",
        )
    yield "Licence", licence_html(dossier.licence)
    yield "Made from", _parents(facts.parents) or "no parent stated"
    yield "Ingredients", _ingredients(facts) or NOT_STATED
    yield "Speaks", f"{text(languages(facts))}. No other is stated." if facts.languages else NOT_STATED
    yield "Kind", _kind(facts)
    yield "Carries", text(carries(dossier)) or NOT_STATED
    yield "Energy used", text(dossier.energy or "") or NOT_STATED
    yield "Security", _security(dossier.files)
    yield "Used by", _spaces(dossier.spaces)
    yield "The maker does not say", _gaps(dossier)


def _row(name: str, said: str) -> str:
    return f"<div><dt>{name}</dt><dd>{said}</dd></div>"


def _parents(parents: tuple[Parent, ...]) -> str:
    return "; ".join(f"{RELATIONS[parent.relation]} {_open(parent.repo)}" for parent in parents[:8])


def _open(repo: str) -> str:
    name = text(repo)
    return (
        f'<button type="button" class="link" data-on="select" data-model="{name}" data-key="see-{name}">{name}</button>'
    )


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
    return " · ".join([*parts, "answers in a chat" if facts.chat else "goes on with a text"])


def _security(files: tuple[File, ...] | None) -> str:
    """What the Hub's own scanners say of the files."""
    told = [file for file in files or () if file.security]
    if not told:
        return NOT_STATED
    flagged = [file.path for file in told if file.security in ("unsafe", "suspicious", "caution")]
    if flagged:
        return (
            f'<span class="failed">The Hub flags {text(", ".join(flagged[:4]))}.</span> Only safetensors are read here.'
        )
    return f"The Hub's scanners object to none of the {len(told)} files they looked at."


def _spaces(spaces: tuple[str, ...]) -> str:
    if not spaces:
        return "no Space is listed"
    more = f" and {len(spaces) - 6} more Spaces" if len(spaces) > 6 else ""
    return text(", ".join(spaces[:6])) + more


def _gaps(dossier: Dossier) -> str:
    """The open matters, in the mock's colour; behind them where the others are spoken of."""
    matters = [gap for gap in dossier.gaps if gap.open]
    unread = any(gap.unread for gap in dossier.gaps)
    names = " · ".join(text(gap.name) for gap in matters) or "nothing that is looked for here"
    told = "".join(
        f"<li><strong>{text(gap.name)}</strong>: {text(gap.said)}"
        f' <span class="small">({text(gap.where or "")})</span></li>'
        for gap in dossier.gaps
        if gap.said
    )
    card = f' <span class="small">{UNREAD}</span>' if unread else ""
    said = told or "<li>nothing that is looked for here</li>"
    return (
        f'<span class="unsaid">{names}</span>{card}'
        f'<details data-key="gaps"><summary>What is said, and where</summary><ul>{said}</ul></details>'
    )


def _fold(title: str, body: str, count: str) -> str:
    many = f' <span class="small">{count}</span>' if count else ""
    return f'<details class="fold" data-key="{text(title)}"><summary>{title}{many}</summary>{body}</details>'


def _evaluations(dossier: Dossier) -> str:
    if not dossier.evaluations:
        return f"<p>{NOT_STATED}</p>"
    rows = "".join(
        f"<tr><td>{text(result.dataset)}</td><td>{text(result.metric)}</td><td>{text(result.value)}</td>"
        f"<td>{'the Hub too' if result.verified else 'the maker'}</td></tr>"
        for result in dossier.evaluations
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("On", "What is counted", "Result", "Vouched for by"))
    return f'<div class="wide"><table class="facts"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _tin(tin: Tin | None) -> str:
    if tin is None:
        return (
            "<p>The head of the weight file was not read: it is not there, it is longer than usual, or the Hub did not"
            " give it.</p>"
        )
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


def _files(files: tuple[File, ...] | None) -> str:
    if files is None:
        return "<p>The list of files could not be had.</p>"
    rows = "".join(
        f'<tr><td class="mono">{text(file.path)}</td><td>{in_words(file.size)}</td></tr>' for file in files[:FILES]
    )
    more = f'<p class="small">{len(files) - FILES:,} more files are not listed.</p>' if len(files) > FILES else ""
    return f'<div class="wide"><table class="facts"><tbody>{rows}</tbody></table></div>{more}'


def _card(card: str | None) -> str:
    if card is None:
        return '<p class="small">There is no card, or it could not be read.</p>'
    cut = f'<p class="small">Only the first {MAX_CARD:,} characters are shown.</p>' if len(card) > MAX_CARD else ""
    body = markdown(card[:MAX_CARD]) or f"<p>{NOT_STATED}</p>"
    return (
        '<details class="fold" data-key="card" open><summary>The card, as the maker wrote it</summary>'
        f'<div class="prose">{body}</div>{cut}</details>'
    )
