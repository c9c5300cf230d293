"""A sketch's static page as a document: what it holds, what it lets through, and that nothing foreign is markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from swatchbook.archive.plates.frame import allowed
from swatchbook.runs import Credit, ModelRef, Tag
from swatchbook.sketch.dice import Dice, seed_of
from swatchbook.sketch.faults import SketchError
from swatchbook.sketch.grammar import fill
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.publish.page import static_page
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Cell, Record, Share
from swatchbook.sketch.template import parse
from swatchbook.sketch.writer import write_sketch

LETTER = """\
sketch: 1
title: Letter from a future kitchen
author: Ana Torres
about: Somebody writes from a kitchen that is not built yet.
licence: cc-by-4.0
remix_of: ana/letter@3f2c1a
seed: 7
inputs:
  name:
    ask: Who is it for?
    default: Ada
  mood:
    ask: Mood
    choose: [tender, furious]
  years:
    ask: How many years from now?
    kind: number
    least: 1
    default: "40"
grammar:
  weather: [drizzle, a second sun, "#colour# snow", hail, mist]
  colour: [green, violet]
steps:
  - id: postmark
    text: "Sent to {{name}} in #weather#, {{years}} years from now."
  - id: draft
    model: [house/keeper, house/cook]
    prompt: "Dear {{name}}, outside there is #weather#. I feel {{mood}}."
  - id: tone
    prompt: "Is this tender or cold? {{draft}}"
    pick: [tender, cold]
  - id: reply
    when:
      tone: cold
    text: "You said: {{draft}}"
show: [postmark, draft, tone, reply]
"""
KEEPER, COOK = (ModelRef(source="house", repo=repo) for repo in ("keeper", "cook"))
SAID = {"Ada": ("I have counted the ships.", "Butter the tin."), "Bo": ("The lamp went out.", "Cut the onion.")}
VALUES = {"name": "Ada", "mood": "tender", "years": "40"}


def recorded(name: str = "Ada", seed: int = 7, **more: Any) -> Record:
    """A performance of the letter: the first column is tender, the second is cold and replies."""
    sketch, values = read_sketch(LETTER), {**VALUES, "name": name}

    def filled(id: str) -> str:
        return fill(parse(sketch.step(id).template), values, sketch.grammar, Dice(seed, id, 0))

    cells = [Cell(step="postmark", text=filled("postmark"))]
    for column, (model, text, tender) in enumerate(zip((KEEPER, COOK), SAID[name], (0.61, 0.3), strict=True)):
        by: dict[str, Any] = {"column": column, "model": model}
        split = [Share(option="tender", share=tender, bits=2), Share(option="cold", share=1 - tender, bits=2)]
        tone = "tender" if tender > 0.5 else "cold"
        cells += [
            Cell(step="draft", prompt=filled("draft"), text=text, seed=seed_of(seed, "draft", 0), finish="end", **by),
            Cell(step="tone", prompt=f"Is this tender or cold? {text}", text=tone, split=split, **by),
            Cell(
                step="reply",
                column=column,
                skipped=tone == "tender",
                text="" if tone == "tender" else f"You said: {text}",
            ),
        ]
    return Record(sketch=LETTER, values=values, seed=seed, cells=cells, created="2026-01-02T03:04:05+00:00", **more)


class Read(HTMLParser):
    """A page as a browser would take it apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.within: dict[str, str] = {}
        self.words = ""
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = f"{tag}#{dict(attrs).get('id', '')}"

    def handle_endtag(self, tag: str) -> None:
        if self._open.startswith(f"{tag}#"):
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open.startswith(("script", "style")):
            self.within[self._open] = self.within.get(self._open, "") + data
        else:
            self.words += data

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.within["script#piece"])
        return told


EVIL = "</script><!--<script>\"'`${1}&amp;]]><img src=x onerror=alert(1)></style></noscript></pre>"
HOSTILE = f"{EVIL} {{{{x}}}} #y# \u2028\u2029"


def hostile() -> tuple[str, Record]:
    """A sketch and a record every text of which tries to break out."""
    plain = read_sketch(LETTER)
    choices = plain.inputs["mood"].model_copy(update={"ask": EVIL, "choose": (EVIL, "b")})
    sketch = plain.model_copy(
        update={
            **dict.fromkeys(("author", "about", "remix_of"), EVIL),
            "title": EVIL,
            "inputs": {"name": plain.inputs["name"].model_copy(update={"ask": EVIL, "default": EVIL}), "mood": choices},
            "grammar": {"weather": (EVIL, "b")},
            "steps": tuple(
                step.model_copy(update={"text": f"{EVIL} {{{{name}}}}"}) if step.text else step
                for step in plain.steps[:3]
            ),
            "show": ("postmark", "draft"),
        }
    )
    record = recorded()
    for cell in record.cells:
        cell.text, cell.prompt, cell.tags = HOSTILE, HOSTILE, [Tag(name="</script><b>")]
    return write_sketch(sketch), record.model_copy(update={"values": {"name": HOSTILE, "mood": EVIL}})


