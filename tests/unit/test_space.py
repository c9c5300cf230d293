"""ZeroGPU: one GPU function is declared there, and nothing is imported anywhere else."""

import sys
from types import ModuleType

import pytest

from components.space import register_gpu_function
from swatchbook.settings import AppSettings


def test_one_function_is_declared_on_zerogpu(monkeypatch: pytest.MonkeyPatch) -> None:
    declared: list[object] = []
    platform = ModuleType("spaces")
    platform.GPU = declared.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spaces", platform)
    register_gpu_function(AppSettings(space_id="ada/swatchbook", on_zerogpu=True))
    assert len(declared) == 1
    assert callable(declared[0])


def test_nothing_is_imported_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spaces", None)  # importing it would raise
    register_gpu_function(AppSettings(space_id="ada/swatchbook"))
    register_gpu_function(AppSettings())
