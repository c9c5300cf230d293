"""A sketch with remarks, and random ones, with what the form of the Sketchpad sends about them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from components.pad_edits import edit
from components.views.pad import KINDS
from swatchbook.shelf import Shelf
from tests.laid_out import Path

LETTER = """\
# A letter, to be altered
sketch: 1
title: A letter  # its title
inputs:
  # whom it is for
  name:
    ask: Who is it for?
    default: Ada
    longest: 40
  mood:
    ask: Mood
    choose: [tender, furious]  # two will do
  years:
    ask: How many years?
    kind: number
    least: 1
    most: 90
    default: "40"
grammar:
  weather: [drizzle, hail]  # outside
steps:
  # the first step
  - id: draft
    prompt: "Dear {{name}}, #weather#"  # as it is
    model: house/cook
    config: {temperature: 0.8}
  # the second
  - id: reply
    text: "{{draft}}, said {{name}}"
    when:
      mood: tender
show: [draft, reply]
# the end
"""


def done(shelf: Shelf, act: str, path: Path | None = None, text: str = LETTER, **said: Any) -> str:
    """The text after an act of the form."""
    return edit(text, {"act": act, **({"path": json.dumps(path)} if path else {}), **said}, shelf).text


WORDS = st.text(alphabet=" ab:#-'\"é|>{}[", min_size=1, max_size=10).filter(str.strip)
NAMES = ["name", "mood", "years"]
SKETCHES = st.fixed_dictionaries(
    {
        "sketch": st.just("1"),
        "title": WORDS,
        "inputs": st.fixed_dictionaries(
            {"name": st.fixed_dictionaries({"ask": WORDS}, optional={"default": WORDS})},
            optional={
                "mood": st.fixed_dictionaries({"ask": WORDS, "choose": st.just(["tender", "furious"])}),
                "years": st.fixed_dictionaries(
                    {"ask": WORDS, "kind": st.just("number")}, optional={"most": st.just("9")}
                ),
            },
        ),
        "steps": st.tuples(
            st.fixed_dictionaries(
                {
                    "id": st.just("draft"),
                    "prompt": st.just("{{name}}, #sky#"),
                    "model": st.sampled_from(["house/cook", ["house/cook", "house/clerk:chat"]]),
                }
            ),
            st.fixed_dictionaries(
                {"id": st.just("reply"), "text": st.just("Said: {{draft}}")},
                optional={"when": st.just({"name": "Ada"})},
            ),
        ).map(list),
        "grammar": st.just({"sky": ["hail", "snow"]}),
    },
    optional={"author": WORDS, "show": st.just(["draft", "reply"])},
)
"""Sketches without a fault, as texts, lists and mappings."""
PLACES: list[Path] = [
    ("title",), ("about",), ("seed",), ("grammar", "sky"), *(("inputs", name) for name in NAMES),
    *(("inputs", name, key) for name in NAMES for key in ("ask", "kind", "default", "choose", "longest")),
    ("steps", 0), ("steps", 1), ("steps", 0, "model"), ("steps", 0, "model", 0), ("steps", 0, "config", "top_k"),
    *(("steps", at, key) for at in (0, 1) for key in ("prompt", "text", "pick", "when", "each", "repeat")),
    ("nowhere",),
]  # fmt: skip
SAID = WORDS | st.sampled_from(["", *KINDS, "name", "draft", "1", "a\nb: c", "house/clerk", "sky", "a_b"])
ACTS = st.fixed_dictionaries(
    {
        "act": st.sampled_from(
            ["put", "put", "move", "take", "add-input", "add-step", "add-symbol", "add-model", "drop-model", "rename",
             "rename-symbol", "show", "nothing"]
        ),
        "path": st.sampled_from(PLACES).map(json.dumps),
        "value": SAID,
    },
    optional={
        "lines": SAID, "pairs": SAID, "model": SAID, "kind": SAID, "to": st.sampled_from(["0", "1", "x"]),
        "old": st.sampled_from(["name", "draft", "sky", "nobody"]), "step": st.sampled_from(["draft", "reply"]),
        "on": st.booleans(),
    },
)  # fmt: skip


def touched(act: dict[str, Any], tree: dict[str, Any]) -> Path | None:
    """The place whose remarks an act may take along, if any: what it sets or takes, and what holds nothing else."""
    path: Path = tuple(json.loads(act["path"]))
    where = {"put": path, "take": path, "drop-model": path[:3], "add-model": path, "show": ("show",)}
    place = where.get(act["act"])
    if act["act"] == "put" and path[2:] == ("kind",):
        return path[:2]
    return place and (place[:1] if len(place) == 2 and len(tree[str(place[0])]) == 1 else place)
