"""Fetching against a Hub that works: what is asked for, what is kept, and how those who wait are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from swatchbook.hub.disk import Disk
from swatchbook.hub.errors import Absent, BadName, Gated, HubError, Refused
from swatchbook.hub.facts import Facts
from swatchbook.hub.fetch import Fetcher
from swatchbook.hub.progress import Progress
from tests.fake_hub import FakeHub, Fault, Repo
from tests.hub import fetching
from tests.hub.fetching import (
    PLANNED,
    SLOWLY,
    WEIGHTS,
    asked_files,
    ended,
    facts,
    fetcher,
    finish,
    on_disk,
    same,
    sharded,
    until,
    whole,
)  # fmt: skip


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub([whole(), sharded()]) as hub:
        yield hub


async def test_a_model_arrives_whole_checked_and_with_its_facts(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    wanted = facts(hub)
    assert fetches.start(wanted, "anna").state in ("waiting", "fetching")
    seen = await finish(fetches, wanted.ref)
    kept = disk.find(wanted.ref)
    assert kept is not None
    assert kept.facts == replace(wanted, architecture="llama")
    assert kept.record is not None
    assert kept.record.context == 512
    assert on_disk(kept.folder).keys() == PLANNED | {"fetched.json"}
    assert same(kept.folder, hub.repo("maker/model"), PLANNED)
    total = sum(file.size for file in kept.record.files)
    assert seen[-1] == Progress(wanted.ref, "done", total, total)
    assert disk.locate(wanted.ref) == kept.folder


async def test_only_what_is_planned_is_asked_for_once_and_at_the_commit(hub: FakeHub, fetches: Fetcher) -> None:
    for wanted, weights in ((facts(hub), 1), (facts(hub, "maker/parts"), 4)):
        hub.log.clear()
        fetches.start(wanted, "anna")
        hub.repo(wanted.repo).commit({"config.json": "{}", "model.safetensors": b"newer"}, title="Later")
        assert (await finish(fetches, wanted.ref))[-1].state == "done"
        names = asked_files(hub)
        assert len(names) == len(set(names)) == len(PLANNED) - 1 + weights
        assert not set(names) & fetching.TEMPTING.keys()
        assert all(f"/resolve/{wanted.commit}/" in each.target for each in hub.log.find("/resolve/"))
        assert len(hub.log) == len(names) + 1
        assert hub.log.tokens == []


async def test_small_files_come_first_and_bytes_only_grow(hub: FakeHub, fetches: Fetcher) -> None:
    hub.faults.add(replace(SLOWLY, rate=2_000_000))
    wanted = facts(hub, "maker/parts")
    fetches.start(wanted, "anna")
    seen = await finish(fetches, wanted.ref)
    names = asked_files(hub)
    assert [name.startswith("model-") for name in names] == sorted(name.startswith("model-") for name in names)
    assert names[-3:] == [f"model-0000{at}-of-00003.safetensors" for at in (1, 2, 3)]
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert len(set(done)) > 12
    assert {progress.state for progress in seen} >= {"fetching", "checking", "done"}
    assert {progress.file for progress in seen} >= set(names[-3:])


async def test_what_is_there_already_costs_no_request(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    await finish(fetches, wanted.ref)
    hub.log.clear()
    again = fetcher(hub, disk)
    assert again.start(replace(wanted, gated="auto"), "ben").state == "done"
    assert fetches.start(wanted, "ben").state == "done"
    assert (await finish(again, wanted.ref))[-1].state == "done"
    assert len(hub.log) == 0


async def test_what_another_copy_of_the_app_has_fetched_is_done(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    hub.faults.add(replace(SLOWLY, times=1))
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    fetches.cancel(wanted.ref, "anna")
    await ended(fetches)
    other = fetcher(hub, disk)
    other.start(wanted, "ben")
    await finish(other, wanted.ref)
    assert fetches.start(wanted, "anna").state == "done"
    assert (await finish(fetches, wanted.ref))[-1].state == "done"


async def test_a_stopped_fetch_goes_on_from_where_it_was(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    hub.faults.add(SLOWLY)
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    await until(fetches, wanted.ref, 600_000)
    assert fetches.cancel(wanted.ref, "anna")
    assert (await finish(fetches, wanted.ref))[-1].state == "stopped"
    await ended(fetches)
    part = disk.place(wanted.ref) / "model.safetensors.part"
    have = part.stat().st_size
    assert 500_000 < have < WEIGHTS
    assert not (part.parent / "model.safetensors").exists()
    assert [kept.state for kept in disk.models()] == ["unfinished"]
    hub.log.clear()
    again = fetcher(hub, disk)
    again.start(wanted, "anna")
    seen = await finish(again, wanted.ref)
    assert seen[-1].state == "done"
    assert [each.target.rpartition("/")[2] for each in hub.log.find("/resolve/")] == ["model.safetensors"]
    assert [each.headers.get("range") for each in hub.log.find("safetensors")] == [f"bytes={have}-"]
    assert same(disk.locate(wanted.ref), hub.repo("maker/model"), PLANNED)


async def test_what_is_being_fetched_is_deleted_only_after_it_was_stopped(
    hub: FakeHub, disk: Disk, fetches: Fetcher
) -> None:
    hub.faults.add(SLOWLY)
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    await until(fetches, wanted.ref, 100_000)
    assert [kept.state for kept in disk.models()] == ["fetching"]
    with pytest.raises(Refused, match="being fetched"):
        disk.delete(wanted.ref)
    fetches.cancel(wanted.ref, "anna")
    await ended(fetches)
    disk.delete(wanted.ref)
    assert disk.models() == []


async def test_a_damaged_model_is_mended_by_fetching_it_again(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    wanted = facts(hub, "maker/parts")
    fetches.start(wanted, "anna")
    await finish(fetches, wanted.ref)
    folder = disk.locate(wanted.ref)
    second = folder / "model-00002-of-00003.safetensors"
    second.write_bytes(bytes(second.stat().st_size - 1))
    (folder / "tokenizer.json").unlink()
    assert [kept.state for kept in disk.models()] == ["damaged"]
    hub.faults.add(Fault(r"tokenizer\.json", status=404, code="EntryNotFound", times=1))
    fetches.start(wanted, "anna")
    assert (await finish(fetches, wanted.ref))[-1].state == "failed"
    await ended(fetches)
    assert [kept.state for kept in disk.models()] == ["unfinished"], "the record of what is not whole is gone"
    hub.log.clear()
    fetches.start(wanted, "anna")
    assert (await finish(fetches, wanted.ref))[-1].state == "done"
    assert asked_files(hub) == ["tokenizer.json", second.name]
    assert same(folder, hub.repo("maker/parts"), [second.name, "tokenizer.json"])


REFUSED: dict[str, tuple[Repo, str]] = {
    "code of its own": (whole(auto_map={"AutoModel": "evil.Evil"}), "code of its own"),
    "quantised": (whole(quantization_config={"quant_method": "awq"}), "quantised"),
    "a million layers": (whole(num_hidden_layers=10**7), "num_hidden_layers = 10,000,000"),
    "an attention repository": (whole(_attn_implementation_internal="evil/kernels"), "how attention is computed"),
    "a config that is a list": (Repo("maker/model", {
        "config.json": "[]", "tokenizer.json": "{}", "model.safetensors": b"x"}), "config.json"),
    "a config nested deeply": (Repo("maker/model", {
        "config.json": "[" * 100_000, "tokenizer.json": "{}", "model.safetensors": b"x"}), "config.json"),
    "an index that leads out": (Repo("maker/model", {
        "config.json": json.dumps(fetching.CONFIG), "tokenizer.json": "{}", "model-00001-of-00001.safetensors": b"x",
        "model.safetensors.index.json": '{"weight_map": {"a": "../../x"}}'}), "do not belong together"),
    "no weights": (Repo("maker/model", {"config.json": "{}", "tokenizer.json": "{}", "a.gguf": b"x"}), "no weights as"),
    "nothing": (Repo("maker/model", {"README.md": "Soon"}), "no weights as"),
    "a part missing": (Repo("maker/model", {
        "config.json": "{}", "tokenizer.json": "{}", "model-00001-of-00002.safetensors": b"x",
        "model.safetensors.index.json": "{}"}), "lack part 2 of 2"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_not_run_here_is_refused_before_its_weights_come(case: str, disk: Disk) -> None:
    repo, words = REFUSED[case]
    with FakeHub([repo]) as hub:
        fetches = fetcher(hub, disk)
        wanted = facts(hub)
        fetches.start(wanted, "anna")
        end = (await finish(fetches, wanted.ref))[-1]
        assert end.state == "failed"
        assert words in str(end.problem)
        assert str(end.problem).endswith(".")
        assert not [name for name in asked_files(hub) if name.endswith(".safetensors")]
        assert disk.find(wanted.ref) is None


async def test_there_has_to_be_room_before_anything_is_asked_for(hub: FakeHub, tmp_path: Path) -> None:
    wanted = facts(hub)
    for disk, words in (
        (Disk(tmp_path, 1_000_000, lambda _: fetching.ROOM), "all fetched models together may take 1.0 MB"),
        (Disk(tmp_path, 10**10, lambda _: (10**9, 10**8 + 500_000)), "this disk has 500 kB left"),
    ):
        fetches = fetcher(hub, disk)
        fetches.start(wanted, "anna")
        assert words in str((await finish(fetches, wanted.ref))[-1].problem)
    assert asked_files(hub) == []


def test_what_cannot_be_fetched_is_said_at_once(hub: FakeHub, fetches: Fetcher) -> None:
    good = facts(hub)
    cases: list[tuple[Facts, type[HubError], str]] = [
        (replace(good, gated="auto"), Gated, "sign in and agree to terms"),
        (replace(good, commit=None), BadName, "full commit"),
        (replace(good, commit="a" * 12), BadName, "full commit"),
        (replace(good, repo="a--b/c"), BadName, "no model of the Hub"),
        (replace(good, source="house"), BadName, "no model of the Hub"),
    ]
    for wanted, kind, words in cases:
        with pytest.raises(kind, match=words):
            fetches.start(wanted, "anna")
    assert fetches.going() == []
    assert len(hub.log) == 0


async def test_weights_that_are_none_never_count_as_a_whole_model(disk: Disk) -> None:
    repo = whole()
    repo.commit({"model.safetensors": fetching.noise(WEIGHTS)}, title="Noise")
    with FakeHub([repo]) as hub:
        fetches = fetcher(hub, disk)
        wanted = facts(hub)
        fetches.start(wanted, "anna")
        end = (await finish(fetches, wanted.ref))[-1]
        assert end.state == "failed"
        assert "cannot be run as it was published" in str(end.problem)
        assert "again" not in str(end.problem)
        assert disk.find(wanted.ref) is None
        fetches.close()


async def test_what_is_not_fetched_cannot_be_watched(fetches: Fetcher, hub: FakeHub) -> None:
    with pytest.raises(Absent, match="not being fetched"):
        await finish(fetches, facts(hub).ref)
    assert fetches.progress(facts(hub).ref) is None
    assert fetches.cancel(facts(hub).ref, "anna")


async def test_a_list_of_files_in_pages_is_read_to_its_end(hub: FakeHub, fetches: Fetcher) -> None:
    hub.repo("maker/model").commit({f"a-note-{number:03}.txt": "x" for number in range(250)})
    fetches.start(facts(hub), "anna")
    assert (await finish(fetches, facts(hub).ref))[-1].state == "done"
    assert hub.log.count("/tree/") > 1
    assert sorted(asked_files(hub)) == sorted(PLANNED)


async def test_weights_that_lie_elsewhere_are_followed_there(disk: Disk) -> None:
    with FakeHub([whole()], redirects="here") as hub:
        fetches = fetcher(hub, disk)
        fetches.start(facts(hub), "anna")
        assert (await finish(fetches, facts(hub).ref))[-1].state == "done"
        assert same(disk.locate(facts(hub).ref), hub.repo("maker/model"), PLANNED)


async def test_the_record_is_json_that_a_person_can_read(hub: FakeHub, disk: Disk, fetches: Fetcher) -> None:
    wanted = facts(hub)
    fetches.start(wanted, "anna")
    await finish(fetches, wanted.ref)
    record = json.loads((disk.locate(wanted.ref) / "fetched.json").read_text())
    assert (record["repo"], record["commit"]) == (wanted.repo, wanted.commit)
    (weights,) = (file for file in record["files"] if file["name"] == "model.safetensors")
    assert weights["size"] == WEIGHTS
    assert len(weights["sha256"]) == 64
