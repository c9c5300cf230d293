"""Sketches from and to other formats: what goes along says the same there, and what does not is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.runs import RunError
from swatchbook.sketch.dice import Dice
from swatchbook.sketch.dotprompt import from_dotprompt, to_dotprompt
from swatchbook.sketch.grammar import fill
from swatchbook.sketch.handlebars import given as given_there
from swatchbook.sketch.handlebars import taken
from swatchbook.sketch.literal import literal
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.template import names, parse
from tests.sketches import hostile, sketches

SIGNS = st.text(alphabet="#[]{}\\,:ab. \n", max_size=16) | st.text(max_size=8)


def filled(template: str) -> str:
    """A template with each name filled in with itself in capitals, and nothing else in it."""
    parsed = parse(template)
    return fill(parsed, {name: name.upper() for name, _ in names(parsed)}, {}, Dice(1))


@settings(max_examples=200)
@given(SIGNS, SIGNS)
def test_a_foreign_text_says_itself(before: str, after: str) -> None:
    assert filled(f"{literal(before)}{{{{x}}}}{literal(after)}") == f"{before}X{after}"


PROMPT = r"""---
name: greeting
model: a/b-instruct@1234567
config:
  version: latest
  temperature: 0.7
  topK: 20
  maxOutputTokens: 4000
  stopSequences: [STOP]
input:
  default: {name: Guest, polite: true, mood: sad}
  schema:
    name: string, Whom to greet
    language?: string
    polite?: boolean, whether to be polite
    mood(enum, the mood): [happy, calm]
    user:
      firstName: string
tools: [timeOfDay]
---

