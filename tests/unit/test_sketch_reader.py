"""A sketch's file: what it means, where its parts stand, and a sentence with its line for whatever is wrong."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swatchbook.sketch import nodes
from swatchbook.sketch.faults import Fault, NewerSketch, SketchError
from swatchbook.sketch.parts import MAX_SKETCH, Asked, Config, Input, Sketch, Step
from swatchbook.sketch.reader import MAX_FAULTS, Reading, examine, read_sketch
from swatchbook.sketch.writer import write_sketch
from tests.sketches import hostile, sketches

LETTER = """\
# A letter, and whether it needs an answer.
sketch: 1
title: Letter from a future kitchen
remix_of: ana/letter@3f2c1a
inputs:
  name:
    ask: Who is it for?
    default: Ada
  mood: {ask: Mood, choose: [tender, no]}
  wet: {ask: Rain, kind: toggle, default: true}
grammar:
  weather: [drizzle, a second sun]
  day: Tuesday
steps:
  - id: draft
    model: [house/cook, openai-community/gpt2@607a30d:chat]
    prompt: |
      Write a {{mood}} letter to {{name}}.
      Outside: #weather#.
    config: {temperature: 0.5, max_tokens: 160, stop: ["\\n\\n"]}
  - id: tone
    prompt: "Is this letter tender? {{draft}}"
    model: house/cook
    pick: [tender, no]
  - id: reply
    when: {tone: no, wet: ON}
    text: 'Cold, on #day#: {{draft}}'
show: reply
"""
BARE = "sketch: 1\ntitle: T\nsteps:\n  - id: a\n    text: b\n"
"""The least that is a sketch."""


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML comes with libyaml nearly everywhere, and has to say the same without it."""
    monkeypatch.setattr(nodes, "_LOADER", yaml.CBaseLoader if request.param == "libyaml" else yaml.BaseLoader)


def first(text: str | bytes) -> Fault:
    """The first fault of a document that is no sketch."""
    reading = examine(text)
    assert reading.sketch is None
    with pytest.raises(SketchError) as raised:
        read_sketch(text)
    assert raised.value.faults == reading.faults
    assert str(raised.value) == str(reading.faults[0])
    return reading.faults[0]


@pytest.mark.usefixtures("parser")
def test_a_file_becomes_the_sketch_that_it_describes() -> None:
    cook, chat = Asked.parse("house/cook"), Asked.parse("openai-community/gpt2@607a30d:chat")
    prompt = "Write a {{mood}} letter to {{name}}.\nOutside: #weather#.\n"
    config = Config(temperature=0.5, max_tokens=160, stop=("\n\n",))
    reading = examine(LETTER)
    assert reading.faults == ()
    assert reading.sketch == read_sketch(LETTER)
    assert reading.sketch == Sketch(
        title="Letter from a future kitchen",
        remix_of="ana/letter@3f2c1a",
        inputs={
            "name": Input(ask="Who is it for?", default="Ada"),
            "mood": Input(ask="Mood", kind="choice", choose=("tender", "no")),
            "wet": Input(ask="Rain", kind="toggle", default="yes"),
        },
        grammar={"weather": ("drizzle", "a second sun"), "day": ("Tuesday",)},
        steps=(
            Step(id="draft", model=(cook, chat), prompt=prompt, config=config),
            Step(id="tone", prompt="Is this letter tender? {{draft}}", model=(cook,), pick=("tender", "no")),
            Step(id="reply", when={"tone": "no", "wet": "yes"}, text="Cold, on #day#: {{draft}}"),
        ),
        show=("reply",),
    )


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("path", "line", "written"),
    [
        ((), 2, "sketch: 1"),
        (("title",), 3, "Letter from"),
        (("inputs", "name"), 7, "ask: Who"),
        (("inputs", "mood", "choose", 1), 9, "no]}"),
        (("grammar", "day"), 13, "Tuesday"),
        (("grammar", "day", 0), 13, "Tuesday"),
        (("steps", 0), 15, "id: draft"),
        (("steps", 0, "model", 1), 16, "openai-community"),
        (("steps", 0, "prompt"), 17, "|"),
        (("steps", 0, "config", "max_tokens"), 20, "160, stop"),
        (("steps", 1, "model", 0), 23, "house/cook"),
        (("steps", 2, "when", "wet"), 26, "ON}"),
        (("steps", 2, "text"), 27, "'Cold"),
        (("show", 0), 28, "reply"),
    ],
    ids=str,
)
def test_every_part_has_its_place(path: tuple[str | int, ...], line: int, written: str) -> None:
    found, column = examine(LETTER).places[path]
    assert found == line
    assert LETTER.split("\n")[line - 1][column - 1 :].startswith(written)


