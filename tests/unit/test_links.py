"""Packed links: what a document is comes back from its address, and nothing else does."""

from __future__ import annotations

import json
import random
from itertools import chain
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.archive import links
from swatchbook.archive.documents import Document, kind_of
from swatchbook.archive.errors import TooLarge, Unreadable
from swatchbook.archive.kinds.run import specification
from swatchbook.archive.links import MAX_PLAIN, MOST, pack, unpack
from swatchbook.notes import Note, Span
from swatchbook.palettes import Palette
from swatchbook.runs import Credit, Lane, ModelRef, Run, Sample, Settings
from tests import documents
from tests.bad_documents import forged, marked, zeros

GOLD = Run(
    title="Who said it",
    template="The {nurse|engineer} said “é”",
    settings=Settings(samples=2, seed=11, stop=["\n"]),
    lanes=[
        Lane(id="a", model=ModelRef(source="house", repo="cook", commit="0123456")),
        Lane(id="b", model=ModelRef(source="hub", repo="owner/name"), mode="chat", precision="bf16"),
    ],
    notes=[Note(id="n", text="Look here.", author="Ada", created="2026-01-02T03:04:05+00:00", at=[Span(lane="a")])],
)
WRITTEN = (
    "1.run.euVKAiq5bVFLTsMwEL1KNFvS4qQfgXfsWVZiUarKSaaN1cSObEctCpF6EDgA5-AmPQkzSSUqxMrj5zfvvRl34I8q5GVm7QFkGkPQoUKQ"
    "8FLayCtdRDoAoVg3lQr8sCox6kzrPL6j2WuD6PqReTl_fH9dzp_E9xiCNnsPsgOvqBf9oF6r0zbYAxq6zh9GXXQqtI6kxfSRENtsG5DJVIw1pa"
    "Kq1oZRwajDBimltgShUVV4u9I98UGu4dXAhiNgQQ9JH0OlDPuvO9AEgaKAtS2wGtLZ1uU8V2lbjzDIW7rmvJCYjrqmDUgQSTqbL5bQj70Dg-fi"
    "HMRrHObac036bbDEu7pl_7u12a-XPRp090bVeCtfqvBHONslFIBmMzbcDmSGHzpxzGeKHZXocEoYBSmtI_Sp4Jlzh_SF3JCKdDkRyUSkKzGTYi"
    "7F4k4IKQQ3hUGYdzbsiv1ya8gwkOVOVR77Tf8D"
)
"""GOLD as the first version wrote it. Links last: this one has to open in every version to come."""
LETTERS = "abzABZ019-_"


def same(document: Document, other: Document) -> bool:
    """Whether two documents say the same, whoever they are."""
    own = {"id": "x", "created": ""}
    return bool(document.model_copy(update=own) == other.model_copy(update=own))


def plainly(document: Document, **changes: object) -> bytes:
    return json.dumps({**json.loads(document.to_json()), **changes}).encode()


@pytest.mark.parametrize("kind", documents.DOCUMENTS)
def test_what_a_document_is_comes_back_as_a_new_one(kind: str) -> None:
    @settings(max_examples=60)
    @given(documents.DOCUMENTS[kind])
    def comes_back(document: Document) -> None:
        packed = pack(kind, document)
        found, opened = unpack(packed)
        assert found == kind
        assert same(opened, kind_of(kind).packed(document))
        assert opened.parent is None
        assert opened.id != document.id
        assert len(packed) <= MOST
        assert quote(packed, safe="") == packed

    comes_back()


def test_a_link_of_the_first_version_opens_for_ever() -> None:
    kind, run = unpack(WRITTEN)
    assert kind == "run"
    assert same(run, GOLD)


def test_two_that_open_a_link_hold_two_documents() -> None:
    assert unpack(WRITTEN)[1].id != unpack(WRITTEN)[1].id


def test_a_link_names_no_document_that_somebody_kept() -> None:
    run = GOLD.model_copy(update={"id": "kept-" * 4, "parent": "above-" * 4, "relation": "again"})
    assert pack("run", run) == pack("run", GOLD.model_copy(update={"created": "2030-01-01T00:00:00Z"}))


