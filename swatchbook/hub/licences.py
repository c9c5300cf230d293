"""Licences in plain words, and whether a model's licence goes with its parent's.

What a licence permits, asks and forbids is written in `assets/licences.yaml`
with a small set of keys; everything said here is derived from those keys. It
is a help for reading, no legal advice, and a licence that is not in the file is
named and never guessed at. Knows no network and no page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import Field, model_validator

from swatchbook.hub.facts import Facts
from swatchbook.settings import ROOT
from swatchbook.strict import Strict

FILE = ROOT / "assets" / "licences.yaml"
CAVEAT = "A summary to read by, not legal advice: the licence's own text decides."
NOT_STATED = "not stated"
USUAL = "usual"
"""What is said of a model's texts where nothing reaches so far."""
_NO_PERMISSION = "Without a licence nobody has given permission; ask the maker."
_OTHERS = ("other", "unknown")
"""Identifiers that say nothing by themselves; the maker's `license_name` may say more."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a licence says, in the keys of the data file.

    `families` are those it belongs to; `alike` holds, for each share-alike duty,
    the families one of which a changed copy's licence has to belong to.
    """

    may: frozenset[str] = frozenset()
    must: frozenset[str] = frozenset()
    may_not: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    alike: frozenset[frozenset[str]] = frozenset()

    def __and__(self, other: Terms) -> Terms:
        """Both at once: what both permit, with the duties and the bans of each."""
        return Terms(
            self.may & other.may,
            self.must | other.must,
            self.may_not | other.may_not,
            self.families | other.families,
            self.alike | other.alike,
        )


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as a person reads it. `id` is None where nothing is stated; `known` where its terms are on file."""

    id: str | None
    name: str
    summary: str
    terms: Terms = Terms()
    url: str | None = None
    known: bool = False

    @property
    def may(self) -> tuple[str, ...]:
        return _phrases(book().may, self.terms.may)

    @property
    def must(self) -> tuple[str, ...]:
        return _phrases(book().must, self.terms.must)

    @property
    def may_not(self) -> tuple[str, ...]:
        return _phrases(book().may_not, self.terms.may_not)

    @property
    def writes(self) -> str:
        """What holds for the texts that the model writes."""
        if self.id is None:
            return "Nobody has said what may be done with its texts; ask the maker."
        if not self.known:
            return "Nothing is on file about its texts; the licence's own text, or the maker, can tell."
        keys = self.terms.must | self.terms.may_not
        reaching = keys - ({"sell"} if "use" in keys else set())
        return " ".join(_phrases(book().writes, reaching) or _phrases(book().writes, [USUAL]))


class Named(Strict):
    """What people call one licence, and where its text is."""

    name: str = Field(min_length=1, max_length=60)
    url: str | None = Field(default=None, pattern=r"^https://[!-~]+$")


class Entry(Strict):
    """Licences that say the same."""

    ids: dict[str, Named] = Field(default_factory=dict)
    named: dict[str, Named] = Field(default_factory=dict)
    summary: str = Field(min_length=1, max_length=240)
    may: frozenset[str]
    must: frozenset[str] = frozenset()
    may_not: frozenset[str] = frozenset()
    family: str | None = None
    accepts: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.may & self.may_not:
            raise ValueError("what is permitted is forbidden as well")
        if ("share-alike" in self.must) != (self.family is not None):
            raise ValueError("share-alike needs a family, and nothing else does")
        if not (self.ids or self.named):
            raise ValueError("a licence has no name")
        return self

    def terms(self) -> Terms:
        own = frozenset({self.family} if self.family else ())
        alike = frozenset({own | self.accepts}) if own else frozenset()
        return Terms(self.may, self.must, self.may_not, own, alike)


class Book(Strict):
    """The data file: a phrase for each key, and the licences."""

    may: dict[str, str]
    must: dict[str, str]
    may_not: dict[str, str]
    writes: dict[str, str]
    elsewhere: frozenset[str]
    passed_on: frozenset[str]
    licences: list[Entry]

    @model_validator(mode="after")
    def _keys_are_known(self) -> Self:
        for entry in self.licences:
            for used, phrases in ((entry.may, self.may), (entry.must, self.must), (entry.may_not, self.may_not)):
                if strays := used - set(phrases):
                    raise ValueError(f"a licence uses keys that have no phrase: {sorted(strays)}")
        if strays := frozenset(self.writes) - self.may_not.keys() - self.must.keys() - {USUAL}:
            raise ValueError(f"sentences about its texts for duties and bans that there are not: {sorted(strays)}")
        if strays := self.passed_on - set(self.must):
            raise ValueError(f"duties that are passed on and have no phrase: {sorted(strays)}")
        names = [name for entry in self.licences for name in (*entry.ids, *entry.named)]
        if len(set(names)) != len(names):
            raise ValueError("a licence is listed twice")
        return self

    def licence(self, name: str) -> Licence | None:
        """The licence of this identifier, or None."""
        for entry in self.licences:
            if named := entry.ids.get(name) or entry.named.get(name):
                return Licence(name, named.name, entry.summary, entry.terms(), named.url, known=True)
        return None


@cache
def book(file: Path = FILE) -> Book:
    """The licences on file."""
    content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Book.model_validate(content)


def known_licences() -> dict[str, str]:
    """The Hub's identifiers of the licences on file, with their names, by name."""
    pairs = [(name, named.name) for entry in book().licences for name, named in entry.ids.items()]
    return dict(sorted(pairs, key=lambda pair: pair[1].casefold()))


