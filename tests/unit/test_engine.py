"""The engine with real worker processes: streams, sameness, stopping, memory, refusals."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from swatchbook.engine.engine import Engine
from swatchbook.engine.events import EngineError, Event, Failed, Finished, Job, Loading, Model, Started, Tokens
from swatchbook.runs import Settings
from tests.folders import llama_folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [llama_folder(tmp_path_factory.mktemp(f"llama{seed}"), seed=seed) for seed in range(3)]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


def job(prompt: str = "The lamp", seeds: tuple[int, ...] = (1, 2, 3), **settings: Any) -> Job:
    return Job(prompt, list(seeds), Settings(**{"temperature": 1.0, "max_tokens": 24, **settings}))


async def collect(stream: AsyncIterator[tuple[int, Event]]) -> list[tuple[int, Event]]:
    return [item async for item in stream]


def ids(events: list[tuple[int, Event]], number: int = 0) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for at, event in events:
        if at == number and isinstance(event, Tokens):
            found.setdefault(event.sample, []).extend(np.frombuffer(event.ids, "<i4").tolist())
    return found


async def test_a_job_streams_loading_started_tokens_finished(engine: Engine, folders: list[Path]) -> None:
    events = [event for _, event in await collect(engine.generate(Model(folders[0]), [job()]))]
    kinds = [type(event) for event in events]
    assert kinds[0] is Loading
    assert kinds.index(Started) < kinds.index(Tokens) < kinds.index(Finished)
    assert sum(isinstance(event, Finished) for event in events) == 3
    assert engine.loaded(Model(folders[0]))


async def test_a_text_is_the_same_alone_joined_and_again(engine: Engine, folders: list[Path]) -> None:
    model = Model(folders[0])
    alone = {}
    for seed in (1, 2, 3):
        alone[seed] = ids(await collect(engine.generate(model, [job(seeds=(seed,), max_tokens=80)])))[0]
    again = ids(await collect(engine.generate(model, [job(seeds=(1,), max_tokens=80)])))[0]
    assert again == alone[1]
    first = asyncio.create_task(collect(engine.generate(model, [job(max_tokens=80)])))
    await asyncio.sleep(0.03)
    second = asyncio.create_task(
        collect(engine.generate(model, [job("Another, longer prompt", (7, 8), max_tokens=60)]))
    )
    assert ids(await first) == {0: alone[1], 1: alone[2], 2: alone[3]}
    other = ids(await collect(engine.generate(model, [job("Another, longer prompt", (8,), max_tokens=60)])))
    assert ids(await second)[1] == other[0]


async def test_models_stream_side_by_side(engine: Engine, folders: list[Path]) -> None:
    async def first_token(folder: Path) -> float:
        start = time.monotonic()
        async with aclosing(engine.generate(Model(folder), [job(max_tokens=512)])) as stream:
            async for _, event in stream:
                if isinstance(event, Tokens):
                    return time.monotonic() - start
        raise AssertionError("no token came")

    waits = await asyncio.gather(*(first_token(folder) for folder in folders))
    assert len(waits) == 3


async def test_closing_the_stream_stops_the_work(engine: Engine, folders: list[Path]) -> None:
    model = Model(folders[0])
    async with aclosing(engine.generate(model, [job(seeds=tuple(range(16)), max_tokens=450)])) as stream:
        async for _, event in stream:
            if isinstance(event, Tokens):
                break
    await asyncio.sleep(0.5)
    worker = psutil.Process(engine.processes()[folders[0].name])
    before = worker.cpu_times()
    await asyncio.sleep(0.5)
    after = worker.cpu_times()
    assert (after.user + after.system) - (before.user + before.system) < 0.05


async def test_a_deadline_ends_the_work_in_one_sentence(folders: list[Path]) -> None:
    engine = Engine(deadline=0.05)
    try:
        events = await collect(engine.generate(Model(folders[0]), [job(seeds=tuple(range(16)), max_tokens=500)]))
        failed = [event for _, event in events if isinstance(event, Failed)]
        assert len(failed) == 1
        assert "longest a run may take" in failed[0].message
    finally:
        engine.close()


async def test_a_model_that_never_fits_is_refused_with_the_arithmetic(folders: list[Path]) -> None:
    engine = Engine(budget=100_000_000)
    try:
        with pytest.raises(EngineError, match=r"needs about 0\.3 GB .* may hold 0\.1 GB"):
            await collect(engine.generate(Model(folders[0]), [job()]))
        assert engine.processes() == {}
    finally:
        engine.close()


async def test_models_take_turns_in_a_small_memory(folders: list[Path]) -> None:
    engine = Engine(budget=450_000_000)
    try:
        runs = await asyncio.gather(*(collect(engine.generate(Model(folder), [job()])) for folder in folders))
        assert all(sum(isinstance(event, Finished) for _, event in events) == 3 for events in runs)
        assert engine.used <= 450_000_000
    finally:
        engine.close()


async def test_scores_equal_transformers_own(engine: Engine, folders: list[Path]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    texts = [("", "The lamp was lit."), ("The lamp", " was lit."), ("", "Nobody came, and the fog stayed."), ("x", "é")]
    scored = await engine.score(Model(folders[1]), texts)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folders[1]), AutoTokenizer.from_pretrained(folders[1])
    for (prompt, continuation), result in zip(texts, scored, strict=True):
        token_ids = torch.tensor([[0, *tokenizer(prompt + continuation)["input_ids"]]])
        with torch.no_grad():
            log_p = torch.log_softmax(model(token_ids).logits.double(), -1)
        bits = -log_p[0, :-1].gather(-1, token_ids[0, 1:, None]).squeeze(-1) / np.log(2)
        own = bits[len(prompt.encode()) :]
        assert result.bits == pytest.approx(own.tolist(), abs=2e-4)
        assert result.ends[-1] == len(continuation.encode())


async def test_a_score_in_chat_mode_is_that_of_the_beginning_of_an_answer(
    tmp_path: Path, engine: Engine, folders: list[Path]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path / "chats"
    shutil.copytree(folders[2], folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = "<end>{% for m in messages %}{{ m.role }}: {{ m.content }}<end>{% endfor %}answer: "
    tokenizer.save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    options = ["yes", "no, never"]
    scored = await engine.score(Model(folder), [("Is it lit?", option) for option in options], "chat")
    opening = [0, *tokenizer("user: Is it lit?")["input_ids"], 0, *tokenizer("answer: ")["input_ids"]]
    for option, result in zip(options, scored, strict=True):
        own = tokenizer(option)["input_ids"]
        with torch.no_grad():
            log_p = torch.log_softmax(model(torch.tensor([[*opening, *own]])).logits.double(), -1)[0]
        places = range(len(opening) - 1, len(opening) + len(own) - 1)
        bits = [-float(log_p[at, token]) / np.log(2) for at, token in zip(places, own, strict=True)]
        assert result.ids == own
        assert result.bits == pytest.approx(bits, abs=2e-4)
    with pytest.raises(EngineError, match="no chat template"):
        await engine.score(Model(folders[2]), [("Is it lit?", "yes")], "chat")


async def test_the_context_ends_a_text_and_a_longer_prompt_is_refused(tmp_path: Path, engine: Engine) -> None:
    folder = llama_folder(tmp_path / "short", context=32)
    events = await collect(engine.generate(Model(folder), [job("x" * 20, max_tokens=100), job("y" * 40)]))
    finishes = {event.finish for number, event in events if number == 0 and isinstance(event, Finished)}
    assert "context" in finishes
    failed = [event for number, event in events if number == 1 and isinstance(event, Failed)]
    assert failed[0].message.startswith("The prompt is 40 tokens long for this model, which reads 32")


async def test_every_sample_of_a_job_fails_with_its_template(engine: Engine, folders: list[Path]) -> None:
    bad = job()
    bad.mode = "chat"
    events = await collect(engine.generate(Model(folders[0]), [bad, job()]))
    assert [event.message for number, event in events if isinstance(event, Failed) and number == 0] == [
        "This model has no chat template; choose completion for it."
    ]
    assert len(ids(events, 1)) == 3


def test_closing_leaves_no_process(folders: list[Path]) -> None:
    engine = Engine()
    asyncio.run(collect(engine.generate(Model(folders[0]), [job()])))
    pids = list(engine.processes().values())
    assert pids
    engine.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
