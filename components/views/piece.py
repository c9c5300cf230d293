"""A sketch as its visitor sees it before anything is performed: its head, the form, and what it is made of.

Works on what it is told. All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from components.render import text
from swatchbook.runs import Credit
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.parts import Input, Sketch


def front_html(sketch: Sketch) -> str:
    """Title, a sentence about it, and by whom."""
    by = f'<p class="small">by <bdi>{text(sketch.author)}</bdi></p>' if sketch.author else ""
    if sketch.remix_of:
        by += f'<p class="small">a remix of <bdi>{text(sketch.remix_of)}</bdi></p>'
    about = f'<p class="about-piece">{text(sketch.about)}</p>' if sketch.about else ""
    return f'<h2 class="piece-title"><bdi>{text(sketch.title)}</bdi></h2>{by}{about}'


def form_html(sketch: Sketch, values: Mapping[str, str]) -> str:
    """What the visitor is asked, filled with `values`, else with the defaults."""
    fields = "".join(_field(name, each, values.get(name, each.default)) for name, each in sketch.inputs.items())
    return (
        f'<form data-form="play" data-of="piece" class="ask-visitor">{fields}<p class="acts">'
        '<button type="submit" class="strong" data-key="play">Run</button>'
        '<button type="button" data-act="another" data-key="another" title="The same once more, with other dice">'
        'Another</button><button type="button" data-act="halt" data-key="halt" class="halt">Stop</button></p></form>'
    )


def _field(name: str, each: Input, value: str) -> str:
    if each.kind == "choice":
        return _choice(name, each, value)
    if each.kind == "toggle":
        checked = " checked" if value == "yes" else ""
        return (
            f'<label class="tick"><input type="checkbox" name="{name}" data-key="ask-{name}" value="yes"{checked}>'
            f" {text(each.ask)}</label>"
        )
    if each.kind == "long":
        return (
            f'<label>{text(each.ask)}<textarea name="{name}" data-key="ask-{name}" rows="4" maxlength="{each.limit}">'
            f"\n{text(value)}</textarea></label>"
        )
    return (
        f'<label>{text(each.ask)}<input name="{name}" data-key="ask-{name}" value="{text(value)}" autocomplete="off"'
        f" {_limits(each)}></label>"
    )


def _limits(each: Input) -> str:
    if each.kind != "number":
        return f'maxlength="{each.limit}"'
    least = f' min="{each.least:g}"' if each.least is not None else ""
    most = f' max="{each.most:g}"' if each.most is not None else ""
    return f'type="number" step="any"{least}{most}'


def _choice(name: str, each: Input, value: str) -> str:
    options = "".join(
        f'<label class="option"><input type="radio" name="{name}" data-key="ask-{name}-{n}" value="{text(option)}"'
        f"{' checked' if option == (value or each.choose[0]) else ''}> <bdi>{text(option)}</bdi></label>"
        for n, option in enumerate(each.choose)
    )
    return f'<fieldset><legend>{text(each.ask)}</legend><div class="options">{options}</div></fieldset>'


def made_html(
    sketch: Sketch, source: str, lineage: Iterable[Ancestor] = (), credits: Iterable[Credit] = (), opened: str = ""
) -> str:
    """What the piece is made of: its models, whose work went into it, and its file. `opened` links to it in a pad."""
    known = {credit.model: credit for credit in credits}
    models = "".join(f"<li>{_model(str(ref), known.get(ref))}</li>" for ref in sketch.models)
    asked = f"<h3>Models that write here</h3><ul>{models}</ul>" if models else "<p>No model writes here.</p>"
    terms = f"<p>The sketch itself: {text(sketch.licence)}.</p>" if sketch.licence else ""
    return (
        f'<details class="made" data-key="made"><summary>What it is made of</summary>{asked}{_hands(sketch, lineage)}'
        f'{terms}<h3>The whole sketch</h3><pre tabindex="0">{text(source)}</pre>{opened}'
        '<p class="small">Language models make things up. What stands here was written by a program, nobody checked it,'
        " and what you type is kept nowhere.</p></details>"
    )


def _model(name: str, credit: Credit | None) -> str:
    facts = (_maker(credit), credit.licence) if credit else ()
    said = ", ".join(filter(None, facts))
    return f'<span class="mono">{text(name)}</span>{" · " if said else ""}{text(said)}'


def _maker(credit: Credit) -> str:
    return "made for Swatchbook, from texts written for it" if credit.homemade else credit.author


def _hands(sketch: Sketch, lineage: Iterable[Ancestor]) -> str:
    lineage = list(lineage)
    rows = [_hand(each) for each in lineage]
    if sketch.remix_of and not any(each.title and each.title in sketch.remix_of for each in lineage):
        rows.append(f"a remix of <bdi>{text(sketch.remix_of)}</bdi>")
    return f"<h3>It came of</h3><ul>{''.join(f'<li>{row}</li>' for row in rows)}</ul>" if rows else ""


def _hand(each: Ancestor) -> str:
    by = f", by <bdi>{text(each.author)}</bdi>" if each.author else ""
    return f"<bdi>{text(each.title or 'a sketch without a title')}</bdi>{by}"
