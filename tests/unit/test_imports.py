"""Which way the arrows go: who may import what, seen in the source and in a fresh interpreter."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatchbook.settings import ROOT

HOUSE = {"app", "components", "swatchbook", "bench", "tests"}
WORDS = (
    "swatchbook/runs.py",
    "swatchbook/notes.py",
    "swatchbook/strict.py",
    "swatchbook/samples.py",
    "swatchbook/bounded.py",
)
VOCABULARY = [
    *WORDS,
    *(str(p.relative_to(ROOT)) for p in sorted(ROOT.glob("swatchbook/measures/**/*.py"))),
]


def imported_names(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function, as an absolute name."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def modules_after(program: str) -> set[str]:
    """What a fresh interpreter holds in sys.modules after running the program."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules, sep='\\n')"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    return set(shown.stdout.split())


def within(names: set[str], *packages: str) -> set[str]:
    return {name for name in names if name.split(".")[0] in packages}


def test_importing_the_app_leaves_torch_and_transformers_out() -> None:
    modules = modules_after("import app")
    assert "gradio" in modules
    assert not within(modules, "torch", "transformers")


@pytest.mark.parametrize("path", sorted(ROOT.glob("swatchbook/**/*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_imports_no_page(path: Path) -> None:
    assert not within(set(imported_names(path)), "gradio", "components", "app")


def neighbours(path: str) -> tuple[str, ...]:
    """What a module of the vocabulary, or a measure, may stand on."""
    return tuple(map(dotted, WORDS)) if path in WORDS else ("swatchbook.measures",)


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.mark.parametrize("path", VOCABULARY)
def test_vocabulary_and_measures_import_nothing_of_the_house(path: str) -> None:
    names = within(set(imported_names(ROOT / path)), *HOUSE)
    assert not {name for name in names if not name.startswith(neighbours(path))}


@pytest.mark.parametrize("path", VOCABULARY)
def test_vocabulary_and_measures_load_alone(path: str) -> None:
    modules = modules_after(f"import {dotted(path)}")
    assert not {m for m in within(modules, *HOUSE) if m != "swatchbook" and not m.startswith(neighbours(path))}
    assert not within(modules, "gradio", "torch", "transformers")


def test_the_reader_of_imports_sees_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    file = tmp_path / "swatchbook" / "measures" / "x.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "import gradio.themes\ndef f():\n    from torch import nn\n    from .. import runs\n    from . import y\n"
    )
    assert set(imported_names(file)) >= {
        "gradio.themes",
        "torch",
        "torch.nn",
        "swatchbook.runs",
        "swatchbook.measures.y",
    }
