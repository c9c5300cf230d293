"""Sketches drawn by hypothesis: whole ones in which every name belongs, and documents that nobody wants to read."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from swatchbook.sketch.parts import MAX_SKETCH, Asked, Config, Input, Sketch, Step
from swatchbook.sketch.writer import write_sketch

_NAMES = ["name", "mood", "a", "draft_2", "x" * 32, "the_last", "ask", "steps", "no", "yes", "null"]
_SYMBOLS = ["weather", "Hero", "x1", "aVeryLongOne", "sketch", "b"]
_PLAIN = "abc XYZ,.:;-!?'\"()&*@%|>~=0123456789\n\té日🙂" + "\u00a0\u200b\u202e"
words = st.text(_PLAIN, max_size=24)
"""Text without any sign that a template knows."""
lines = st.text("abc XYZ,.:#-!?'\"[]{}é日🙂", min_size=1, max_size=16)
models = st.sampled_from(
    [
        Asked.parse(text)
        for text in ("house/cook", "house/clerk:chat", "openai-community/gpt2@607a30d", "a/b.c-d@" + "0" * 40 + ":chat")
    ]
)
configs = st.just(Config()) | st.builds(
    Config,
    temperature=st.sampled_from([0.0, 0.7, 4.0]),
    max_tokens=st.integers(1, 512),
    top_p=st.sampled_from([0.05, 1.0]),
    stop=st.lists(words.filter(bool), max_size=2).map(tuple),
)
_options = st.lists(lines, min_size=2, max_size=4, unique=True).map(tuple)


@st.composite
def inputs(draw: st.DrawFn) -> Input:
    """One input of any kind, whose default it takes."""
    ask, kind = draw(lines), draw(st.sampled_from(["text", "long", "choice", "number", "toggle"]))
    if kind == "choice":
        options = draw(_options)
        return Input(ask=ask, kind="choice", choose=options, default=draw(st.sampled_from(["", *options])))
    if kind == "number":
        least, default, most = sorted(draw(st.lists(st.integers(-100, 100), min_size=3, max_size=3)))
        return Input(ask=ask, kind="number", least=least, most=most, default=str(default))
    if kind == "toggle":
        return Input(ask=ask, kind="toggle", default=draw(st.sampled_from(["", "yes", "no"])))
    longest = draw(st.none() | st.integers(24, 4000))
    return Input(ask=ask, kind=kind, longest=longest, default=draw(words))  # type: ignore[arg-type]


def templates(names: Sequence[str], symbols: Sequence[str]) -> st.SearchStrategy[str]:
    """Templates that use some of these names and symbols."""
    parts = [words]
    if names:
        name = st.sampled_from(names)
        parts += [name.map("{{%s}}".__mod__), st.tuples(name, words).map("{{#if %s}}then%s{{else}}{{/if}}".__mod__)]
    if symbols:
        symbol = st.sampled_from(symbols)
        parts += [
            symbol.map("#%s#".__mod__),
            symbol.map("#%s.capitalize.s#".__mod__),
            symbol.map("[kept:#%s#]#kept#".__mod__),
        ]
    return st.lists(st.one_of(parts), min_size=1, max_size=4).map("".join).filter(bool)


@st.composite
def grammars(draw: st.DrawFn, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Rules that lead to symbols before their own alone, so that all of them end."""
    grammar: dict[str, tuple[str, ...]] = {}
    for symbol in draw(st.lists(st.sampled_from(_SYMBOLS), unique=True, max_size=4)):
        grammar[symbol] = tuple(draw(st.lists(templates(names, list(grammar)), min_size=1, max_size=3)))
    return grammar