@settings(max_examples=60)
@given(sketches())
def test_what_was_written_from_a_sketch_reads_as_that_sketch(sketch: Sketch) -> None:
    reading = examine(write_sketch(sketch))
    assert reading.faults == ()
    assert reading.sketch == sketch
    lines, tree = reading.text.split("\n"), yaml.load(reading.text, yaml.BaseLoader)
    for path, (line, column) in reading.places.items():
        found: Any = tree
        for part in path:
            found = found[part] if not isinstance(found, str) else found
        if isinstance(found, str):
            rest = lines[line - 1][column - 1 :]
            assert rest == found or rest[0] in '|"'


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("end", ["\r\n", "\r"], ids=["windows", "old mac"])
def test_line_ends_and_byte_order_marks_of_other_editors_change_nothing(end: str) -> None:
    expected = examine(LETTER)
    text = "\ufeff" + LETTER.replace("\n", end)
    assert examine(text) == examine(text.encode()) == expected
    assert expected.text == LETTER


@pytest.mark.parametrize(
    ("said", "held"),
    [("true", "yes"), ("Yes", "yes"), ("on", "yes"), ("y", "yes"), ("False", "no"), ("off", "no"), ("N", "no")],
)
def test_a_toggle_is_yes_or_no_however_it_is_said(said: str, held: str) -> None:
    inputs = f"inputs:\n  loud: {{ask: Loud, kind: toggle, default: {said}}}\n  word: {{ask: Word, default: {said}}}\n"
    sketch = read_sketch(BARE + f"    when: {{loud: {said}, word: {said}}}\n" + inputs)
    assert (sketch.inputs["loud"].default, sketch.inputs["word"].default) == (held, said)
    assert sketch.steps[0].when == {"loud": held, "word": said}


