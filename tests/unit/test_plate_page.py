"""A run as a page: every text is there and none is markup, every link leads somewhere, and its size is bounded."""

from __future__ import annotations

import base64
import hashlib
import html
import random
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.archive.plates.frame import GREY, document
from swatchbook.archive.plates.page import LIMIT, NO_BITS, SAYS, picture_html, plate_html
from swatchbook.archive.plates.surprise import (
    DEEPEST,
    Detail,
    chance,
    depth,
    least_expected,
    stretches,
    text_html,
)
from swatchbook.markup import text
from swatchbook.notes import Blind, Note, Span, Vote
from swatchbook.runs import Credit, Lane, ModelRef, Run, Sample, Settings, Tag, Trace
from tests.documents import runs, samples

DAY = "2026-01-02T03:04:05Z"
KNOWN = {"http-equiv", "content", "charset", "name", "lang", "class", "id", "href", "title", "dir", "datetime"}
KNOWN |= {"aria-label", "aria-labelledby", "aria-hidden", "data-lanes"}


class Read(HTMLParser):
    """What a reader of HTML makes of a page: its tags, its words, and the words within certain elements."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._silent = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("style", "sup"):
            self._silent += 1

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "sup")

    def handle_data(self, data: str) -> None:
        self.words += "" if self._silent else data

    def all(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [value or "" for _, attributes in self.tags for key, value in attributes.items() if key == name]


def shown(value: str) -> str:
    """A text as a page shows it: control characters as their pictures."""
    return html.unescape(text(value))


def keeper(name: str = "keeper", **more: object) -> Lane:
    return Lane.model_validate({"id": name, "model": ModelRef(source="hub", repo=f"maker/{name}"), **more})


def told(words: list[str], bits: list[float], **more: object) -> Sample:
    """A sample whose tokens are these words."""
    ends = [len("".join(words[: n + 1]).encode()) for n in range(len(words))]
    tops = [[" sea", " fog"]] * len(words)
    trace = Trace(surprisal=bits, top_text=tops, top_bits=[[1.0, 2.0]] * len(words), top_ids=[[1, 2]] * len(words))
    plain = {"lane": "keeper", "text": "".join(words), "token_ids": [1] * len(words), "ends": ends, "trace": trace}
    return Sample.model_validate({**plain, **more})


def run_of(*held: Sample, **more: object) -> Run:
    return Run.model_validate({"template": "The {a|b} said", "lanes": [keeper()], "samples": list(held), **more})


@st.composite
def marked_samples(draw: st.DrawFn) -> tuple[Sample, list[tuple[int, int, int]]]:
    sample = draw(samples("keeper"))
    marks = []
    for number in range(1, draw(st.integers(0, 4)) if sample.text else 0):
        start = draw(st.integers(0, len(sample.text) - 1))
        marks.append((start, draw(st.integers(start + 1, len(sample.text))), number))
    return sample, marks


@given(marked_samples(), st.sampled_from(Detail))
@settings(max_examples=40)
def test_a_text_with_lines_and_marks_is_the_same_text(
    drawn: tuple[Sample, list[tuple[int, int, int]]], detail: Detail
) -> None:
    sample, marks = drawn
    read = Read(text_html(sample, detail, marks))
    assert read.words == shown(sample.text)
    assert {tag for tag, _ in read.tags} <= {"u", "sup", "a"}
    assert sorted(read.all("href")) == sorted(f"#note-{number}" for _, _, number in marks)


@given(samples("keeper"))
@settings(max_examples=40)
def test_stretches_follow_one_another_and_lose_no_bits(sample: Sample) -> None:
    found = stretches(sample)
    assert [each.start for each in found] == [0, *(each.end for each in found)][: len(found)]
    tokens = [token for each in found for token in each.tokens]
    assert tokens == list(range(len(tokens)))
    assert sum(each.bits for each in found) == pytest.approx(sum(sample.trace.surprisal[: len(tokens)]))


@given(runs())
@settings(max_examples=25)
def test_any_run_becomes_a_page_of_plain_tags_whose_links_lead_somewhere(run: Run) -> None:
    for page in (plate_html(run, {}), picture_html(run, {})):
        read = Read(page)
        assert not {tag for tag, _ in read.tags} & {"script", "img", "iframe", "svg", "link", "object", "form", "input"}
        assert {name for _, attributes in read.tags for name in attributes} <= KNOWN
        ids = read.all("id")
        assert len(ids) == len(set(ids))
        assert {link.removeprefix("#") for link in read.all("href")} <= set(ids)
        page.encode()
    read = Read(plate_html(run, {}))
    for sample in run.samples:
        assert shown(sample.text) in read.words
    for note in run.notes:
        assert shown(note.text) in read.words


def test_nothing_is_allowed_but_the_style_that_is_there() -> None:
    page = plate_html(run_of(told([" hi"], [1.0])), {"keeper": "oklch(.5 .13 20)"})
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert style
    assert policy
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1].startswith(f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:;")
    assert set(re.findall(r"url\((\w+:)", style[1])) == {"data:"}
    assert ".c0{--lane:oklch(.5 .13 20)}" in style[1]


@pytest.mark.parametrize("colour", ["red}</style><script>", "url(http://x)", "var(--ink)", "", "red;color:blue"])
def test_a_colour_that_is_none_is_grey(colour: str) -> None:
    assert f".c0{{--lane:{GREY}}}" in document("", "", "", [colour])


def test_a_line_is_as_deep_as_its_word_is_surprising() -> None:
    assert [depth(bits) for bits in (0, 1.4, 1.5, 6, 12, 10_000)] == [0, 0, 1, 4, DEEPEST, DEEPEST]
    page = text_html(told(["she", " sailed", " off"], [0.2, 9.4, 99.0]), Detail.FULL)
    tags = Read(page).tags
    assert [attributes.get("class") for _, attributes in tags] == [None, "s6", "s8"]
    assert tags[1][1]["title"] == "9.4 bits, chance 0.1 %. Likeliest: “ sea” 50 %, “ fog” 25 %"
    assert Read(text_html(told(["a"], [3.0]), Detail.BITS)).tags == [("u", {"class": "s2", "title": "3.0 bits"})]
    assert Read(text_html(told(["a", "b"], [3, 3.1]), Detail.DEPTH)).tags == [("u", {"class": "s2"})]


def test_a_character_of_several_tokens_counts_the_bits_of_all() -> None:
    sample = Sample(
        lane="keeper", text="é!", token_ids=[1, 2, 3], ends=[1, 2, 3], trace=Trace(surprisal=[4.0, 2.0, 1.0])
    )
    assert [(each.start, each.end, each.bits) for each in stretches(sample)] == [(0, 1, 6.0), (1, 2, 1.0)]
    assert 'title="6.0 bits, 2 tokens"' in text_html(sample, Detail.FULL)


def test_tokens_that_spell_another_text_draw_no_lines() -> None:
    sample = told(["one", " two"], [5, 5], text="one owt", raw=base64.b64encode(b"one two").decode())
    assert text_html(sample, Detail.FULL) == "one owt"


def test_the_least_expected_words_are_named_with_the_bits_of_all_their_tokens() -> None:
    sample = told(["the", " light", "house", ".", "\n", " sank"], [1, 3, 4, 0.5, 2, 7.25])
    assert least_expected(sample) == [("lighthouse.", 7.5), ("sank", 7.25), ("the", 1)]
    assert "least expected: <bdi>“lighthouse.”</bdi> 7.5" in plate_html(run_of(sample), {})


@pytest.mark.parametrize(
    ("bits", "said"), [(0, "100 %"), (1, "50 %"), (9, "0.2 %"), (20, "under 0.1 %"), (1e4, "under 0.1 %")]
)
def test_chances_are_said_as_people_say_them(bits: float, said: str) -> None:
    assert chance(bits) == said


def test_samples_stand_by_filling_and_the_same_text_once() -> None:
    same = [told([" yes"], [1], filling=["a"], seed=seed, finish="end") for seed in (7, 8)]
    page = plate_html(run_of(same[0], told([" no"], [1], filling=["b"], seed=7), same[1]), {})
    assert page.count(" yes<") + page.count(">yes<") == 1
    assert "the same text 2 times" in page
    assert "Samples 1, 3, seeds 7, 8 · ended by itself" in page
    assert page.index('slot">a<') < page.index(">yes<") < page.index('slot">b<') < page.index(">no<")


def test_notes_stand_where_they_were_made_and_objections_say_so() -> None:
    sample = told([" she", " sank"], [1, 2], tags=[Tag(name="loop", token=0), Tag(name="echo")])
    notes = [
        Note(
            id="n1",
            text="Look.",
            author="Ines",
            created=DAY,
            at=[Span(lane="keeper", sample=0, start=1, end=4)],
        ),
        Note(id="n2", text="No.", answers="n1", contests=True),
        Note(id="n3", text="It is a refrain.", at=[Span(lane="keeper", sample=0)], tag="loop", contests=True),
        Note(id="n4", text="Well.", answers="n2", at=[Span(lane="keeper")]),
    ]
    page = plate_html(run_of(sample, notes=notes), {})
    assert re.search(r'<u class="n" title="[^"]*">she</u><sup><a href="#note-1" aria-label="note 1">1</a></sup>', page)
    assert re.search(r"loop</bdi> from token 1, contested <sup><a href=\"#note-3\"", page)
    assert "Notes on this lane: <sup>" in page
    listed = page[page.index('<section class="notes"') :]
    places = [listed.index(f'id="note-{number}"') for number in (1, 2, 4, 3)]
    assert places == sorted(places)
    assert "<strong><bdi>Ines</bdi></strong> <time" in listed
    assert 'contested in note <a href="#note-2">2</a>' in listed
    assert "objects to note 1" in listed
    assert "objects to the tag “<bdi>loop</bdi>”" in listed
    assert "answers note 2" in listed
    assert '<a href="#lane-1-1"><bdi>keeper</bdi>, sample 1</a>: <q>she</q>' in listed


def test_a_thread_may_be_as_long_as_notes_allow() -> None:
    notes = [Note(id=f"n{n}", text="So?", answers=f"n{n - 1}" if n else None) for n in range(1000)]
    assert plate_html(run_of(told([" a"], [1]), notes=notes), {}).count("So?") == 1000


def test_blind_readings_say_what_was_chosen_and_how_often_the_placebo_was_told_apart() -> None:
    lanes = [keeper(), keeper("clerk"), keeper(repeats="keeper").model_copy(update={"id": "again"})]
    alike = [Vote(question="alike", lanes=["again", "keeper"]), Vote(question="best", lanes=["clerk"])]
    apart = [Vote(question="alike", lanes=["clerk", "keeper"])]
    readings = [
        Blind(order=["again", "clerk", "keeper"], votes=alike, reader="Ines", words="A & B.", created=DAY),
        Blind(order=["again", "clerk", "keeper"], votes=apart, named=["clerk"]),
    ]
    words = Read(plate_html(run_of(lanes=[lane.model_dump() for lane in lanes], readings=readings), {})).words
    assert (
        "The two were taken for the most alike in 1 of 2 readings, and told apart in 1; guessing finds the pair in 33%."
        in words
    )
    assert "Ines 2026-01-02 chose the two most alike: keeper (the placebo) and keeper; the best: clerk." in words
    assert "clerk had said its own name, so it was not blind" in words
    assert "A & B." in words
    assert "keeper, once more placebo" in words


def test_every_model_is_credited_and_silence_is_said() -> None:
    ref = ModelRef(source="hub", repo="maker/keeper", commit="0123456789abcdef")
    credit = Credit(model=ref, author="Maker & Sons", licence="apache-2.0", datasets=["logs", "letters"])
    lanes = [Lane(id="keeper", model=ref), keeper("clerk")]
    page = plate_html(run_of(lanes=lanes, credits=[credit]), {})
    known, unknown = page[page.index('id="credits"') :].split("<article>")[1:]
    words = Read(known).words
    assert "Made byMaker & Sons" in words
    assert "Commit0123456789abcdef" in words
    assert "Licenceapache-2.0" in words
    assert "Datasetslogs, letters" in words
    assert "Comes fromnot stated" in words
    assert Read(unknown).words.count("not stated") == 5


def large(lanes: int, fillings: int, count: int, tokens: int) -> Run:
    """A run of words that take room: accents, quotes, long rivals."""
    vocabulary = [" the", " naïveté", " “lighthouse”", "ing", ' "&', " и", " сказала", "\n", " surprisingly", " déjà"]
    chosen = random.Random(7)
    words = [chosen.choice(vocabulary) for _ in range(tokens)]
    ends = [len("".join(words[: n + 1]).encode()) for n in range(tokens)]
    names = [f"lane-{n}" for n in range(lanes)]
    held = []
    for lane in names:
        for filling in range(fillings):
            for index in range(count):
                trace = Trace(
                    surprisal=[chosen.expovariate(1 / 3) for _ in words],
                    entropy=[2.0] * tokens,
                    top_ids=[[1, 2, 3, 4, 5]] * tokens,
                    top_bits=[[0.5, 2.0, 4.0, 6.5, 9.0]] * tokens,
                    top_text=[chosen.sample(vocabulary, 5) for _ in words],
                )
                held.append(
                    Sample(
                        lane=lane,
                        filling=[f"word {filling}"],
                        index=index,
                        seed=index,
                        token_ids=[1] * tokens,
                        ends=ends,
                        text="".join(words),
                        trace=trace,
                        finish="length",
                        error=str(index),
                    )
                )
    return Run(template="The {a|b}", lanes=[keeper(name) for name in names], samples=held, settings=Settings())


def test_four_models_of_eight_samples_of_64_tokens_stay_under_a_megabyte_with_all_that_is_known() -> None:
    page = plate_html(large(4, 1, 8, 64), {})
    assert len(page.encode()) < 700_000 < LIMIT == 1_000_000
    assert SAYS[Detail.FULL] in page
    assert "Likeliest: “" in page


@pytest.mark.parametrize(
    ("shape", "detail", "most"),
    [((4, 4, 8, 64), Detail.BITS, LIMIT), ((8, 3, 16, 64), Detail.DEPTH, 8_000_000)],
)
def test_a_larger_run_says_less_of_each_word_and_says_so(
    shape: tuple[int, int, int, int], detail: Detail, most: int
) -> None:
    run = large(*shape)
    page = plate_html(run, {})
    assert SAYS[detail] in page
    assert "Likeliest: “" not in page
    assert len(page.encode()) < most
    assert page.count('class="sample"') == len(run.samples)


def test_a_text_beyond_all_measure_is_cut_and_says_so() -> None:
    long = run_of(*[Sample(lane="keeper", text=f"{n} " + "x" * 4500) for n in range(1000)])
    assert plate_html(long, {}).count("more characters are not shown") == 1000
    assert "are not shown" not in plate_html(run_of(*long.samples[:500]), {})


def test_a_run_without_bits_says_so() -> None:
    page = plate_html(run_of(Sample(lane="keeper", text="hello")), {})
    assert NO_BITS in page


def test_a_card_shows_one_sample_of_each_filling_and_says_what_it_leaves_out() -> None:
    held = [told([f" {f}{k}"], [1], filling=[f"word{f}"], index=k, seed=k) for f in range(6) for k in range(2)]
    page = picture_html(run_of(*held, title="Ships"), {})
    texts = re.findall(r"</span> ?(?:<u[^>]*>)?(\d\d)", page)
    assert texts == ["00", "10", "20", "30"]
    assert "Shown: the first sample of each filling in the lane, 4 of 6 fillings, 4 of 12 samples." in page
    assert 'licence <span class="unsaid">not stated</span>' in page
    one = picture_html(run_of(told([" a"], [1])), {})
    assert "Shown: all samples of the run." in one


def test_a_card_cuts_long_texts_and_says_so() -> None:
    page = picture_html(
        run_of(Sample(lane="keeper", text="word " * 200), Sample(lane="keeper", text="\n" * 90, filling=["x"])), {}
    )
    assert "… 580 more characters are not shown" in page
    assert "… 77 more characters are not shown" in page
