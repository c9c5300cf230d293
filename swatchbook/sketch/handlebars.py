"""Between a sketch's templates and those of Handlebars, as far as each can say what the other does.

Both fill in `{{name}}` and know `{{#if name}}`, `{{else}}` and `{{/if}}`, with the same rules for lines that hold
nothing else, so that a text goes over as it is laid out. Handlebars has more; a sketch has a grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from swatchbook.runs import RunError
from swatchbook.sketch.foreign import Names
from swatchbook.sketch.literal import literal
from swatchbook.sketch.stumbles import clipped

_OWN = {"else", "this", "true", "false", "null", "undefined"} | {
    *("if", "unless", "each", "with", "log", "lookup"),
    *("json", "role", "history", "section", "media", "ifEquals", "unlessEquals"),
}
"""Words of Handlebars' and dotprompt's own, which stand for no value where they stand alone."""
_BEGIN = re.compile(r"(?<!\\)(\\*)\{\{")
_TAGS = (
    re.compile(r"\{\{(?P<left>~?)(?P<word>!)--.*?--(?P<right>~?)\}\}", re.DOTALL),
    re.compile(r"\{\{(?P<left>~?)(?P<word>!)(?!--).*?(?P<right>~?)\}\}", re.DOTALL),
    re.compile(
        r"""\{\{(?P<left>~?)(?:&|(\{))?(?P<word>(?!!--)(?:"[^"]*"|'[^']*'|[^"'{}~])*)(?(2)\})(?P<right>~?)\}\}"""
    ),
)
_PART = r"[^\s!\"#%&'()*+,./;<=>@\[\\\]^`{|}~]+"
_PATH = rf"(?:this\.|\./)?(?:\[(?P<held>{_PART})\]|(?P<bare>{_PART}(?:\.{_PART})*))"
_NAME, _IF = re.compile(_PATH), re.compile(rf"#if\s+{_PATH}")
_ROLE = re.compile(r"role\s+[\"']?(\w+)[\"']?")
_PIECE = re.compile(r"\\([\\#\[\]{,])|\{\{([^{}\n]*)\}\}|[^\\{]+|.", re.DOTALL)
_APART = " {{~!}}"
"""A remark without words that takes the blank before it away, so that a text and the braces after it stay apart."""


@dataclass(frozen=True)
class Taken:
    """What a template of Handlebars is in a sketch, and a sentence for each thing that it cannot be there.

    `names` leads from what is filled in there to its name here.
    """

    template: str
    names: Names
    untold: list[str]


def taken(body: str) -> Taken:
    """A template of Handlebars as one of a sketch. What has no meaning here stands there as text: nothing is lost.

    Raises RunError where braces or blocks are not closed, or where it fills in more than a sketch can ask for.
    """
    found, tokens = _Taking(), list(_tokens(body))
    found.take(_without_remarks(tokens), branching=False)
    return found.done(_speakers(tokens))


def given(template: str) -> str:
    """A sketch's template as one of Handlebars. The tags of its grammar are text there."""
    out, said = "", ""
    for piece in _PIECE.finditer(template):
        if piece[2] is None:
            said += piece[1] or piece[0]
        else:
            out += _text(said, out, before_tag=True) + _tag(piece[2].strip(" \t"))
            said = ""
    return out + _text(said, out, before_tag=False)


def _tag(word: str) -> str:
    """What stands in a sketch's braces so that it can be taken for nothing but a name."""
    helper, name = ("#if ", word.removeprefix("#if").strip()) if word.startswith("#if") else ("", word)
    own = name in _OWN and (helper or name != "else")
    return f"{{{{{helper}{f'this.[{name}]' if own else name}}}}}"


def _text(said: str, before: str, before_tag: bool) -> str:
    """Text in Handlebars, which neither takes it for braces nor joins it to those around it."""
    text = re.sub(r"(\\?)\{\{", lambda found: f"{found[1]}{_APART if found[1] else ''}\\{{{{", said)
    if before_tag and said.endswith("\\"):
        text += "\\"
    elif before_tag and said.endswith("{"):
        text += _APART
    return f"{{{{!}}}}{text}" if before and said.startswith("}") else text


@dataclass(frozen=True, slots=True)
class _Token:
    """Text, or braces with `word` in them (None for text, `!` for a comment); `source` is how it was written."""

    source: str
    text: str = ""
    word: str | None = None
    left: bool = False
    right: bool = False

    @property
    def remark(self) -> bool:
        """Whether nothing is left of it in a sketch: it is a comment, or says who speaks."""
        return self.word is not None and (self.word == "!" or _ROLE.fullmatch(self.word) is not None)

    @property
    def deeper(self) -> int:
        """1 where it begins a block, -1 where it ends one."""
        word = self.word or " "
        return -1 if word[0] == "/" else int(word[0] == "#" or (word[0] == "^" and word != "^"))


def _tokens(body: str) -> Iterator[_Token]:
    """The texts and braces of a template. Raises RunError where braces are not closed."""
    at = 0
    while begun := _BEGIN.search(body, at):
        slashes, start = len(begun[1]), begun.end() - 2
        if slashes == 1:
            yield _Token(body[at : begun.end()], f"{body[at : begun.start()]}{{{{")
            at = begun.end()
            continue
        if body[at:start]:
            yield _Token(body[at:start], body[at : start - 1] if slashes else body[at:start])
        tag = next(filter(None, (each.match(body, start) for each in _TAGS)), None)
        if tag is None or body.startswith("{{{{", start):
            line = body.count("\n", 0, start) + 1
            raise RunError(f"The braces in line {line} of the prompt are not closed as they should be; mend them.")
        yield _Token(tag[0], "", tag["word"].strip() or " ", bool(tag["left"]), bool(tag["right"]))
        at = tag.end()
    if body[at:]:
        yield _Token(body[at:], body[at:])


def _speakers(tokens: Sequence[_Token]) -> list[str]:
    """Who speaks in a prompt."""
    return list(dict.fromkeys(role[1] for token in tokens if (role := _ROLE.fullmatch(token.word or ""))))


def _without_remarks(tokens: list[_Token]) -> list[_Token]:
    """The same without comments and roles, the lines that they have to themselves, and the blanks that ~ takes away."""
    for at, token in enumerate(tokens):
        if token.remark and _alone(tokens, at):
            _change(tokens, at - 1, lambda text: text.rstrip(" \t"))
            _change(tokens, at + 1, lambda text: re.sub(r"\A[ \t]*(?:\n|\Z)", "", text))
        if token.left:
            _change(tokens, at - 1, str.rstrip)
        if token.right:
            _change(tokens, at + 1, str.lstrip)
    return [token for token in tokens if not token.remark]


def _alone(tokens: Sequence[_Token], at: int) -> bool:
    before = tokens[at - 1] if at else _Token("")
    after = tokens[at + 1] if at + 1 < len(tokens) else _Token("")
    starts = re.search(r"\n[ \t]*\Z" if at > 1 else r"(?:\n|\A)[ \t]*\Z", before.text)
    ends = re.match(r"[ \t]*\n" if at + 2 < len(tokens) else r"[ \t]*(?:\n|\Z)", after.text)
    return before.word is None and after.word is None and bool(starts and ends)


def _change(tokens: list[_Token], at: int, change: Callable[[str], str]) -> None:
    if 0 <= at < len(tokens) and tokens[at].word is None:
        tokens[at] = replace(tokens[at], text=change(tokens[at].text))


class _Taking:
    """A template as it is taken over, token by token. Texts side by side are escaped as one."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._said: list[str] = []
        self._names = Names()
        self._lost: dict[str, None] = {}

    def take(self, tokens: Sequence[_Token], branching: bool) -> None:
        at = 0
        while at < len(tokens):
            end = at
            if tokens[at].word is None:
                self._said.append(tokens[at].text)
            elif not branching and (condition := self._condition(tokens, at)):
                end = _end(tokens, at)
                self._live(f"#if {condition}")
                self.take(tokens[at + 1 : end], branching=True)
                self._live("/if")
            elif branching and tokens[at].word in ("else", "^"):
                self._live("else")
            elif name := self._name(_NAME.fullmatch(tokens[at].word or "")):
                self._live(name)
            else:
                end = _end(tokens, at)
                self._keep(tokens[at : end + 1], branching)
            at = end + 1

    def done(self, roles: Sequence[str]) -> Taken:
        untold = [f"{tag} means nothing in a sketch; it stands there as text." for tag in self._lost]
        if set(roles) - {"user"}:
            said = ", ".join(map(clipped, roles))
            untold.append(f"The parts of several speakers ({said}) are one prompt now, one after another.")
        self._settle()
        return Taken("".join(self._out).strip("\n"), self._names, untold)

    def _condition(self, tokens: Sequence[_Token], at: int) -> str:
        """The name that a branch asks for; empty where none begins here, or one with more than an {{else}}."""
        if not (found := _IF.fullmatch(tokens[at].word or "")):
            return ""
        return self._name(found) if _is_branch(tokens[at : _end(tokens, at)]) else ""

    def _name(self, found: re.Match[str] | None) -> str:
        """The name in a sketch for what is filled in; empty where it is a word of Handlebars' own, or no name."""
        variable = (found["held"] or found["bare"]) if found else ""
        if not found or (found[0] == variable and (variable in _OWN or variable.isdigit())):
            return ""
        return self._names.of(variable)

    def _keep(self, tokens: Sequence[_Token], branching: bool) -> None:
        """Keep as text what has no meaning here."""
        self._said += [token.source for token in tokens]
        word = tokens[0].word or ""
        nested = branching and word.startswith("#if")
        self._lost[f"{{{{{clipped((word.split() or [' '])[0])}}}}}{' inside another' if nested else ''}"] = None

    def _live(self, word: str) -> None:
        self._settle()
        self._out.append(f"{{{{{word}}}}}")

    def _settle(self) -> None:
        self._out.append(literal("".join(self._said)))
        self._said.clear()


def _end(tokens: Sequence[_Token], at: int) -> int:
    """Where the block that begins here is closed; what begins none ends where it begins. Raises RunError."""
    depth = 0
    for end in range(at, len(tokens)):
        depth += tokens[end].deeper
        if depth <= 0:
            return end
    raise RunError(f"{{{{{clipped(tokens[at].word or '')}}}}} in the prompt is never closed; close it.")


def _is_branch(tokens: Sequence[_Token]) -> bool:
    """Whether a block, without its end, has two branches at most: no `{{else if …}}`."""
    depth, others = 0, 0
    for token in tokens:
        depth += token.deeper
        word = token.word or ""
        if depth == 1 and (word == "^" or word.split(" ")[0] == "else"):
            others += 1 if word in ("^", "else") else 2
    return others <= 1
