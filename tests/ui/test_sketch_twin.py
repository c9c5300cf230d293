"""The templates, grammar and dice of a published page, beside those of the house: the same text from both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, Page

from swatchbook.settings import ROOT
from swatchbook.sketch.dice import Dice, seed_of
from swatchbook.sketch.grammar import MODIFIERS, Endless, fill, holds, modified
from swatchbook.sketch.publish.page import TWINS
from swatchbook.sketch.template import TemplateFault, parse

TWIN = "".join((ROOT / "assets" / "js" / f"{name}.js").read_text(encoding="utf-8") for name in TWINS)
THERE = "(0, eval)(`${window.twin}; ({ ...swatchbookDice, ...swatchbookTemplate, ...swatchbookGrammar })`)"
ASKED = f"(given) => (%s)({THERE}, given)"
FILLED = (
    ASKED
    % """(twin, cases) => cases.map(({ template, values, grammar, seed }) => {
        const dice = new twin.Dice(...seed);
        try { return [twin.fill(twin.parse(template), values, grammar, dice), dice.number32()]; }
        catch (error) { return [error.message, error.at ?? null]; }
    })"""
)
WITH_CASE = 0x20000
"""Beyond here no letter has a capital."""

WORDS = st.text("aeiouyshx nß'İŉ-,.é𐐨ǆ日😀\u2028\u3000\x85\x1c", max_size=8) | st.text(max_size=6)
SYMBOLS = st.sampled_from(["a", "b", "c", "constructor", "gone"])
MODIFIED = st.sampled_from([*(f".{name}" for name in MODIFIERS), ".replace(a,$&)", ".replace(s,)", ".odd", "", "", ""])
NAMES = st.sampled_from(["v", "w", "toString"])
MARKS = st.sampled_from(
    [
        "{{#if v}}",
        "{{#if w}}",
        "{{else}}",
        "{{/if}}",
        "{{",
        "[",
        "[a:",
        "[c:x,y]",
        "[b:POP]",
        "]",
        ",",
        "#",
        "\n",
        " ",
        "\\",
    ]
)


def tag(symbol: str, modifiers: list[str], save: str) -> str:
    return f"#{save}{symbol}{''.join(modifiers)}#"


TAGS = st.builds(
    tag, SYMBOLS, st.lists(MODIFIED, max_size=2), st.sampled_from(["", "", "[a:x,#b#]", "[c:{{v}}]", "[#b#]"])
)
VALUES = NAMES.map(lambda name: f"{{{{{name}}}}}")
BRANCHES = st.builds("{{{{#if {}}}}}\n{}\n{{{{else}}}}{}{{{{/if}}}}".format, NAMES, TAGS, WORDS)
TEMPLATES = st.lists(TAGS | VALUES | BRANCHES | WORDS | MARKS, max_size=7).map("".join)
RULES = st.lists(WORDS | TAGS | VALUES | st.sampled_from(["[a:z]", "#b#, #c#"]), max_size=3).map("".join)
CASES = st.fixed_dictionaries(
    {
        "template": TEMPLATES,
        "values": st.dictionaries(NAMES, WORDS | TEMPLATES | st.sampled_from(["no", " no", "\n"])),
        "grammar": st.dictionaries(st.sampled_from(["a", "b", "c", "constructor"]), st.lists(RULES, max_size=3)),
        "seed": st.lists(st.integers(0, 2**31) | WORDS, max_size=3),
    }
)


@pytest.fixture(scope="module")
def page(browser: BrowserContext) -> Iterator[Page]:
    page = browser.new_page()
    page.evaluate("twin => { window.twin = twin; }", TWIN)
    yield page
    page.close()


def here(case: dict[str, Any]) -> list[Any]:
    dice = Dice(*case["seed"])
    try:
        return [fill(parse(case["template"]), case["values"], case["grammar"], dice), dice.number32()]
    except TemplateFault as fault:
        return [fault.said, fault.at]
    except Endless as endless:
        return [str(endless), None]


def made(most: int) -> list[dict[str, Any]]:
    """As many cases as hypothesis makes of them, for one look at the browser."""
    cases: list[dict[str, Any]] = []

    @settings(
        max_examples=most,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(CASES)
    def gather(case: dict[str, Any]) -> None:
        cases.append(case)

    gather()
    return cases


def test_both_fill_a_template_alike(page: Page) -> None:
    cases = made(400)
    differ = [case for case, there in zip(cases, page.evaluate(FILLED, cases), strict=True) if here(case) != there]
    assert min(differ, key=lambda case: len(str(case)), default=None) is None


def test_both_stop_what_never_ends_at_the_same_place(page: Page) -> None:
    grammar = {"a": ["#a#"], "b": ["#c##c#"], "c": ["#b#", "😀" * 900], "d": ["x" * 300]}
    grammar |= {"e": [f"#f{'.capitalizeAll' * 8}#"], "f": [f"#g{'.capitalizeAll' * 8}#"], "g": ["😀b " * 5200]}
    templates = ["#a#", "#b#", "#c#" * 30, "[x:#a#]", "#d#" * 67, "#d.s#" * 4001, "[a:" * 9, "é😀{{", "{{v}}", "{{v}}x"]
    templates += [f"#d{'.s' * 9}#", f"[x:#d{'.s' * 1350}#]", "#e#", "#f#", "#g#" * 400]
    values = {"v": "😀" * 20_000}
    cases = [{"template": text, "values": values, "grammar": grammar, "seed": [7, text]} for text in templates]
    assert [here(case) for case in cases] == page.evaluate(FILLED, cases)


def test_both_know_every_letter_alike(page: Page) -> None:
    there = page.evaluate(
        ASKED
        % """(twin, codes) => Array.from({ length: codes }, (_, code) => code)
            .filter((code) => code < 0xd800 || code > 0xdfff).map((code) => String.fromCodePoint(code))
            .map((letter) => [letter, twin.modified(letter, 'capitalize'), !twin.holds(letter)])
            .filter(([letter, capital, blank]) => blank || capital !== letter)""",
        WITH_CASE,
    )
    letters = [chr(code) for code in range(WITH_CASE) if not 0xD800 <= code < 0xE000]
    alike = [[letter, modified(letter, "capitalize"), not holds(letter)] for letter in letters]
    assert [each for each in alike if each[2] or each[1] != each[0]] == there


def test_both_draw_the_same_seeds(page: Page) -> None:
    parts = [[7, "draft", at] for at in range(200)]
    there = page.evaluate(ASKED % "(twin, parts) => parts.map((each) => twin.seedOf(...each))", parts)
    assert there == [seed_of(*each) for each in parts]
