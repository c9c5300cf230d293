"""Addresses: what is written is restored, and nonsense costs only itself."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.address import Restored, palette_query, query, read_palette, restore
from components.palette import MAX_NAME, add
from components.palette_bar import added
from swatchbook.runs import MAX_LANES, MAX_PROMPT, MAX_SAMPLES, MAX_TOKENS, Lane, ModelRef, Settings
from swatchbook.shelf import Shelf
from tests.ui.house import NAMES, make_house


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(make_house(tmp_path_factory.mktemp("house")))


def opened(address: str, shelf: Shelf) -> tuple[Restored, list[Lane]]:
    """What a page restores from this query, read as a browser's would be."""
    params = parse_qs(address, keep_blank_values=True, strict_parsing=bool(address))
    first = {name: values[0] for name, values in params.items()}
    found, palette = restore(first, params.get("stop", [])), read_palette(first)
    lanes = added(palette.models, shelf, palette.warnings)
    found.warnings += palette.warnings
    return found, lanes


def hundredths(least: int, most: int) -> st.SearchStrategy[float]:
    return st.integers(least, most).map(lambda whole: whole / 100)


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
chosen = st.builds(
    Settings,
    samples=st.integers(1, MAX_SAMPLES),
    max_tokens=st.integers(1, MAX_TOKENS),
    temperature=hundredths(0, 400),
    top_p=hundredths(1, 100),
    top_k=st.integers(0, 1_000_000),
    min_p=hundredths(0, 99),
    repetition_penalty=hundredths(50, 200),
    seed=st.integers(0, 2**31 - 1),
    stop=st.lists(words.filter(lambda text: 0 < len(text) <= 64), max_size=4),
)
picked = st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), min_size=1, max_size=MAX_LANES)


@given(prompt=words, picks=picked, asked=chosen)
def test_an_address_restores_what_it_was_made_of(
    shelf: Shelf, prompt: str, picks: list[tuple[str, bool]], asked: Settings
) -> None:
    palette: list[Lane] = []
    for name, chat in picks:
        mode = "chat" if chat and name == "clerk" else "completion"
        palette = add(palette, ModelRef(source="house", repo=name), shelf, mode)
    found, lanes = opened(query(prompt, palette, asked), shelf)
    assert not found.warnings
    assert found.prompt == prompt
    assert lanes == palette
    assert found.settings == asked


def test_an_empty_address_says_nothing(shelf: Shelf) -> None:
    found, lanes = opened("", shelf)
    assert (found.prompt, lanes, found.settings, found.warnings) == (None, [], Settings(), [])


def test_an_address_is_readable_and_leaves_out_the_usual(shelf: Shelf) -> None:
    palette = add([], ModelRef(source="house", repo="clerk"), shelf)
    assert query("Hello {a|b}", palette, Settings()) == (
        "prompt=Hello+{a|b}&models=house/clerk:chat&samples=4&tokens=48&temperature=0.9&seed=7"
    )


@pytest.mark.parametrize(
    ("address", "warning"),
    [
        ("samples=many", "samples=many in the address was left out"),
        ("samples=0", "samples=0"),
        ("tokens=99999", "tokens=99999"),
        ("temperature=nan", "temperature=nan"),
        ("temperature=-1", "temperature=-1"),
        ("seed=1.5", "seed=1.5"),
        ("seed=" + "9" * 300, "seed=999"),
        ("models=house/nobody", "There is no house model called nobody"),
        ("models=house/keeper:chat", "keeper has no chat template"),
        ("models=house/clerk:poem", "is not a way to ask clerk"),
        ("models=../../etc", "is not a model's name"),
        ("models=" + ",".join(["house/keeper"] * 9), "holds 8 lanes at most"),
        ("stop=" + "x" * 65, "stop=xxx"),
        ("stop=a&stop=b&stop=c&stop=d&stop=e", "stop=a,b,c,d,e"),
        ("prompt=" + "x" * (MAX_PROMPT + 1), "was cut at"),
    ],
)
def test_nonsense_is_named_and_costs_nothing_else(shelf: Shelf, address: str, warning: str) -> None:
    found, _ = opened(f"top_k=5&{address}", shelf)
    assert found.settings.top_k == 5
    assert len(found.warnings) == 1
    assert warning in found.warnings[0]
    assert len(found.warnings[0]) < 300


@given(
    st.dictionaries(st.sampled_from(["samples", "tokens", "seed", "top_p", "models", "prompt", "penalty"]), st.text())
)
def test_any_address_is_restored_or_warned_of(shelf: Shelf, params: dict[str, str]) -> None:
    assert restore(params, []).settings.samples <= MAX_SAMPLES
    found = read_palette(params)
    assert len(added(found.models, shelf, found.warnings)) <= MAX_LANES
    assert len(found.name) <= MAX_NAME


@given(picks=picked, name=words)
def test_a_palette_travels_by_itself(shelf: Shelf, picks: list[tuple[str, bool]], name: str) -> None:
    palette: list[Lane] = []
    for model, _ in picks:
        palette = add(palette, ModelRef(source="house", repo=model), shelf)
    params = {key: values[0] for key, values in parse_qs(palette_query(palette, name)).items()}
    found = read_palette(params)
    assert (added(found.models, shelf, []), found.name) == (palette, name)
