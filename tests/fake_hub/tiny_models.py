"""Makes the small models of the stock that can really be loaded and run: random weights, real architectures.

Run as a program, `python -m tests.fake_hub.tiny_models FOLDER`, because it needs
torch, which the tests' own process does without.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = {
    "llama": ("llama", 0),
    "llama-noir": ("llama", 1),
    "llama-tide": ("llama", 2),
    "llama-sharded": ("llama", 3),
    "llama-gated": ("llama-llama3", 0),
    "qwen2": ("qwen2", 0),
    "gpt2": ("gpt2", 0),
    "gpt_neox": ("gpt_neox", 0),
    "mamba": ("mamba", 0),
    "opt": ("opt", 0),
}
"""Folder: the architecture as tests/tiny.py names it, and a seed."""


def make(folder: Path) -> Path:
    """Every model of MODELS in a folder of its own, made in another process. Raises if that fails."""
    command = [sys.executable, "-m", "tests.fake_hub.tiny_models", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"the tiny models could not be made:\n{done.stderr}"
    return folder


def _make_here(folder: Path) -> None:
    from tests import tiny

    for name, (kind, seed) in MODELS.items():
        most = "120KB" if name == "llama-sharded" else "5GB"
        tiny.model(kind, seed).save_pretrained(folder / name, max_shard_size=most)
        tiny.write_tokenizer(folder / name)


if __name__ == "__main__":
    _make_here(Path(sys.argv[1]))
