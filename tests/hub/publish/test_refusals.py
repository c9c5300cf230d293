"""What the Hub refuses or loses: how it is said, and that nothing half-made is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from huggingface_hub import set_client_factory
from huggingface_hub.utils import _http

from swatchbook.settings import AppSettings
from swatchbook.sketch.publish.naming import check_name
from swatchbook.sketch.publish.space import Publisher
from swatchbook.sketch.publish.work import Target
from tests.fake_hub import FakeHub, Fault, Repo
from tests.hub.publish.pieces import FILES, ID, NAME, TOKEN, bundle, is_sentence, publish, spaces

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=")  # so the Hub's library sends large files


REFUSALS: list[tuple[str, Target, Fault, str, tuple[Target, ...]]] = [
    ("expired", "cpu", Fault("whoami", status=401), "sign in again", ("zip",)),
    ("no right", "zerogpu", Fault("repos/create", status=403), "create repositories", ("zip",)),
    ("no pay", "zerogpu", Fault("repos/create", status=402), "ZeroGPU", ("static", "zip")),
    ("large", "cpu", Fault("/commit/", status=413), "larger than the Hub takes", ("static", "zip")),
    ("quota", "static", Fault("/commit/", status=429, seconds=200), "in 4 minutes", ("zip",)),
    ("busy", "static", Fault("repos/create", status=409, message="another operation"), "a-letter-2", ("zip",)),
    ("trouble", "static", Fault("validate-yaml", status=503), "answered 503", ("zip",)),
    ("bad name", "static", Fault("repos/create", status=400, message="bad name"), "“bad name”", ("zip",)),
    ("nonsense", "static", Fault("preupload", "html"), "makes no sense", ("zip",)),
    ("no store", "zerogpu", Fault("/lfs/", status=500), "answered 500", ("zip",)),
    ("gone", "zerogpu", Fault("/lfs/", "drop"), "broke off", ("zip",)),
    ("elsewhere", "zerogpu", Fault("whoami", "redirect"), "makes no sense", ("zip",)),
]


@pytest.mark.parametrize(
    ("target", "fault", "words", "instead"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS]
)
async def test_every_refusal_is_a_sentence_that_names_what_works_instead(
    hub: FakeHub, publisher: Publisher, target: Target, fault: Fault, words: str, instead: tuple[Target, ...]
) -> None:
    hub.spaces.pro = True
    hub.faults.add(fault)
    last = (await publish(publisher, target))[-1]
    assert last.stage == "failed"
    assert words in last.said
    assert is_sentence(last.said)
    assert last.instead == instead
    assert "take the zip" in last.said
    assert spaces(hub) == {}


async def test_a_space_on_a_processor_needs_pay_and_zerogpu_is_offered(hub: FakeHub, publisher: Publisher) -> None:
    last = (await publish(publisher, "cpu"))[-1]
    assert last.instead == ("zerogpu", "static", "zip")
    assert "PRO" in last.said
    hub.spaces.pro = True
    assert (await publish(publisher, "cpu"))[-1].stage == "done"


async def test_a_name_that_is_taken_keeps_what_it_names_and_another_is_proposed(
    hub: FakeHub, publisher: Publisher
) -> None:
    hub.add(Repo(ID, {"precious.txt": "mine"}, kind="space"))
    last = (await publish(publisher))[-1]
    assert (last.stage, last.name) == ("failed", "a-letter-2")
    assert set(spaces(hub)[ID].head.files) == {"precious.txt"}
    assert hub.log.count(method="DELETE") == 0
    assert (await publish(publisher, name=last.name))[-1].stage == "done"


async def test_a_name_that_is_taken_where_nobody_can_see_it_stays_as_it_is(hub: FakeHub, publisher: Publisher) -> None:
    hub.add(Repo(ID, {"precious.txt": "mine"}, kind="space", private=True))
    hub.faults.add(Fault(f"/api/spaces/{ID}", status=404, code="RepoNotFound"))
    last = (await publish(publisher))[-1]
    assert last.name == "a-letter-2"
    assert set(spaces(hub)[ID].head.files) == {"precious.txt"}
    assert hub.log.count(method="DELETE") == 0


async def test_what_is_taken_is_not_deleted_when_the_refusal_gets_lost(hub: FakeHub, publisher: Publisher) -> None:
    hub.add(Repo(ID, {"precious.txt": "mine"}, kind="space"))
    hub.faults.add(Fault("repos/create", "close"))
    assert (await publish(publisher))[-1].name == "a-letter-2"
    assert set(spaces(hub)[ID].head.files) == {"precious.txt"}


async def test_a_deletion_that_fails_is_tried_again(hub: FakeHub, publisher: Publisher) -> None:
    hub.faults.add(Fault("/commit/", "drop"), Fault("repos/delete", status=503, times=1))
    last = (await publish(publisher))[-1]
    assert "nothing of it is left" in last.said
    assert spaces(hub) == {}


@pytest.mark.parametrize(
    ("second", "words"),
    [(Fault("repos/delete", "text", times=0), "nothing of it is left"), (Fault("repos/delete"), "may be left at")],
    ids=["there by now", "no answer"],
)
async def test_a_space_that_the_hub_was_slow_to_make_is_looked_for_once_more(
    hub: FakeHub, publisher: Publisher, second: Fault, words: str
) -> None:
    not_yet = Fault("repos/delete", status=404, code="RepoNotFound", times=1)
    hub.faults.add(Fault("repos/create", "close"), not_yet, second)
    last = (await publish(publisher))[-1]
    assert words in last.said
    assert (spaces(hub) == {}) == (second.times == 0)
    assert (f"{hub.address}/spaces/{ID}" in last.said) == (last.address != "")


@pytest.mark.parametrize("token", ["", "with space", "line\nbreak", "ü"])
async def test_what_can_be_no_token_is_not_sent(hub: FakeHub, publisher: Publisher, token: str) -> None:
    (step,) = [step async for step in publisher.publish(bundle(), NAME, token)]
    assert "sign in again" in step.said
    assert list(hub.log) == []


@pytest.mark.parametrize("name", ["", "-a", "a/b", "../a", "a..b", "a--b", "a.git", "x" * 61, "a b", "ä", "a\n"])
async def test_a_name_that_can_be_none_is_refused_and_another_proposed(
    hub: FakeHub, publisher: Publisher, name: str
) -> None:
    (step,) = await publish(publisher, name=name)
    assert step.stage == "failed"
    assert check_name(step.name) == step.name
    assert list(hub.log) == []


async def calls() -> int:
    """How many requests one publishing makes until the piece is there whole."""
    before = _http._GLOBAL_CLIENT_FACTORY
    with FakeHub(token=TOKEN) as hub:
        await publish(Publisher(AppSettings(hub=hub.address), beat=0))
        set_client_factory(before)
        return next(at for at, asked in enumerate(hub.log) if "/runtime" in asked.target)


KINDS = {
    "dropped": Fault("", "drop"),
    "answer lost": Fault("", "close"),
    "cut off": Fault("", "truncate", after=1),
    "trouble": Fault("", status=503),
    "expired": Fault("", status=401),
}


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("fault", KINDS.values(), ids=KINDS)
async def test_whatever_befalls_the_nth_request_nothing_half_made_is_left_or_it_is_said(
    fault: Fault, lasting: bool
) -> None:
    for number in range(await calls()):
        with FakeHub(token=TOKEN) as hub:
            hub.faults.add(replace(fault, skip=number, times=None if lasting else 1))
            publisher = Publisher(AppSettings(hub=hub.address), beat=0)
            last = (await publish(publisher))[-1]
            publisher.close()
            whole = ID in spaces(hub) and set(FILES) <= set(spaces(hub)[ID].head.files)
            assert is_sentence(last.said)
            if last.stage != "failed":
                assert whole
                continue
            assert last.instead
            if ID in spaces(hub):
                assert lasting
                assert f"{hub.address}/spaces/{ID}" in last.said
                assert last.address == f"{hub.address}/spaces/{ID}"