LAUGHS = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in itertools.pairwise("abcdefghi"))
NO_DOCUMENTS: list[tuple[str, str | bytes, int, str]] = [
    ("nothing", "", 1, "This sketch is empty"),
    ("a comment alone", "# a sketch\n", 1, "This sketch is empty"),
    ("no document", "---\n...\n", 1, "This sketch is empty"),
    ("a text", "hello", 1, 'begins with the lines "sketch: 1"'),
    ("a list", "- a\n- b\n", 1, 'begins with the lines "sketch: 1"'),
    ("32 KB and a byte", BARE + "#" * (MAX_SKETCH + 1 - len(BARE)), 0, "at most 32 KB"),
    ("32 KB in fewer characters", BARE + "#" + "é" * (MAX_SKETCH // 2), 0, "at most 32 KB"),
    ("1 MB", BARE + "#" * 1_000_000, 0, "at most 32 KB"),
    ("1 MB of bytes", b"\xff" * 1_000_000, 0, "at most 32 KB"),
    ("billions of laughs", LAUGHS, 1, '"&" at the beginning names a part'),
    ("an alias", "sketch: 1\ntitle: *bold\n", 2, '"*" at the beginning repeats'),
    ("a tag", "sketch: 1\ntitle: !!python/object/apply:os.system [ls]\n", 2, '"!" at the beginning names a type'),
    ("a tag of its own", "title: !hey you\n", 1, '"!" at the beginning names a type'),
    ("two documents", BARE + "---\n" + BARE, 6, "holds one sketch"),
    ("a directive", "%YAML 1.2\n---\n" + BARE, 1, 'cannot begin with "%"'),
    ("a long directive", "%YAML " + "9" * 5000 + "\n---\n" + BARE, 1, 'cannot begin with "%"'),
    ("lists in lists", "[" * 20_000, 1, "more than 12 deep"),
    ("braces in braces", "a: " + "{a: " * 5_000, 1, "more than 12 deep"),
    ("dashes in dashes", "- " * 10_000, 1, "more than 12 deep"),
    ("thousands of keys", "".join(f"{number}:\n" for number in range(4_000)), 1, "more than 200"),
    ("thousands of parts", "".join(f"k{row}: [{'a,' * 190}]\n" for row in range(60)), 21, "more than 4,000"),
    ("the same key", "sketch: 1\ntitle: a\ntitle: b\n", 3, '"title" is here a second time (first in line 2)'),
    ("the same key in a step", BARE + "    text: c\n", 6, '"text" is here a second time (first in line 5)'),
    ("a list for a key", "? [a, b]\n: c\n", 1, "one word"),
    ("a tab", "sketch: 1\nsteps:\n\t- id: a\n", 3, "indented with a tab"),
    ("a tab after spaces", "steps:\n  - id: a\n  \ttext: b\n", 3, "indented with a tab"),
    ("a NUL", "sketch: 1\ntitle: a\x00b\n", 2, "U+0000"),
    ("a NUL by its number", 'title: "a\\x00b"\n', 1, "U+0000"),
    ("half a pair", "title: \ud800\n", 1, "half of a character that cannot be seen (U+D800)"),
    ("a line end that is none", "sketch: 1\ntitle: a\u2028b\n", 2, "U+2028"),
    ("Latin-1", "sketch: 1\ntitle: café\n".encode("latin-1"), 2, "not written in UTF-8"),
    ("UTF-16", LETTER.encode("utf-16"), 1, "but in UTF-16"),
    ("UTF-16 from its end", b"\xfe\xff" + LETTER.encode("utf-16-be"), 1, "but in UTF-16"),
]
QUOTED = "put the whole text in quotes, or below a | on lines of its own."
REMARK = "after a space, # begins a remark; put a blank after # if it is one, or else "
STUMBLES = [
    ("a colon", "ask: Who is it?: really", 1, f'The text after "ask:" holds a colon of its own; {QUOTED}'),
    ("a brace", "a: b\nprompt: {{name}} is here", 2, f'A text that begins with "{{" needs quotes; {QUOTED}'),
    ("a brace alone", "prompt: {{name}}", 1, f'A text that begins with "{{" needs quotes; {QUOTED}'),
    ("an open brace", "prompt: {{name", 1, f'A text that begins with "{{{{" needs quotes; {QUOTED}'),
    ("a bracket", "prompt: [Sigh.] Well", 1, f'A text that begins with "[" needs quotes; {QUOTED}'),
    ("a remark", "text: The #hero.s# sang", 1, '"#hero.s#" and what follows it is lost: after a space, # begins'),
    ("only a remark", "a:\n  - #hero#", 2, '"#hero#" and what follows it is lost'),
    ("a remark in a list", "a: [the #hero#, b]\nc: d", 1, '"#hero#" and what follows it is lost'),
    ("a number", "a: b\ntitle: Song #1", 2, f'"#1" and what follows it is lost: {REMARK}{QUOTED}'),
    ("a number within", "prompt: Name item #3 of the list", 1, f'"#3" and what follows it is lost: {REMARK}{QUOTED}'),
    ("half a symbol", "text: Hi #weather.a", 1, f'"#weather.a" and what follows it is lost: {REMARK}'),
    ("a number at once", "text: #1 of all", 1, '"#1" and what follows it is lost'),
    ("a number in a list", "a: [Song #1, b]", 1, '"#1" and what follows it is lost'),
    ("a number between", "a: [b, #1 fan,\n  c]", 1, f'"#1" and what follows it is lost: {REMARK}{QUOTED}'),
    ("a number in braces", "a: {b: c,\n  g: h, #1 fan: d,\n  e: f}", 2, '"#1" and what follows it is lost'),
    ("a number behind a comma", "a: [b\n  , #1]", 2, '"#1" and what follows it is lost'),
    ("a number behind a remark", "a: [b,\n  #1\n  c #2\n  ]", 3, '"#2" and what follows it is lost'),
    ("a symbol behind brackets", 'a: [["b"], #hero#\n]', 1, '"#hero#" and what follows it is lost'),
    ("a number at the end", 'a: [b, "c # d", #1]', 1, '"#1" and what follows it is lost'),
    ("a number below", "text: Hello\n  there #1", 2, '"#1" and what follows it is lost'),
    ("a remark without a blank", "seed: 7\t#remark", 1, f'"#remark" and what follows it is lost: {REMARK}'),
    ("a star", "a: *bold* x", 1, f'"*" at the beginning of a text means something else in YAML; {QUOTED}'),
    ("an at", "a: @home", 1, f'"@" cannot begin a text; {QUOTED}'),
    ("a percent", "a: %5", 1, f'"%" cannot begin a text; {QUOTED}'),
    ("a question", "a: ? b", 1, '"?" and a space cannot begin a text'),
    ("an open quote", 'a: "open\nb: c', 1, "The quote that opens here is never closed"),
    ("an early quote", "ask: 'it's'", 1, "The quotes end before the text does"),
    ("a backslash", 'a: "C:\\q"', 1, "In double quotes, \\ begins a sign of its own"),
    ("an open list", "a: [x, y", 1, "lacks a comma or the bracket that closes it"),
    ("a missing comma", "c: {temperature: 0.9 top_k: 3}", 1, "lacks a comma or the bracket that closes it"),
    ("two commas", "a: [b,,c]", 1, 'Before "," something is missing'),
    ("a bracket too many", "a: [b]]", 1, 'Here is one "]" too many'),
    ("a block on its line", "a: | hello", 1, 'After "|" the text begins on the next line'),
    ("no space", "title:x\nseed: 3", 2, 'After "title:" a space is missing'),
    ("no colon", "a: b\nhello\nc: d", 2, "This line has no key with a colon"),
    ("too far in", "a: b\n  c: d", 2, "This line is further in than it can be"),
    ("not far enough in", "a:\n  - id: x\n   text: y", 3, "This line begins where none can"),
    ("a list on its line", "a: - b", 1, "A list begins below its key"),
]
PARTS = [
    ("no version", "title: T\nsteps: [{id: a, text: b}]\n", 1, 'add the line "sketch: 1"'),
    ("no number", BARE.replace("1", "one"), 1, 'version 1, not "one"'),
    ("version 0", BARE.replace("1", "0"), 1, 'version 1, not "0"'),
    ("no title", "sketch: 1\nsteps: [{id: a, text: b}]\n", 1, "A sketch needs a title"),
    ("no steps", "sketch: 1\ntitle: T\n", 1, "A sketch needs at least one step"),
    ("an empty list of steps", "sketch: 1\ntitle: T\nsteps: []\n", 3, "A sketch needs at least one step"),
    ("an unknown key", BARE + "titel: x\n", 6, '"titel" is not known at the top of a sketch. Did you mean "title"?'),
    (
        "an unknown key of a step",
        BARE + "    prompts: x\n",
        6,
        '"prompts" is not known in a step. Did you mean "prompt"?',
    ),
    ("a key of another part", BARE + "    temperature: 1\n", 6, "It belongs in a config; move it there."),
    ("an empty key", BARE + "seed:\n", 6, '"seed" is empty; write what belongs there'),
    ("a word for a number", BARE + "seed: seven\n", 6, '"seed" takes a whole number, such as 7, not "seven".'),
    ("half a number", BARE + "seed: 7.5\n", 6, "takes a whole number"),
    ("no number at all", BARE + "    config: {top_p: nan}\n", 6, '"top_p" takes a number, such as 0.9, not "nan".'),
    ("a number of a thousand digits", BARE + f"seed: {'9' * 5000}\n", 6, '"seed" takes a whole number'),
    ("too much", BARE + "    config: {temperature: 9}\n", 6, '"temperature" is 9, and has to be at most 4'),
    ("too often", BARE + "    repeat: 6\n", 6, '"repeat" is 6, and has to be at most 5'),
    ("no step", BARE + "  - b\n", 6, 'Each step begins with a name, "- id: letter"'),
    ("a step without a name", BARE + "  - text: b\n", 6, "A step needs a name of its own"),
    ("two steps of one name", BARE + "  - id: a\n    text: c\n", 6, 'A step called "a" is already in line 4'),
    ("an input without words", BARE + "inputs:\n  a: Ada\n", 7, '"a" stands alone; below it belongs what is asked'),
    ("an input that asks nothing", BARE + "inputs:\n  a: {kind: text}\n", 7, "An input needs the words that ask"),
    ("a list of inputs", BARE + "inputs:\n  - a\n", 7, 'Below "inputs:" stand names'),
    (
        "an unknown kind",
        BARE + "inputs:\n  a: {ask: b, kind: chioce}\n",
        7,
        'cannot be "chioce". Did you mean "choice"?',
    ),
    ("a choice of one word", BARE + "inputs:\n  a: {ask: b, choose: c}\n", 7, '"choose" takes a list'),
    ("an empty option", BARE + 'inputs:\n  a: {ask: b, choose: [c, ""]}\n', 7, 'Number 2 of "choose" is empty'),
    ("too many steps", BARE + "  - {id: a, text: b}\n" * 16, 4, '"steps" has 17 parts, and 16 is the most'),
    ("a long title", BARE.replace("T", "T" * 121), 2, "This has more than 120 characters"),
    ("a list for a text", BARE + "about: [a]\n", 6, 'A text that begins with "[" needs quotes'),
    ("lines for a text", BARE + "about:\n  - a\n", 7, '"about" is one text, not a list'),
    (
        "a rule with a colon",
        BARE + "grammar:\n  a:\n    - Say: hello\n",
        8,
        'the colon after "Say" makes something else',
    ),
    ("no model", BARE + "    model: two words\n", 6, "is not a model's name"),
    ("another way to ask", BARE + "    model: house/cook:shout\n", 6, "only :chat can stand there"),
    (
        "a model in parts",
        BARE + "    model: [{model: {source: house, repo: a}, mode: chat}]\n",
        6,
        "A model is one word",
    ),
]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "said"),
    [pytest.param(*row[1:], id=row[0]) for row in [*NO_DOCUMENTS, *STUMBLES, *PARTS]],
)
def test_what_is_wrong_is_said_at_its_line(text: str | bytes, line: int, said: str) -> None:
    fault = first(text)
    assert said in fault.said
    assert fault.line == line


