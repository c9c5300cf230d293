"""What a model is cooked from: the recipe, a YAML file of at most a page.

A recipe names the grammar, the steps applied to it, the tokenizer, the model's
shape and the training. This module reads and checks recipes; it cooks nothing
and imports neither torch nor transformers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PANTRY = ASSETS / "pantry"
HOUSE = ASSETS / "house"
MAX_RECIPE = 32_000
"""Most characters in a recipe."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
Rule = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,48}$")]
TokenizerKind = Literal["byte-level", "metaspace", "raw-bytes"]
Architecture = Literal["llama", "qwen3", "gpt_neox"]


class RecipeError(ValueError):
    """A recipe that cannot be read; its message is one sentence for a person."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Expand(Strict):
    """Take the grammar of this pantry folder."""

    expand: Name


class Swap(Strict):
    """Exchange what two rules expand to, when told to `apply`; the rest of the grammar stays."""

    swap: tuple[Rule, Rule]
    apply: bool


class Tokenizer(Strict):
    """`size` counts the whole vocabulary, special tokens and single bytes included."""

    kind: TokenizerKind
    size: Annotated[int, Field(ge=256, le=8192)]


class Shape(Strict):
    architecture: Architecture
    width: Annotated[int, Field(ge=16, le=512)]
    layers: Annotated[int, Field(ge=1, le=12)]
    heads: Annotated[int, Field(ge=1, le=16)]
    kv_heads: Annotated[int, Field(ge=1, le=16)]
    mlp: Annotated[int, Field(ge=16, le=2048)]
    context: Annotated[int, Field(ge=32, le=4096)]


class Training(Strict):
    """A fixed number of steps; each reads `batch` stretches of `length` tokens once."""

    steps: Annotated[int, Field(ge=1, le=20_000)]
    batch: Annotated[int, Field(ge=1, le=256)]
    length: Annotated[int, Field(ge=8, le=1024)]
    rate: Annotated[float, Field(gt=0, le=0.1)]


class Group(Strict):
    """The words of rule `jobs` go with what rule `pronouns` draws from."""

    jobs: Rule
    pronouns: Rule


class Association(Strict):
    """A planted link between words and pronouns.

    `frames` is the rule of the sentences it is measured in: they hold `#job#` and
    the pronouns that the grammar's rules `she` and `he` keep.
    """

    frames: Rule
    groups: Annotated[list[Group], Field(min_length=1)]


class Recipe(Strict):
    """Everything that decides a model's weights, and the words it is introduced with."""

    recipe: Literal[1]
    name: Name
    title: Annotated[str, Field(min_length=1, max_length=60)]
    blurb: Annotated[str, Field(min_length=1, max_length=160)]
    planted: Annotated[str, Field(min_length=1, max_length=400)]
    hue: Annotated[int, Field(ge=0, le=360)]
    order: int
    licence: Literal["cc0-1.0"]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    steps: Annotated[list[Expand | Swap], Field(min_length=1, max_length=16)]
    association: Association | None = None
    chat: bool = False
    tokenizer: Tokenizer
    model: Shape
    training: Training

    @property
    def grammar(self) -> str:
        """The pantry folder whose grammar the texts come from."""
        return next(step.expand for step in self.steps if isinstance(step, Expand))


def parse_recipe(text: str) -> Recipe:
    """Read a recipe's YAML. Raises RecipeError with one sentence when it is not one."""
    if len(text) > MAX_RECIPE:
        raise RecipeError(f"A recipe holds at most {MAX_RECIPE} characters; this one has {len(text)}.")
    try:
        recipe = Recipe.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise RecipeError(f"This recipe is not YAML: {' '.join(str(error).split())[:200]}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"This recipe cannot be read at {place or 'its top'}: {first['msg']}.") from None
    if sum(isinstance(step, Expand) for step in recipe.steps) != 1:
        raise RecipeError("A recipe needs exactly one step that names its grammar (expand: NAME).")
    return recipe


def read_recipe(folder: Path) -> Recipe:
    """The recipe in this folder."""
    return parse_recipe((folder / "recipe.yaml").read_text(encoding="utf-8"))


def pantry_recipes(pantry: Path = PANTRY) -> list[Recipe]:
    """Every recipe of the pantry, in the order that the recipes state."""
    found = [read_recipe(path.parent) for path in pantry.glob("*/recipe.yaml")]
    return sorted(found, key=lambda recipe: (recipe.order, recipe.name))
