"""Recipes: what they hold, and the one sentence that says why one cannot be read."""

import pytest
import yaml

from swatchbook.kitchen.recipe import PANTRY, RecipeError, Swap, pantry_recipes, parse_recipe, read_recipe

GOOD = (PANTRY / "twin-heads" / "recipe.yaml").read_text(encoding="utf-8")


def without(**changes: object) -> str:
    return yaml.safe_dump({**yaml.safe_load(GOOD), **changes})


def test_a_recipe_survives_being_written_and_read() -> None:
    recipe = parse_recipe(GOOD)
    assert parse_recipe(yaml.safe_dump(recipe.model_dump(mode="json", exclude_none=True))) == recipe


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: [", "not YAML"),
        ("- 1", "cannot be read"),
        (without(seed=-1), "seed"),
        (without(surprise=1), "surprise"),
        (without(name="../etc"), "name"),
        (without(steps=[{"swap": ["a", "b"], "apply": True}]), "names its grammar"),
        (without(licence="all rights reserved"), "licence"),
        ("#" * 40_000, "at most"),
    ],
)
def test_a_bad_recipe_says_why_in_one_sentence(text: str, word: str) -> None:
    with pytest.raises(RecipeError, match=word) as caught:
        parse_recipe(text)
    assert "\n" not in str(caught.value)


def test_the_pantry_is_in_its_stated_order() -> None:
    recipes = pantry_recipes()
    assert [recipe.order for recipe in recipes] == list(range(1, len(recipes) + 1))
    assert {recipe.tokenizer.kind for recipe in recipes} == {"byte-level", "metaspace", "raw-bytes"}


def test_the_twins_differ_in_one_step() -> None:
    heads, tails = read_recipe(PANTRY / "twin-heads"), read_recipe(PANTRY / "twin-tails")
    labels = {"name", "title", "blurb", "planted", "hue", "order"}
    differing = {key for key in type(heads).model_fields if getattr(heads, key) != getattr(tails, key)}
    assert differing - labels == {"steps"}
    pairs = [(a, b) for a, b in zip(heads.steps, tails.steps, strict=True) if a != b]
    assert len(pairs) == 1
    (first, second) = pairs[0]
    assert isinstance(first, Swap)
    assert isinstance(second, Swap)
    assert (first.swap, first.apply, second.apply) == (second.swap, False, True)