@pytest.mark.parametrize(
    "text",
    ["sketch: 2\ntitle: x\n", "{sketch: '17'}", "sketch: 2\nrooms: *all\n", "# new\nsketch:  2 # newer\n- a\n"],
    ids=["plain", "in braces", "with what cannot be read", "in another shape"],
)
def test_a_sketch_of_a_later_version_asks_for_a_newer_swatchbook(text: str) -> None:
    with pytest.raises(NewerSketch, match="for a newer Swatchbook; update this one to open it"):
        read_sketch(text)
    assert examine(text).sketch is None


def test_several_faults_are_said_together_in_the_order_of_their_lines() -> None:
    text = "sketch: 1\ntitel: x\nseed: abc\nsteps:\n  - id: a\n    prompts: x\n    config: {temperature: 9}\n"
    assert [fault.line for fault in examine(text).faults] == [1, 2, 3, 6, 7]


def test_no_more_faults_are_said_than_one_reads() -> None:
    assert len(examine(BARE + "".join(f"key{number}: x\n" for number in range(150))).faults) == MAX_FAULTS
    names = examine(BARE.replace("b\n", "'" + "".join(f"{{{{n{at}}}}}" for at in range(150)) + "'\n"))
    assert names.sketch
    assert len(names.faults) == MAX_FAULTS


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("text: |\n      Well.\n\n        So {{who}}!\n", (8, 12)),
        ("text: |2\n       So {{who}}!\n", (6, 11)),
        ("text: So {{who}}!\n", (5, 14)),
        ("text: 'So {{who}}!'\n", (5, 15)),
        ('text: "So é {{who}}!"\n', (5, 17)),
        ('text: "So \\t {{who}}!"\n', (5, 11)),
        ("text: >\n      Well.\n      So {{who}}!\n", (5, 11)),
        ("text: Well.\n      So {{who}}!\n", (5, 11)),
    ],
    ids=["block", "block that begins with a space", "plain", "quoted", "double", "escaped", "folded", "over two lines"],
)
def test_a_fault_in_a_text_is_placed_to_the_letter_where_the_file_shows_the_text(
    written: str, place: tuple[int, int]
) -> None:
    (fault,) = examine(BARE.replace("text: b\n", written)).faults
    assert "{{who}}" in fault.said
    assert (fault.line, fault.column) == place