def licence_id(said: str) -> str | None:
    """The Hub's identifier of a licence that is given by it, by its name on file or the beginning of that; or None."""
    wanted = said.strip().casefold()
    if wanted in _OTHERS or wanted in book().elsewhere:
        return wanted
    known = known_licences()
    begun = [key for key, name in known.items() if wanted and name.casefold().startswith(wanted)]
    exact = next((key for key, name in known.items() if wanted in (key, name.casefold())), None)
    return exact or (begun[0] if len(begun) == 1 else None)


def read_licence(facts: Facts) -> Licence:
    """What a model's licence says. Of several, all are taken to hold."""
    stated = [part for part in (facts.licence or "").split(" and ") if part.strip()]
    return reduce(_joined, (_read(part.strip(), facts) for part in stated)) if stated else _unstated("Not stated.")


def changed(child: Facts, parent: Facts) -> bool:
    """Whether the two state different licences, or only one of them states any."""
    return _identity(child) != _identity(parent)


def conflict(child: Facts, parent: Facts) -> str | None:
    """One sentence when a model's licence gives away what its parent's withholds, or drops what it asks; else None.

    Share-alike looks at families of licences, not at versions within one.
    """
    ours, theirs = read_licence(child), read_licence(parent)
    if theirs.id is None:
        return None if ours.id is None else _unlicensed(parent)
    whose = f"{parent.repo} is under {theirs.name},"
    if "share-changed" in theirs.terms.may_not:
        return f"{whose} which lets nobody share changed copies, and this is one."
    if not ours.known:
        return None
    if given := _phrases(book().may_not, ours.terms.may & theirs.terms.may_not):
        return f"{whose} which does not let people {' or '.join(given)}; {ours.name} does."
    if any(not families & ours.terms.families for families in theirs.terms.alike):
        return f"{whose} which changed copies have to stay under; this one is under {ours.name}."
    if lost := _phrases(book().must, (theirs.terms.must & book().passed_on) - ours.terms.must):
        return f"{whose} which asks people to {' and '.join(lost)}; {ours.name} does not."
    return None


def _unlicensed(parent: Facts) -> str:
    return f"{parent.repo} states no licence, so nobody has given permission to share changed copies of it."


def _read(name: str, facts: Facts) -> Licence:
    own_name = facts.licence_name if name in _OTHERS else None
    found = book().licence(name) or (book().licence(_slug(own_name)) if own_name else None)
    if found is not None:
        return found if found.url else Licence(found.id, found.name, found.summary, found.terms, _link(facts), True)
    if name == "unknown" and not own_name:
        return _unstated("The maker writes “unknown”.")
    called = own_name or (None if name in _OTHERS else name)
    how = f": {called}" if called else ", without a name"
    summary = f"A licence of its own{how}; read its text before you publish."
    return Licence(name, called or "a licence of its own", summary, url=_link(facts))


def _unstated(how: str) -> Licence:
    return Licence(None, NOT_STATED, f"{how} {_NO_PERMISSION}")


def _joined(first: Licence, second: Licence) -> Licence:
    both = [each.id for each in (first, second) if each.id]
    return Licence(
        " and ".join(both) or None,
        f"{first.name} and {second.name}",
        f"{first.summary} And {second.name}: {second.summary}",
        first.terms & second.terms,
        first.url or second.url,
        known=first.known and second.known,
    )


def _identity(facts: Facts) -> tuple[str | None, str | None]:
    named = facts.licence in _OTHERS
    return facts.licence, facts.licence_name if named else None


def _slug(name: str) -> str:
    return name.strip().lower().replace(" ", "-")


def _link(facts: Facts) -> str | None:
    """The maker's link to the licence, when it is an ordinary web address."""
    link = facts.licence_link or ""
    try:
        parts = urlsplit(link)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return None
    return link if fits and link.isprintable() and " " not in link else None


def _phrases(phrases: Mapping[str, str], keys: Iterable[str]) -> tuple[str, ...]:
    """The keys' phrases, in the order of the data file."""
    wanted = frozenset(keys)
    return tuple(phrase for key, phrase in phrases.items() if key in wanted)
