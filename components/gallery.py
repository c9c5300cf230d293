"""The sketches that come with the house: each one file in `assets/sketches`, to open and to alter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from components.colour import swatch_colour
from components.render import text
from swatchbook.settings import ROOT
from swatchbook.shelf import Shelf
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import read_sketch

FOLDER = ROOT / "assets" / "sketches"


@dataclass(frozen=True, slots=True)
class Shown:
    """`name` is the file's name without its ending; it stands in addresses."""

    name: str
    text: str
    sketch: Sketch


@cache
def gallery(folder: Path = FOLDER) -> tuple[Shown, ...]:
    """The sketches in the order of their files' names. Raises SketchError where one cannot be read."""
    files = sorted(folder.glob("*.yaml"))
    return tuple(Shown(file.stem.partition("-")[2], body, read_sketch(body)) for file in files if (body := _read(file)))


def named(name: str) -> Shown | None:
    return next((each for each in gallery() if each.name == name), None)


def gallery_html(shelf: Shelf) -> str:
    """The sketches as a list of buttons."""
    return f'<ul class="examples">{"".join(_row(each, shelf) for each in gallery())}</ul>'


def _row(each: Shown, shelf: Shelf) -> str:
    dots = "".join(f'<i style="--c:{swatch_colour(shelf.known(ref))}"></i>' for ref in each.sketch.models)
    names = ", ".join(ref.name for ref in each.sketch.models)
    said = f"With {names}." if names else "No model: words and dice."
    return (
        f'<li><button type="button" data-act="open" data-example="{text(each.name)}"'
        f' data-key="sketch-{text(each.name)}">'
        f'<span class="name"><bdi>{text(each.sketch.title)}</bdi></span>'
        f'<span class="small">{text(each.sketch.about)}</span>'
        f'<span class="dots" title="{text(said)}"><span aria-hidden="true">{dots}</span>'
        f'<span class="sr">{text(said)}</span></span></button></li>'
    )


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
