"""Names of languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.hub.languages import COMMON, language_code, language_name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("fr", "French"),
        ("FR", "French"),
        ("fra", "French"),
        ("deu", "German"),
        ("swh", "Swahili"),
        ("iw", "Hebrew"),
        ("yue", "Cantonese"),
        ("pt-BR", "Portuguese (Brazil)"),
        ("pt-br", "Portuguese (Brazil)"),
        ("zh-Hans", "Chinese (Simplified)"),
        ("zho_Hans", "Chinese (Simplified)"),
        ("es-419", "Spanish (Latin America)"),
        ("sr-Latn-RS", "Serbian (Latin, Serbia)"),
        ("en-xx", "English (xx)"),
        ("multilingual", "many languages"),
        ("code", "program code"),
    ],
)
def test_codes_have_names(code: str, name: str) -> None:
    assert language_name(code) == name


@pytest.mark.parametrize(
    "code", ["qqq", "klingon", "", "english", "<b>", "x" * 10_000, "en-" + "a" * 50, "../../en", "\u202een"]
)
def test_what_nobody_knows_stands_as_it_is(code: str) -> None:
    assert language_name(code) == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Welsh", "cy"),
        (" welsh ", "cy"),
        ("cy", "cy"),
        ("CY", "cy"),
        ("pt-BR", "pt-BR"),
        ("code", "code"),
        ("Wlsh", None),
        ("Fren", "fr"),
        ("Deutsch", "de"),
        ("français", "fr"),
        ("a", None),
        ("Brazilian Portuguese", "pt-BR"),
    ],
)
def test_a_language_is_known_by_its_name_or_its_code(said: str, code: str | None) -> None:
    assert language_code(said) == code


@given(st.sampled_from(COMMON))
def test_every_name_that_is_offered_leads_to_its_language(code: str) -> None:
    assert language_name(str(language_code(language_name(code)))) == language_name(code)


@given(st.text(max_size=60))
def test_any_text_has_a_name(code: str) -> None:
    assert isinstance(language_name(code), str)


def test_the_filter_offers_every_two_letter_language_and_frequent_others_by_name() -> None:
    names = [language_name(code) for code in COMMON]
    assert {"en", "fr", "zh", "sw", "cy", "zu", "fil", "yue", "ast", "ceb"} <= set(COMMON)
    assert sum(len(code) == 2 for code in COMMON) >= 180
    assert names == sorted(names, key=str.casefold)
    assert len(set(names)) == len(names) == len(set(COMMON))
    assert all(name != code for name, code in zip(names, COMMON, strict=True))
