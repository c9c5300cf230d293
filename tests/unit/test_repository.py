"""The files that machines and newcomers read first: do they agree with each other and with the tree?"""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from swatchbook.settings import DEFAULT_DEADLINE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SPACE_COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def requirements(name: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def constraints() -> dict[str, str]:
    """Package to exact version; every line of the file must name both."""
    pinned = requirements("constraints.txt")
    assert all(re.fullmatch(r"==[0-9][0-9a-z.]*", str(each.specifier)) for each in pinned), "only plain exact versions"
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in pinned}


def header() -> dict[str, Any]:
    _, block, _ = README.split("---\n", 2)
    parsed = yaml.safe_load(block)
    assert isinstance(parsed, dict)
    return parsed


def test_the_space_header_is_complete() -> None:
    found = header()
    assert found["sdk"] == "gradio"
    assert str(found["sdk_version"]) == constraints()["gradio"]
    assert found["python_version"] == "3.12.12"
    assert (ROOT / found["app_file"]).is_file()
    assert {found["colorFrom"], found["colorTo"]} <= SPACE_COLOURS
    assert found["license"] == "apache-2.0"
    assert 0 < len(found["short_description"]) <= 60
    assert found["title"]
    assert found["emoji"]


def test_every_folder_and_picture_in_the_readme_exists() -> None:
    layout = README.partition("## What is where")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `([^`]+)` \|", layout, re.MULTILINE) + re.findall(r"!\[[^]]*]\(([^)]+)\)", README)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_states_the_settings_as_they_are() -> None:
    source = (ROOT / "swatchbook" / "settings.py").read_text(encoding="utf-8")
    others = {"PORT", "GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME", "HF_ENDPOINT", "HF_HUB_OFFLINE"}
    named = set(re.findall(r"SWATCHBOOK_[A-Z_]+", source)) | others
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([A-Z_]{4,})`", table)) == named
    assert f"| {DEFAULT_DEADLINE:g} |" in table


def test_ci_runs_the_readmes_test_command_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert commands == ['cd "$(dirname "$0")/.." && exec make test']
    assert script.stat().st_mode & 0o111
    assert "\nmake test\n" in README


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_a_range_with_a_constraint_that_satisfies_it(name: str) -> None:
    pinned = constraints()
    for each in requirements(name):
        assert not re.search(r"===?|~=", str(each.specifier)), f"{each} is a pin"
        assert each.specifier.contains(pinned[canonicalize_name(each.name)]), each


@pytest.mark.parametrize("torch", ["2.8.0", "2.9.1", "2.10.0", "2.11.0"])
def test_zerogpus_own_torch_is_good_enough(torch: str) -> None:
    (wanted,) = (each for each in requirements("requirements.txt") if each.name == "torch")
    assert wanted.specifier.contains(torch)


def test_what_is_installed_here_is_what_the_constraints_say() -> None:
    pinned = constraints()
    names = [canonicalize_name(each.name) for each in requirements("requirements.txt")]
    assert {name: version(name).partition("+")[0] for name in names} == {name: pinned[name] for name in names}


def test_makefile_offers_what_the_readme_names() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)`", README)) <= targets
    assert {"run", "test", "bench", "cook", "prove"} <= targets


def test_licences_lie_where_they_are_due() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    for font in (ROOT / "assets").rglob("*.woff2"):
        assert list(font.parent.glob("*OFL*")) or list(font.parent.glob("*LICENSE*")), (
            f"{font.name} without its licence"
        )
