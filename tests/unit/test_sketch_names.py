"""Names in a sketch: who uses what, and a sentence at its line where that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.faults import Fault, suggestion
from swatchbook.sketch.reader import examine
from swatchbook.sketch.symbols import endless
from swatchbook.sketch.template import parse

HEAD = """\
sketch: 1
title: T
inputs:
  who: {ask: Who, default: Ada, longest: 20}
  mood: {ask: Mood, choose: [tender, cold]}
  age: {ask: Age, kind: number, least: 0, most: 120}
  loud: {ask: Loud, kind: toggle}
grammar:
  sky: [grey, blue]
"""
STEPS = """\
steps:
  - id: first
    model: house/cook
    prompt: 'Hello {{who}}, {{mood}}. #sky#'
  - id: tone
    prompt: Is it cold? {{first}}
    pick: [warm, cold]
"""
HASH = "0" * 40


def faults(text: str) -> tuple[Fault, ...]:
    """The faults of a sketch whose structure is well."""
    reading = examine(text)
    assert reading.sketch
    return reading.faults


def test_a_sketch_whose_names_belong_together_has_no_fault() -> None:
    assert faults(HEAD + STEPS) == ()


INPUTS = [
    ("a dunder", "__class__: {ask: a}", '"__class__" cannot be the name of an input', ', such as "class"'),
    ("capitals", "Mood: {ask: a}", '"Mood" cannot be the name of an input', 'such as "mood"'),
    ("a space", '"my mood": {ask: a}', '"my mood" cannot be the name of an input', 'such as "my_mood"'),
    ("line", "line: {ask: a}", '"line" is how a step with "each" calls', "call this otherwise"),
    ("one option", "a: {ask: a, choose: [b]}", "A choice needs at least two options", "add one"),
    ("no option", "a: {ask: a, kind: choice}", "A choice needs at least two options", "add one"),
    ("an option twice", "a: {ask: a, choose: [b, c, b]}", 'The option "b" is there twice', "remove one"),
    ("no such default", "a: {ask: a, choose: [b, c], default: d}", "This default does not fit", "b, c; choose one"),
    ("a default that is too long", "a: {ask: a, longest: 2, default: abc}", "This default does not fit", "shorten it"),
    ("a word for a number", "a: {ask: a, kind: number, default: b}", "This default does not fit", "takes a number"),
    ("a number outside", "a: {ask: a, kind: number, most: 3, default: 4}", "This default does not fit", "to 3"),
    ("neither yes nor no", "a: {ask: a, kind: toggle, default: maybe}", "This default does not fit", "yes or no"),
    ("limits the wrong way", "a: {ask: a, kind: number, least: 3, most: 1}", '"least" is 3', "exchange them"),
    (
        "a limit of another kind",
        "a: {ask: a, most: 3}",
        '"most" means nothing for an input of kind text',
        "kind: number",
    ),
    ("a length of a number", "a: {ask: a, kind: number, longest: 3}", '"longest" means nothing', "kind: text"),
    ("options of a text", "a: {ask: a, kind: text, choose: [b, c]}", '"choose" means nothing', "kind: choice"),
]


@pytest.mark.parametrize(("written", "cause", "next_step"), [pytest.param(*row[1:], id=row[0]) for row in INPUTS])
def test_an_input_that_is_wrong_by_itself(written: str, cause: str, next_step: str) -> None:
    (fault,) = faults(HEAD.replace("grammar:", f"  {written}\ngrammar:") + STEPS)
    assert cause in fault.said
    assert next_step in fault.said
    assert fault.line == 8


GRAMMAR = [
    ("no rules", "a: []", 'The symbol "a" has no rules', "at least one"),
    ("no name for a symbol", "9a: [b]", '"9a" cannot be the name of a symbol', "take letters"),
    ("a symbol that leads to itself", 'a: "x #a#"', "#a# can never end, as it leads back to itself;", "add a rule"),
    ("a circle", 'a: ["#b#", "#b#."]\n  b: "#[c:x]a#"', "#a# can never end", "itself through #b#;"),
    ("a circle either way", 'a: "{{#if loud}}#a#{{else}}#a#.{{/if}}"', "#a# can never end", "add a rule"),
    ("a circle in what is saved", 'a: "[c:#a#]"', "#a# can never end", "add a rule"),
    ("an unknown name", 'a: "{{whom}}"', "Nothing here is called {{whom}}.", 'Did you mean "who"?'),
    ("an unknown symbol", 'a: "#skye#"', "#skye# has no words to draw from.", 'Did you mean "sky"?'),
    ("an unknown modifier", 'a: "#sky.capitalise#"', '".capitalise" is no modifier.', 'Did you mean "capitalize"?'),
    ("braces left open", 'a: "{{who"', 'After "{{" must come a name', "as in {{name}}"),
]


@pytest.mark.parametrize(("written", "cause", "next_step"), [pytest.param(*row[1:], id=row[0]) for row in GRAMMAR])
def test_a_grammar_that_is_wrong(written: str, cause: str, next_step: str) -> None:
    (fault,) = faults(HEAD + f"  {written}\n" + STEPS)
    assert cause in fault.said
    assert next_step in fault.said
    assert fault.line == 10


@pytest.mark.parametrize(
    "rules",
    [
        'a: ["#a#", end]',
        'a: "{{#if loud}}#a#{{/if}}"',
        'a: "#[b:Ada]b#"',
        'a: "#b#"\n  b: "#[a:x]a#"',
        'a: [""]\n  b: "#a.capitalize.s#, # 1, \\\\#nothing\\\\#"',
    ],
    ids=["another rule", "a condition", "saved", "saved over itself", "nothing, and plain signs"],
)
def test_a_grammar_that_is_well(rules: str) -> None:
    assert faults(HEAD + f"  {rules}\n" + STEPS) == ()


SAID = [
    ("unknown", "text: '{{whom}}'", "Nothing here is called {{whom}}.", 'Did you mean "who"?'),
    (
        "far from any name",
        "text: '{{zzz}}'",
        "Nothing here is called {{zzz}}.",
        "Known here: who, mood, age, loud, first,",
    ),
    ("only in a condition", "text: '{{#if whom}}x{{/if}}'", "Nothing here is called {{whom}}.", 'mean "who"?'),
    ("a symbol in braces", "text: '{{sky}}'", "{{sky}} is one of the words to draw from", "write #sky#."),
    ("a name between #", "text: '#who#'", "#who# is not among the words to draw from", "write {{who}}"),
    ("unknown symbol", "text: '#zzz#'", "#zzz# has no words to draw from.", "Known here: sky."),
    ("saved nowhere on this way", "text: '#[a:b]sky# #c#'", "#c# has no words to draw from.", "Known here: sky."),
    ("itself", "text: '{{new}}'", 'Step "new" uses its own text, which takes "repeat:"', "add it"),
    (
        "a step below",
        "text: '{{last}}'",
        'Step "new" uses {{last}} before the step that makes it',
        'move "last" above it.',
    ),
    ("no line", "text: '{{line}}'", '{{line}} is the line that a step with "each" is at', "add it"),
    ("if without end", "text: '{{#if who}}x'", "{{#if who}} is never closed", "write {{/if}}"),
    (
        "if in an if",
        "text: '{{#if who}}{{#if mood}}{{/if}}{{/if}}'",
        "{{#if mood}} stands inside another",
        "close that",
    ),
    ("each of nothing", "text: b\n    each: whom", 'Nothing here is called "whom".', 'Did you mean "who"?'),
    ("each of a step below", "text: b\n    each: last", 'Step "new" looks at "last" before', 'move "last" above'),
    ("each of itself", "text: b\n    each: new", 'Step "new" looks at "new" before that is made', "an earlier one"),
    (
        "each and repeat",
        "text: b\n    each: who\n    repeat: 2",
        "cannot go through lines and repeat",
        "a step of its own",
    ),
    ("when on nothing", "text: b\n    when: {moood: cold}", 'Nothing here is called "moood".', 'Did you mean "mood"?'),
    ("when on a step below", "text: b\n    when: {last: x}", 'Step "new" looks at "last" before', "above it"),
    ("no such option", "text: b\n    when: {mood: warm}", "This can never be", "tender, cold; choose one"),
    ("no such pick", "text: b\n    when: {tone: cool}", 'Step "tone" never picks "cool".', 'mean "cold"?'),
    ("neither on nor off", "text: b\n    when: {loud: very}", "This can never be", "yes or no"),
    ("no number", "text: b\n    when: {age: old}", "This can never be", "takes a number"),
    ("a number written otherwise", "text: b\n    when: {age: 3.0}", '"age" is never written "3.0"', 'write "3".'),
    ("too long to be typed", f"text: b\n    when: {{who: {'x' * 21}}}", "This can never be", "shorten it"),
    ("neither", "repeat: 2", 'Step "new" has nothing to say', 'a "prompt:" for a model'),
    ("both", "text: b\n    prompt: c", 'Step "new" has both a prompt and a text', "remove one"),
    ("a text with a model", "text: b\n    model: house/cook", '"model" is for a step that asks a model', "remove it"),
    (
        "a text with settings",
        "text: b\n    config: {top_k: 1}",
        '"config" is for a step that asks a model',
        "remove it",
    ),
    ("a text that picks", "text: b\n    pick: [c, d]", '"pick" is for a step that asks a model', "remove it"),
    ("a pick of one", "prompt: b\n    pick: [c]", "A pick needs at least two options", "add one"),
    ("a pick of none", "prompt: b\n    pick: []", "A pick needs at least two options", "add one"),
    ("a pick of the same", "prompt: b\n    pick: [c, c]", 'The option "c" is there twice', "remove one"),
    ("a pick again", "prompt: b\n    pick: [c, d]\n    repeat: 2", "A step that picks chooses once", "remove repeat"),
    ("a model without its commit", "prompt: b\n    model: ana/x", "ana/x may be another tomorrow", "ana/x@commit"),
    ("a model elsewhere", "prompt: b\n    model: remote/x", "remote/x is asked over the network", "take a house model"),
]


@pytest.mark.parametrize(("written", "cause", "next_step"), [pytest.param(*row[1:], id=row[0]) for row in SAID])
def test_a_step_that_uses_what_is_not_there(written: str, cause: str, next_step: str) -> None:
    text = f"{HEAD}{STEPS}  - id: new\n    {written}\n  - id: last\n    text: z\n"
    (fault,) = faults(text)
    assert cause in fault.said
    assert next_step in fault.said
    lines = text.count("\n", 0, text.index("- id: new")) + 1
    assert lines <= fault.line <= lines + 1 + written.count("\n")


@pytest.mark.parametrize(
    "written",
    [
        "text: '{{new}}'\n    repeat: 2",
        "text: '{{line}} #sky.a.s#'\n    each: first",
        "prompt: '{{first}}{{tone}}{{who}}'\n    pick: [a, b]\n    each: who",
        "text: b\n    when: {tone: warm, loud: yes, age: 2.5, mood: cold, who: anybody, first: anything}",
        f"prompt: b\n    model: ana/x@{HASH}:chat",
        "text: '{{#if tone}}a{{else}}b{{/if}} \\{{who}}'",
        "text: '[a:#sky#]#a# #[b:x,y]sky#'",
    ],
    ids=["repeat", "each", "each pick", "when", "pinned", "if", "saved"],
)
def test_a_step_that_uses_what_is_there(written: str) -> None:
    assert faults(f"{HEAD}{STEPS}  - id: new\n    {written}\n") == ()


@pytest.mark.parametrize("name", ["__class__", "First", "line", "nül", "a-b", "x" * 33])
def test_a_step_has_a_name_that_it_may_have(name: str) -> None:
    (fault,) = faults(f"{HEAD}{STEPS}  - id: {name}\n    text: b\n")
    assert fault.line == 17
    assert "call this otherwise" in fault.said or "cannot be the name of a step" in fault.said


def test_an_input_and_a_step_cannot_have_one_name() -> None:
    (fault,) = faults(f"{HEAD}{STEPS}  - id: who\n    text: b\n")
    assert str(fault) == 'Line 17: "who" is the name of an input already; call this step otherwise.'


def test_what_a_rule_uses_has_to_be_there_when_a_step_comes_to_it() -> None:
    rules = '  late: "{{tone}}"\n  early: "#[x:#late#]sky#"\n  row: "{{line}}"\n'
    use = "  - id: new\n    text: '#early# #row#'\n"
    above = f"{HEAD}{rules}{STEPS}{use}"
    below = HEAD + rules + STEPS.replace("steps:\n", "steps:\n" + use)
    assert [str(fault) for fault in faults(above)] == [
        'Line 12: {{line}} is the line that a step with "each" is at; step "new" has none, add it.'
    ]
    assert [str(fault) for fault in faults(below)] == [
        'Line 10: Step "new" uses {{tone}} before the step that makes it; move "tone" above it.',
        'Line 12: {{line}} is the line that a step with "each" is at; step "new" has none, add it.',
    ]
    assert faults(above + "    each: who\n") == ()


def test_somebody_has_to_be_asked() -> None:
    (fault,) = faults(HEAD + STEPS.replace("    model: house/cook\n", ""))
    assert (fault.line, fault.column) == (12, 5)
    assert 'add one, such as "model: house/cook", or make this a step of words' in fault.said


def test_all_columns_are_the_same() -> None:
    two, three = "model: [house/cook, house/oracle]", "model: [house/cook, house/oracle, house/clerk]"
    one_more = "  - id: new\n    prompt: b\n    {}\n"
    columns = HEAD + STEPS.replace("model: house/cook", two)
    (fault,) = faults(columns + one_more.format(three))
    assert str(fault) == 'Line 19: Step "new" asks 3 models and step "first" 2; name as many in both, or one alone.'
    assert faults(columns + one_more.format(two)) == faults(columns + one_more.format("model: house/cook")) == ()


@pytest.mark.parametrize(("show", "near"), [("tnoe", 'Did you mean "tone"?'), ("who", "Known here: first, tone.")])
def test_only_steps_are_shown(show: str, near: str) -> None:
    (fault,) = faults(f"{HEAD}{STEPS}show: [first, {show}]\n")
    assert str(fault) == f'Line 17: No step is called "{show}". {near}'


def test_what_is_shown_twice_is_said() -> None:
    (fault,) = faults(f"{HEAD}{STEPS}show: [tone, first, tone]\n")
    assert str(fault) == 'Line 17: "tone" is shown twice; take one out.'


def test_few_names_are_compared_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def counted(word: str, known: Sequence[str], n: int, cutoff: float) -> list[str]:
        compared.append(len(known))
        return get_close_matches(word, known, n, cutoff)

    monkeypatch.setattr("swatchbook.sketch.faults.get_close_matches", counted)
    symbols = "".join(f"  {'a' * 28}{at:03}a: [x]\n" for at in range(190))
    lost = "".join(f"#{'a' * 28}{at:03}z#" for at in range(19))
    steps = "".join(f"  - id: s{at}\n    text: '#way#'\n" for at in range(16))
    found = faults(f"sketch: 1\ntitle: T\ngrammar:\n{symbols}  way: '{lost}'\nsteps:\n{steps}")
    assert [fault.said[-35:] for fault in found] == [f'"{"a" * 28}{at:03}a"?' for at in range(19)]
    assert len(compared) == 19
    assert max(compared) <= 6


@settings(max_examples=100)
@given(st.lists(st.text("abc", min_size=1, max_size=8), min_size=7, max_size=40, unique=True), st.data())
def test_a_letter_too_many_is_found_among_many_names(known: list[str], data: st.DataObject) -> None:
    """A name of letters that no other has, one of which is written twice, is nearer to it than any."""
    at = data.draw(st.integers(0, 9))
    meant = "vwxyzmnopq"
    known.insert(data.draw(st.integers(0, len(known))), meant)
    assert suggestion(meant[:at] + meant[at] + meant[at:], known) == f' Did you mean "{meant}"?'


SYMBOLS = "abcd"
RULES = st.lists(st.lists(st.sampled_from(SYMBOLS), max_size=3), min_size=1, max_size=2)


@settings(max_examples=150)
@given(st.fixed_dictionaries(dict.fromkeys(SYMBOLS, RULES)))
def test_a_symbol_never_ends_where_no_tree_of_rules_is_finite(grammar: dict[str, list[list[str]]]) -> None:
    """The trees are grown from their leaves: one that has any has one no deeper than there are symbols."""
    finite: set[str] = set()
    for _ in SYMBOLS:
        finite |= {symbol for symbol, rules in grammar.items() if any(finite.issuperset(rule) for rule in rules)}
    written = {
        symbol: [parse("".join(f"#{each}# and " for each in rule)) for rule in rules]
        for symbol, rules in grammar.items()
    }
    circles = list(endless(written, []))
    assert bool(circles) == (finite != set(SYMBOLS))
    for circle in circles:
        assert finite.isdisjoint(circle)
        for symbol in circle:
            assert any(set(circle) & set(rule) for rule in grammar[symbol])
