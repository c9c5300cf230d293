"""The form view of a sketch: every part as fields and buttons, each of which names the place it edits.

A field carries its place in the file as JSON in `data-path`; what an edit does to the
text is `swatchbook.sketch.splice`'s work. All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from components.render import text
from components.views.fields import (
    NEW_LINE,
    PAIRS,
    Path,
    area,
    as_json,
    button,
    icon,
    item,
    line,
    listed,
    rename,
    select,
)
from swatchbook.sketch.parts import MAX_LINES, MAX_REPEAT, Asked, Config, Input, Sketch, Step
from swatchbook.sketch.writer import number

KINDS = {
    "text": "a line of text",
    "long": "several lines",
    "choice": "one of several",
    "number": "a number",
    "toggle": "yes or no",
}
KEYS_OF = {"text": ("longest",), "long": ("longest",), "choice": ("choose",), "number": ("least", "most"), "toggle": ()}
"""Limits that each kind of input has."""
LABELS = {"longest": "Most characters", "least": "Least", "most": "Most"}
DRAWN = {
    "temperature": "Temperature: how freely words are drawn; 0 always takes the likeliest",
    "max_tokens": "Tokens, at most: how long the text can get; a token is a word or a part of one",
    "top_p": "Top-p: only the likeliest words, up to this share of all; 1 leaves all in",
    "top_k": "Top-k: only so many of the likeliest words; 0 leaves all in",
    "min_p": "Min-p: only words at least this share as likely as the likeliest; 0 leaves all in",
    "repetition_penalty": "Repetition penalty: above 1, words that came before come less; 1 is none",
}


def form_view(sketch: Sketch, colour: Callable[[Asked], str]) -> str:
    """The whole form; `colour` is that of a model's chip."""
    inputs = "".join(_input(name, each, n, len(sketch.inputs)) for n, (name, each) in enumerate(sketch.inputs.items()))
    steps = "".join(_step(sketch, step, n, colour) for n, step in enumerate(sketch.steps))
    grammar = "".join(_symbol(name, rules) for name, rules in sketch.grammar.items())
    words = button("Add words", "add-symbol", (), "add-symbol")
    return (
        f'<section class="pad-head">{line(("title",), "Title", sketch.title)}'
        f"{line(('author',), 'Author', sketch.author)}{area(('about',), 'About it, for the visitor', sketch.about, 2)}"
        f"</section>{_section('inputs', 'What the visitor is asked', inputs, _add_input(), INPUTS)}"
        f"{_section('grammar', 'Words to draw from', grammar, words, GRAMMAR)}"
        f"{_section('steps', 'Steps, in order', steps, _add_step(), STEPS)}{_rest(sketch)}"
    )


INPUTS = "Write {{name}} in a step where the answer belongs; the name is for you, visitors read the question."
GRAMMAR = (
    "Each line is one way to say it; the dice draw one. Write #name# in a step where it belongs. "
    f'For a line break, write {NEW_LINE}. A blank at either end of a line stays only within quotes: " and ".'
)
STEPS = (
    "{{name}} puts in what a visitor answered or an earlier step wrote; #name# draws from the words above. Where"
    " several steps are seen, visitors read their names as headings. A step with a new name has its dice drawn anew."
)


def _section(name: str, title: str, rows: str, add: str, about: str = "") -> str:
    told = f'<p class="small">{about}</p>' if about else ""
    return f'<section class="pad-part" data-part="{name}"><h3>{title}</h3>{told}<ol>{rows}</ol>{add}</section>'


def _add_input() -> str:
    return "".join(
        button(f"Ask for {said}", "add-input", (), f"add-input-{kind}", f' data-kind="{kind}"')
        for kind, said in KINDS.items()
    )


def _add_step() -> str:
    return (
        button("Ask a model", "add-step", (), "add-step-prompt", ' data-kind="prompt"')
        + button("Let a model choose", "add-step", (), "add-step-pick", ' data-kind="pick"')
        + button("Only words", "add-step", (), "add-step-text", ' data-kind="text"')
    )


def _input(name: str, each: Input, at: int, count: int) -> str:
    path: Path = ("inputs", name)
    kinds = select((*path, "kind"), "Kind", each.kind, KINDS)
    limits = "".join(_limit(path, each, key) for key in KEYS_OF[each.kind])
    default = _default(path, each)
    return item(
        path,
        at,
        count,
        f"{rename(name, 'Name')}{line((*path, 'ask'), 'Question', each.ask)}{kinds}{default}{limits}",
        f"input {name}",
    )


def _default(path: Path, each: Input) -> str:
    if each.kind == "toggle":
        return select(
            (*path, "default"), "Filled in at first", each.default.replace("no", ""), {"": "no", "yes": "yes"}
        )
    if each.kind == "choice":
        options = {"": "the first", **{option: option for option in each.choose}}
        return select((*path, "default"), "Filled in at first", each.default, options)
    if each.kind == "long":
        return area((*path, "default"), "Filled in at first", each.default, 2)
    return line((*path, "default"), "Filled in at first", each.default)


def _limit(path: Path, each: Input, key: str) -> str:
    if key == "choose":
        return listed((*path, key), "Options, one a line", each.choose, 3)
    value = getattr(each, key)
    return line((*path, key), LABELS[key], "" if value is None else number(value))