@st.composite
def conditions(draw: st.DrawFn, sketch: dict[str, Input], steps: Sequence[Step]) -> dict[str, str]:
    """What a step may ask of one that is there before it."""
    name = draw(st.sampled_from([*sketch, *(step.id for step in steps)]))
    if name in sketch:
        given = sketch[name]
        if given.kind in ("choice", "number"):
            return {name: draw(st.sampled_from(given.choose or [given.default]))}
        return {name: draw(st.sampled_from(["yes", "no"]) if given.kind == "toggle" else lines)}
    pick = next(step for step in steps if step.id == name).pick
    return {name: draw(st.sampled_from(pick) if pick else lines)}


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    """A whole sketch without a fault."""
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=8, unique=True))
    asked = {name: draw(inputs()) for name in names[: draw(st.integers(0, len(names) - 1))]}
    grammar = draw(grammars(list(asked)))
    columns, steps = draw(st.integers(1, 3)), list[Step]()
    for id in names[len(asked) :]:
        known = [*asked, *(step.id for step in steps)]
        way = draw(st.sampled_from(["once", "repeat", "each"] if known else ["once", "repeat"]))
        seen = known + {"once": [], "repeat": [id], "each": ["line"]}[way]
        said = draw(templates(seen, list(grammar)))
        rest: dict[str, object] = {"repeat": 3} if way == "repeat" else {}
        if way == "each":
            rest["each"] = draw(st.sampled_from(known))
        if known and draw(st.booleans()):
            rest["when"] = draw(conditions(asked, steps))
        if draw(st.booleans()):
            steps.append(Step(id=id, text=said, **rest))  # type: ignore[arg-type]
            continue
        if not any(step.model for step in steps) or draw(st.booleans()):
            rest["model"] = tuple(draw(models) for _ in range(draw(st.sampled_from([1, columns]))))
        if way == "once" and draw(st.booleans()):
            rest["pick"] = draw(_options)
        steps.append(Step(id=id, prompt=said, config=draw(configs), **rest))  # type: ignore[arg-type]
    shown = draw(st.lists(st.sampled_from(steps), max_size=2, unique_by=lambda step: step.id)) if steps else []
    return Sketch(
        title=draw(st.sampled_from(["A letter", "no", "7", "# é"])),
        author=draw(words),
        about=draw(words),
        seed=draw(st.integers(0, 2**31 - 1)),
        inputs=asked,
        grammar=grammar,
        steps=tuple(steps),
        show=tuple(step.id for step in shown),
    )


files = sketches().map(write_sketch)
"""Files of whole sketches."""

_SIGNS = [
    *(
        "{{",
        "}}",
        "{{#if ",
        "{{/if}}",
        "{{else}}",
        "#",
        "#a#",
        "[a:",
        "]",
        "{",
        "}",
        "[",
        ",",
        ": ",
        ":",
        "- ",
        "? ",
        "|",
    ),
    *(">", "&a ", "*a", "!!python/object:os.system ", "!a", "%YAML 1.1\n", "---\n", "...\n", "\t", "\n", "  ", "\r\n"),
    *(
        "'",
        '"',
        "\\",
        '"\\ud800"',
        '"\\x00"',
        "\ufeff",
        "\x00",
        "\x85",
        "\u2028",
        "\ud800",
        "🙂",
        "~",
        "<<: ",
        "@",
        "`",
    ),
    *("sketch: 1\n", "sketch: 2\n", "title: a\n", "steps:\n", "- id: a\n", "  text: b\n", "  prompt: c\n", "inputs:\n"),
    *(
        "  model: house/cook\n",
        "grammar:\n",
        "  a: b\n",
        "  each: a\n",
        "  pick: [a]\n",
        "  repeat: 99999999999999999\n",
    ),
    *("__class__", "line", "nan", "1e999", "9" * 5000, "x" * 200, "{{" + " " * 3000, "#a" + ".b" * 500),
]
signs = st.sampled_from(_SIGNS)


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A whole sketch's file, damaged in a few places."""
    text = draw(files)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = at + draw(st.sampled_from([0, 0, 1, 8, 60]))
        text = text[:at] + draw(signs | st.just(text[at : at + 40]) | st.text(max_size=2)) + text[end:]
    return text


hostile = st.one_of(
    mutants(),
    mutants().map(lambda text: text.encode(errors="replace")),
    st.lists(signs, max_size=60).map("".join),
    st.tuples(signs, signs, signs).map(lambda some: (some[0] + some[1] * MAX_SKETCH)[: MAX_SKETCH - 9] + some[2]),
    st.text(max_size=300),
    st.binary(max_size=300),
    files.map(lambda text: text.encode("utf-16")),
)
"""Documents of every kind, most of them no sketch, some as long as a sketch can be."""
