"""Between a sketch's templates and those of Handlebars, as far as each can say what the other does.

Both fill in `{{name}}` and know `{{#if name}}`, `{{else}}` and `{{/if}}`. Handlebars has more; a sketch has a grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from swatchbook.sketch.literal import literal
from swatchbook.sketch.parts import is_name
from swatchbook.sketch.stumbles import clipped

_TAG = re.compile(r"(?P<back>\\{0,2})\{\{(?P<tag>\{?~?(?:!--.*?--|[^{}]*?)~?\}?)\}\}", re.DOTALL)
_VARIABLE = re.compile(r"(?!(?:else|this|history)\Z)[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*")
_ROLE = re.compile(r"role\s+[\"']?(\w+)[\"']?")
_OURS = re.compile(
    r"(?P<braces>(?:\\\{)+(?:\{(?!\{))?)(?P<close>(?=\{\{))?|\\(?P<back>\\)(?=\{\{)|\\(?P<plain>[\\#\[\],])"
)


@dataclass(frozen=True)
class Taken:
    """What a template of Handlebars is in a sketch, and a sentence for each thing that it cannot be there.

    `names` leads from what is filled in there, such as `user.firstName`, to its name here, such as `user_first_name`.
    """

    template: str
    names: dict[str, str]
    untold: list[str]


def taken(body: str) -> Taken:
    """A template of Handlebars as one of a sketch. What has no meaning here stands there as text: nothing is lost."""
    found = _Taking()
    for text, tag in _cut(body):
        found.plain += text
        if tag is not None:
            found.take(tag)
    return found.done()


def given(template: str) -> str:
    """A sketch's template as one of Handlebars. The tags of its grammar are text there.

    A brace right before what is filled in gets a space after it: Handlebars has no way to write one there.
    """
    return _OURS.sub(_unescaped, template)


def name_of(variable: str) -> str:
    """What a variable may be called in a sketch; empty where no letter is left of it."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", variable).lower()
    name = re.sub(r"[^a-z0-9]+", "_", words).strip("_").lstrip("0123456789_")[:32]
    return name if not name or is_name(name) else f"{name}_"


def _unescaped(found: re.Match[str]) -> str:
    if braces := found["braces"]:
        count = braces.count("{")
        return ("\\" + "{" * count if count > 1 else "{") + (" " if found["close"] is not None else "")
    return found["plain"] or "\\\\"


def _cut(body: str) -> Iterator[tuple[str, str | None]]:
    """The texts of a template, each with the tag that follows it, without the blanks that a ~ takes away."""
    at, trim = 0, False
    for found in _TAG.finditer(body):
        text = body[at : found.start()]
        text, at = text.lstrip() if trim else text, found.end()
        tag, trim = found["tag"], False
        if found["back"] == "\\":
            yield text + found[0][1:], None
            continue
        trim = tag.rstrip("}").endswith("~")
        text += found["back"][1:]
        yield text.rstrip() if tag.lstrip("{").startswith("~") else text, tag
    yield body[at:].lstrip() if trim else body[at:], None


class _Taking:
    """One template of Handlebars as it is taken over, tag by tag."""

    def __init__(self) -> None:
        self.plain = ""
        self._parts: list[str] = []
        self._names: dict[str, str] = {}
        self._open: list[tuple[str, bool]] = []
        self._lost: dict[str, None] = {}
        self._roles: dict[str, None] = {}

    def take(self, tag: str) -> None:
        """Take over what stands between two braces."""
        word = tag.strip("{}~ \t\r\n")
        if role := _ROLE.fullmatch(word):
            self._roles[role[1]] = None
        elif word.startswith("!"):
            return
        elif ours := self._ours(word):
            self._parts += [literal(self.plain), ours]
            self.plain = ""
        else:
            self.plain += "{{" + tag + "}}"

    def done(self) -> Taken:
        untold = [f"{tag} means nothing in a sketch; it stands there as text." for tag in self._lost]
        if set(self._roles) - {"user"}:
            roles = ", ".join(clipped(role) for role in self._roles)
            untold.append(f"The parts of several speakers ({roles}) are one prompt now, one after another.")
        return Taken("".join([*self._parts, literal(self.plain)]).strip("\n"), self._names, untold)

    def _ours(self, word: str) -> str:
        """A tag as a sketch writes it; empty where it has no such tag."""
        if word.startswith("/"):
            return "{{/if}}" if self._open and self._open.pop()[1] else ""
        if word == "else":
            return "{{else}}" if self._open and self._open[-1][1] else ""
        helper, _, variable = word.rpartition(" ") if word.startswith("#") else ("", "", word)
        inside = any(not ours and opened != "#if" for opened, ours in self._open)
        can = not inside and (helper == "" or (helper.rstrip() == "#if" and not self._open))
        name = self._name(variable) if can else ""
        if word.startswith("#"):
            self._open.append((word.split()[0], bool(name)))
        if not name and not inside:
            nested = word.startswith("#if") and len(self._open) > 1
            first = clipped((word.split() or [""])[0])
            self._lost[f"{{{{{first}}}}}{' inside another' if nested else ''}"] = None
        return f"{{{{{'#if ' if helper else ''}{name}}}}}" if name else ""

    def _name(self, variable: str) -> str:
        name = name_of(variable) if _VARIABLE.fullmatch(variable) else ""
        if name:
            self._names[variable] = name
        return name
