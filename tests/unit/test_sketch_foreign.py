"""Files that nobody means well with end soon and lose nothing: what is written here once took minutes, or raised."""

from __future__ import annotations

import pytest

from swatchbook.runs import RunError
from swatchbook.sketch.dotprompt import from_dotprompt
from swatchbook.sketch.handlebars import taken
from swatchbook.sketch.reader import read_sketch


def asked(key: str, value: str = "string") -> list[tuple[str, str, str]]:
    """The inputs that one key of a schema makes."""
    text, _ = from_dotprompt(f'---\ninput:\n  schema:\n    ? "{key}"\n    : {value}\n---\nHello')
    return [(name, each.kind, each.ask) for name, each in read_sketch(text).inputs.items()]


@pytest.mark.parametrize(
    ("key", "kind", "ask"),
    [
        ("a", "text", "A"),
        ("a?", "text", "A"),
        (" a ? ( integer ) ", "number", "A"),
        ("a(array, One, two (or three))", "long", "One, two (or three)"),
    ],
)
def test_a_key_says_a_name_a_type_and_what_it_is(key: str, kind: str, ask: str) -> None:
    assert asked(key) == [("a", kind, ask)]


@pytest.mark.parametrize("inner", [" ", "?", "(", ",", ")", "( ", "?\\t"], ids=range(7))
def test_a_long_key_is_read_at_once(inner: str) -> None:
    assert [name for name, *_ in asked(f"a{inner * 8_000}b?(")] in (["a"], ["a_b"])


def test_long_runs_of_signs_are_read_at_once() -> None:
    slashes = "\\" * 300_000
    assert taken(slashes).template == slashes * 2
    with pytest.raises(RunError, match="not closed"):
        taken("{{!--x}}" * 100_000)


def test_a_setting_may_be_any_number() -> None:
    text, untold = from_dotprompt(f"---\nconfig: {{maxOutputTokens: {'9' * 5_000}}}\n---\nHello")
    assert read_sketch(text).steps[0].config.max_tokens == 512
    assert untold[1].startswith("A step writes 512 tokens at most here")


def test_two_variables_are_never_one_input() -> None:
    head = "---\ninput:\n  default: {user_name: Ada, userName: Bo, UserName: Cy}\n---\n"
    text, _ = from_dotprompt(f"{head}{{{{userName}}}} {{{{user_name}}}} {{{{user.name}}}} {{{{userName}}}}")
    sketch = read_sketch(text)
    assert sketch.steps[0].prompt == "{{user_name}} {{user_name_2}} {{user_name_3}} {{user_name}}"
    assert {name: each.default for name, each in sketch.inputs.items()} == {
        "user_name": "Bo",
        "user_name_2": "Ada",
        "user_name_3": "",
        "user_name_4": "Cy",
    }


def test_a_variable_that_cannot_be_named_is_told() -> None:
    assert from_dotprompt("---\ninput: {schema: {名: string}}\n---\nHello")[1][0].startswith('"名" is left out')


MANY = [
    "".join(f"{{{{a{'-' * n}}}}}" for n in range(200)),
    f"---\ninput:\n  default: {{{', '.join(f'a{n}: b' for n in range(13))}}}\n---\nHello",
]


@pytest.mark.parametrize("text", MANY, ids=["filled in", "described"])
def test_more_than_a_sketch_can_ask_for_is_said(text: str) -> None:
    with pytest.raises(RunError, match="more than 12 things; leave some out"):
        from_dotprompt(text)
