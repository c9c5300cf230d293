"""The example prompts: what to ask, of which models, and why it is worth asking."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from components import render
from components.colour import swatch_colour
from components.palette import add, starters
from swatchbook.runs import MAX_LANES, MAX_PROMPT, Lane, ModelRef, Settings
from swatchbook.settings import ROOT
from swatchbook.shelf import Shelf

FILE = ROOT / "assets" / "examples.yaml"


class Example(BaseModel):
    """One prompt. `models` are house models by name; none means the first four."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT)]
    why: Annotated[str, Field(min_length=1, max_length=240)]
    models: Annotated[list[str], Field(max_length=MAX_LANES)] = []
    settings: Settings = Settings()

    def palette(self, shelf: Shelf) -> list[Lane]:
        """The models that are here, as lanes; the first four when none of them is."""
        palette: list[Lane] = []
        here = {model.ref.repo for model in shelf.models}
        for name in self.models:
            repo, _, mode = name.partition(":")
            if repo in here:
                palette = add(palette, ModelRef(source="house", repo=repo), shelf, mode or None)
        return palette or starters(shelf)


@cache
def examples(file: Path = FILE) -> tuple[Example, ...]:
    """The examples in their order; the first is on the page when it opens."""
    entries: list[Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return tuple(Example.model_validate(entry) for entry in entries)


def examples_html(shelf: Shelf) -> str:
    """The examples as a list of buttons."""
    return f'<ul class="examples">{"".join(_row(n, example, shelf) for n, example in enumerate(examples()))}</ul>'


def _row(number: int, example: Example, shelf: Shelf) -> str:
    lanes = example.palette(shelf)
    dots = "".join(f'<i style="--c:{swatch_colour(shelf.known(lane.model))}"></i>' for lane in lanes)
    names = ", ".join(lane.model.name for lane in lanes)
    return (
        f'<li><button type="button" data-act="example" data-number="{number}" data-key="example-{number}">'
        f'<span class="mono">{render.template(example.prompt)}</span>'
        f'<span class="small">{render.text(example.why)}</span>'
        f'<span class="dots" title="{render.text(names)}"><span aria-hidden="true">{dots}</span>'
        f'<span class="sr">With {render.text(names)}.</span></span></button></li>'
    )
