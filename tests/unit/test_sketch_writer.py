"""A sketch's canonical file reads back as the same sketch, in every reader of YAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.writer import entry, lines, quoted, write_sketch
from tests.sketches import sketches

AWKWARD = st.text(alphabet=" \n\ta:#-'\"é|>[{?&*!%@`~,\x85\u2028", max_size=140)
TEXTS = (
    st.text(max_size=30) | AWKWARD | st.sampled_from(["no", "null", "1", "1e3", ".5", "0o7", "y", "=", "2020-01-01"])
)
VALUES: Any = st.recursive(
    TEXTS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3))
def test_what_is_laid_out_means_the_same_to_every_reader(value: dict[str, Any]) -> None:
    text = "".join(f"{line}\n" for line in lines(value))
    assert [yaml.load(text, each) for each in (yaml.BaseLoader, yaml.SafeLoader, yaml.CBaseLoader)] == [value] * 3


@settings(max_examples=60)
@given(sketches())
def test_a_sketch_reads_back_as_it_was_written(sketch: Sketch) -> None:
    assert read_sketch(write_sketch(sketch)) == sketch


LETTER = Sketch(
    title="A letter",
    inputs={
        "name": Input(ask="Who is it for?", default="Ada"),
        "mood": Input(ask="Mood", kind="choice", choose=("tender", "no")),
        "age": Input(ask="Age", kind="number", least=1, most=99.5),
    },
    grammar={"weather": ("drizzle", "a second sun")},
    steps=(
        Step(
            id="draft",
            prompt="Write to {{name}}.\nOutside: #weather#.\n",
            model=(Asked.parse("house/cook"), Asked.parse("openai-community/gpt2@607a30d:chat")),
            config=Config(temperature=1, stop=("\n\n",)),
        ),
        Step(id="tone", prompt="Is it cold? {{draft}}", model=(Asked.parse("house/cook"),), pick=("yes", "no")),
        Step(id="reply", text="Cold.", when={"tone": "no"}),
    ),
    show=("draft", "reply"),
)
FILE = r"""sketch: 1
title: A letter
inputs:
  name:
    ask: Who is it for?
    default: Ada
  mood:
    ask: Mood
    choose:
      - tender
      - "no"
  age:
    ask: Age
    kind: number
    least: 1
    most: 99.5
grammar:
  weather:
    - drizzle
    - a second sun
steps:
  - id: draft
    prompt: |
      Write to {{name}}.
      Outside: #weather#.
    model:
      - house/cook
      - openai-community/gpt2@607a30d:chat
    config:
      temperature: 1
      stop:
        - "\n\n"
  - id: tone
    prompt: Is it cold? {{draft}}
    model: house/cook
    pick:
      - "yes"
      - "no"
  - id: reply
    text: Cold.
    when:
      tone: "no"
show:
  - draft
  - reply
"""


def test_a_file_is_as_a_person_would_write_it() -> None:
    assert write_sketch(LETTER) == FILE


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a: b", '"a: b"'),
        ("#rule#", '"#rule#"'),
        ("{{name}}", '"{{name}}"'),
        ("Ümläut 🙂", "Ümläut 🙂"),
        ("0o17", '"0o17"'),
        ("1e3", '"1e3"'),
        ("N", '"N"'),
        ("", '""'),
        ("what?", "what?"),
        ("tab\there", '"tab\\there"'),
    ],
)
def test_quotes_stand_only_where_they_are_needed(value: str, written: str) -> None:
    assert quoted(value) == written


def test_a_long_text_stands_in_a_block() -> None:
    assert entry("prompt", "word " * 30, 2) == ["  prompt: |-", "    " + "word " * 30]
    assert entry("prompt", "  indented\n\nend\n", 0) == ["prompt: |2", "    indented", "", "  end"]
    assert entry("prompt", "no end\n\n", 0) == [r'prompt: "no end\n\n"']
