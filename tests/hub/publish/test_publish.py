"""Publishing on the Hub: what is sent, what nobody learns, and how the Space is watched until it runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import httpx2
import pytest

from swatchbook.hub.errors import Refused
from swatchbook.settings import AppSettings
from swatchbook.sketch.publish.account import Road
from swatchbook.sketch.publish.naming import check_name, following, suggested
from swatchbook.sketch.publish.refusals import redacted
from swatchbook.sketch.publish.space import MISSES, Publisher
from tests.fake_hub import FakeHub, Fault
from tests.hub.publish.pieces import FILES, ID, NAME, TOKEN, bundle, is_sentence, publish, spaces

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=")  # so the Hub's library sends large files


async def test_a_piece_becomes_a_private_space_with_all_its_files_in_one_commit(
    hub: FakeHub, publisher: Publisher
) -> None:
    steps = await publish(publisher)
    assert [step.stage for step in steps] == ["creating", "uploading", "building", "building", "done"]
    assert steps[-1].address == f"{hub.address}/spaces/{ID}"
    repo = spaces(hub)[ID]
    assert repo.private
    held = {path: blob.read() for path, blob in repo.head.files.items()}
    assert {path: held[path] for path in FILES} == FILES
    assert set(held) == {*FILES, ".gitattributes"}
    assert len(repo.history(repo.head)) == 2
    assert all(is_sentence(step.said) for step in steps)
    (asked,) = hub.log.find("/api/repos/create")
    assert b'"hardware":"zero-a10g"' in asked.body.replace(b" ", b"")


async def test_a_static_page_is_public_when_ticked_and_done_when_it_answers(hub: FakeHub, publisher: Publisher) -> None:
    hub.spaces.slow_pages = 2
    steps = await publish(publisher, "static", private=False)
    assert steps[-1].stage == "done"
    assert not spaces(hub)[ID].private
    assert [asked.status for asked in hub.log.find("^/pages/")] == [503, 503, 200]
    (asked,) = hub.log.find("/api/repos/create")
    assert b"hardware" not in asked.body


async def test_the_token_goes_to_the_hub_alone_and_into_no_file_log_or_sentence(
    hub: FakeHub, publisher: Publisher, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.faults.add(Fault("/commit/", status=400, message=f"no {TOKEN} here", times=1))
    steps = await publish(publisher, private=False) + await publish(publisher, private=False)
    assert steps[-1].stage == "done"
    assert all(asked.token is None for asked in hub.log.find("^/(lfs|pages)/"))
    assert {asked.token for asked in hub.log.find("^/api/")} == {f"Bearer {TOKEN}"}
    assert not any(TOKEN.encode() in asked.body for asked in hub.log)
    said = " ".join(f"{step.said} {step.address}" for step in steps)
    assert "hf_…" in said
    out = capfd.readouterr()
    logged = "".join(record.getMessage() for record in caplog.records if record.name.startswith("swatchbook"))
    assert TOKEN not in said + logged + out.out + out.err
    assert TOKEN not in repr(vars(publisher))
    assert "%|" not in out.err, "a bar of progress nobody looks at"


def test_the_token_leaves_for_no_other_address() -> None:
    way = Road("http://127.0.0.1:9", 10)
    for address in ("https://elsewhere.example/lfs-verify", "http://localhost:9/lfs-verify", "https://127.0.0.1:9/"):
        with pytest.raises(Refused):
            way.handle_request(httpx2.Request("POST", address, headers={"Authorization": f"Bearer {TOKEN}"}))
    with pytest.raises(Refused):
        way.handle_request(httpx2.Request("PUT", "http://elsewhere.example/lfs"))


@pytest.mark.parametrize(
    ("stage", "words", "log"),
    [
        ("BUILD_ERROR", "could not be built (“no such package hf_…”)", "build"),
        ("CONFIG_ERROR", "could not be set up", "build"),
        ("NO_APP_FILE", "lacks the file", "build"),
        ("RUNTIME_ERROR", "could not start", "container"),
        ("PAUSED", "was paused", "container"),
    ],
)
async def test_a_space_that_cannot_start_says_so_and_where_its_log_is(
    hub: FakeHub, publisher: Publisher, stage: str, words: str, log: str
) -> None:
    hub.spaces.stages, hub.spaces.problem = ("BUILDING", stage), f"no such package {TOKEN}."
    last = (await publish(publisher))[-1]
    assert last.stage == "failed"
    assert words in last.said
    assert last.address == f"{hub.address}/spaces/{ID}?logs={log}"
    assert last.instead == ("zip",)
    assert ID in spaces(hub)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("/runtime", status=401, skip=1), "sign-in"),
        (Fault("/runtime", status=503, skip=1), "trouble of its own"),
        (Fault("/runtime", "drop", skip=1), "broke off"),
        (Fault("/runtime", "text", skip=1), "makes no sense"),
    ],
    ids=["expired", "trouble", "lost", "nonsense"],
)
async def test_what_is_there_whole_stays_when_it_cannot_be_watched_any_more(
    hub: FakeHub, publisher: Publisher, fault: Fault, words: str
) -> None:
    hub.faults.add(fault)
    last = (await publish(publisher))[-1]
    assert (last.stage, last.address) == ("left", f"{hub.address}/spaces/{ID}")
    assert words in last.said
    assert set(FILES) <= set(spaces(hub)[ID].head.files)


async def test_a_few_looks_that_fail_are_forgiven(hub: FakeHub, publisher: Publisher) -> None:
    hub.faults.add(Fault("/runtime", status=503, times=MISSES - 1))
    assert (await publish(publisher))[-1].stage == "done"


async def test_a_page_that_never_answers_is_not_called_done(hub: FakeHub, publisher: Publisher) -> None:
    hub.spaces.slow_pages = 10_000
    last = (await publish(publisher, private=False))[-1]
    assert (last.stage, last.said[:12]) == ("left", "It takes lon")


async def test_a_second_press_for_the_same_piece_waits_for_the_first_and_spoils_nothing(
    hub: FakeHub, publisher: Publisher
) -> None:
    hub.slow = 0.02
    both = await asyncio.gather(publish(publisher), publish(publisher))
    ends = sorted(steps[-1].stage for steps in both)
    assert ends == ["done", "failed"]
    (failed,) = (steps[-1] for steps in both if steps[-1].stage == "failed")
    assert "being published already" in failed.said
    assert set(FILES) <= set(spaces(hub)[ID].head.files)


async def test_who_leaves_amid_it_leaves_nothing_behind(hub: FakeHub, publisher: Publisher) -> None:
    async with contextlib.aclosing(publisher.publish(bundle(), NAME, TOKEN)) as steps:
        async for step in steps:
            if step.stage == "uploading":
                hub.slow = 0.05
                break
    publisher.close(20)
    assert spaces(hub) == {}
    assert hub.log.count("/commit/") == 0
    assert hub.log.count("/api/repos/delete") == 1


async def test_who_leaves_while_it_is_built_has_published(hub: FakeHub, publisher: Publisher) -> None:
    async with contextlib.aclosing(publisher.publish(bundle(), NAME, TOKEN)) as steps:
        async for step in steps:
            if step.stage == "building":
                break
    publisher.close(20)
    assert set(FILES) <= set(spaces(hub)[ID].head.files)


async def test_without_a_network_nothing_is_asked(hub: FakeHub) -> None:
    publisher = Publisher(AppSettings(hub=hub.address, offline=True), beat=0)
    (step,) = await publish(publisher)
    assert step.stage == "failed"
    assert "HF_HUB_OFFLINE" in step.said
    assert list(hub.log) == []


@pytest.mark.parametrize(
    ("title", "name"),
    [("Letter from a future kitchen", "letter-from-a-future-kitchen"), ("Žluťoučký kůň", "zlutoucky-kun"),
     ("???", "a-sketch"), ("a.git", "a-git"), ("x" * 80, "x" * 60)],
)  # fmt: skip
def test_a_title_suggests_a_name(title: str, name: str) -> None:
    assert suggested(title) == name
    assert check_name(name) == name


def test_names_count_on() -> None:
    assert [following(name) for name in ("a", "a-2", "a-9", "a-99", "x" * 60)] == [
        "a-2", "a-3", "a-10", "a-100", "x" * 58 + "-2"
    ]  # fmt: skip


def test_nothing_that_looks_like_a_token_is_said() -> None:
    assert redacted(f"a {TOKEN}\nb hf_oauth_x") == "a hf_…?b hf_…"
    assert redacted("Bearer hf_eyJhbGci.eyJzdWIi.c2ln-_x!") == "Bearer hf_…!"


async def test_a_token_of_any_shape_is_not_said() -> None:
    token = "eyJhbGci.eyJz/dWIi+=.c2ln"
    with FakeHub(token=token) as hub:
        hub.faults.add(Fault("/commit/", status=400, message=f"no {token} here", times=1))
        hub.spaces.stages, hub.spaces.problem = ("BUILD_ERROR",), f"not {token}"
        publisher = Publisher(AppSettings(hub=hub.address), beat=0)
        said = [step.said for _ in range(2) async for step in publisher.publish(bundle(), NAME, token)]
        publisher.close()
    assert "no hf_… here" in " ".join(said)
    assert "not hf_…" in said[-1]
    assert token not in " ".join(said)