{{role "system"}}
You are kind. #a#
{{role "user"}}
Greet {{name}} ({{{ user.firstName }}}){{#if polite}}, politely{{#if age}}!{{/if}}{{/if}}.
{{#each items}}- {{this}} {{name}}
{{/each}}\{{raw}} \\{{mood}} {{media url=photo}} {{!-- gone --}} {{~ language ~}} .
"""
SKETCH = r"""sketch: 1
title: greeting
inputs:
  name:
    ask: Whom to greet
    default: Guest
  language:
    ask: Language
  polite:
    ask: whether to be polite
    kind: toggle
    default: "yes"
  mood:
    ask: the mood
    choose:
      - happy
      - calm
  user_first_name:
    ask: User first name
steps:
  - id: answer
    prompt: |-
      You are kind. \#a#
      Greet {{name}} ({{user_first_name}}){{#if polite}}, politely\{{#if age}}!\{{/if}}{{/if}}.
      \{{#each items}}- \{{this}} \{{name}}
      \{{/each}}\{{raw}} \\{{mood}} \{{media url=photo}} {{language}}.
    model: a/b-instruct@1234567:chat
    config:
      temperature: 0.7
      max_tokens: 512
      top_k: 20
      stop:
        - STOP
"""


def test_a_prompt_becomes_a_sketch_and_what_is_left_is_told() -> None:
    text, untold = from_dotprompt(PROMPT)
    assert text == SKETCH
    read_sketch(text)
    assert untold == [
        "{{#if}} inside another means nothing in a sketch; it stands there as text.",
        "{{#each}} means nothing in a sketch; it stands there as text.",
        "{{media}} means nothing in a sketch; it stands there as text.",
        "The parts of several speakers (system, user) are one prompt now, one after another.",
        'What mood is without a word, "sad", is left out; it cannot be that.',
        'The setting "version latest" is left out; a sketch has none like it.',
        "A step writes 512 tokens at most here, not 4000.",
        '"tools" is left out; a sketch has nothing like it.',
    ]


def test_a_prompt_without_a_head_or_a_model() -> None:
    text, untold = from_dotprompt("Tell {{name}} a joke.\n")
    assert [step.prompt for step in read_sketch(text).steps] == ["Tell {{name}} a joke."]
    assert untold == ["It names no model, so house/cook stands in for one; choose one in the palette."]
    assert from_dotprompt("---\n# nothing\n---\nHello.")[1] == untold
    told = from_dotprompt("---\nmodel: googleai/gemini-2.5-flash\n---\nHello.")[1]
    assert [sentence.split(",")[0] for sentence in told] == ['"googleai/gemini-2.5-flash" says no commit of the Hub']


def test_a_json_schema_is_understood() -> None:
    schema = (
        "{type: object, properties: {n: {type: integer, description: How many}, c: {enum: [a, b]}, l: {type: array}}}"
    )
    text, _ = from_dotprompt(
        f"---\ninput: {{schema: {schema}, default: {{n: 3, l: [x, y]}}}}\n---\n{{{{n}}}} {{{{answer}}}}"
    )
    asked = read_sketch(text).inputs
    assert [(name, each.kind, each.ask, each.default) for name, each in asked.items()] == [
        ("n", "number", "How many", "3"),
        ("c", "choice", "C", ""),
        ("l", "long", "L", "x\ny"),
        ("answer", "text", "Answer", ""),
    ]
    assert read_sketch(text).steps[0].id == "answer_2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nmodel: a/b\nHello", "never closed"),
        ("---\nmodel: a/b\n---\n\n", "is empty"),
        ("---\n- a\n---\nHello", "holds lines such as"),
        ("---\na: &a [x]\nb: *a\n---\nHello", "Line 2"),
        ("---\na: !!python/object:os.system x\n---\nHello", "Line 2"),
        ("---\na: [\n---\nHello", "Line"),
        ("---\na: x\n---\nHello\x07", "Line 4"),
        ("Hello " * 6000, "32 KB"),
        ("".join(f"{{{{a{at}}}}}" for at in range(20)), "makes no sketch"),
    ],
)
def test_what_is_no_prompt_is_said(text: str, said: str) -> None:
    with pytest.raises(RunError, match=said):
        from_dotprompt(text)


@settings(max_examples=100)
@given(
    hostile.map(lambda text: text if isinstance(text, str) else text.decode("latin-1")), st.sampled_from(["", "---\n"])
)
def test_every_file_is_a_sketch_or_a_sentence(text: str, head: str) -> None:
    try:
        found, untold = from_dotprompt(head + text)
    except RunError:
        return
    read_sketch(found)
    assert all(sentence.endswith(".") for sentence in untold)


IN_HANDLEBARS = [
    (r"\{\{\{", r"\{{{"),
    (r"\{\{\{\{", r"\{{\{{"),
    (r"a\\\{\{", r"a\ {{~!}}\{{"),
    (r"\{{{x}}", "{ {{~!}}{{x}}"),
    (r"a\\{{x}}", r"a\\{{x}}"),
    ('{"a": {{x}}}', '{"a": {{x}}{{!}}}'),
    ("{{#if role}}{{history}}{{else}}{{x}}{{/if}}", "{{#if this.[role]}}{{this.[history]}}{{else}}{{x}}{{/if}}"),
]
"""Templates, and how Handlebars 4.7 says the same: each was rendered there."""


@pytest.mark.parametrize(("template", "there"), IN_HANDLEBARS, ids=range(len(IN_HANDLEBARS)))
def test_braces_are_written_as_handlebars_reads_them(template: str, there: str) -> None:
    assert given_there(template) == there
    assert taken(there).template == template
    assert not taken(there).untold


FROM_HANDLEBARS = [
    ("{{! c }}\na{{!-- {{x}} --}}b\n  {{! d }}\nc", "ab\nc"),
    ("{{~x~}} y {{~! c ~}} z", "{{x}}yz"),
    ("{{{x}}}{{&y}}{{this.z}}{{./z}}", "{{x}}{{y}}{{z}}{{z}}"),
    ("{{x}}}{{#if a.bC}}{{^}}n{{/if}}", "{{x}}}{{#if a_b_c}}{{else}}n{{/if}}"),
    ("{{#if a}}1{{else if b}}2{{/if}}", r"\{{#if a}}1\{{else if b}}2\{{/if}}"),
    ("{{#if a}}{{#each b}}{{x}}{{/each}}{{/if}}", r"{{#if a}}\{{#each b}}\{{x}}\{{/each}}{{/if}}"),
    ('{{media url="{{x}}"}}{{> part}}{{true}}{{7}}', r'\{{media url="\{{x}}"}}\{{> part}}\{{true}}\{{7}}'),
]


@pytest.mark.parametrize(("there", "template"), FROM_HANDLEBARS, ids=range(len(FROM_HANDLEBARS)))
def test_what_both_know_is_taken_over_and_the_rest_stays_as_text(there: str, template: str) -> None:
    assert taken(there).template == template


@pytest.mark.parametrize(
    "body", ["{{x", "{{!-- x", "{{!--" * 6000, "{{{x}}", "{{{{raw}}}} {{{{/raw}}}}", "{{#if x}}", "{{#each x}}{{/if"]
)
def test_what_is_never_closed_is_said(body: str) -> None:
    with pytest.raises(RunError, match="close"):
        taken(body)


LETTER = """\
sketch: 1
title: Letter
inputs:
  name: {ask: "Who, and why?", default: Ada}
  mood: {ask: Mood (yours), choose: [tender, "no"]}
  warm: {ask: Warm, kind: toggle, default: "yes"}
  age: {ask: Age, kind: number, least: 3}
grammar: {weather: [rain]}
steps:
  - id: notes
    text: "{{name}}"
  - id: draft
    each: notes
    prompt: |
      Write a {{mood}} \\{{letter}} \\{ to {{line}}\\, {{age}}. #weather#
      {{#if warm}}Kiss!{{/if}} {{notes}} a\\\\{{name}}
    model: [house/cook, a/b@1234567:chat]
    config: {min_p: 0.1, top_p: 0.5, stop: ["\\n\\n"]}
"""
FILE = r"""---
name: Letter
model: house/cook
config:
  temperature: 0.9
  maxOutputTokens: 80
  topP: 0.5
  stopSequences:
    - "\n\n"
input:
  schema:
    mood(enum, Mood yours):
      - tender
      - "no"
    line: string, One line
    age: number, Age
    warm: boolean, Warm
    notes: string, What the step notes wrote
    name: string, Who, and why?
  default:
    mood: tender
    age: 3
    warm: true
    name: Ada
---

Write a {{mood}} \{{letter}} { to {{line}}, {{age}}. #weather#
{{#if warm}}Kiss!{{/if}} {{notes}} a\\{{name}}
"""


def test_a_step_becomes_a_prompt_and_what_stays_is_told() -> None:
    text, untold = to_dotprompt(read_sketch(LETTER), "draft")
    assert text == FILE
    assert untold == [
        "Only the first of its 2 models goes along.",
        "house/cook is a model of this house; name another where the prompt is used.",
        "The model goes on from the prompt here; there it answers it.",
        "{{line}} is filled by whoever uses the prompt: one line here.",
        "{{notes}} is filled by whoever uses the prompt: what the step notes wrote here.",
        "The grammar stays here; its tags are text there.",
        '"each" stays here; a single prompt has nothing like it.',
        'The setting "min_p" stays here; there is none like it there.',
    ]
    with pytest.raises(RunError, match="No model is asked"):
        to_dotprompt(read_sketch(LETTER), "notes")


@settings(max_examples=60)
@given(sketches())
def test_there_and_back_a_prompt_says_the_same(sketch: Sketch) -> None:
    for step in (step for step in sketch.steps if step.asks and "#" not in step.template and step.template.strip()):
        back = read_sketch(from_dotprompt(to_dotprompt(sketch, step.id)[0])[0]).steps[0]
        assert filled(back.template).replace("LINE_", "LINE").strip() == filled(step.template).strip()
        assert back.config == step.config
        assert [asked.model for asked in back.model] == [asked.model for asked in sketch.asked(step)[:1]]
