"""The palette: the lanes a visitor has picked, and their chips on the page.

A palette is a list of lanes. The functions here take one and return another;
they know house models and markup, not gradio.
"""

from __future__ import annotations

import math
from pathlib import Path

from components.render import text
from swatchbook import house
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.runs import MAX_LANES, Lane, ModelRef, RunError

STARTERS = 4
"""How many house models are on the palette of somebody who comes for the first time."""


class Shelf:
    """The models that can be picked here. `folder` is where the house models lie."""

    def __init__(self, folder: Path = HOUSE) -> None:
        self.folder = folder

    @property
    def models(self) -> tuple[house.HouseModel, ...]:
        return house.house_models(self.folder)

    def find(self, ref: ModelRef) -> house.HouseModel:
        """Raises RunError when the model is not here."""
        return house.find(ref, self.folder)

    def locate(self, ref: ModelRef) -> Path:
        """The model's folder. Raises RunError when the model is not here."""
        return self.find(ref).folder

    def known(self, ref: ModelRef) -> house.HouseModel | None:
        """The model by its name, whatever the commit, or None."""
        return next((model for model in self.models if (ref.source, ref.repo) == ("house", model.ref.repo)), None)


def swatch_colour(model: house.HouseModel | None) -> str:
    """Colour is data: the hue is the family's, darkness says the size; grey for a model not here."""
    if model is None:
        return "oklch(.6 .01 80)"
    lightness = 0.66 - 0.1 * (math.log10(max(model.parameters, 1)) - 6)
    return f"oklch({min(max(lightness, 0.25), 0.72):.3f} .13 {model.hue})"


def starters(shelf: Shelf) -> list[Lane]:
    """The palette to begin with: the first house models."""
    palette: list[Lane] = []
    for model in shelf.models[:STARTERS]:
        palette = add(palette, model.ref, shelf)
    return palette


def add(palette: list[Lane], ref: ModelRef, shelf: Shelf, mode: str | None = None) -> list[Lane]:
    """The palette with one more lane. Raises RunError when it is full or the model is not here."""
    if len(palette) >= MAX_LANES:
        raise RunError(f"The palette holds {MAX_LANES} lanes at most; remove one first.")
    model = shelf.find(ref)
    if mode not in (None, "chat", "completion"):
        raise RunError(f"{mode[:40]!r} is not a way to ask {ref.name}; write chat or completion.")
    if mode == "chat" and not model.chat:
        raise RunError(f"{ref.name} has no chat template; it can only continue a text.")
    taken = {lane.id for lane in palette}
    lane_id = next(name for n in range(1, MAX_LANES + 2) if (name := f"lane-{n}") not in taken)
    chat = model.chat if mode is None else mode == "chat"
    return [*palette, Lane(id=lane_id, model=model.ref, mode="chat" if chat else "completion")]


def remove(palette: list[Lane], lane_id: str) -> list[Lane]:
    return [lane for lane in palette if lane.id != lane_id]


def toggle_mode(palette: list[Lane], lane_id: str, shelf: Shelf) -> list[Lane]:
    """Switch one lane between chat and completion, where its model has a chat template."""

    def switched(lane: Lane) -> Lane:
        model = shelf.known(lane.model)
        if lane.id != lane_id or model is None or not model.chat:
            return lane
        return lane.model_copy(update={"mode": "completion" if lane.mode == "chat" else "chat"})

    return [switched(lane) for lane in palette]


def size(parameters: int) -> str:
    """A count of parameters as people say it: 1.1 M, 135 M, 7.2 B."""
    for unit, least in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if parameters >= least:
            return f"{parameters / least:.3g} {unit}"
    return str(parameters)


def palette_html(palette: list[Lane], shelf: Shelf) -> str:
    """The palette bar: a chip for each lane, and the models that can be added."""
    chips = "".join(_chip(lane, shelf.known(lane.model)) for lane in palette)
    chips = chips or '<li class="small">No model yet. Add one to begin.</li>'
    return (
        f'<div class="palette"><span class="small" id="palette-name">Your palette</span>'
        f'<ul class="chips" aria-labelledby="palette-name">{chips}</ul>{_menu(palette, shelf)}</div>'
    )


def _chip(lane: Lane, model: house.HouseModel | None) -> str:
    name, key = text(lane.model.name), text(lane.id)
    mode = ""
    if model is not None and model.chat:
        other = "continue the text instead" if lane.mode == "chat" else "answer as in a chat instead"
        label = f"{name}: {'chat' if lane.mode == 'chat' else 'completion'}. Press to {other}."
        mode = (
            f'<button type="button" class="mode" data-act="mode" data-lane="{key}" data-key="mode-{key}"'
            f' title="{label}" aria-label="{label}">{lane.mode}</button>'
        )
    title = f"{text(model.title)}. {text(model.blurb)} {size(model.parameters)} parameters." if model else name
    return (
        f'<li class="chip" style="--c:{swatch_colour(model)}" title="{title}"><i aria-hidden="true"></i>{name}{mode}'
        f'<button type="button" class="cross" data-act="remove" data-lane="{key}" data-key="remove-{key}"'
        f' aria-label="Remove {name} from the palette">×</button></li>'
    )


def _menu(palette: list[Lane], shelf: Shelf) -> str:
    if len(palette) >= MAX_LANES:
        return f'<span class="small">{MAX_LANES} lanes is the most.</span>'
    rows = "".join(_row(model) for model in shelf.models)
    return (
        '<details class="menu" data-key="menu"><summary>Add a model</summary>'
        f"<ul>{rows or '<li>No house models lie here yet.</li>'}</ul></details>"
    )


def _row(model: house.HouseModel) -> str:
    return (
        f'<li><button type="button" data-act="add" data-model="{text(str(model.ref))}"'
        f' data-key="add-{text(model.ref.repo)}"><i aria-hidden="true" style="--c:{swatch_colour(model)}"></i>'
        f"<span><strong>{text(model.ref.name)}</strong> {size(model.parameters)}{' · chat' if model.chat else ''}"
        f"<br><small>{text(model.blurb)}</small></span></button></li>"
    )
