"""Names of languages for the codes that cards state, in English.

The names are those of Unicode's CLDR, as the Babel package carries them. Knows
nothing of models.
"""

from __future__ import annotations

import re
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

_SPECIAL = {"multilingual": "many languages", "mul": "many languages", "code": "program code"}
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8}){0,3}")
_NOT_OFFERED = frozenset(["sh"])
"""Two letters that no longer stand for a language."""
_FREQUENT = """
    ace ary arz ast awa ban bem bho bjn bug ceb ckb crh din dyu fil fon fur gsw haw hil hmn ilo
    kab kac kam kea kmb kok krc lij lmo ltg lua luo lus mag mai min mni mos mwl nds nso nus pag pap pcm quc sat
    scn shi szl tcy tum tzm umb vec war wuu yue zgh
"""
"""Codes of three letters that are common among models, beside the two-letter ones."""


def language_name(code: str) -> str:
    """The English name of a language, such as Portuguese (Brazil) for pt-BR; a code nobody knows stands as it is."""
    key = code.strip().lower()
    if key in _SPECIAL or not _CODE.fullmatch(key):
        return _SPECIAL.get(key, code)
    language, *rest = re.split("[-_]", key)
    name = _languages().get(language) or _languages().get(_renamed(language))
    if name is None:
        return code
    details = ", ".join(_detail(part) for part in rest)
    return f"{name} ({details})" if details else name


def language_code(said: str) -> str | None:
    """The code of a language that is given by its code, its English name, the beginning of that, or its own name; None
    where it is none of them.

    A word that is both, as Ga and Twi are, is a name where it begins with a capital.
    """
    said = said.strip()
    code = next((code for code, name in _languages().items() if name.casefold() == said.casefold()), None)
    if code is not None and (said[:1].isupper() or language_name(said) == said):
        return code.replace("_", "-")
    lower = said.casefold()
    if language_name(lower) != lower:
        return said if "-" in said else lower
    begun = [code for code in COMMON if language_name(code).casefold().startswith(lower)]
    return _own_names().get(lower) or (begun[0] if len(begun) == 1 and lower else None)


@cache
def _languages() -> dict[str, str]:
    return dict(Locale("en").languages)


@cache
def _own_names() -> dict[str, str]:
    """Codes by what speakers call their language: deutsch, français."""
    found = {}
    for code in COMMON:
        try:
            name = Locale.parse(code).get_language_name()
        except (UnknownLocaleError, ValueError):
            continue
        if name:
            found[name.casefold()] = code
    return found


def _renamed(language: str) -> str:
    """The code that stands for this one today, `fr` for `fra`; the same where there is none."""
    return str(get_global("language_aliases").get(language, language)).partition("_")[0]


def _detail(part: str) -> str:
    """A script, a country or a region, by name."""
    known = Locale("en")
    return str(known.scripts.get(part.title()) or known.territories.get(part.upper()) or part)


def _common() -> tuple[str, ...]:
    two_letters = {code for code in _languages() if len(code) == 2} - _NOT_OFFERED
    return tuple(sorted(two_letters.union(_FREQUENT.split()), key=lambda code: language_name(code).casefold()))


COMMON = _common()
"""The codes that a filter offers, by their English names: all of two letters, and the frequent ones of three."""
