"""Faults of workers and their files: each is one sentence on one lane, and the next run works."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from swatchbook.engine.engine import Engine
from swatchbook.engine.events import EngineError, Event, Failed, Finished, Job, Model, Tokens
from swatchbook.runs import Settings
from tests.folders import llama_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return llama_folder(tmp_path_factory.mktemp("llama"))


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


def job(tokens: int = 24) -> Job:
    return Job("The lamp", [1, 2, 3, 4], Settings(max_tokens=tokens))


async def finishes(stream: AsyncIterator[tuple[int, Event]]) -> int:
    return len([event async for _, event in stream if isinstance(event, Finished)])


async def test_a_worker_killed_in_mid_stream_is_a_sentence_and_the_next_run_works(engine: Engine, folder: Path) -> None:
    model = Model(folder)
    failures = []
    async with aclosing(engine.generate(model, [job(480)])) as stream:
        async for _, event in stream:
            if isinstance(event, Tokens):
                os.kill(engine.processes()[folder.name], signal.SIGKILL)
            if hasattr(event, "message"):
                failures.append(event.message)
    assert failures == [
        "The model's process was killed, perhaps because memory ran out; run again or take a smaller model."
    ]
    assert await finishes(engine.generate(model, [job()])) == 4


async def test_another_lane_goes_on_when_one_dies(engine: Engine, folder: Path, tmp_path: Path) -> None:
    other = llama_folder(tmp_path / "other", seed=5)
    running = asyncio.create_task(finishes(engine.generate(Model(other), [job(200)])))
    async with aclosing(engine.generate(Model(folder), [job(480)])) as stream:
        async for _, event in stream:
            if isinstance(event, Tokens):
                os.kill(engine.processes()[folder.name], signal.SIGKILL)
    assert await running == 4


async def test_a_worker_that_stands_still_is_killed_after_a_stop(engine: Engine, folder: Path) -> None:
    async with aclosing(engine.generate(Model(folder), [job(480)])) as stream:
        async for _, event in stream:
            if isinstance(event, Tokens):
                break
        pid = engine.processes()[folder.name]
        os.kill(pid, signal.SIGSTOP)
    for _ in range(80):
        if not psutil.pid_exists(pid):
            break
        await asyncio.sleep(0.1)
    assert not psutil.pid_exists(pid)
    assert await finishes(engine.generate(Model(folder), [job()])) == 4


async def test_a_stopped_worker_does_not_hold_up_the_others(engine: Engine, folder: Path, tmp_path: Path) -> None:
    other = llama_folder(tmp_path / "other", seed=6)
    stream = engine.generate(Model(folder), [job(480)])
    async for _, event in stream:
        if isinstance(event, Tokens):
            break
    pid = engine.processes()[folder.name]
    os.kill(pid, signal.SIGSTOP)
    assert await asyncio.wait_for(finishes(engine.generate(Model(other), [job()])), 20) == 4
    assert not psutil.pid_exists(pid), "a worker that stands still while others wait is killed"
    told = [event.message async for _, event in stream if isinstance(event, Failed)]
    assert len(told) == 1
    assert "killed" in told[0]


def corrupt(folder: Path, fault: str) -> None:
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    match fault:
        case "truncated weights":
            weights.write_bytes(data[: len(data) // 2])
        case "a lying header":
            weights.write_bytes((2**62).to_bytes(8, "little") + data[8:])
        case "no weights":
            weights.unlink()
        case "no tokenizer":
            (folder / "tokenizer.json").unlink()
        case "a broken tokenizer":
            (folder / "tokenizer.json").write_text('{"model": 3}')
        case "no config":
            (folder / "config.json").unlink()
        case "a broken config":
            (folder / "config.json").write_text("[]")
        case "a layer too many":
            config = json.loads((folder / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 10_000_000}))
        case "code of its own":
            config = json.loads((folder / "config.json").read_text())
            (folder / "config.json").write_text(
                json.dumps(config | {"auto_map": {"AutoModelForCausalLM": "evil.Evil"}})
            )
            (folder / "evil.py").write_text(f"open({str(folder / 'canary')!r}, 'w').close()")


FAULTS = [
    "truncated weights",
    "a lying header",
    "no weights",
    "no tokenizer",
    "a broken tokenizer",
    "no config",
    "a broken config",
    "a layer too many",
    "code of its own",
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_broken_folder_is_one_sentence(engine: Engine, tmp_path: Path, fault: str) -> None:
    folder = llama_folder(tmp_path / "broken")
    corrupt(folder, fault)
    started = time.monotonic()
    with pytest.raises(EngineError) as caught:
        await finishes(engine.generate(Model(folder), [job()]))
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 260
    assert "Traceback" not in message
    assert str(tmp_path) not in message
    assert time.monotonic() - started < 20
    assert engine.processes() == {}
    assert not (folder / "canary").exists()


APP = """
import asyncio, sys, time
from pathlib import Path
if __name__ == "__main__":
    from swatchbook.engine.engine import Engine
    from swatchbook.engine.events import Job, Model, Tokens
    from swatchbook.runs import Settings
    async def main():
        engine = Engine()
        job = Job("The lamp", list(range(16)), Settings(max_tokens=500))
        async for _, event in engine.generate(Model(Path(sys.argv[1])), [job, job, job]):
            if isinstance(event, Tokens):
                print(*engine.processes().values(), flush=True)
                time.sleep(60)
    asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_no_orphan_when_the_app_is_killed(folder: Path, tmp_path: Path, state: str) -> None:
    script = tmp_path / "app.py"
    script.write_text(APP)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    app = subprocess.Popen([sys.executable, script, folder], stdout=subprocess.PIPE, text=True, env=environment)
    assert app.stdout is not None
    worker = int(app.stdout.readline().split()[0])
    family = [child.pid for child in psutil.Process(app.pid).children(recursive=True)]
    assert worker in family
    if state == "stopped":
        os.kill(worker, signal.SIGSTOP)
    app.kill()
    app.wait()
    app.stdout.close()
    for _ in range(50):
        left = [pid for pid in family if psutil.pid_exists(pid)]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
