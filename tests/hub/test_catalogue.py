"""The catalogue: what is looked for is found, sifted honestly, and never asked for model by model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.hub.catalogue import ENOUGH, LOOKS, PAGE, SIZES, Catalogue, Query, read_name, unsung
from swatchbook.hub.errors import Absent, Away, BadName, HubError
from swatchbook.hub.facts import Facts, Parent
from swatchbook.hub.hub import INFO_FRESH, LIST_FRESH, Hub
from swatchbook.hub.store import Store
from swatchbook.hub.wire import Wire
from swatchbook.runs import ModelRef
from swatchbook.settings import AppSettings
from tests.fake_hub import FakeHub, Fault
from tests.hub.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def catalogue(light_hub: FakeHub, clock: Clock) -> AsyncIterator[Catalogue]:
    hub = Hub(Wire(AppSettings(hub=light_hub.address, viewer=light_hub.viewer), clock), Store(None, clock=clock), clock)
    yield Catalogue(hub)
    hub.close()


async def test_a_page_is_one_question_and_leads_on(catalogue: Catalogue, light_hub: FakeHub) -> None:
    page = await catalogue.page(Query(sort="downloads"))
    assert (len(page.models), page.looked) == (PAGE, PAGE)
    assert light_hub.log.count() == 1
    downloads = [facts.downloads or 0 for facts in page.models]
    assert downloads == sorted(downloads, reverse=True)
    following = await catalogue.page(Query(sort="downloads"), page.next)
    assert not {facts.repo for facts in page.models} & {facts.repo for facts in following.models}
    assert (following.models[0].downloads or 0) <= downloads[-1]


@pytest.mark.parametrize(
    "query",
    [
        Query(language="fr"),
        Query(licence="mit"),
        Query(architecture="gpt2"),
        Query(least="50M", most="500M"),
        Query(most="10M"),
        Query(gated="yes"),
        Query(gated="no"),
        Query(search="kestrel"),
        Query(originals=True),
        Query(language="sw", most="1B"),
    ],
    ids=str,
)
async def test_what_is_found_is_what_was_looked_for(catalogue: Catalogue, query: Query) -> None:
    page = await catalogue.page(query)
    assert page.models
    for facts in page.models:
        assert query.language in ("", *facts.languages)
        assert query.licence in ("", facts.licence)
        assert query.architecture in ("", facts.architecture)
        assert query.search.lower() in facts.repo.lower()
        assert not (query.originals and facts.parents)
        assert {"yes": bool(facts.gated), "no": not facts.gated}.get(query.gated, True)
        size = facts.parameters or 0
        assert SIZES.get(query.least, 0) <= size <= SIZES.get(query.most, 1e15)


async def test_sifting_asks_only_so_often_and_says_how_many_were_looked_through(
    catalogue: Catalogue, light_hub: FakeHub
) -> None:
    page = await catalogue.page(Query(originals=True, sort="downloads"))
    assert light_hub.log.count() <= LOOKS
    assert page.looked > len(page.models)
    assert len(page.models) >= ENOUGH or page.next is None or light_hub.log.count() == LOOKS


async def test_unsung_models_say_much_and_are_little_used(catalogue: Catalogue, light_hub: FakeHub) -> None:
    page = await catalogue.page(Query(sort="unsung"))
    scores = [unsung(facts) for facts in page.models]
    assert scores == sorted(scores, reverse=True)
    assert light_hub.log.count() == LOOKS
    assert not light_hub.log.count("/api/models/"), "no question is asked for a single model"


def test_unsung_grows_with_what_is_stated_and_falls_with_use() -> None:
    quiet = Facts("a/b", licence="mit", languages=("fr",), downloads=10)
    assert unsung(quiet) > unsung(replace(quiet, downloads=10**6))
    assert unsung(quiet) > unsung(replace(quiet, licence=None))
    assert unsung(replace(quiet, downloads=None)) >= unsung(quiet)


async def test_what_was_listed_is_not_asked_for_again(catalogue: Catalogue, light_hub: FakeHub) -> None:
    page = await catalogue.page(Query(sort="downloads"))
    facts = page.models[3]
    assert await catalogue.facts(ModelRef(source="hub", repo=facts.repo)) == facts
    assert await catalogue.facts(facts.ref) == facts
    assert light_hub.log.count() == 1
    other = await catalogue.facts(ModelRef(source="hub", repo="swatchbook-house/cook"))
    assert other.licence == "cc0-1.0"
    assert light_hub.log.count() == 2


async def test_what_was_heard_long_ago_is_not_taken_for_news(
    catalogue: Catalogue, light_hub: FakeHub, clock: Clock
) -> None:
    """A page that is served from memory because the Hub is away makes none of its models any younger."""
    page = await catalogue.page(Query(sort="downloads"))
    repo = page.models[0].repo
    clock.now += 5 * INFO_FRESH
    light_hub.faults.add(Fault("sort=", "close"))
    late = Catalogue(catalogue.hub)
    assert (await late.page(Query(sort="downloads"))).problem
    assert late.listed(repo) is not None
    assert late.listed(repo, INFO_FRESH) is None
    new = light_hub.repo(repo).commit({"README.md": "# New\n"})
    assert (await late.facts(ModelRef(source="hub", repo=repo))).commit == new
    await late.page(Query(sort="downloads"))
    assert late.listed(repo, INFO_FRESH) == await late.facts(ModelRef(source="hub", repo=repo)), "the younger stays"


async def test_one_odd_model_costs_no_page(catalogue: Catalogue, light_hub: FakeHub) -> None:
    before = await catalogue.page(Query(sort="downloads", search="a"))
    odd = before.models[0].repo
    light_hub.repo(odd).info |= {
        "cardData": ["x"], "tags": {"a": 1}, "safetensors": "?", "config": 7, "gated": {}, "createdAt": [], "sha": 5,
    }  # fmt: skip
    catalogue.hub._store.put("", b"")
    page = await Catalogue(catalogue.hub).page(Query(sort="downloads", search="a", everything=True))
    assert odd in [facts.repo for facts in page.models]
    assert len(page.models) > 5


async def test_first_what_was_known_and_then_what_is_so_now(
    catalogue: Catalogue, light_hub: FakeHub, clock: Clock
) -> None:
    query = Query(sort="downloads")
    await catalogue.page(query)
    clock.now += LIST_FRESH + 60
    seen = [page async for page in catalogue.pages(query)]
    assert [page.age for page in seen] == [LIST_FRESH + 60, 0]
    assert "Asking" in str(seen[0].problem)
    light_hub.stop()
    clock.now += LIST_FRESH + 60
    seen = [page async for page in catalogue.pages(query)]
    assert seen[-1].models
    assert "cannot be reached" in str(seen[-1].problem)


async def test_a_page_that_fails_costs_not_those_before_it(catalogue: Catalogue, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("cursor", status=503, skip=1))
    page = await catalogue.page(Query(sort="unsung"))
    assert page.looked == 2 * PAGE
    assert "trouble" in str(page.problem)


async def test_with_nothing_known_the_reason_is_given(catalogue: Catalogue, light_hub: FakeHub) -> None:
    light_hub.faults.add(Fault("", "close"))
    with pytest.raises(Away):
        await catalogue.page(Query())
    light_hub.faults.clear()


async def test_a_model_that_is_not_there(catalogue: Catalogue) -> None:
    with pytest.raises(Absent):
        await catalogue.facts(ModelRef(source="hub", repo="no/body"))


@pytest.mark.parametrize(
    "query",
    [
        Query(search="<script>"),
        Query(search="x" * 97),
        Query(author="a\nb"),
        Query(language="\u202e"),
        Query(least="1B", most="1B"),
        Query(least="8B", most="10M"),
        Query(least="7"),
    ],
    ids=repr,
)
def test_nonsense_is_refused_before_anybody_is_asked(query: Query) -> None:
    with pytest.raises(BadName) as caught:
        query.check()
    assert str(caught.value).endswith(".")


@given(st.builds(Query, search=st.text(max_size=8), language=st.text(max_size=3), originals=st.booleans()))
def test_a_query_is_checked_or_refused(query: Query) -> None:
    try:
        query.check()
    except HubError:
        return
    assert not query.finds(Facts("a/b")) or query.search.lower() in "a/b"


def test_a_query_finds_what_fits_all_of_it() -> None:
    facts = Facts(
        "house/oracle", architecture="qwen3", licence="cc0-1.0", languages=("en",), numbers=(("BF16", 10**6),)
    )
    assert Query().finds(facts)
    assert Query(search="ORACLE", language="en", licence="cc0-1.0", architecture="qwen3", most="10M").finds(facts)
    for miss in (
        Query(search="cook"), Query(language="fr"), Query(licence="mit"), Query(architecture="llama"),
        Query(least="10M"), Query(dataset="a/b"), Query(gated="yes"), Query(author="me"),
    ):  # fmt: skip
        assert not miss.finds(facts), miss
    assert not Query(originals=True).finds(replace(facts, parents=(Parent("a/b"),)))


@pytest.mark.parametrize(
    ("typed", "repo"),
    [
        ("lantern/ember", "lantern/ember"),
        (" https://huggingface.co/lantern/ember/ ", "lantern/ember"),
        ("gpt2", "gpt2"),
        (f"lantern/ember@{'a' * 40}", "lantern/ember"),
        ("hf.co/lantern/ember", "lantern/ember"),
        ("http://www.huggingface.co/models/lantern/ember?library=transformers#card", "lantern/ember"),
        ("https://huggingface.co/lantern/ember/tree/main", "lantern/ember"),
        ("https://huggingface.co/lantern/ember/blob/main/README.md", "lantern/ember"),
        ("https://huggingface.co/gpt2/tree/main", "gpt2"),
        ("https://huggingface.co/someone/tree", "someone/tree"),
    ],
)
def test_a_name_is_read_as_people_write_it(typed: str, repo: str) -> None:
    assert read_name(typed).repo == repo


def test_a_page_of_a_commit_names_the_commit() -> None:
    for page in ("tree", "commit"):
        ref = read_name(f"https://huggingface.co/lantern/ember/{page}/{'ab' * 20}")
        assert (ref.repo, ref.commit) == ("lantern/ember", "ab" * 20)


@pytest.mark.parametrize(
    "typed", ["xhf.co/model/more", "https://example.org/lantern/ember", "hf.co/", "lantern/tree/main"]
)
def test_what_is_no_models_name_is_refused(typed: str) -> None:
    with pytest.raises(BadName, match="owner/name"):
        read_name(typed)