def sound(reading: Reading, text: str | bytes) -> None:
    """Whatever came in, there is a sketch or a reason, and reasons are short sentences on lines that exist."""
    assert reading.sketch or reading.faults
    assert len(reading.faults) <= MAX_FAULTS
    height = reading.text.count("\n") + 1
    for fault in reading.faults:
        assert 0 <= fault.line <= height
        assert fault.said.isprintable()
        assert fault.said[-1] in ".?…"
        assert len(fault.said) < 1000
    if reading.faults:
        with pytest.raises(SketchError):
            read_sketch(text)
    else:
        assert read_sketch(reading.text) == reading.sketch


GAPS = ["", " ", "\n ", " # a remark, #1\n ", " #\n", "\n#a remark\n", "\n  #hero# #1\n "]
BETWEEN = st.lists(st.sampled_from(GAPS), min_size=3, max_size=3)


@given(st.lists(st.sampled_from(["b", '"c #1"', "#1 fan", "#hero#", "[d]", "{e: f}"]), max_size=4), st.data())
def test_between_brackets_every_text_is_read_or_a_fault(words: list[str], data: st.DataObject) -> None:
    gaps = [data.draw(BETWEEN) for _ in words]
    gaps = [
        (" " * (before == " "), *gap) if word[0] == "#" else (before, *gap)
        for word, (before, *gap) in zip(words, gaps, strict=True)
    ]
    text = ",".join(f"{before}{word}{after}{last}" for word, (before, after, last) in zip(words, gaps, strict=True))
    lines = nodes.Lines(f"[{text}\n]")
    if lost := [word for word in words if word.startswith("#")]:
        with pytest.raises(SketchError, match=f'"{lost[0].split()[0]}" and what follows it is lost'):
            nodes.compose(lines)
    else:
        found = nodes.compose(lines)
        assert isinstance(found, nodes.Items)
        assert len(found.items) == len(words)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(hostile)
def test_nothing_but_a_fault_comes_of_a_random_document(text: str | bytes) -> None:
    sound(examine(text), text)
