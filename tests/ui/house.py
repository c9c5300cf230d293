"""A made-up house for the tests of the page: recipes and weight headers, no models."""

from __future__ import annotations

import json
import os
from pathlib import Path

import yaml

NAMES = ("keeper", "cook", "clerk", "oracle", "twin-a", "twin-b")


def make_house(folder: Path) -> Path:
    """House models that can be listed and picked; a fake engine speaks for them."""
    for order, name in enumerate(NAMES):
        home = folder / name
        home.mkdir(parents=True, exist_ok=True)
        (home / "recipe.yaml").write_text(yaml.safe_dump(_recipe(name, order)), encoding="utf-8")
        (home / "README.md").write_text(f"---\nlicense: cc0-1.0\nlanguage: en\n---\n# The {name}\n", encoding="utf-8")
        (home / "config.json").write_text(json.dumps({"model_type": "llama"}), encoding="utf-8")
        _write_weights(home / "model.safetensors", 1000 * (order + 1))
    return folder


def _recipe(name: str, order: int) -> dict[str, object]:
    return {
        "recipe": 1,
        "name": name,
        "title": f"The {name}",
        "blurb": f"A made-up model called {name}.",
        "planted": "Nothing.",
        "hue": (250 + 60 * order) % 360,
        "order": order,
        "licence": "cc0-1.0",
        "seed": 1,
        "steps": [{"expand": name}],
        "chat": name == "clerk",
        "tokenizer": {"kind": "byte-level", "size": 2048},
        "model": {
            "architecture": "llama",
            "width": 128,
            "layers": 4,
            "heads": 4,
            "kv_heads": 4,
            "mlp": 384,
            "context": 256,
        },
        "training": {"steps": 400, "batch": 32, "length": 128, "rate": 0.003},
    }


def _write_weights(path: Path, rows: int) -> None:
    """A header that says how many numbers there are, and a hole of the right length in their place."""
    tensor = {"dtype": "BF16", "shape": [rows, 1000], "data_offsets": [0, rows * 2000]}
    header = json.dumps({"w": tensor}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(path, 8 + len(header) + rows * 2000)
