"""Cooking: the same recipe makes the same weights, and everything lands in its place."""

import hashlib
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from swatchbook.kitchen import cook as kitchen
from swatchbook.kitchen.corpus import grammar_of, training_texts
from swatchbook.kitchen.recipe import PANTRY, Recipe, RecipeError, Shape, Tokenizer, Training, read_recipe
from swatchbook.kitchen.train import store, train
from swatchbook.kitchen.vocabulary import learn

TINY = {
    "model": Shape(architecture="llama", width=16, layers=1, heads=2, kv_heads=1, mlp=32, context=64),
    "training": Training(steps=4, batch=4, length=32, rate=0.003),
    "tokenizer": Tokenizer(kind="byte-level", size=300),
}


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setattr(kitchen, "ROWS", 200)
    monkeypatch.setattr("swatchbook.kitchen.proof.SAMPLES", 2)
    monkeypatch.setattr("swatchbook.kitchen.proof.FRAMES", 2)
    monkeypatch.setattr("swatchbook.kitchen.corpus.HELD_OUT", 20)
    return read_recipe(PANTRY / "twin-heads").model_copy(update=TINY)


def test_a_cook_fills_a_folder_and_leaves_nothing_else(tiny: Recipe, tmp_path: Path) -> None:
    reported: list[int] = []
    proof = kitchen.cook(tiny, tmp_path, lambda step, _: reported.append(step))
    assert reported == [1, 2, 3, 4]
    assert [path.name for path in tmp_path.iterdir()] == [tiny.name]
    files = {path.name for path in (tmp_path / tiny.name).iterdir()}
    assert files >= {"README.md", "recipe.yaml", "tokenizer.json", "config.json", "model.safetensors"}
    assert proof.bits > proof.rival_bits, "four steps should not beat anything"


def test_the_same_recipe_makes_the_same_weights(tiny: Recipe, tmp_path: Path) -> None:
    digests = []
    for name in ("first", "second"):
        grammar = grammar_of(tiny)
        tokenizer = learn(tiny, list(islice(training_texts(tiny, grammar), 200)))
        model = train(tiny, tokenizer, training_texts(tiny, grammar), lambda _, __: None)
        store(model, tmp_path / name)
        weights = (tmp_path / name / "model.safetensors").read_bytes()
        digests.append((hashlib.sha256(weights).hexdigest(), tokenizer.to_str()))
    assert digests[0] == digests[1]


def test_the_kitchen_can_be_imported_without_torch() -> None:
    modules = ", ".join(f"swatchbook.kitchen.{path.stem}" for path in Path(kitchen.__file__).parent.glob("[a-z]*.py"))
    check = f"import sys, swatchbook.house, {modules}; print({{'torch', 'transformers', 'gradio'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(RecipeError, match="no recipe called soup; it has clerk"):
        kitchen._chosen(["soup"])
