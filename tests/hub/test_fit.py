"""The verdict: its arithmetic, its words, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.engine import memory
from swatchbook.engine.events import Model
from swatchbook.estimate import Pace
from swatchbook.house import house_models
from swatchbook.hub.facts import Facts, File, Parent
from swatchbook.hub.fit import EXTRAS, Machine, Verdict, judge
from swatchbook.hub.here import folder_facts, folder_files, house_facts
from swatchbook.runs import ModelRef
from tests import tiny
from tests.hub import strategies

GB = 10**9
MACHINE = Machine(budget=8 * GB, disk_free=50 * GB, disk_left=20 * GB, cores=2, pace=Pace(), half=True)
NAMES = ("config.json", "tokenizer.json", "model.safetensors")
ORDER = ("not here", "unknown", "tight", "runs")


def facts(millions: float = 135, kind: str = "BF16", **more: object) -> Facts:
    return Facts("maker/model", architecture="llama", numbers=((kind, int(millions * 10**6)),), **more)  # type: ignore[arg-type]


def files(weights: int, names: tuple[str, ...] = NAMES) -> list[File]:
    return [File(name, weights if name.endswith("safetensors") else 1000, sha256="0" * 64) for name in names]


def better(verdict: Verdict) -> int:
    return ORDER.index(verdict.word)


def test_a_small_model_runs_and_says_what_it_takes() -> None:
    verdict = judge(facts(500), MACHINE)
    assert verdict.word == "runs"
    assert verdict.why == (
        "needs 1.6 GB of the 8.0 GB that models may use here: 1.2 GB for weights in 16 bits and 300 MB to work in."
    )
    assert verdict.need == 2 * 625_000_000 + 300_000_000
    assert (verdict.fetch, verdict.exact) == (1_000_000_000 + EXTRAS, False)
    assert verdict.first_word == pytest.approx(5, abs=3)
    assert verdict.tokens_per_second == pytest.approx(20, abs=10)
    assert not verdict.calibrated


def test_without_sixteen_bits_the_weights_are_widened() -> None:
    assert "2.5 GB for weights widened to fp32" in judge(facts(500), replace(MACHINE, half=False)).why
    assert "2.5 GB for weights in fp32" in judge(facts(500, "F32"), MACHINE).why
    assert "5.0 MB for weights widened to fp32" in judge(facts(1), MACHINE).why, "small models always are"


def test_what_never_fits_is_not_here() -> None:
    verdict = judge(facts(7000), replace(MACHINE, budget=int(2.9 * GB)))
    assert verdict.word == "not here"
    assert verdict.why == (
        "needs 15 GB of memory, more than the 2.9 GB that models may use here:"
        " 14 GB for weights in 16 bits and 300 MB to work in."
    )
    assert verdict.first_word is None


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (replace(MACHINE, budget=2 * GB), "That leaves little for other models"),
        (replace(MACHINE, disk_left=500_000_000), "takes 1.0 GB of disk, and 500 MB are free for models; delete one"),
        (replace(MACHINE, disk_free=GB + 200_000_000), "takes 1.0 GB of the last 1.2 GB of disk"),
        (replace(MACHINE, disk_free=-5), "and 0 bytes are free"),
    ],
)
def test_what_makes_it_tight_is_said(machine: Machine, said: str) -> None:
    verdict = judge(facts(500), machine)
    assert verdict.word == "tight"
    assert said in verdict.why
    assert judge(facts(500), replace(machine, budget=8 * GB), here=True).word == "runs", (
        "what is here takes no more disk"
    )


def test_slower_than_people_read_is_tight() -> None:
    pace = Pace()
    pace.factors, pace.calibrated = (1, 1, 1, 40), True
    verdict = judge(facts(135), replace(MACHINE, pace=pace))
    assert verdict.word == "tight"
    assert "tokens a second in each sample, slower than people read" in verdict.why
    assert verdict.calibrated
    assert verdict.tokens_per_second is not None
    assert verdict.tokens_per_second < 12


def test_the_list_of_files_says_exactly_what_would_be_fetched() -> None:
    verdict = judge(facts(135), MACHINE, files(270_000_000))
    assert (verdict.fetch, verdict.exact) == (270_002_000, True)
    extra = [*files(270_000_000), File("pytorch_model.bin", 10**9, sha256="0" * 64)]
    assert judge(facts(135), MACHINE, extra).fetch == 270_002_000


def test_what_cannot_be_planned_is_not_here() -> None:
    unsafe = [replace(file, security="unsafe") for file in files(10**6)]
    verdict = judge(facts(135), MACHINE, unsafe)
    assert verdict.word == "not here"
    assert "unsafe" in verdict.why
    assert judge(facts(135), MACHINE, unsafe, here=True).word == "runs", "nothing is fetched of what is here"


def test_what_is_unsuited_says_why_and_what_to_try() -> None:
    adapter = Facts("maker/lora", tags=("peft",), parents=(Parent("maker/base", "adapter"),))
    verdict = judge(adapter, MACHINE)
    assert verdict.word == "not here"
    assert verdict.why.endswith("Try the original it was made from: maker/base.")
    assert (verdict.need, verdict.fetch, verdict.first_word) == (None, None, None)


def test_a_gate_stands_before_what_is_not_here_yet() -> None:
    assert judge(facts(135, gated="auto"), MACHINE).word == "not here"
    assert judge(facts(135, gated="auto"), MACHINE, here=True).word == "runs"


def test_what_is_not_stated_is_unknown_and_where_to_find_it_is_said() -> None:
    sizeless = replace(facts(), numbers=())
    assert judge(sizeless, MACHINE).word == "unknown"
    assert "size is not stated; open its dossier" in judge(sizeless, MACHINE).why
    assert judge(sizeless, MACHINE).fetch is None
    found = judge(sizeless, MACHINE, files(270_000_000))
    assert (found.word, found.exact) == ("runs", True)
    assert found.need == 270_000_000 * 5 // 4 + memory.WORKING
    assert "cannot be read; fetch it again" in judge(sizeless, MACHINE, here=True).why

    nameless = replace(facts(), architecture=None)
    verdict = judge(nameless, MACHINE)
    assert verdict.word == "unknown"
    assert "architecture is not stated; its config.json" in verdict.why
    assert verdict.fetch is not None
    assert verdict.first_word is None
    assert judge(nameless, replace(MACHINE, budget=10**8)).word == "not here", "no architecture makes it fit"


def test_house_models_run_and_fetch_nothing() -> None:
    for model in house_models():
        for known in (None, folder_files(model.folder)):
            verdict = judge(house_facts(model), MACHINE, known, here=True)
            assert (verdict.word, verdict.fetch, verdict.exact) == ("runs", 0, True)
            assert verdict.need == pytest.approx(memory.needed(Model(model.folder)), rel=0.01)


@pytest.mark.parametrize(("name", "dtype"), [("llama-tied", torch.float32), ("gpt2", torch.bfloat16)])
@pytest.mark.parametrize("half", [True, False])
def test_a_folder_needs_what_its_facts_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, dtype: torch.dtype, half: bool
) -> None:
    monkeypatch.setattr(memory, "computes_half", lambda: half)
    folder = tiny.folder(tmp_path, name, dtype)
    stated = folder_facts(folder, ModelRef(source="hub", repo="maker/tiny", commit="0" * 40))
    verdict = judge(stated, replace(MACHINE, half=half), folder_files(folder), here=True)
    assert verdict.need == pytest.approx(memory.needed(Model(folder)), rel=0.01)


odd_files = st.none() | st.lists(
    st.builds(File, st.sampled_from([*NAMES, "model.bin", "x.gguf", "model-00001-of-00002.safetensors"]),
              st.integers(0, 2**62), st.none() | st.just("0" * 64)),
    max_size=6,
)  # fmt: skip
paces = st.tuples(*[st.floats(0.02, 50)] * 4).map(lambda by: _paced(by))
machines = st.builds(
    Machine,
    budget=st.integers(1, 10**13),
    disk_free=st.integers(-(10**12), 10**13),
    disk_left=st.integers(-(10**12), 10**13),
    cores=st.integers(1, 128),
    pace=paces,
    half=st.booleans(),
)


def _paced(by: tuple[float, ...]) -> Pace:
    pace = Pace()
    pace.factors = by  # type: ignore[assignment]
    return pace


@given(strategies.facts, machines, odd_files, st.booleans())
def test_there_is_a_verdict_on_anything(stated: Facts, machine: Machine, found: list[File] | None, here: bool) -> None:
    verdict = judge(stated, machine, found, here)
    assert verdict.word in ORDER
    assert verdict.why[-1] in ".!?" or verdict.why
    assert (
        (verdict.first_word is None) == (verdict.tokens_per_second is None) == (verdict.word not in ("runs", "tight"))
    )
    if verdict.need is not None:
        assert (verdict.need > machine.budget) <= (verdict.word == "not here")
    if verdict.word in ("runs", "tight"):
        assert verdict.fetch is not None
        assert (verdict.fetch == 0) == here or verdict.exact


@given(
    st.integers(10**5, 10**11), st.integers(0, 10**11), st.sampled_from(["BF16", "F16", "F32"]),
    st.sampled_from(["llama", "gpt_neox", None]), machines, st.booleans(),
)  # fmt: skip
def test_more_parameters_are_never_judged_better(
    parameters: int, more: int, kind: str, architecture: str | None, machine: Machine, here: bool
) -> None:
    # From 30 million on, 16 bits and all cores are used, where the machine has them.
    if parameters < memory.SMALL <= parameters + more:
        machine = replace(machine, pace=Pace())
    smaller = Facts("maker/model", architecture=architecture, numbers=((kind, parameters),))
    larger = replace(smaller, numbers=((kind, parameters + more),))
    assert better(judge(smaller, machine, here=here)) >= better(judge(larger, machine, here=here))


@given(strategies.facts, machines, odd_files, st.integers(0, 10**13))
def test_more_memory_is_never_judged_worse(
    stated: Facts, machine: Machine, found: list[File] | None, more: int
) -> None:
    roomier = replace(machine, budget=machine.budget + more)
    assert better(judge(stated, roomier, found)) >= better(judge(stated, machine, found))
    emptier = replace(machine, disk_free=machine.disk_free + more, disk_left=machine.disk_left + more)
    assert better(judge(stated, emptier, found)) >= better(judge(stated, machine, found))
