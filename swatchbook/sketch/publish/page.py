"""A sketch as one HTML page that needs nothing: it replays what was recorded, and does the parts without a model live.

The page is this module's markup, one style, one script and the sketch as JSON; what the sketch and its models say is
data in it, never markup or script. Whoever switches scripts off still reads what was recorded. What happens on the
page is in `assets/js/static_piece.js`, which stands on the twins of the modules that read and fill in a template.
It looks and is ordered as the visitors' page is; only who made its models stands open, since a file goes on alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from swatchbook.archive.plates.about import date
from swatchbook.archive.plates.credits import credit_html
from swatchbook.archive.plates.frame import GREY, allowed, sheet, tints
from swatchbook.markup import text as shown
from swatchbook.measures.failure import RULES
from swatchbook.runs import Credit, ModelRef
from swatchbook.settings import ROOT
from swatchbook.sketch.columns import Layout, layout
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.lead import lead
from swatchbook.sketch.parts import Input, Sketch, Step
from swatchbook.sketch.piece import fill_in
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record
from swatchbook.sketch.template import parse, symbols
from swatchbook.sketch.values import accept

TWINS = ("dice", "template", "grammar")
"""The modules of `sketch` that have a script of the same name, which does the same in a browser."""
_BEHIND = '<details id="made" hidden><summary>How each text was made</summary><div id="behind"></div></details>'
"""Filled by the script, and there only with it."""
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def static_page(
    text: str,
    records: Sequence[Record],
    credits: Sequence[Credit] = (),
    base: str = "",
    lineage: Sequence[Ancestor] = (),
    colours: Mapping[ModelRef, str] = MappingProxyType({}),
) -> str:
    """The whole page of the sketch whose file is `text`. `base` is the address of a Swatchbook to lead back to.

    A model without a credit is credited by its name alone, one without a colour is grey. Raises SketchError for a text
    that is no sketch.
    """
    sketch = read_sketch(text)
    plan = layout(sketch)
    held = json.dumps(_data(plan, records), ensure_ascii=False, separators=(",", ":"))
    told = _UNSAFE.sub(_escaped, held)
    body = (
        f'{_head(sketch)}{_form(sketch)}<p id="told" class="small" role="status"></p>'
        f'<div id="result">{_still(sketch, records)}</div><nav id="recorded" aria-labelledby="recorded-title" hidden>'
        f'<h2 id="recorded-title">Recorded answers</h2><ul></ul></nav>{_BEHIND}{_made(text, sketch, credits, lineage)}'
        f"{_foot(base)}"
    )
    hues = [colours.get(model, GREY) for model in sketch.models]
    return _document(sketch, body, told, sheet() + _asset("css", "static_piece.css") + tints(hues))


def _document(sketch: Sketch, body: str, told: str, style: str) -> str:
    script = "".join(_asset("js", f"{name}.js") for name in (*TWINS, "static_piece"))
    policy = (
        f"default-src 'none'; script-src {allowed(script)}; style-src {allowed(style)}; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en" class="plate piece"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f'<meta name="description" content="{shown(sketch.about or sketch.title)}"><title>{shown(sketch.title)}</title>'
        f'<style>{style}</style></head>\n<body><main>{body}</main><script type="application/json" id="piece">{told}'
        f"</script>\n<script>{script}</script></body></html>\n"
    )


@cache
def _asset(folder: str, name: str) -> str:
    return (ROOT / "assets" / folder / name).read_text(encoding="utf-8")


def _escaped(met: re.Match[str]) -> str:
    """A character of JSON that a page could take for its own; half of one is none at all."""
    return "\\ufffd" if met[0] >= "\ud800" else f"\\u{ord(met[0]):04x}"


# What the script is told


def _data(plan: Layout, records: Sequence[Record]) -> dict[str, Any]:
    sketch, live = plan.sketch, _live(plan)
    tags = {tag.name for record in records for cell in record.cells for tag in cell.tags}
    return {
        "seed": sketch.seed,
        "inputs": {name: each.kind for name, each in sketch.inputs.items()},
        "asks": _asks(sketch),
        "usual": accept(sketch, {}),
        "grammar": sketch.grammar,
        "steps": [_step(plan, step, step.id in live) for step in sketch.steps],
        "show": sketch.shown,
        "rules": {name: RULES[name] for name in sorted(tags & RULES.keys())},
        "records": [_record(record) for record in records],
    }


def _live(plan: Layout) -> set[str]:
    """The steps that no model has a part in: they are done on the page, all others are replayed."""
    live: set[str] = set()
    waits = {step.id for step in plan.sketch.steps}
    for step in plan.sketch.steps:
        if not step.asks and not plan.uses[step.id] & waits - live:
            live.add(step.id)
    return live


def _step(plan: Layout, step: Step, live: bool) -> dict[str, Any]:
    return {
        "id": step.id,
        "live": live,
        "rolls": live and bool(symbols(parse(step.template))),
        "template": step.template,
        "uses": sorted(plan.uses[step.id]),
        "when": step.when,
        "repeat": step.repeat,
        "each": step.each,
        "by": _by(plan, step),
    }


def _by(plan: Layout, step: Step) -> list[dict[str, Any]]:
    """Who has the step in each column: the model that is asked, or, with no address, the one whose thread it is in."""
    models = plan.sketch.models
    threads = next((asked for each in plan.sketch.steps if len(asked := plan.sketch.asked(each)) == plan.columns), ())
    asked = plan.sketch.asked(step) or (threads if step.id in plan.split else ())
    return [
        {
            "model": str(each.model) if step.asks else "",
            "name": f"{each.model.name}{', in a chat' if each.mode == 'chat' else ''}",
            "colour": models.index(each.model),
        }
        for each in asked * (plan.columns if step.id in plan.split and len(asked) == 1 else 1)
    ]


def _record(record: Record) -> dict[str, Any]:
    return {
        "values": record.values,
        "seed": record.seed,
        "created": date(record.created).partition(",")[0],
        "cells": [_cell(cell) for cell in record.cells],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    told = cell.model_dump(mode="json", exclude_defaults=True, exclude={"model", "rendered", "tags"})
    if cell.rendered:
        told["prompt"] = cell.rendered
    if cell.tags:
        told["tags"] = [tag.name for tag in cell.tags]
    return told | ({"lead": words} if (words := lead(cell)) else {})


# What stands on the page from the start


def _head(sketch: Sketch) -> str:
    by = f'<p class="by">by <bdi>{shown(sketch.author)}</bdi></p>' if sketch.author else ""
    if sketch.remix_of:
        by += f'<p class="by">a remix of <bdi>{shown(sketch.remix_of)}</bdi></p>'
    about = f'<p class="about" dir="auto">{shown(sketch.about)}</p>' if sketch.about else ""
    return f'<header class="top"><h1 dir="auto">{shown(sketch.title)}</h1>{by}{about}</header>'


def _form(sketch: Sketch) -> str:
    """What the visitor is asked. Without scripts it would do nothing, so it is there only with them."""
    fields = "".join(_field(name, each) for name, each in sketch.inputs.items())
    return (
        f'<form id="ask" hidden>{fields}<p class="acts"><button type="submit" class="write">Run</button>'
        '<button type="button" id="another" title="The same once more, with other dice">Another</button></p></form>'
    )


def _field(name: str, given: Input) -> str:
    ask = f'<span dir="auto">{shown(given.ask)}</span>'
    if given.kind == "toggle":
        return f'<label class="tick"><input type="checkbox" name="{name}"> {ask}</label>'
    if given.kind == "choice":
        options = "".join(
            f'<label class="option"><input type="radio" name="{name}" value="{shown(option)}"> '
            f"<bdi>{shown(option)}</bdi></label>"
            for option in given.choose
        )
        return f'<fieldset><legend>{ask}</legend><div class="options">{options}</div></fieldset>'
    return f"<label>{ask}{_box(name, given)}</label>"


def _box(name: str, given: Input) -> str:
    if given.kind == "long":
        return f'<textarea name="{name}" rows="4" maxlength="{given.limit}" dir="auto"></textarea>'
    if given.kind == "number":
        limits = {"min": given.least, "max": given.most}
        written = "".join(f' {limit}="{value!r}"' for limit, value in limits.items() if value is not None)
        return f'<input name="{name}" type="number" step="any" required{written}>'
    return f'<input name="{name}" maxlength="{given.limit}" autocomplete="off" dir="auto">'


def _still(sketch: Sketch, records: Sequence[Record]) -> str:
    """What is read where no script runs: the first record, or what comes of the sketch without models."""
    first = next(iter(records), None)
    cells = first.cells if first else [cell.frozen() for cell in fill_in(sketch, {}, sketch.seed).cells if cell.ended]
    texts = "".join(_still_cell(sketch, cell) for id in sketch.shown for cell in cells if cell.step == id and cell.text)
    values = f'<p class="small">{shown(_words(sketch, first.values))}</p>' if first and first.values else ""
    why = (
        "It was recorded; to try it yourself, let this page run its script." if first else "This page needs its script."
    )
    return f'<p class="small">{why}</p>{values}{texts}'


def _still_cell(sketch: Sketch, cell: Cell) -> str:
    model, words = cell.model, f'<span class="lead">{shown(lead(cell))}</span>{shown(cell.text)}'
    name = f'<p class="name"><bdi>{shown(model.name)}</bdi></p>' if model and cell.column is not None else ""
    colour = f" c{sketch.models.index(model)}" if model in sketch.models else ""
    return f'<section class="lane{colour}">{name}<p class="text" dir="auto">{words}</p></section>'


def _asks(sketch: Sketch) -> dict[str, str]:
    """What the visitor was asked, by input, to stand before an answer."""
    asks = {name: each.ask.strip() for name, each in sketch.inputs.items()}
    return {name: ask if ask.endswith(("?", "!", ".", ":", "…", ")")) else f"{ask}:" for name, ask in asks.items()}


def _words(sketch: Sketch, values: dict[str, str]) -> str:
    asks = _asks(sketch)
    return " · ".join(f"{asks.get(name, name)} {value}" for name, value in values.items())


def _made(text: str, sketch: Sketch, credits: Sequence[Credit], lineage: Sequence[Ancestor]) -> str:
    """By whom it is, what it came of, each model at its commit, and its file."""
    known = {credit.model: credit for credit in credits}
    none = "<p>No model has a part in it.</p>"
    cards = "".join(credit_html(known.get(model, Credit(model=model))) for model in sketch.models)
    facts = [
        ("By", shown(sketch.author)),
        ("Terms", shown(sketch.licence)),
        ("A remix of", shown(sketch.remix_of)),
        *(("It came of", _ancestor(each)) for each in lineage),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd><bdi>{said}</bdi></dd></div>" for name, said in facts if said)
    return (
        '<section class="credits" aria-labelledby="credits"><h2 id="credits">What it is made of</h2>'
        f'<dl class="facts">{rows}</dl><div class="cards">{cards or none}</div><details id="whole">'
        f'<summary>The whole sketch</summary><pre tabindex="0">{shown(text)}</pre></details></section>'
    )


def _ancestor(each: Ancestor) -> str:
    return f"{shown(each.title or 'a sketch without a title')}{f', by {shown(each.author)}' if each.author else ''}"


def _foot(base: str) -> str:
    name = f'<a href="{shown(base)}">Swatchbook</a>' if base.startswith(("https://", "http://")) else "Swatchbook"
    return (
        f'<footer class="small">Made with {name}. This page asks nothing of anywhere: what you write stays in it. '
        "Language models make things up, and nobody checked what they wrote.</footer>"
    )
