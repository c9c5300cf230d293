"""What the page sends of its components is plain data: Gradio copies it for each visitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.page import build
from swatchbook.settings import AppSettings
from tests.fakes import FakeEngine

PLAIN = (str, int, float, bool, type(None))
OWN = "delete_callback"
"""A function that Gradio itself puts there."""


def odd(value: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Where in a value something lies that is no plain data."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from odd(each, (*path, key))
    elif isinstance(value, list | tuple):
        for at, each in enumerate(value):
            yield from odd(each, (*path, at))
    elif not isinstance(value, PLAIN):
        yield path


def test_no_script_names_an_event_that_is_a_parameter_of_its_component(tmp_path: Path) -> None:
    """A script that holds a quoted word is taken to send that event, and the event for the parameter of its name."""
    page = build(FakeEngine(), AppSettings(cores=2, offline=True, data=tmp_path))
    config = page.get_config_file()
    assert len(config["components"]) > 50
    assert [path for path in odd(config["components"]) if path[-1] != OWN] == []
