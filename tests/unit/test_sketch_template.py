"""Templates: how they are taken apart, what stays plain text, and what is refused with its place."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.sketch.template import (
    MAX_NESTED,
    If,
    Modifier,
    Said,
    Save,
    Tag,
    TemplateFault,
    Value,
    _Reader,
    modifiers,
    names,
    parse,
    saved,
    symbols,
)

MARKS = "{{ }} {{a}} {{#if a}} {{else}} {{/if}} # #a #b.s# [ [a: [a:POP] ] , \\ x é 𝒳 . { ( )"
PIECES = st.sampled_from([*MARKS.split(" "), " ", "\n"])
ANY = st.lists(PIECES | st.characters(), max_size=30).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "# Title",
        "#1 of 3",
        "a # b # c",
        "##",
        "#weather",
        "#two words#",
        "#a.#",
        "#[a:x#",
        "[1], a] b",
        "[see: #",
        "[ a:x]",
    ],
)
@pytest.mark.parametrize("after", ["", "\n", " {", "}}", " { {name}}", ", b", "\\", "\\n", " #été#", f" #{'a' * 33}#"])
def test_what_is_no_mark_is_plain_text(text: str, after: str) -> None:
    assert parse(text + after) == (Said(text + after),)


def test_a_template_is_taken_apart() -> None:
    assert parse("Dear {{ name }}, #[hero:#who#]story.a.replace(x,y z)#!") == (
        Said("Dear "),
        Value("name", 5),
        Said(", "),
        Tag(
            "story",
            17,
            (Save("hero", 18, ((Tag("who", 24),),)),),
            (Modifier("a"), Modifier("replace", ("x", "y z"))),
        ),
        Said("!"),
    )


def test_a_saved_symbol_has_its_rules_between_commas() -> None:
    assert parse(r"[a:x,#b# y,]") == (Save("a", 0, ((Said("x"),), (Tag("b", 5), Said(" y")), ())),)
    assert parse(r"[a:x\, y\]]") == (Save("a", 0, ((Said("x, y]"),),)),)
    assert parse("[a:POP]") == (Save("a", 0, ()),)
    assert parse("#[a:x]") == (Said("#"), Save("a", 1, ((Said("x"),),)))
    assert parse("#[#set, up#]a#") == (Said("#[#set, up#]a#"),)
    assert parse("#[#set#]a#") == (Tag("a", 0, (Save("", 1, ((Tag("set", 2),),)),)),)


def test_an_escaped_mark_is_plain() -> None:
    assert parse(r"\#a# \[a:x] \{{a}} \\ \,") == (Said(r"#a# [a:x] {{a}} \ ,"),)
    assert parse(r"\\#a#") == (Said("\\"), Tag("a", 2))


@pytest.mark.parametrize(
    ("text", "then", "other"),
    [
        ("{{#if a}}x{{else}}y{{/if}}", "x", "y"),
        ("{{#if a}}\nx\n{{else}}\ny\n{{/if}}", "x\n", "y\n"),
        ("  {{#if a}}  \r\nx\n\t{{/if}}\n", "x\n", ""),
        ("{{#if a}} x\n {{/if}}", " x\n", ""),
    ],
)
def test_a_branch_may_stand_on_lines_of_its_own(text: str, then: str, other: str) -> None:
    at = text.index("{{")
    assert parse(text) == (If("a", at, parse(then), parse(other)),)


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("ab {{name", 3, 'After "{{" must come a name'),
        ("{{}}", 0, "{{}} means nothing here"),
        ("{{{a}}}", 0, "must come a name"),
        ("é {{#each a}}", 2, "{{#each a}} means nothing here"),
        ("{{#if a}}x", 0, "{{#if a}} is never closed; write {{/if}}"),
        ("{{#if a}}{{#if b}}{{/if}}{{/if}}", 9, "{{#if b}} stands inside another"),
        ("{{/if}}", 0, "closes no"),
        ("{{#if a}}{{else}}{{else}}{{/if}}", 17, "belongs to no"),
        ("{{else}}", 0, "belongs to no"),
        ("[a:{{#if x}}y]", 3, "never closed"),
        ("[a:" * 9, 24, "More than 8 brackets"),
        (f"a #b{'.s' * 9}#", 2, "#b# has 9 modifiers, and 8 is the most; take some out"),
        (f"[a:#b{'.capitalizeAll' * 1350}#]", 3, "#b# has 1,350 modifiers"),
    ],
)
def test_a_fault_has_its_place_and_a_sentence(text: str, at: int, said: str) -> None:
    with pytest.raises(TemplateFault) as fault:
        parse(text)
    assert fault.value.at == at
    assert said in fault.value.said
    assert fault.value.said.endswith(".")


def test_names_and_symbols_are_found_wherever_they_stand() -> None:
    parts = parse("{{a}} {{#if b}}#x.s#{{c}}{{/if}} #[y:{{d}} #z#,#y#]w# #y# [v:1]#v.a.s#")
    assert [name for name, _ in names(parts)] == ["a", "b", "c", "d"]
    assert [symbol for symbol, _ in symbols(parts)] == ["x", "z", "y", "w"]
    assert saved(parts) == {"y", "v"}
    assert [name for name, _ in modifiers(parts)] == ["s", "a", "s"]
    assert symbols(parse("#a# [a:x]#a#")) == [("a", 0)]


@settings(max_examples=200)
@given(ANY)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parts = parse(text)
    except TemplateFault as fault:
        place = fault.at
    else:
        place = None
        for name, at in names(parts):
            assert text[at:].startswith("{{")
            assert name in text[at:]
        for symbol, at in symbols(parts):
            assert text[at] == "#"
            assert symbol in text[at:]
    assert place is None or text[place] in "{[#"


@settings(max_examples=100)
@given(st.text())
def test_an_escaped_text_is_itself(text: str) -> None:
    escaped = "".join(f"\\{letter}" if letter in "\\#[]{," else letter for letter in text)
    assert parse(escaped) == ((Said(text),) if text else ())


@pytest.mark.parametrize(
    "text", ["#a#" * 6666, "[a:" * 8 + "x," * 9990, "#[a:" * 8 + "#b" * 9900, "[a:x#" * 4000, "\\{" * 10_000]
)
def test_a_long_template_is_read_once_for_each_bracket_around(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = _Reader._take
    monkeypatch.setattr(_Reader, "_take", lambda self, at, parts: taken.append(at) or take(self, at, parts))
    with suppress(TemplateFault):
        parse.__wrapped__(text)
    assert 0 < len(taken) <= (MAX_NESTED + 1) * len(text)
    assert all(count <= MAX_NESTED + 1 for count in Counter(taken).values())


def test_a_tag_may_have_eight_modifiers() -> None:
    assert parse(f"#a{'.s' * 8}#") == (Tag("a", 0, (), (Modifier("s"),) * 8),)
