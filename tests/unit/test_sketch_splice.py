"""Edits to a sketch's text change one thing, and leave every other byte where it was."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swatchbook.sketch.dice import Dice
from swatchbook.sketch.faults import SketchError
from swatchbook.sketch.grammar import fill
from swatchbook.sketch.layout import File
from swatchbook.sketch.reader import examine
from swatchbook.sketch.rewrite import data
from swatchbook.sketch.splice import insert, move, put, rename, rename_symbol, take
from swatchbook.sketch.template import TemplateFault, parse
from tests.laid_out import HANDS, TEXTS, TREES, WORDS, Hand, Path, parts
from tests.sketches import mutants

CALM = settings(max_examples=120)


def read(text: str) -> Any:
    return yaml.load(text, yaml.CBaseLoader)


def at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def without(tree: Any, path: Path) -> Path:
    """Take a part out of a tree, and what held it if nothing else is in there; what went in the end."""
    del at(tree, path[:-1])[path[-1]]
    return without(tree, path[:-1]) if not at(tree, path[:-1]) and len(path) > 1 else path


def comments(text: str, hand: Hand) -> list[str]:
    """The comments that are still there, in order."""
    return sorted(
        (comment for comment in hand.owners if comment + "\n" in text), key=lambda each: text.index(each + "\n")
    )


@CALM
@given(TREES, HANDS, st.data())
def test_what_is_there_already_changes_nothing(tree: dict[str, Any], hand: Hand, draw: st.DataObject) -> None:
    text = hand.file(tree)
    path = draw.draw(st.sampled_from(parts(tree)))
    assume(at(tree, path) != "")
    assert put(text, path, at(tree, path)) == text


@CALM
@given(TREES, HANDS, TEXTS.filter(bool), st.data())
def test_another_text_is_all_that_changes(tree: dict[str, Any], hand: Hand, new: str, draw: st.DataObject) -> None:
    text = hand.file(tree)
    path = draw.draw(st.sampled_from([path for path in parts(tree) if isinstance(at(tree, path), str)]))
    found = put(text, path, new)
    at(tree, path[:-1])[path[-1]] = new
    assert read(found) == tree
    assert set(comments(found, hand)) == set(hand.owners)


@CALM
@given(TREES, HANDS, st.data())
def test_taking_an_entry_takes_its_own_comments(tree: dict[str, Any], hand: Hand, draw: st.DataObject) -> None:
    text = hand.file(tree)
    path = draw.draw(st.sampled_from(parts(tree)))
    found = take(text, path)
    gone = without(tree, path)
    assert read(found) == tree
    left = comments(found, hand)
    assert left == [comment for comment in comments(text, hand) if comment in left]
    assert set(left) == {comment for comment, owner in hand.owners.items() if owner[: len(gone)] != gone}


@CALM
@given(TREES, HANDS, WORDS, st.data())
def test_a_new_item_is_all_that_changes(tree: dict[str, Any], hand: Hand, word: str, draw: st.DataObject) -> None:
    text = hand.file(tree)
    lists = [path for path in parts(tree) if isinstance(at(tree, path), list)]
    path = draw.draw(st.sampled_from(lists or [("show",)]))
    have = at(tree, path) if lists else tree.setdefault("show", [])
    place = draw.draw(st.integers(0, len(have)))
    new: Any = {"id": word, "text": "a\nb\n", "pick": ["no"]} if path == ("steps",) else word
    found = insert(text, path, place, new)
    have.insert(place, new)
    assert read(found) == tree
    assert comments(found, hand) == comments(text, hand)


@CALM
@given(TREES, HANDS, st.data())
def test_a_new_key_is_all_that_changes(tree: dict[str, Any], hand: Hand, draw: st.DataObject) -> None:
    text = hand.file(tree)
    places: list[Path] = [("author",), ("inputs", "new"), ("inputs", "mood", "longest"), ("grammar", "new"), ("show",)]
    places += [("steps", at, "config", "top_p") for at in range(len(tree.get("steps", ())))]
    path = draw.draw(st.sampled_from(places))
    value: Any = {("inputs", "new"): {"ask": "no"}, ("grammar", "new"): ["a b", "1"], ("show",): ["a", "b"]}.get(
        path, "7"
    )
    found = put(text, path, value)
    for depth in range(1, len(path)):
        at(tree, path[: depth - 1]).setdefault(path[depth - 1], {}) if isinstance(path[depth - 1], str) else None
    at(tree, path[:-1])[path[-1]] = value
    assert read(found) == tree
    assert set(comments(found, hand)) >= {each for each, owner in hand.owners.items() if owner[: len(path)] != path}


@CALM
@given(TREES, HANDS, st.data())
def test_there_and_back_are_the_same_bytes(tree: dict[str, Any], hand: Hand, draw: st.DataObject) -> None:
    hand.tidy = True
    text = hand.file(tree)
    path = draw.draw(st.sampled_from(parts(tree)))
    above = copy.deepcopy(at(tree, path[:-1]))
    keys = list(above) if isinstance(above, dict) else list(range(len(above)))
    start, to = keys.index(path[-1]), draw.draw(st.integers(0, len(keys) - 1))
    there = move(text, path, to)
    keys.insert(to, keys.pop(start))
    moved = at(read(there), path[:-1])
    assert (list(moved.items()) if isinstance(above, dict) else moved) == [
        (key, above[key]) if isinstance(above, dict) else above[key] for key in keys
    ]
    back = move(there, path if isinstance(above, dict) else (*path[:-1], to), start)
    assert back == text or "+" in text
    assert read(back) == tree


LETTER = """\
# A letter
sketch: 1
title: Letter  # its title

