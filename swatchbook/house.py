"""The house models: the small models that ship inside the repository.

Lists what lies in `assets/house` from its recipes and weight headers alone. It
loads no model and imports neither torch nor transformers.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from swatchbook.kitchen.recipe import HOUSE, TokenizerKind, read_recipe
from swatchbook.runs import ModelRef, RunError

WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class HouseModel:
    """One house model as the app introduces it; `ref` pins the weights that lie here."""

    ref: ModelRef
    title: str
    blurb: str
    planted: str
    parameters: int
    hue: int
    chat: bool
    tokenizer: TokenizerKind
    architecture: str
    context: int
    folder: Path


@cache
def house_models(house: Path = HOUSE) -> tuple[HouseModel, ...]:
    """The house models in the order that their recipes state."""
    folders = [path.parent for path in house.glob(f"*/{WEIGHTS}")]
    return tuple(_describe(folder) for folder in sorted(folders, key=_order))


def find(ref: ModelRef, house: Path = HOUSE) -> HouseModel:
    """The house model that this reference names; a reference without a commit takes what is here.

    Raises RunError when there is no such model, or when other weights are asked for.
    """
    models = {model.ref.repo: model for model in house_models(house)}
    if ref.source != "house" or ref.repo not in models:
        names = ", ".join(models) or "none yet"
        raise RunError(f"There is no house model called {ref.repo}; choose one of these: {names}.")
    model = models[ref.repo]
    here = model.ref.commit or ""
    if ref.commit and not (here.startswith(ref.commit) or ref.commit.startswith(here)):
        raise RunError(
            f"This run asks for {ref.repo} at {ref.commit[:12]}, but the one here is {here};"
            f" leave the commit out to use it."
        )
    return model


def parameter_count(weights: Path) -> int:
    """How many numbers a safetensors file holds, read from its header; shared ones count once."""
    with weights.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")


def _order(folder: Path) -> tuple[int, str]:
    return read_recipe(folder).order, folder.name


def _describe(folder: Path) -> HouseModel:
    recipe = read_recipe(folder)
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    return HouseModel(
        ref=ModelRef(source="house", repo=folder.name, commit=digest[:12]),
        title=recipe.title,
        blurb=recipe.blurb,
        planted=recipe.planted,
        parameters=parameter_count(folder / WEIGHTS),
        hue=recipe.hue,
        chat=recipe.chat,
        tokenizer=recipe.tokenizer.kind,
        architecture=recipe.model.architecture,
        context=recipe.model.context,
        folder=folder,
    )
