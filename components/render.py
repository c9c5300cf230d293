"""The one door through which foreign text becomes HTML.

Model output, prompts, titles and error messages are foreign: nobody here wrote
them. They pass `text` or `markdown` before they reach a page. Everything else
in `components` writes only markup of its own.
"""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt

from swatchbook.markup import template as template
from swatchbook.markup import text as text

MAX_MARKDOWN = 50_000
"""Most characters read as Markdown: a hostile text of this size costs half a second."""

TAGS = {"p", "br", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "a", "table"}
TAGS |= {"thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6", "s"}
_HOSTLESS = re.compile(r"https?:(?!//)", re.IGNORECASE)
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


def markdown(source: str, base: str = "") -> str:
    """Markdown as HTML without raw HTML, images, styles or scripts; links open elsewhere.

    A link that names no host is read from `base`, the address the source stands at;
    without one it leads nowhere, for here it would lead into this page.
    """
    html = _markdown.render(source[:MAX_MARKDOWN])
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        attribute_filter=_elsewhere,
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", base) if base else "deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _elsewhere(_tag: str, name: str, value: str) -> str | None:
    """An attribute, unless it is a link like `http:x`, which a browser reads from this page's own address."""
    return None if name == "href" and _HOSTLESS.match(value) else value


def ago(seconds: float) -> str:
    """How long ago something was, as people say it: 3 minutes ago, 2 days ago."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