inputs:
  name:
    ask: "Who is it for?"
  mood: {ask: Mood, choose: [tender, furious]}  # two will do
grammar:
  weather: [drizzle, a second sun]

steps:
# the first step
- id: draft
  model: house/cook
  prompt: |  # as it is
    Write a {{mood}} letter to {{ name }}, \\{{name}} and mood. {{#if name}}Outside: #weather.a#.{{/if}}

# the second
- id: tone
  prompt: "#[weather:{{mood}}]story#\\tIs this cold? {{draft}}"
  when: {mood: tender}
  each: draft
show: [draft, tone]
"""


def changed(old: str, new: str) -> list[str]:
    """The lines that two texts do not share."""
    gone, come = old.split("\n"), new.split("\n")
    return [f"-{line}" for line in gone if line not in come] + [f"+{line}" for line in come if line not in gone]


@pytest.mark.parametrize(
    ("path", "value", "lines"),
    [
        (("title",), "A: b", ["-title: Letter  # its title", '+title: "A: b"  # its title']),
        (("title",), "", ["-title: Letter  # its title", '+title: ""  # its title']),
        (("author",), "Ana", ["+author: Ana"]),
        (("author",), "", []),
        (("seed",), "8", ["+seed: 8"]),
        (("inputs", "name", "default"), "no", ['+    default: "no"']),
        (("inputs", "name", "longest"), "40", ["+    longest: 40"]),
        (("steps", 0, "config", "top_p"), 0.5, ["+  config:", "+    top_p: 0.5"]),
        (("steps", 1, "when"), None, ["-  when: {mood: tender}"]),
        (("steps", 1, "when"), {}, ["-  when: {mood: tender}"]),
        (("steps", 0, "model"), ["a/b", "c/d"], ["-  model: house/cook", "+  model:", "+    - a/b", "+    - c/d"]),
        (("show",), ["tone"], ["-show: [draft, tone]", "+show:", "+  - tone"]),
    ],
)
def test_put_touches_these_lines(path: Path, value: Any, lines: list[str]) -> None:
    assert changed(LETTER, put(LETTER, path, value)) == lines


def test_what_stands_in_braces_is_opened_with_its_comment() -> None:
    found = put(LETTER, ("inputs", "mood", "choose"), ["tender", "calm", "furious"])
    assert (
        "  mood:  # two will do\n    ask: Mood\n    choose:\n      - tender\n      - calm\n      - furious\n" in found
    )
    whole = put('{"sketch": 1, "title": "x", # why\n "seed": 7}', ("seed",), "8")
    assert whole == "# why\nsketch: 1\ntitle: x\nseed: 8\n"


def test_a_short_text_takes_the_place_of_a_long_one_and_back() -> None:
    short = put(LETTER, ("steps", 0, "prompt"), "Hello.")
    assert "  prompt: Hello.  # as it is\n\n# the second\n" in short
    assert put(short, ("steps", 0, "prompt"), read(LETTER)["steps"][0]["prompt"]) == LETTER.replace(
        "prompt: |  #", "prompt: |  #"
    )


def test_lines_of_other_systems_and_a_missing_last_one() -> None:
    found = put("\ufeff" + LETTER.replace("\n", "\r\n"), ("author",), "Ana")
    assert found == put(LETTER, ("author",), "Ana")
    ended = "sketch: 1\ntitle: x\nsteps:\n  - id: a\n    text: |  # end\n      one\n      two"
    assert read(ended)["steps"][0]["text"] == "one\ntwo"
    assert put(ended, ("title",), "y").endswith("    text: |-  # end\n      one\n      two\n")
    assert put(ended, ("title",), "x") == ended


def test_a_blank_line_never_comes_to_belong_to_a_text() -> None:
    text = "steps:\n  - text: a\n\n  - text: b\n  - text: |+\n      c\n\n"
    assert read(move(text, ("steps", 2), 0)) == {"steps": [{"text": "c\n\n"}, {"text": "a"}, {"text": "b"}]}


def test_comments_around_an_entry_stay_or_go_with_it() -> None:
    text = "steps:\n  - text: a\n\n  # apart\n\n  # own\n  - text: b\n      # deeper\n  # after\n"
    assert take(text, ("steps", 1)) == "steps:\n  - text: a\n\n  # apart\n\n  # after\n"
    assert put(text, ("steps", 1, "text"), "b\nc") == text.replace(
        "text: b\n      # deeper\n", "# deeper\n    text: |-\n      b\n      c\n"
    )
    blanks = "a: |-\n  x\n    \n\nb: y\n"
    assert move(blanks, ("a",), 1) == "b: y\n\na: |-\n  x\n    \n"


def test_keys_with_a_question_mark_are_opened() -> None:
    text = "? title\n# why\n: x\nseed: 1\n"
    assert put(text, ("title",), "z") == "# why\ntitle: z\nseed: 1\n"


def test_a_comment_that_would_look_like_a_lost_tag_moves_above() -> None:
    assert put('title: "x"  #weather#\n', ("title",), "z") == "#weather#\ntitle: z\n"


@pytest.mark.parametrize("remark", ["#why", "#1", "##", "#a.b", "# why", "#"])
def test_no_edit_puts_a_remark_where_it_would_look_like_lost_text(remark: str) -> None:
    text = """\
title: "x" @
inputs: @
  "name": {ask: "x", choose: ["a", "b"]} @
grammar: { "b": ["x", "y"] } @
steps: @
- id: 'a' @
  text: "x" @
- @
  id: "c" @
  each: "name" @
  text: |- @
    {{name}}
    y
show: ["a", "c"] @
""".replace("@", remark)
    paths = [("title",), ("inputs", "name", "ask"), ("steps", 0, "text"), ("steps", 1, "text"), ("steps", 1), ("show",)]
    paths += [("grammar", "b", 0), ("inputs", "name", "choose", 1), ("inputs", "name"), ("grammar",)]
    edited = [rename(text, "name", "other"), rename(text, "a", "other"), rename_symbol(text, "b", "other")]
    for path in paths:
        edited += [put(text, path, "z"), put(text, path, "z\nz"), put(text, path, ["z"]), take(text, path)]
        edited += [move(text, path, 0), move(text, path, 1)]
    edited += [insert(text, path, at, "z") for path in [("show",), ("grammar", "b"), ("steps",)] for at in (0, 1)]
    for each in edited:
        assert read(each)
        assert each.count(remark) > 5


def test_remarks_on_lines_of_their_own_stay_whatever_begins_them_inside_brackets_too() -> None:
    text = """\
#above
sketch: 1
title: T
grammar:
  a: [x,
    #only in spring
    y,
#left
  #1
  ]
steps: [{id: s, text: hi},
  #greeting
  {id: t,
  #how
  text: ho}]
  #below
"""
    assert examine(text).sketch is not None
    edited = [put(text, ("grammar", "a", 0), "z"), take(text, ("grammar", "a", 1)), put(text, ("grammar", "a"), ["z"])]
    edited += [put(text, ("steps", 1, "text"), "z"), move(text, ("steps", 1), 0), rename_symbol(text, "a", "b")]
    for each in edited:
        assert examine(each).sketch is not None
        for remark in ("above", "only in spring", "left", "1", "greeting", "how", "below"):
            assert f"#{remark}\n" in each


def test_insert_makes_lists_of_what_stands_alone() -> None:
    assert read(insert(LETTER, ("steps", 0, "model"), 0, "a/b"))["steps"][0]["model"] == ["a/b", "house/cook"]
    with pytest.raises(SketchError, match="has names"):
        insert(LETTER, ("inputs",), 0, "x")
    with pytest.raises(SketchError, match="cannot stand here"):
        put(LETTER, ("steps", "x"), "y")
    with pytest.raises(SketchError, match="not there"):
        move(LETTER, ("steps", 7), 0)


def test_the_last_part_goes_with_its_key() -> None:
    text = take(take(LETTER, ("inputs", "mood")), ("inputs", "name"))
    assert "inputs" not in read(text)
    assert "# two will do" not in text
    assert "# its title" in text


EDITS = [
    lambda text, path: put(text, path, "x"),
    lambda text, path: take(text, path),
    lambda text, path: insert(text, path, 0, "x"),
    lambda text, path: move(text, path, 1),
    lambda text, _: rename(text, "name", "other"),
    lambda text, _: rename_symbol(text, "b", "other"),
]
PLACES = [("title",), ("steps", 0, "text"), ("inputs", "name", "ask"), ("grammar", "b", 0), ("steps", 1), ("show",)]


@settings(max_examples=150)
@given(mutants(), st.sampled_from(PLACES), st.sampled_from(EDITS))
def test_a_damaged_file_is_edited_as_it_is_or_refused(text: str, path: Path, edit: Any) -> None:
    try:
        before = data(File(text).root)
    except SketchError:
        with pytest.raises(SketchError):
            edit(text, path)
        return
    try:
        found = edit(text, path)
    except SketchError:
        return
    after = data(File(found).root)
    if edit is EDITS[0]:
        assert at(after, path) == "x"
    if edit is EDITS[3]:
        assert sorted(map(str, after.items())) == sorted(map(str, before.items())) or len(path) > 1


@pytest.mark.parametrize("text", ["a: [", "a: *b", "{{name}}: x", "", "\t- x", "a: !!python/object x"])
def test_what_is_no_yaml_is_said(text: str) -> None:
    for edit in (
        lambda: put(text, ("title",), "x"),
        lambda: take(text, ("title",)),
        lambda: insert(text, ("steps",), 0, "x"),
        lambda: move(text, ("title",), 0),
        lambda: rename(text, "a", "b"),
        lambda: rename_symbol(text, "a", "b"),
    ):
        with pytest.raises(SketchError):
            edit()


def test_a_name_is_changed_wherever_it_is_used() -> None:
    assert changed(LETTER, rename(LETTER, "mood", "y")) == [
        "-  mood: {ask: Mood, choose: [tender, furious]}  # two will do",
        "-    Write a {{mood}} letter to {{ name }}, \\{{name}} and mood. {{#if name}}Outside: #weather.a#.{{/if}}",
        '-  prompt: "#[weather:{{mood}}]story#\\tIs this cold? {{draft}}"',
        "-  when: {mood: tender}",
        '+  "y": {ask: Mood, choose: [tender, furious]}  # two will do',
        "+    Write a {{y}} letter to {{ name }}, \\{{name}} and mood. {{#if name}}Outside: #weather.a#.{{/if}}",
        '+  prompt: "#[weather:{{y}}]story#\\tIs this cold? {{draft}}"',
        '+  when: {"y": tender}',
    ]
    renamed = rename(rename(LETTER, "draft", "first"), "name", "whom")
    assert "Write a {{mood}} letter to {{ whom }}, \\{{name}} and mood. {{#if whom}}" in renamed
    assert "each: first\nshow: [first, tone]\n" in renamed
    assert rename(rename(LETTER, "name", "whom"), "whom", "name") == LETTER


def test_a_symbol_is_changed_wherever_it_is_used() -> None:
    found = rename_symbol(LETTER, "weather", "Sky")
    assert "  Sky: [drizzle, a second sun]\n" in found
    assert "Outside: #Sky.a#." in found
    assert '"#[Sky:{{mood}}]story#' in found
    assert rename_symbol(found, "Sky", "weather") == LETTER


def test_every_text_is_respelled_where_it_stands_and_the_file_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = "".join(f"  s{at}: [{', '.join([rule] * 10)}]\n" for at, rule in enumerate([r'"\\t#way#"'] * 120))
    text = f"title: T\ngrammar:\n  way: x\n{rules}"
    read: list[str] = []
    monkeypatch.setattr("swatchbook.sketch.renames.File", lambda text: read.append(text) or File(text))
    assert rename_symbol(text, "way", "road") == text.replace("way", "road")
    assert len(read) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (r'"\t{{name}} \u00e9" #why', r'"\t{{other}} é" #why'),
        ('"{{name}}\\\n    , {{name}}"', '"{{other}}, {{other}}"'),
        (">- #why\n    {{#if\n    name}}x{{/if}}\n  # below", '"{{#if other}}x{{/if}}" #why\n  # below'),
        ("|+ # {{name}}\n    {{name}}\n\n  # below", '"{{other}}\\n\\n" # {{name}}\n\n  # below'),
        (">2\n    {{#if\n    name}}{{/if}}\n\n", '"{{#if other}}{{/if}}\\n"\n\n'),
        ("'{{#if\n     name}}it''s{{/if}}'", '"{{#if other}}it\'s{{/if}}"'),
    ],
    ids=["escapes", "an escaped line end", "folded", "a remark with the name", "folded and deep", "over two lines"],
)
def test_a_text_that_is_not_as_it_looks_is_written_anew(before: str, after: str) -> None:
    text = "inputs:\n  {}: {{ask: a}}\nsteps:\n- id: a\n  text: {}\n  each: {}\n"
    assert rename(text.format("name", before, "'name' #why"), "name", "other") == text.format(
        "other", after, '"other" #why'
    )


PIECES = ["{{name}}", "{{ #if name}}x{{/if}}", "{{#if mood}}y{{/if}}", "\\{{name}}", "\\\\", "#", "a", " ", "#name#"]
PIECES += ["#mood.a#", "#[name:b]mood#", "#[mood:#name#]name.s#", "[mood:c]", "name", "#a#"]
PROMPTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)


@CALM
@given(PROMPTS, st.sampled_from([rename, rename_symbol]), HANDS)
def test_called_otherwise_it_says_the_same(prompt: str, edit: Any, hand: Hand) -> None:
    inputs, grammar = {"name": {"ask": "x"}, "mood": {"ask": "y"}}, {"name": ["eye", "ear"], "mood": ["sad"]}
    text = hand.file({"inputs": inputs, "grammar": grammar, "steps": [{"id": "a", "text": prompt}]})
    found = read(edit(text, "name", "other"))
    values = {name: name.upper() for name in found["inputs"]} | {"other": "NAME"}
    try:
        said = fill(parse(prompt), {"name": "NAME", "mood": "MOOD"}, grammar, Dice(7))
    except TemplateFault:
        assume(False)
    assert fill(parse(found["steps"][0]["text"]), values, found["grammar"], Dice(7)) == said


@pytest.mark.parametrize("new", ["tone", "name", "Name", "line", "a b", ""])
def test_a_name_that_cannot_be_is_said(new: str) -> None:
    with pytest.raises(SketchError):
        rename(LETTER, "mood", new)
