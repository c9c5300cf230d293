"""The palette: adding, removing, modes, and swatches whose colour is data."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.colour import shade, size, swatch_colour
from components.examples import examples
from components.palette import add, move, palette_html, remove, starters, toggle_mode
from swatchbook.runs import MAX_LANES, Lane, ModelRef, RunError
from swatchbook.shelf import Shelf
from tests.ui.house import make_house


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(make_house(tmp_path_factory.mktemp("house")))


CLERK = ModelRef(source="house", repo="clerk")
COOK = ModelRef(source="house", repo="cook")


def test_the_first_four_begin(shelf: Shelf) -> None:
    assert [lane.model.name for lane in starters(shelf)] == ["keeper", "cook", "clerk", "oracle"]


def test_ids_stay_distinct_however_lanes_come_and_go(shelf: Shelf) -> None:
    palette = add(add(add([], COOK, shelf), COOK, shelf), CLERK, shelf)
    palette = add(remove(palette, "lane-2"), COOK, shelf)
    assert sorted(lane.id for lane in palette) == ["lane-1", "lane-2", "lane-3"]


def test_a_full_palette_takes_no_more(shelf: Shelf) -> None:
    palette: list[Lane] = []
    for _ in range(MAX_LANES):
        palette = add(palette, COOK, shelf)
    with pytest.raises(RunError, match="8 lanes at most"):
        add(palette, COOK, shelf)


def test_only_a_chat_model_changes_its_mode(shelf: Shelf) -> None:
    palette = add(add([], CLERK, shelf), COOK, shelf)
    assert [lane.mode for lane in palette] == ["chat", "completion"]
    for lane in palette:
        palette = toggle_mode(palette, lane.id, shelf)
    assert [lane.mode for lane in palette] == ["completion", "completion"]


def test_a_lane_pins_the_weights_that_lie_here(shelf: Shelf) -> None:
    assert add([], COOK, shelf)[0].model.commit == shelf.find(COOK).ref.commit


def test_a_heavier_model_is_darker(shelf: Shelf) -> None:
    pick = shelf.find(COOK)
    sized = [replace(pick, facts=replace(pick.facts, numbers=(("BF16", n),))) for n in (10**6, 10**8, 10**10)]
    shades = [swatch_colour(each) for each in sized]
    assert shades == sorted(shades, reverse=True)
    assert swatch_colour(None) != shades[0]


def test_a_model_that_is_not_here_still_has_a_chip(shelf: Shelf) -> None:
    lane = Lane(id="a", model=ModelRef(source="hub", repo="some/body"))
    assert "body" in palette_html([lane], shelf)


def test_a_model_without_family_or_size_is_grey_or_of_middling_darkness() -> None:
    assert shade(None, None) == swatch_colour(None) or ".01" in shade(None, None)
    assert ".13" in shade(100, None)


@pytest.mark.parametrize("to", [-3, 0, 1, 2, 9])
def test_a_lane_moves_and_none_is_lost(shelf: Shelf, to: int) -> None:
    palette = add(add(add([], COOK, shelf), CLERK, shelf), COOK, shelf)
    moved = move(palette, "lane-1", to)
    assert sorted(lane.id for lane in moved) == ["lane-1", "lane-2", "lane-3"]
    assert [lane.id for lane in moved].index("lane-1") == min(max(to, 0), 2)
    assert [lane.id for lane in moved if lane.id != "lane-1"] == ["lane-2", "lane-3"]
    assert move(palette, "nobody", to) == palette


@pytest.mark.parametrize(
    ("count", "said"),
    [(1_003_456, "1 M"), (134_500_000, "134 M"), (7_240_000_000, "7.24 B"), (512, "512"), (999_885_952, "1 B")],
)
def test_sizes_are_said_as_people_say_them(count: int, said: str) -> None:
    assert size(count) == said


@given(st.integers(1, 10**18))
def test_a_size_has_three_figures_and_no_exponent(count: int) -> None:
    number, _, unit = size(count).partition(" ")
    assert "e" not in number
    least = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}[unit]
    assert float(number.replace(",", "")) * least == pytest.approx(count, rel=0.0051)
    assert unit == "T" or float(number) < 1000


def test_there_are_ten_examples_each_with_a_reason_and_a_palette(shelf: Shelf) -> None:
    assert len(examples()) == 10
    assert len({example.prompt for example in examples()}) == 10
    assert all(example.why and example.palette(shelf) for example in examples())


def test_a_button_that_leads_nowhere_stays_and_does_nothing(shelf: Shelf) -> None:
    palette = add(add([], COOK, shelf), CLERK, shelf)
    markup = palette_html(palette, shelf)
    moves = re.findall(
        r'<button type="button" class="move" data-key="(\w+)-lane-\d" aria-label="[^"]+" ([\w-]+)=', markup
    )
    assert moves == [
        ("earlier", "aria-disabled"), ("later", "data-act"), ("earlier", "data-act"), ("later", "aria-disabled"),
    ]  # fmt: skip


def test_the_menu_says_what_is_on_the_palette_already(shelf: Shelf) -> None:
    assert "adds it once more" not in palette_html([], shelf)
    assert palette_html(add([], COOK, shelf), shelf).count("adds it once more") == 1
