"""The one door: whatever goes through it is text when it comes out."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.render import MAX_MARKDOWN, TAGS, markdown, template, text


class Parsed(HTMLParser):
    """What a reader of HTML makes of it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


printable = st.text(st.characters(exclude_categories=("Cs", "Cc")))


@given(printable)
def test_text_says_the_same_and_holds_no_markup(value: str) -> None:
    parsed = Parsed(text(value))
    assert parsed.words == value
    assert parsed.tags == []


@given(printable)
def test_text_stays_within_a_quoted_attribute(value: str) -> None:
    parsed = Parsed(f'<i title="{text(value)}"></i>')
    assert parsed.tags == [("i", {"title": value})]


@given(st.text(), st.text())
def test_a_growing_text_only_grows(before: str, more: str) -> None:
    assert text(before + more) == text(before) + text(more)


@given(st.text())
def test_what_comes_out_can_be_sent(value: str) -> None:
    shown = text(value)
    shown.encode()
    assert not any(character in shown for character in "<>\"'`$\x00\x1b\x7f")


def test_control_characters_are_shown() -> None:
    assert text("a\x00\x1b\tb\n") == "a\u2400\u241b\tb\n"


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](http://example.com/x.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        '<a href="x" onclick=alert(1)>x</a>',
        "<style>@import 'x'</style>",
        "<svg onload=alert(1)>",
        "<https://example.com/><b onclick=x>",
        '[x](http://example.com "title\\" onclick=alert(1)")',
        "```html\n<script>alert(1)</script>\n```",
    ],
)
def test_markdown_keeps_no_script_style_image_or_odd_link(source: str) -> None:
    for tag, attributes in Parsed(markdown(source)).tags:
        assert tag not in ("script", "style", "img", "svg", "iframe", "object", "form")
        assert not any(name.startswith("on") or name in ("style", "class", "src") for name in attributes)
        assert (attributes.get("href") or "http").startswith(("http", "mailto"))


@given(st.text(alphabet="<>[]()!\"'`*_#|-abj:/ \n", max_size=200))
def test_markdown_of_anything_holds_only_plain_tags(source: str) -> None:
    assert {tag for tag, _ in Parsed(markdown(source)).tags} <= TAGS


def test_markdown_is_read_up_to_its_limit() -> None:
    assert len(Parsed(markdown("x" * (2 * MAX_MARKDOWN))).words.strip()) == MAX_MARKDOWN


def test_markdown_still_marks_up() -> None:
    assert "<strong>bold</strong>" in markdown("**bold**")
    assert 'href="https://example.com"' in markdown("[a](https://example.com)")


HOME = "https://hub.example/new/acorn/blob/main/README.md"


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("LICENSE", "https://hub.example/new/acorn/blob/main/LICENSE"),
        ("/?tab=compare&model=x", "https://hub.example/?tab=compare&model=x"),
        ("?tab=compare", f"{HOME}?tab=compare"),
        ("#terms", f"{HOME}#terms"),
        ("//elsewhere.example/x", "https://elsewhere.example/x"),
        ("http:?tab=compare", None),
        ("HTTPS:/x", None),
        ("http://elsewhere.example", "http://elsewhere.example"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
)
def test_a_link_never_leads_into_this_page(link: str, leads: str | None) -> None:
    (found,) = [attributes for tag, attributes in Parsed(markdown(f"[x]({link})", HOME)).tags if tag == "a"]
    assert found.pop("href", None) == leads
    assert found == {"target": "_blank", "rel": "noopener noreferrer nofollow"}
    (alone,) = [attributes for tag, attributes in Parsed(markdown(f"[x]({link})")).tags if tag == "a"]
    assert alone.get("href") == (leads if leads == link else None)


def test_slots_are_marked_and_filled() -> None:
    assert template("The {a|b} said") == 'The <mark class="slot">{a|b}</mark> said'
    assert template("The {a|b} said", ("a",)) == 'The <mark class="slot">a</mark> said'


@given(printable, st.lists(printable, max_size=3))
def test_a_template_is_text_but_for_its_marks(source: str, words: list[str]) -> None:
    parsed = Parsed(template(source, tuple(words)))
    assert {tag for tag, _ in parsed.tags} <= {"mark"}
    assert Parsed(template(source)).words == source


def test_of_a_long_template_the_end_is_shown() -> None:
    shown = Parsed(template("x" * 500 + "{a|b} end", ("a",), most=20)).words
    assert shown.startswith("…")
    assert shown.endswith("a end")
    assert len(shown) < 40