def _symbol(name: str, rules: Sequence[str]) -> str:
    path: Path = ("grammar", name)
    rows = min(max(len(rules), 2), 8)
    return item(
        path,
        0,
        1,
        f"{rename(name, 'Name', symbol=True)}{listed(path, 'One a line', rules, rows)}",
        f"words {name}",
    )


def _step(sketch: Sketch, step: Step, at: int, colour: Callable[[Asked], str]) -> str:
    path: Path = ("steps", at)
    key = "prompt" if step.asks else "text"
    label = "Prompt: what the model goes on from; visitors see its end in grey" if step.asks else "The words"
    body = area((*path, key), label, step.template, min(max(step.template.count("\n") + 1, 3), 12), " data-template")
    parts = [rename(step.id, "Name"), body, _insert(sketch, at, step)]
    if step.asks:
        parts.append(_models(path, sketch, step, colour))
    if step.pick:
        parts.append(listed((*path, "pick"), "It chooses one of these, one a line", step.pick, 3))
    parts += [_shown(sketch, step), _more(path, sketch, step, at)]
    return item(path, at, len(sketch.steps), "".join(parts), f"step {step.id}", f"Step {at + 1}")


def _insert(sketch: Sketch, at: int, step: Step) -> str:
    """What can stand in a step's words: a press puts it where the cursor is."""
    known = [*sketch.inputs, *(each.id for each in sketch.steps[:at])]
    known += ["line"] if step.each else [step.id] if step.repeat > 1 else []
    words = [f"{{{{{name}}}}}" for name in known] + [f"#{name}#" for name in sketch.grammar]
    if not words:
        return ""
    buttons = "".join(
        f'<button type="button" class="tag" data-insert="{text(word)}" data-key="insert-{at}-{text(word)}">'
        f"{text(word)}</button>"
        for word in words
    )
    return f'<p class="inserts"><span class="small">Insert</span> {buttons}</p>'


def _models(path: Path, sketch: Sketch, step: Step, colour: Callable[[Asked], str]) -> str:
    chips = "".join(
        f'<li class="chip" style="--c:{colour(asked)}" title="{text(str(asked))}"><i aria-hidden="true"></i>'
        f"<span>{text(asked.model.name)}{' · chat' if asked.mode == 'chat' else ''}</span>"
        + icon("×", "drop-model", (*path, "model", n), f"Take {asked.model.name} off this step", f"drop-{path}-{n}")
        + "</li>"
        for n, asked in enumerate(step.model)
    )
    said = "" if step.model else f'<span class="small">{text(_asked_instead(sketch))}</span>'
    return (
        f'<div class="pad-models"><span class="label">Models, a column each</span><ul class="chips">{chips}</ul>{said}'
        f'<label class="add-model">Add a model<select data-models data-path="{as_json((*path, "model"))}"'
        f' data-key="add-model-{path[1]}"></select></label></div>'
    )


def _asked_instead(sketch: Sketch) -> str:
    """Whom a step asks that names no model."""
    first = next((step for step in sketch.steps if step.asks and step.model), None)
    if first is None:
        return "No model yet; add one."
    return f"No model of its own: asks that of step {first.id}, {', '.join(asked.model.name for asked in first.model)}"


def _shown(sketch: Sketch, step: Step) -> str:
    checked = " checked" if step.id in sketch.shown else ""
    return (
        f'<label class="tick"><input type="checkbox" data-act="show" data-step="{text(step.id)}"'
        f' data-key="show-{text(step.id)}"{checked}> The visitor sees it</label>'
    )


def _more(path: Path, sketch: Sketch, step: Step, at: int) -> str:
    earlier = [*sketch.inputs, *(each.id for each in sketch.steps[:at])]
    when = "\n".join(f"{name}: {value}" for name, value in step.when.items())
    rows = area((*path, "when"), "Only when (one a line, such as mood: tender)", when, 1, PAIRS)
    each = {"": "no", **{name: f"each line of {name}, {MAX_LINES} at most" for name in earlier}}
    rows += select((*path, "each"), "Line by line", step.each, each)
    if step.asks and not step.pick:
        times = {str(n): f"{n} times" if n > 1 else "once" for n in range(1, MAX_REPEAT + 1)}
        rows += select((*path, "repeat"), "Repeat", str(step.repeat), times)
    if step.asks:
        plain = Config()
        for key, label in DRAWN.items():
            value = getattr(step.config, key)
            shown = number(value) if value != getattr(plain, key) else ""
            rows += line((*path, "config", key), label, shown, number(getattr(plain, key)))
        label = f"Stop at one of these, one a line; {NEW_LINE} is the end of a line"
        rows += listed((*path, "config", "stop"), label, step.config.stop, 1)
    summary = "<summary>More: when, line by line, how words are drawn</summary>"
    return f'<details data-key="more-{at}">{summary}<div class="pad-more">{rows}</div></details>'


def _rest(sketch: Sketch) -> str:
    return (
        '<section class="pad-head"><h3>Also</h3>'
        f"{line(('seed',), 'Seed: the same seed, the same texts', str(sketch.seed))}"
        f"{line(('licence',), 'Licence of this sketch', sketch.licence, 'cc-by-4.0')}"
        f"{line(('remix_of',), 'A remix of: the sketch this one was made from, if any', sketch.remix_of)}</section>"
    )
