"""The usual ways to get text from a model, in a process of their own, written as anybody would.

`Rivals` is the handle; run as a program, this file is the process behind it:
one JSON line in, one out. It uses all cores and knows nothing of the house.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from bench import gguf

PROMPT = "The keeper said that"
TEMPERATURE = 0.9
READ_BYTES = 512 * 1024 * 1024


class Rivals:
    """transformers' own `generate` over these models, loaded in bf16 in another process."""

    def __init__(self, folders: list[Path], cores: int) -> None:
        command = [sys.executable, "-m", "bench.rivals", str(cores), *map(str, folders)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"},
        )

    def __enter__(self) -> Self:
        self._ask(kind="ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def generate(self, model: int, samples: int, tokens: int) -> float:
        """Tokens per second of one call to `model.generate`, `samples` texts at once."""
        answer = self._ask(kind="generate", model=model, samples=samples, tokens=tokens)
        return float(answer["tokens"] / answer["seconds"])

    def read_bandwidth(self) -> float:
        """Bytes per second that all cores together read from memory."""
        return float(self._ask(kind="bandwidth")["bytes_s"])

    def _ask(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the rival's process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def llamacpp(folder: Path, samples: int, tokens: int, prompt: int, cores: int) -> float | None:
    """Tokens per second of llama.cpp on this model; None unless LLAMA_CPP_BIN names its programs' folder."""
    programs = os.environ.get("LLAMA_CPP_BIN")
    if not programs:
        return None
    model = gguf.convert(folder, folder.with_suffix(".gguf"))
    command = [
        str(Path(programs) / "llama-batched-bench"), "-m", str(model), "-t", str(cores), "-c", "2048", "-pps",
        "-npp", str(prompt), "-ntg", str(tokens), "-npl", str(samples), "--output-format", "jsonl",
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    row = json.loads(next(line for line in shown.splitlines() if line.startswith("{")))
    return float(samples * tokens / row["t"])


def _generate(model: Any, ids: Any, samples: int, tokens: int) -> dict[str, float]:
    settings = {"do_sample": True, "temperature": TEMPERATURE, "top_k": 0, "pad_token_id": 0}
    started = time.perf_counter()
    drawn = model.generate(**ids, max_new_tokens=tokens, num_return_sequences=samples, **settings)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "tokens": samples * (drawn.shape[1] - ids["input_ids"].shape[1])}


def _bandwidth(torch: Any) -> dict[str, float]:
    """The best of several sums over a tensor too large for any cache."""
    data = torch.ones(READ_BYTES // 4)
    best = float("inf")
    for _ in range(8):
        started = time.perf_counter()
        data.sum()
        best = min(best, time.perf_counter() - started)
    return {"bytes_s": READ_BYTES / best}


def _serve(cores: int, folders: list[str]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(cores)
    models = [AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16) for folder in folders]
    prompts = [AutoTokenizer.from_pretrained(folder)(PROMPT, return_tensors="pt") for folder in folders]
    for line in sys.stdin:
        match json.loads(line):
            case {"kind": "generate", "model": which, "samples": samples, "tokens": tokens}:
                answer = _generate(models[which], prompts[which], samples, tokens)
            case {"kind": "bandwidth"}:
                answer = _bandwidth(torch)
            case _:
                answer = {}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2:])