def test_a_link_holds_no_text_of_a_sample_and_nothing_of_where_it_was_made() -> None:
    sample = Sample(lane="a", text="written", tags=[{"name": "loop"}])
    tagged = Note(id="t", text="No loop.", tag="loop", contests=True, at=[Span(lane="a", sample=0)])
    spoken = Note(id="s", text="See there.", at=[Span(lane="a", sample=0, start=0, end=3)])
    answers = [Note(id=f"a{n}", text="I agree.", answers=to) for n, to in enumerate(["t", "a0", "s"])]
    credit = Credit(model=GOLD.lanes[0].model, author="Ada")
    full = GOLD.model_copy(
        update={"samples": [sample], "notes": [tagged, spoken, *answers], "machine": "a", "credits": [credit]}
    )
    bare = unpack(pack("run", Run.model_validate(full.model_dump())))[1]
    assert (bare.samples, bare.machine, bare.credits) == ([], "", [])
    assert [(note.id, note.at) for note in bare.notes] == [("s", [Span(lane="a")]), ("a2", [])]


def test_defaults_that_may_change_are_written_and_what_is_empty_is_not() -> None:
    lean = links._lean(specification(GOLD))
    assert lean["settings"]["temperature"] == 0.9
    assert {"parent", "samples", "machine", "credits"}.isdisjoint(lean)
    assert links._lean(Run(template="", lanes=GOLD.lanes))["template"] == ""


def test_a_link_cut_anywhere_is_refused() -> None:
    for end in range(len(WRITTEN)):
        with pytest.raises(Unreadable):
            unpack(WRITTEN[:end])
        if end:
            with pytest.raises(Unreadable):
                unpack(WRITTEN[end:])


def test_a_link_with_any_character_changed_left_out_or_doubled_is_refused() -> None:
    draw = random.Random(7)
    for place, letter in enumerate(WRITTEN):
        others = draw.sample([other for other in LETTERS if other != letter], 3)
        for put in (*others, "", letter + others[0], ".", "é", "\0"):
            damaged = WRITTEN[:place] + put + WRITTEN[place + 1 :]
            if damaged.strip(".") == WRITTEN:
                continue
            with pytest.raises(Unreadable, match=r"\.$"):
                unpack(damaged)


@pytest.mark.parametrize(
    "written",
    [
        "  {}\n",
        "{}.",
        "{},",
        "({})",
        "[{}]",
        "<{}>",
        '"{}"',
        "“{}”",
        "**{}**",
        "`{}`",
        "{}...",
        "{})",
        "\u200b{}\ufeff",
    ],
)
def test_what_people_write_around_a_link_is_forgiven(written: str) -> None:
    assert same(unpack(written.format(WRITTEN))[1], GOLD)


