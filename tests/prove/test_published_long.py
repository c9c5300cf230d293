"""A published zip where nothing of ours is: its requirements in a new environment, under the project's constraints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from swatchbook.settings import ROOT
from swatchbook.sketch.parts import Sketch
from tests.ui.conftest import FLAGS
from tests.ui.test_published import SLOW, piece
from tests.works import house_sketch, plain_sketch


@pytest.mark.parametrize("sketch", [plain_sketch(), house_sketch()], ids=["no model", "house model"])
def test_a_zip_runs_in_an_environment_of_its_own(sketch: Sketch, tmp_path: Path, browser_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    with piece(sketch, tmp_path, python, install) as address, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser_path, args=FLAGS).new_page()
        page.goto(address)
        page.locator(".results", has_text="Dear Ada, the lamp is lit.").wait_for()
        page.get_by_label("Who is it for?").fill("Grace")
        page.get_by_role("button", name="Run").click()
        page.get_by_text("Done.").wait_for(state="attached", timeout=SLOW)
        written = page.locator(".results .text").inner_text()
        assert written.strip()
        assert "the lamp is lit" not in written
    assert has(python, "torch") == bool(sketch.models)


def install(python: Path, folder: Path) -> None:
    """What a piece's README says, with the versions that are known to work together."""
    asked = ["-r", folder / "requirements.txt", "-c", ROOT / "constraints.txt"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *asked], check=True)


def has(python: Path, name: str) -> bool:
    return subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0
