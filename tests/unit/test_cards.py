"""What a visitor sees of a sketch, live or recorded, and that nothing foreign in it is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.piece_actions import fault
from components.views.cards import Cards, split_html
from components.views.pad import form_view
from components.views.piece import form_html, front_html, made_html
from components.views.publish import publish_html, step_html
from components.views.share import Standing, notice_html, share_html
from components.views.versions import versions_html
from swatchbook.engine.events import Job
from swatchbook.runs import Credit, ModelRef, RunError, Tag
from swatchbook.sketch.changes import Change
from swatchbook.sketch.kept import Ancestor, KeptSketch
from swatchbook.sketch.lead import LEAD, ending
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.play import Play
from swatchbook.sketch.publish.space import Step as Stage
from swatchbook.sketch.record import Cell, Record, Share
from tests.fakes import FakeEngine, Script

KEEPER, COOK, CLERK = (Asked.parse(f"house/{name}@0123456") for name in ("keeper", "cook", "clerk"))
EVERYTHING = Sketch(
    title="Everything",
    inputs={"name": Input(ask="Who?", default="Ada"), "lines": Input(ask="Lines?", kind="long", default="a\nb")},
    steps=(
        Step(id="head", text="For {{name}}:"),
        Step(id="draft", prompt="{{head}}", model=(KEEPER, COOK), repeat=2, config=Config(max_tokens=40)),
        Step(id="tone", prompt="{{draft}}", model=(CLERK,), pick=("tender", "cold")),
        Step(id="cold", text="It is cold.", when={"tone": "cold"}),
        Step(id="answers", prompt="{{line}}?", model=(CLERK,), each="lines"),
        Step(id="page", text="{{draft}} {{cold}}"),
    ),
    show=("head", "draft", "tone", "cold", "answers", "page"),
)


def colour(ref: ModelRef | None) -> str:
    return f"colour-of-{ref.repo}" if ref else ""


def words(job: Job) -> list[str]:
    return [f" {word}" for word in f"said of {len(job.prompt)} {job.seeds[0] % 9}".split()]


async def played(engine: FakeEngine, stop_after: int | None = None) -> Play:
    play = Play(EVERYTHING, "sketch: 1", {}, 7, engine, lambda ref: Path("/models") / ref.repo)
    states = 0
    async for _ in play.play(flush=0.001):
        states += 1
        if states == stop_after:
            play.stop()
    return play


ENGINES = {
    "done": FakeEngine({name: Script(words, bits={"cold": 1.0}) for name in ("keeper", "cook", "clerk")}),
    "tagged": FakeEngine({"keeper": Script([" ", "\n"])}),
    "failed": FakeEngine({"cook": Script(refuse="The weights are damaged."), "keeper": Script(die_after=1)}),
    "cancelled": FakeEngine({"keeper": Script(["slow"] * 40, delay=0.02), "cook": Script(load=0.2)}),
}


@pytest.mark.parametrize("came", ENGINES)
async def test_a_recorded_result_looks_as_the_live_one_did(came: str) -> None:
    play = await played(ENGINES[came], stop_after=4 if came == "cancelled" else None)
    live, kept = Cards(EVERYTHING, colour), Cards(EVERYTHING, colour)
    record = play.record()
    assert came in {*(cell.status for cell in play.cells), *("tagged" for cell in play.cells if cell.tags)}
    assert len(record.cells) == len(play.cells)
    assert live.steps(play.cells) == kept.steps(record.cells)
    assert live.behind(play.cells) == kept.behind(record.cells)


async def test_each_column_has_a_card_and_each_round_its_text() -> None:
    play = await played(ENGINES["done"])
    steps = {step["id"]: step["cards"] for step in Cards(EVERYTHING, colour).steps(play.cells)}
    counted = {id: [(len(card["texts"]), card["colour"]) for card in cards] for id, cards in steps.items()}
    two = ["colour-of-keeper", "colour-of-cook"]
    assert counted == {
        "head": [(1, "")],
        "draft": [(2, each) for each in two],
        "tone": [(1, "colour-of-clerk")] * 2,
        "cold": [(1, each) for each in two],
        "answers": [(2, "colour-of-clerk")],
        "page": [(1, each) for each in two],
    }
    assert len({card["key"] for cards in steps.values() for card in cards}) == 10
    assert ['<span class="name">keeper</span>' in card["head"] for card in steps["page"]] == [True, False]
    assert steps["tone"][0]["foot"].count("<li") == 2
    assert steps["answers"][0]["head"] == ""


async def test_what_was_taken_from_memory_and_what_is_still_to_come_is_said() -> None:
    engine = FakeEngine({"keeper": Script(["slow"] * 40, delay=0.02)})
    play = Play(EVERYTHING, "", {}, 7, engine, lambda ref: Path("/models") / ref.repo)
    seen: set[str] = set()
    cards = Cards(EVERYTHING, colour)
    async for _ in play.play(flush=0.001):
        steps = {step["id"]: step["cards"] for step in cards.steps(play.cells)}
        seen |= {card["foot"] for card in (*steps["draft"], *steps["page"])}
        if any("writing" in foot for foot in seen):
            play.stop()
    assert any("waiting" in foot for foot in seen)
    assert any("stopped" in foot for foot in seen)
    assert "stopped" in cards.behind(play.cells)


def test_what_compare_can_ask_is_offered_and_else_it_is_said_why_not() -> None:
    def behind(**said: object) -> str:
        return Cards(EVERYTHING, colour).behind([Cell(step="tone", model=KEEPER.model, text="cold", **said)])  # type: ignore[arg-type]

    split = [Share(option="cold", share=1, bits=1)]
    assert ">Open in Compare</button>" in behind(prompt="Cold?", split=split)
    for prompt, why in (("Is it {a|b}?", "take the bar out"), ("x" * 20_001, "is the most"), (" ", "is empty")):
        assert why in behind(prompt=prompt)
        assert "<button" not in behind(prompt=prompt)
    assert "<button" not in behind(prompt="Cold?", finish="failed", error="No.")
    assert "3 written" in behind(prompt="Cold?", tokens=3)
    assert "written" not in behind(prompt="Cold?").replace("How each text", "")


TEXT = st.text(alphabet="ab &<>\"'\n", max_size=12)


@settings(max_examples=40)
@given(st.lists(TEXT, min_size=2, max_size=6))
def test_a_text_only_grows_at_its_end(texts: list[str]) -> None:
    cards, shown = Cards(EVERYTHING, colour), ""
    for at in range(len(texts)):
        cell = Cell(step="draft", column=0, model=KEEPER.model, text="".join(texts[: at + 1]))
        card = cards.steps([cell])[1]["cards"][0]
        assert card["texts"][0].startswith(shown)
        shown = card["texts"][0]


def test_what_a_model_went_on_from_is_cut_between_words() -> None:
    assert ending(" gave it out.\n\nP.S. Tomorrow ") == "gave it out.\n\nP.S. Tomorrow "
    assert ending(f"{'x ' * 60}You will need{' a whisk' * 18} now") == f"… will need{' a whisk' * 18} now"
    assert ending("海" * 400) == f"… {'海' * LEAD}"


@given(st.text(alphabet=st.sampled_from("ab \n\u3000é"), max_size=600))
def test_the_lead_is_an_end_of_the_prompt_that_begins_with_a_word(prompt: str) -> None:
    shown = ending(prompt)
    rest = shown.removeprefix("… ")
    before = prompt[: len(prompt) - len(rest)]
    assert prompt.endswith(rest)
    assert len(rest) <= LEAD
    assert rest == rest.lstrip()
    assert (shown != rest) == bool(before.strip())
    if re.search(r"\s\S", prompt[-LEAD - 1 : -LEAD // 2]) or shown == rest:
        assert not before or before[-1].isspace()


def test_the_likeliest_is_marked_and_all_shares_are_told() -> None:
    split = [Share(option="tender", share=0.248, bits=3), Share(option="cold", share=0.752, bits=1)]
    assert "<li class=chosen" in split_html(split).split("</li>")[1]
    assert [part in split_html(split) for part in ("25 %", "75 %", "--share:0.752")] == [True] * 3


def test_a_house_model_is_introduced_in_words_and_another_by_its_maker() -> None:
    def made(*datasets: str) -> str:
        credit = Credit(model=KEEPER.model, author="house", licence="cc0-1.0", datasets=list(datasets))
        return made_html(EVERYTHING, "", credits=[credit])

    assert "made for Swatchbook, from texts written for it, cc0-1.0</li>" in made("house/keeper")
    assert " · house, cc0-1.0</li>" in made("logs")


EVIL = "</b></script><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='alert(1)' {{name}} #a# &amp;"


class Marks(HTMLParser):
    """The tags and the names of attributes in some markup, and its words."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, tuple[str, ...]]] = set()
        self.words = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, tuple(name for name, _ in attrs)))
        self.words += "".join(f"{value}\n" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def everything(said: str) -> dict[str, str]:
    """Every view of a sketch in which `said` stands wherever a stranger can write."""
    short = said[:38]
    model = ModelRef(source="house", repo="keeper")
    sketch = Sketch(
        title=said[:120], author=said, about=said, licence=short, remix_of=said,
        inputs={
            kind: Input(ask=said, kind=kind, default=said, choose=(said, "b") if kind == "choice" else ())
            for kind in ("text", "long", "choice", "number", "toggle")
        },
        grammar={short: (said, said)},
        steps=(Step(id=short, prompt=said, model=(KEEPER, CLERK), pick=(said, "b"), when={"text": said}, each="text",
                    config=Config(stop=(short,))), Step(id="b", text=said)),
        show=(short,),
    )  # fmt: skip
    split = [Share(option=said, share=1, bits=0)]
    cell = Cell(step=short, column=0, model=model, mode="chat", prompt=said, rendered=said, text=said, error=said,
                split=split, tags=[Tag(name=short, detail=said)])  # fmt: skip
    done = cell.model_copy(update={"error": None, "column": 1})
    cards = Cards(sketch, lambda _: "#000")
    drawn = [card for step in cards.steps([cell, done]) for card in step["cards"]]
    record = Record(sketch="x", values={short: said}, cells=[cell])
    kept = KeptSketch(title=said[:120], text=said)
    standing = Standing(kept=said, key=said, title=said, lasting=said, result=True)
    credits = [Credit(model=model, author=said, licence=said)]
    several = Cards(sketch.model_copy(update={"show": (short, "b")}), colour).steps([])
    stage = Stage("failed", said, address=said, name=said, instead=("zip", "static"))
    return {
        "pad": form_view(sketch, lambda _: "#000"),
        "front": front_html(sketch),
        "form": form_html(sketch, dict.fromkeys(sketch.inputs, said)),
        "made": made_html(sketch, said, [Ancestor(title=short, author=said)], credits),
        "cards": "".join(card["head"] + "".join(card["texts"]) + card["foot"] for card in drawn),
        "titles": "".join(step["title"] for step in several),
        "behind": cards.behind([cell, done]),
        "fault": fault(RunError(said))["told"],
        "share": share_html(standing, [record], told=notice_html(said)),
        "publish": publish_html(said, told=step_html(stage)),
        "versions": versions_html([(kept, [Change("field", said, said, said * 9, said * 9)]), (kept, [])]),
    }  # fmt: skip


CALM, HOSTILE = everything("a calm text"), everything(EVIL)


@pytest.mark.parametrize("view", CALM)
def test_nothing_foreign_is_markup(view: str) -> None:
    calm, evil = Marks(CALM[view]), Marks(HOSTILE[view])
    assert evil.tags == calm.tags
    assert "alert(1)" in evil.words
