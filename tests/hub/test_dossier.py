"""Dossiers: four questions at most, every part may be missing, and what lies here needs nobody."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from swatchbook.house import house_models
from swatchbook.hub.dossier import Dossier, of_folder
from swatchbook.hub.errors import Absent, Away, HubError
from swatchbook.hub.evidence import energy, evaluations
from swatchbook.hub.here import folder_facts, house_facts, split_card
from swatchbook.hub.rows import cell, first_rows
from swatchbook.library import Library
from swatchbook.runs import ModelRef
from swatchbook.settings import AppSettings
from tests.fake_hub import FakeHub, Fault, Repo
from tests.fake_hub.cards import card
from tests.fake_hub.faults import Kind

COOK = ModelRef(source="hub", repo="swatchbook-house/cook")


@pytest_asyncio.fixture
async def library(light_hub: FakeHub, tmp_path: Path) -> AsyncIterator[Library]:
    library = Library(AppSettings(hub=light_hub.address, viewer=light_hub.viewer, data=tmp_path))
    yield library
    library.close()


async def opened(library: Library, ref: ModelRef = COOK) -> Dossier:
    return [dossier async for dossier in library.dossier(ref)][-1]


async def test_it_takes_four_questions_and_none_the_second_time(library: Library, light_hub: FakeHub) -> None:
    dossier = await opened(library)
    assert light_hub.log.count() == 4
    assert len({asked.target.partition("?")[0] for asked in light_hub.log}) == 4
    again = await opened(library, dossier.facts.ref)
    assert light_hub.log.count() == 4
    assert (again.facts, again.files, again.card, again.tin) == (
        dossier.facts,
        dossier.files,
        dossier.card,
        dossier.tin,
    )


async def test_it_reads_what_the_files_state(library: Library, light_hub: FakeHub) -> None:
    dossier, folder = await opened(library), house_models()[1].folder
    facts, own = dossier.facts, of_folder(folder, house_facts(house_models()[1]))
    assert facts.commit == light_hub.repo(COOK.repo).head.sha
    assert (facts.licence, facts.architecture, facts.numbers) == ("cc0-1.0", "gpt_neox", own.facts.numbers)
    assert dossier.tin == own.tin
    assert dossier.tin is not None
    assert dossier.tin.parameters == facts.parameters
    assert dossier.card == own.card
    assert {file.path for file in dossier.files or ()} == {path.name for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("path", "missing"),
    [("/tree/", "files"), ("README.md", "card"), ("model.safetensors", "tin")],
)
@pytest.mark.parametrize(
    "fault", [Fault("", status=500), Fault("", "close"), Fault("", status=404, code="EntryNotFound")]
)
async def test_each_part_may_be_missing(
    library: Library, light_hub: FakeHub, path: str, missing: str, fault: Fault
) -> None:

    light_hub.faults.add(replace(fault, path=path))
    dossier = await opened(library)
    assert not getattr(dossier, missing)
    assert dossier.facts.licence == "cc0-1.0"
    assert bool(dossier.problems) == (missing == "files" or (missing == "card" and fault.status != 404))


async def test_without_the_info_there_is_no_dossier(library: Library, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("/api/models/", status=404, code="RepoNotFound"))
    with pytest.raises(Absent):
        await opened(library)


async def test_a_fetched_model_has_its_dossier_without_the_hub(library: Library, light_hub: FakeHub) -> None:
    facts = await library.catalogue.facts(COOK)
    library.fetcher.start(facts, "me")
    async for _ in library.fetcher.watch(facts.ref):
        pass
    assert library.fetcher.progress(facts.ref).state == "done"  # type: ignore[union-attr]
    light_hub.stop()
    dossier = await opened(library, facts.ref)
    assert dossier.facts.licence == "cc0-1.0"
    assert "cannot be reached" in dossier.problems[0]
    assert dossier.card is not None
    with pytest.raises(Away):
        await opened(library, ModelRef(source="hub", repo="swatchbook-house/oracle"))


async def test_a_house_model_asks_nobody(library: Library, light_hub: FakeHub) -> None:
    dossier = await opened(library, ModelRef(source="house", repo="oracle"))
    assert dossier.facts.source == "house"
    assert dossier.tin is not None
    assert not dossier.problems
    assert [result.metric for result in dossier.evaluations][:1] == ["bits per byte"]
    assert "evaluation results" not in [gap.name for gap in dossier.gaps if gap.open]
    rows = await library.rows(dossier.facts.datasets[0])
    assert len(rows.rows) == 5
    assert all(row[0] for row in rows.rows)
    assert not light_hub.log
    with pytest.raises(HubError):
        await opened(library, ModelRef(source="house", repo="nobody"))


async def test_a_long_list_of_files_is_said_to_be_one_and_judged_by_nobody(
    library: Library, light_hub: FakeHub
) -> None:
    files = {f"part-{number:03}.txt": "x" for number in range(230)}
    light_hub.add(Repo("many/files", {**files, "README.md": "# Many", "config.json": "{}"}))
    dossier = await opened(library, ModelRef(source="hub", repo="many/files"))
    assert dossier.more_files
    assert light_hub.log.count() == 4
    assert await library.files(dossier.facts.ref) is None


async def test_a_model_without_a_card_says_nothing_and_one_that_could_not_be_read_is_not_judged(
    library: Library, light_hub: FakeHub
) -> None:
    light_hub.add(Repo("no/card", {"config.json": "{}"}))
    dossier = await opened(library, ModelRef(source="hub", repo="no/card"))
    assert dossier.card == ""
    assert sum(gap.open for gap in dossier.gaps) > 5
    light_hub.faults.add(Fault("README.md", status=500))
    dossier = await opened(library, ModelRef(source="hub", repo="swatchbook-house/oracle"))
    assert dossier.card is None
    assert not [gap for gap in dossier.gaps if gap.open]


async def test_a_model_in_parts_has_the_label_of_its_first(library: Library, light_hub: FakeHub) -> None:
    whole = house_models()[0].folder
    parts = {f"model-0000{n}-of-00002.safetensors": whole / "model.safetensors" for n in (1, 2)}
    light_hub.add(Repo("in/parts", {**parts, "README.md": "# Parts", "config.json": whole / "config.json"}))
    dossier = await opened(library, ModelRef(source="hub", repo="in/parts"))
    assert dossier.tin is not None
    assert dossier.tin.file == "model-00001-of-00002.safetensors"
    asked = light_hub.log.count()
    await opened(library, ModelRef(source="hub", repo="in/parts"))
    assert light_hub.log.count() == asked, "that there is no whole file is remembered too"


async def test_what_one_visitor_opens_at_an_old_commit_is_not_what_others_get(
    library: Library, light_hub: FakeHub
) -> None:
    repo = light_hub.repo("swatchbook-house/cook")
    old = repo.head.sha
    new = repo.commit({"README.md": card("# New\n", license="mit")})
    at_old = ModelRef(source="hub", repo=repo.id, commit=old)
    assert (await opened(library, at_old)).facts.commit == old
    assert (await library.catalogue.facts(at_old)).commit == old
    assert (await opened(library, COOK)).facts.commit == new
    await library.shelf.learn([COOK])
    assert library.shelf.find(COOK).ref.commit == new
    assert library.shelf.find(at_old).ref.commit == old


async def test_a_name_is_pinned_to_the_newest_even_where_an_older_one_was_fetched(
    library: Library, light_hub: FakeHub
) -> None:
    facts = await library.catalogue.facts(COOK)
    library.fetcher.start(facts, "me")
    async for _ in library.fetcher.watch(facts.ref):
        pass
    new = light_hub.repo(COOK.repo).commit({"README.md": card("# New\n", license="mit")})
    library.catalogue._known.clear()
    library.hub._clock = lambda: time.time() + 7200
    await library.shelf.learn([COOK])
    pick = library.shelf.find(COOK)
    assert (pick.ref.commit, pick.folder) == (new, None)
    light_hub.stop()
    library.catalogue._known.clear()
    assert library.shelf.find(COOK).ref == facts.ref, "without the Hub it is what lies here"


async def test_five_rows_come_as_text(library: Library) -> None:
    rows = await first_rows(library.hub, "lantern/harbour-letters")
    assert len(rows.rows) == 5
    assert "text" in rows.columns
    assert rows.total == 200
    assert all(len(value) <= 601 for row in rows.rows for value in row)


@pytest.mark.parametrize("name", ["no/body", "../x", "", "a b", "x" * 300, "lantern/ember"])
async def test_a_dataset_without_rows_is_one_sentence(library: Library, name: str) -> None:
    with pytest.raises(HubError) as caught:
        await first_rows(library.hub, name)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("kind", ["html", "deep", "close"])
async def test_a_broken_viewer_costs_the_rows_alone(light_hub: FakeHub, tmp_path: Path, kind: Kind) -> None:
    with FakeHub() as viewer:
        viewer.faults.add(Fault("", kind))
        library = Library(AppSettings(hub=light_hub.address, viewer=viewer.address, data=tmp_path))
        with pytest.raises(HubError):
            await first_rows(library.hub, "lantern/harbour-letters")
        assert (await opened(library)).facts.licence == "cc0-1.0"
        library.close()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("a" * 700, "a" * 600 + "…"),
        (5, "5"),
        ({"src": "http://x", "height": 1}, "(a picture or sound)"),
        ([1, "é"], '[1, "é"]'),
    ],
)
def test_a_cell_is_text(value: object, shown: str) -> None:
    assert cell(value) == shown


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (840, "840 g of CO2 equivalent"),
        (0.5, "0.5 g of CO2 equivalent"),
        ({"emissions": 12000, "source": "the meter"}, "12,000 g of CO2 equivalent; source: the meter"),
        ({"source": "a guess"}, "source: a guess"),
        (None, None), (True, None), ("lots", None), ({}, None), ([1], None), ({"emissions": float("nan")}, None),
    ],
)  # fmt: skip
def test_energy_is_repeated_as_stated_and_never_zero(stated: object, said: str | None) -> None:
    assert energy(stated) == said


def test_results_are_read_from_both_places() -> None:
    index = [
        {"results": [{"dataset": {"name": "A"}, "task": {"type": "t"}, "metrics": [{"type": "acc", "value": 0.51234}]}]}
    ]
    results = [{"data": {"dataset": {"id": "b/c", "task_id": "d"}, "value": 7, "verified": True}}, {"data": 5}, None]
    found = evaluations({"model-index": index, "evalResults": results})
    assert [(each.dataset, each.metric, each.value, each.verified) for each in found] == [
        ("A", "acc", "0.5123", False),
        ("b/c", "d", "7", True),
    ]
    assert evaluations({"model-index": {"a": 1}, "evalResults": "x"}) == ()


@pytest.mark.parametrize(
    ("text", "metadata", "body"),
    [
        (card("# A\n", license="mit"), {"license": "mit"}, "\n# A\n"),
        ("# A\n", {}, "# A\n"),
        ("---\r\nlicense: mit\r\n---\r\nB", {"license": "mit"}, "B"),
        ("---\n[\n---\nB", {}, "B"),
        ("---\nlicense: mit\nB", {}, "---\nlicense: mit\nB"),
        ("\ufeff---\nlicense: mit\n---\nB", {"license": "mit"}, "B"),
    ],
)
def test_a_card_is_split_from_its_metadata(text: str, metadata: dict[str, str], body: str) -> None:
    assert split_card(text) == (metadata, body)


def test_a_damaged_folder_states_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps([1]))
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 20)
    (tmp_path / "README.md").write_bytes(b"---\n\xff\xfe: [\n---\n")
    facts = folder_facts(tmp_path, ModelRef(source="hub", repo="a/b", commit="0" * 40))
    assert (facts.numbers, facts.architecture, facts.licence) == ((), None, None)
