"""What a dossier, a comparison and a fetch say where little is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.views.beside import Column, beside_html
from components.views.disk import strip_html
from components.views.documents import rest_html
from components.views.dossier import carries, head_html
from components.views.swatches import model_link
from components.words import GLOSSARY, MATERIAL
from swatchbook.hub.dossier import SPACES, Dossier
from swatchbook.hub.facts import Facts, File
from swatchbook.hub.fit import Verdict
from swatchbook.hub.gaps import gaps
from swatchbook.hub.licences import read_licence
from swatchbook.hub.progress import Progress
from swatchbook.hub.tin import Tin
from swatchbook.runs import ModelRef
from swatchbook.shelf import Pick

FACTS = Facts("new/acorn", commit="a" * 40)
BARE = Dossier(FACTS, read_licence(FACTS), gaps(FACTS, None, {}))
UNKNOWN = Verdict("unknown", "nothing is known of its size.")


def head(**known: object) -> str:
    dossier = replace(BARE, **known)  # type: ignore[arg-type]
    return head_html(dossier, Pick(FACTS.ref, FACTS, None), UNKNOWN, "https://hub.example")


def checked(*statuses: str | None) -> tuple[File, ...]:
    return tuple(File(f"file-{number}", 1, security=status) for number, status in enumerate(statuses))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            checked("safe", "safe", "queued", "error"),
            "none of the 2 files they have looked at; 2 are not looked at yet.",
        ),
        (checked("safe", "queued"), "none of the 1 file they have looked at; 1 is not looked at yet."),
        (checked("safe", None), "none of the 1 file they have looked at."),
        (checked("queued"), "have looked at none of the files yet"),
        (checked("safe", "unsafe"), "The Hub flags file-1."),
    ],
)
def test_only_files_found_safe_count_as_looked_at(files: tuple[File, ...], said: str) -> None:
    assert said in head(files=files)


def test_spaces_are_counted_as_far_as_they_are_known() -> None:
    names = tuple(f"some/space-{number}" for number in range(SPACES))
    assert "<dt>Used by</dt><dd>not known</dd>" in head(spaces=None)
    assert "no Space is listed" in head(spaces=())
    assert "space-5 and 1 more Space<" in head(spaces=names[:7])
    assert "space-5 and more<" in head(spaces=names)


def test_without_a_card_nobody_is_said_to_be_silent_or_not_to_chat() -> None:
    table = beside_html([Column("one", BARE, UNKNOWN), Column("two", BARE, UNKNOWN)])
    for markup in (head(), table):
        assert "not known: no card could be read" in markup
        assert "no chat template is stated" in markup
        assert "goes on with a text" not in markup
    assert "intended uses" in head(gaps=gaps(FACTS, "", {}))


def test_the_label_of_a_part_is_not_taken_for_the_whole() -> None:
    tin = Tin("model-00001-of-00002.safetensors", 1, (("BF16", 10),), (("wte", (5, 2)),), ())
    assert carries(replace(BARE, tin=tin)) == ""
    assert "10 numbers" in carries(replace(BARE, tin=replace(tin, file="model.safetensors")))


def test_a_cards_own_links_lead_to_the_hub() -> None:
    dossier = replace(BARE, card="[terms](LICENSE)")
    assert f'href="https://hub.example/new/acorn/blob/{FACTS.commit}/LICENSE"' in rest_html(
        dossier, "https://hub.example"
    )
    assert "href" not in rest_html(dossier)


def test_a_fetch_says_no_bytes_before_its_files_are_known() -> None:
    progress = Progress(ModelRef(source="hub", repo="new/acorn"), "fetching")
    assert "asking which files it needs" in strip_html([progress])
    assert "5 bytes of 10 bytes" in strip_html([replace(progress, done=5, total=10)])


def test_every_term_is_in_the_glossary_once() -> None:
    assert set(MATERIAL) < set(GLOSSARY)
    assert len({term.lower() for term in GLOSSARY}) == len(GLOSSARY)


def test_side_by_side_says_what_each_is_where_somebody_wrote_it() -> None:
    other = replace(BARE, facts=Facts("old/oak"))
    plain = beside_html([Column("new/acorn", BARE, UNKNOWN), Column("old/oak", other, UNKNOWN)])
    assert "What it is" not in plain
    told = beside_html([Column("new/acorn", BARE, UNKNOWN, about="A seed."), Column("old/oak", other, UNKNOWN)])
    assert "A seed." in told.partition("The same in all")[0]


def test_what_comes_with_the_app_is_not_counted_and_not_said_to_be_unsaid() -> None:
    house = replace(BARE, facts=Facts("keeper", source="house"))
    said = beside_html([Column("keeper", house, UNKNOWN), Column("cook", house, UNKNOWN)])
    assert said.count("not counted here") == 4


def test_a_name_with_marks_in_it_stays_inside_its_link() -> None:
    link = model_link('a"b<c', "a/b@" + "f" * 40, "see")
    assert 'a"b' not in link
    assert f'href="?tab=browse&amp;model=a/b@{"f" * 40}"' in link