def test_the_page_lets_its_own_style_and_script_through_and_nothing_else() -> None:
    page = Read(static_page(LETTER, [recorded()]))
    policy = next(each["content"] for tag, each in page.tags if tag == "meta" and each.get("http-equiv"))
    script, style = allowed(page.within["script#"]), allowed(page.within["style#"])
    assert policy == (
        f"default-src 'none'; script-src {script}; style-src {style}; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert [each for tag, each in page.tags if tag == "script"] == [{"type": "application/json", "id": "piece"}, {}]
    assert set(re.findall(r"url\((\w+:)", page.within["style#"])) == {"data:"}
    assert not {"img", "iframe", "link", "object", "base"} & {tag for tag, _ in page.tags}
    assert not [each for _, each in page.tags if {"src", "style", "href"} & each.keys()]


def test_a_page_without_records_is_under_300_kb() -> None:
    assert len(static_page(LETTER, []).encode()) < 300_000


def test_nothing_foreign_is_markup() -> None:
    text, record = hostile()
    calm, evil = (
        Read(static_page(LETTER, [recorded()])),
        Read(static_page(text, [record], lineage=[Ancestor(title=HOSTILE)])),
    )
    assert {tag for tag, _ in evil.tags} <= {tag for tag, _ in calm.tags}
    assert {name for _, each in evil.tags for name in each} <= {name for _, each in calm.tags for name in each}
    assert evil.within["script#"] == calm.within["script#"]
    assert not re.search("[<>&\u2028\u2029]", evil.within["script#piece"])
    assert evil.told["records"][0]["cells"][0]["text"] == HOSTILE
    assert evil.told["usual"]["name"] == EVIL
    assert HOSTILE in evil.words


def test_half_a_character_is_none_at_all() -> None:
    record = recorded()
    record.cells[1].text = "a\ud83db"
    page = static_page(LETTER, [record])
    page.encode()
    assert Read(page).told["records"][0]["cells"][1]["text"] == "a\ufffdb"


def test_a_step_is_live_where_no_model_has_a_part_in_it() -> None:
    steps = {step["id"]: step for step in Read(static_page(LETTER, [])).told["steps"]}
    assert {id: (step["live"], step["rolls"], len(step["by"])) for id, step in steps.items()} == {
        "postmark": (True, True, 0),
        "draft": (False, False, 2),
        "tone": (False, False, 2),
        "reply": (False, False, 2),
    }
    for id, address in (("tone", "house/"), ("reply", "")):
        by = [(each["name"], each["model"], each["colour"]) for each in steps[id]["by"]]
        assert by == [(name, address and address + name, at) for at, name in enumerate(("keeper", "cook"))]


def test_each_model_has_its_own_colour_and_nothing_else_comes_into_the_style() -> None:
    def tints(**colours: str) -> list[str]:
        given = {KEEPER: colours.get("keeper", ""), COOK: colours["cook"], ModelRef(source="house", repo="no"): "red"}
        page = Read(static_page(LETTER, [], colours={model: said for model, said in given.items() if said}))
        policy = next(each["content"] for tag, each in page.tags if tag == "meta" and each.get("http-equiv"))
        assert f"style-src {allowed(page.within['style#'])};" in (policy or "")
        return re.findall(r"\.c\d\{--lane:[^}]*\}", page.within["style#"])

    colour = "oklch(0.480 .13 14)"
    grey = ".c0{--lane:oklch(.6 .01 80)}"
    assert tints(cook=colour) == [grey, f".c1{{--lane:{colour}}}"]
    for evil in ("red}body{display:none", "oklch(1 1 1);color:red", "url(https://x)", "oklch(</style>)", EVIL):
        assert tints(keeper=evil, cook=colour) == [grey, f".c1{{--lane:{colour}}}"]


def test_everyone_is_credited() -> None:
    credit = Credit(model=KEEPER, author="Maker & Sons", licence="apache-2.0", datasets=["logs"])
    lineage = [Ancestor(title="The first letter", author="Bo"), Ancestor()]
    page = Read(static_page(LETTER, [], [credit], "https://example.org/?a=1&b=2", lineage))
    credits = page.words[page.words.index("What it is made of") :]
    for said in (
        "ByAna Torres",
        "Termscc-by-4.0",
        "A remix ofana/letter@3f2c1a",
        "It came ofThe first letter, by BoIt came ofa sketch without a title",
        "keeperMade byMaker & Sons",
        "Licenceapache-2.0Datasetslogs",
        "cookMade bynot stated",
        "Made with Swatchbook",
    ):
        assert said in credits
    assert [each["href"] for tag, each in page.tags if tag == "a"] == ["https://example.org/?a=1&b=2"]
    assert "<a " not in static_page(LETTER, [], base="javascript:alert(1)")
    assert LETTER in page.words


def test_a_house_model_says_in_words_what_it_was_made_of() -> None:
    def said(*datasets: str, author: str = "house") -> str:
        return Read(static_page(LETTER, [], [Credit(model=KEEPER, author=author, datasets=list(datasets))])).words

    own = said("house/keeper")
    assert "keeperMade bySwatchbookSourcekeeper, shipped with Swatchbook" in own
    assert "Commitnone named, so the one that Swatchbook ships" in own
    assert "Datasetstexts grown from a grammar that was written for itComes fromno other model" in own
    assert "Made byhouse" in said("house/keeper", "logs")
    assert "Made byBo" in said("house/keeper", author="Bo")


def test_without_scripts_the_first_record_is_read_or_what_needs_no_model() -> None:
    def still(*records: Record) -> str:
        return Read(re.search('<div id="result">(.*?)</div>', static_page(LETTER, records), re.DOTALL)[1]).words  # type: ignore[index]

    assert "Who is it for? Ada · Mood: tender · How many years from now? 40" in still(recorded(), recorded("Bo"))
    assert "I have counted the ships." in still(recorded(), recorded("Bo"))
    assert "The lamp" not in still(recorded(), recorded("Bo"))
    assert recorded().cells[0].text in still()
    assert "counted" not in still()


def test_what_is_no_sketch_is_refused() -> None:
    with pytest.raises(SketchError):
        static_page("title: x", [])