def test_what_programs_do_to_a_link_is_forgiven() -> None:
    wrapped = "\r\n ".join(WRITTEN[place : place + 76] for place in range(0, len(WRITTEN), 76))
    escaped = "".join(f"%{ord(letter):02X}" for letter in WRITTEN)
    shy = "\u00ad".join(WRITTEN)
    for damaged in (wrapped, escaped, escaped.lower(), shy, WRITTEN.replace(".", "%2e")):
        assert same(unpack(damaged)[1], GOLD)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "cut or changed"),
        ("run", "cut or changed"),
        ("1.run.", "cut or changed"),
        ("x" * 3 * MOST, "cut or changed"),
        ("x" * 5 * MOST, "longer than a link"),
        ("%00" * MOST, "cut or changed"),
        (WRITTEN.upper(), "cut or changed"),
        (WRITTEN + "AAAA", "cut or changed"),
        (WRITTEN + WRITTEN, "cut or changed"),
        ("0" + WRITTEN[1:], "cut or changed"),
        ("²" + WRITTEN[1:], "cut or changed"),
        ("2" + WRITTEN[1:], "newer Swatchbook"),
        ("999" + WRITTEN[1:], "newer Swatchbook"),
        (forged(plainly(GOLD), version=2), "newer Swatchbook"),
        (forged(plainly(GOLD), kind="sculpture"), "newer Swatchbook"),
        (forged(plainly(GOLD, swatchbook=3)), "newer Swatchbook"),
        (forged(plainly(GOLD), kind="palette"), "holds no palette"),
        (forged(plainly(GOLD, code="import os")), "holds no run"),
        (forged(b"[" * 60_000), "holds no run"),
        (forged(plainly(GOLD, samples=[{"lane": "a", "text": "never written"}])), "more than a run's link"),
        (forged(plainly(GOLD, machine="a quantum computer")), "more than a run's link"),
        (forged(plainly(GOLD, parent="x" * 22)), "more than a run's link"),
        (forged(plainly(GOLD, relation="again")), "more than a run's link"),
        (forged(plainly(GOLD), after=b"more"), "cut or changed"),
        (forged(plainly(GOLD), after=b"\0"), "cut or changed"),
        (marked(b"no deflated document"), "cut or changed"),
        (marked(b"\x03\x00" + b"\x03\x00"), "cut or changed"),
        (marked(zeros(1)[:-2]), "more than a link can hold"),
        (marked(zeros(2)), "more than a link can hold"),
        (marked(zeros(1000)), "longer than a link"),
        (forged(b" " * (MAX_PLAIN + 1)), "more than a link can hold"),
        (forged(b" " * MAX_PLAIN), "holds no run"),
        (forged(zeros(2)), "holds no run"),
        (forged(WRITTEN.encode()), "holds no run"),
    ],
    ids=map(str, range(100)),  # the links differ from one collecting to the next
)
def test_what_is_no_link_is_refused_in_one_sentence(written: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why) as refusal:
        unpack(written)
    assert len(str(refusal.value)) < 300
    assert str(refusal.value).isprintable()


def test_an_id_that_a_link_was_given_is_not_taken() -> None:
    """Whoever wrote it could open what is kept under it."""
    opened = unpack(forged(plainly(GOLD, id="guessed" * 4, created="1999-01-01T00:00:00Z")))[1]
    assert opened.id != "guessed" * 4
    assert not opened.created.startswith("1999")


@settings(max_examples=100)
@given(st.text(max_size=40) | st.text(LETTERS + ".", max_size=60).map(lambda body: f"1.run.{body}"))
def test_no_text_breaks_it(written: str) -> None:
    with pytest.raises(Unreadable):
        unpack(written)


def test_what_is_too_long_for_a_link_says_what_to_do_instead() -> None:
    draw = random.Random(7)
    noise = "".join(chr(draw.randrange(0x4E00, 0x9FFF)) for _ in range(4000))
    with pytest.raises(
        TooLarge, match=r"is too long for a link: .* characters, and 4,000 is the most; keep it, or send"
    ):
        pack("run", GOLD.model_copy(update={"template": noise}))
    with pytest.raises(TooLarge, match=r"81 KB when it is unpacked, and 66 KB is the most; keep it, or send"):
        pack("run", GOLD.model_copy(update={"template": "😀" * 20_000}))


def test_the_largest_palette_and_a_long_prompt_fit() -> None:
    draw = random.Random(7)
    words = ["the", "of", "model", "reads", "paper", "light", "colour", "name", "under", "open", "a", "woman", "said"]
    lanes = [
        Lane(id=f"lane-{n}", model=ModelRef(source="hub", repo=f"owner-{n}/a-model-with-a-long-name-{n}",
             commit="".join(draw.choices("0123456789abcdef", k=40)))) for n in range(8)
    ]  # fmt: skip
    assert len(pack("palette", Palette(title="Eight", lanes=lanes))) < 800
    prompt = " ".join(draw.choices(words, k=900))
    assert len(pack("run", Run(template=prompt, lanes=lanes))) < MOST


def test_every_letter_of_a_link_stands_in_an_address_as_it_is() -> None:
    allowed = set(chain(map(chr, range(48, 58)), map(chr, range(65, 91)), map(chr, range(97, 123)), "._-"))
    assert set(WRITTEN) <= allowed
