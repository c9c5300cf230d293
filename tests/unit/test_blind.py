"""Blind readings: what is hidden, what is taken down, and how often the placebo was told apart."""

from __future__ import annotations

import random
from math import comb

import pytest
from pydantic import ValidationError

from components import blind_actions
from components.lanes import Board
from components.look import Look
from components.session import Session
from components.views.ballot import ballot_html
from swatchbook.blind import names_itself, placebo_pair, reading, tally
from swatchbook.notes import Blind
from swatchbook.runs import Lane, ModelRef, Run, RunError, Sample
from swatchbook.shelf import Shelf
from tests.ui.house import make_house

NAMES = ("keeper", "cook", "oracle")
KEEPER, COOK, ORACLE, AGAIN = "lane-0", "lane-1", "lane-2", "lane-9"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(make_house(tmp_path_factory.mktemp("house")))


def a_run(placebo: bool = True, says: str = "") -> Run:
    lanes = [Lane(id=f"lane-{n}", model=ModelRef(source="house", repo=name)) for n, name in enumerate(NAMES)]
    if placebo:
        lanes.append(Lane(id=AGAIN, model=lanes[1].model, repeats=COOK))
    texts = [Sample(lane=lane.id, text=f"text {n} {says}", finish="end", seed=4242) for n, lane in enumerate(lanes)]
    return Run(template="x", lanes=lanes, samples=texts)


def opened(run: Run, kept: str | None = None) -> Session:
    session = Session()
    session.show(run, kept=kept)
    return session


def letter(session: Session, lane: str) -> str:
    """What a blind reader calls a lane."""
    return "ABCDEFGH"[session.order.index(lane)]


def test_nothing_that_tells_a_model_is_on_a_blind_board(shelf: Shelf) -> None:
    run = a_run()
    session = opened(run)
    blind_actions.hide(session)
    shown = str(Board(run, session.look(shelf)).still(run)) + ballot_html(run, session.look(shelf))
    assert not [
        word for word in (*NAMES, KEEPER, COOK, ORACLE, AGAIN, "placebo</", "4242", "tok/s", "chat") if word in shown
    ]
    assert all(f"Model {letter}" in shown for letter in "ABCD")


def test_what_was_chosen_is_kept_with_the_run_and_the_names_come_back(shelf: Shelf) -> None:
    session = opened(a_run())
    blind_actions.hide(session)
    order = session.order
    said = {"best": letter(session, KEEPER), "alike": [letter(session, COOK), letter(session, AGAIN)]}
    blind_actions.reveal(session, {**said, "words": " dry ", "author": "Ada"})
    assert session.order == ()
    assert session.run is not None
    (blind,) = session.run.readings
    assert (blind.order, blind.words, blind.reader) == (list(order), "dry", "Ada")
    assert (blind.chosen("best"), blind.chosen("strangest"), blind.chosen("alike")) == (
        [KEEPER],
        [],
        [COOK, AGAIN],
    )
    assert "in <strong>1 of 1</strong> reading, and told apart in 0" in ballot_html(session.run, session.look(shelf))


def test_votes_on_a_kept_run_go_to_a_child() -> None:
    run = a_run()
    session = opened(run, kept=run.id)
    blind_actions.hide(session)
    blind_actions.reveal(session, {"strangest": letter(session, ORACLE)})
    assert session.run is not None
    assert (session.run.parent, session.run.relation, session.kept) == (run.id, "notes", None)
    assert session.run.id != run.id
    assert run.readings == []


def test_revealing_without_a_choice_keeps_nothing() -> None:
    run = a_run()
    session = opened(run, kept=run.id)
    blind_actions.hide(session)
    blind_actions.reveal(session, {})
    assert session.run is run
    assert session.kept == run.id


@pytest.mark.parametrize("chosen", ["A", ["A", "B", "C"], ["B", "B"], ["A", "Z"], [1, 2], COOK])
def test_the_most_alike_are_two(chosen: object) -> None:
    session = opened(a_run())
    blind_actions.hide(session)
    if chosen in ([1, 2], COOK):
        blind_actions.reveal(session, {"alike": chosen})  # no lane is called so
        assert session.run is not None
        assert session.run.readings == []
        return
    with pytest.raises(RunError, match="tick two"):
        blind_actions.reveal(session, {"alike": chosen})
    assert session.order


def test_one_lane_cannot_be_read_blind() -> None:
    run = a_run(placebo=False)
    session = opened(run.model_copy(update={"lanes": run.lanes[:1], "samples": run.samples[:1]}))
    with pytest.raises(RunError, match="two models at least"):
        blind_actions.hide(session)


def test_a_lane_that_says_its_name_is_warned_of_and_marked(shelf: Shelf) -> None:
    run = a_run(says="said the cook")
    session = opened(run)
    blind_actions.hide(session)
    assert [number for number, _ in names_itself(run, COOK)] == [0]
    assert names_itself(run, KEEPER) == []
    warned = ballot_html(run, session.look(shelf))
    assert warned.count("says its own name") == 2  # the cook, and its placebo
    blind_actions.reveal(session, {"best": letter(session, KEEPER)})
    assert session.run is not None
    assert set(session.run.readings[0].named) == {COOK, AGAIN}


def test_guessing_tells_a_placebo_apart_as_often_as_stated() -> None:
    """A planted truth: readers who guess find the pair as often as there are pairs to choose from."""
    chance, run = random.Random(1), a_run()
    order = [lane.id for lane in run.lanes]
    guesses = [reading(run, order, [("alike", chance.sample(order, 2))], "", "") for _ in range(180)]
    found = tally(run.model_copy(update={"readings": guesses}))
    assert found is not None
    assert found.asked == 180
    assert found.chance == pytest.approx(1 / comb(4, 2))
    assert found.together / found.asked == pytest.approx(1 / 6, abs=0.09)
    assert found.apart == found.asked - found.together


def test_without_a_placebo_or_an_answer_there_is_no_tally() -> None:
    run = a_run()
    assert placebo_pair(run) == {COOK, AGAIN}
    assert tally(run) is None
    other = a_run(placebo=False)
    order = [lane.id for lane in other.lanes]
    assert tally(other.model_copy(update={"readings": [reading(other, order, [("alike", order[:2])], "", "")]})) is None


def test_a_reading_speaks_only_of_the_lanes_it_showed() -> None:
    with pytest.raises(ValidationError, match="did not show"):
        Blind.model_validate({"order": ["a", "b"], "votes": [{"question": "best", "lanes": ["c"]}]})
    with pytest.raises(ValidationError, match="names two lanes"):
        Blind.model_validate({"order": ["a", "b"], "votes": [{"question": "alike", "lanes": ["a"]}]})


def test_names_are_drawn_into_an_order_of_their_own(shelf: Shelf) -> None:
    run, orders = a_run(), set()
    for _ in range(60):
        session = opened(run)
        session.hide(run)
        orders.add(session.order)
        assert [Look(shelf, session.order).name(lane) for lane in session.look(shelf).ordered(run.lanes)] == [
            "Model A", "Model B", "Model C", "Model D",
        ]  # fmt: skip
    assert len(orders) > 5
