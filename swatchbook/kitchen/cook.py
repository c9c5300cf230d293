"""Cook house models from their recipes: `python -m swatchbook.kitchen.cook [NAME ...]`.

Each model is learned, trained, measured and described in a process of its own
with one thread, as many at once as there are cores. A model takes its place in
`assets/house` only when all of that is done.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import Manager, get_context
from pathlib import Path
from queue import Empty, Queue

from tokenizers import Tokenizer
from tqdm import tqdm  # type: ignore[import-untyped]

from swatchbook.house import WEIGHTS, parameter_count
from swatchbook.kitchen.card import write_card
from swatchbook.kitchen.corpus import ROWS, grammar_of, held_out, training_texts
from swatchbook.kitchen.proof import Proof, prove
from swatchbook.kitchen.recipe import HOUSE, PANTRY, Recipe, RecipeError, pantry_recipes, read_recipe
from swatchbook.kitchen.train import Report, store, texts_read, train
from swatchbook.kitchen.vocabulary import learn, write

Progress = tuple[str, int, float]
"""A model's name, the step it has done, and its loss in bits per token."""


def cook(recipe: Recipe, house: Path, report: Report, pantry: Path = PANTRY) -> Proof:
    """Cook one model into its folder in the house."""
    folder = house / f".{recipe.name}.cooking"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    grammar = grammar_of(recipe, pantry)
    tokenizer = learn(recipe, list(islice(training_texts(recipe, grammar), ROWS)))
    model = train(recipe, tokenizer, training_texts(recipe, grammar), report)
    store(model, folder)
    write(tokenizer, recipe, folder)
    shutil.copyfile(pantry / recipe.name / "recipe.yaml", folder / "recipe.yaml")
    proof = describe(recipe, folder, pantry)
    place = house / recipe.name
    shutil.rmtree(place, ignore_errors=True)
    folder.rename(place)
    return proof


def describe(recipe: Recipe, folder: Path, pantry: Path = PANTRY) -> Proof:
    """Measure the model in this folder and write its card."""
    grammar = grammar_of(recipe, pantry)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    read = texts_read(recipe, tokenizer, training_texts(recipe, grammar))
    proof = prove(recipe, grammar, folder, read, held_out(recipe, grammar))
    (folder / "README.md").write_text(write_card(recipe, proof, parameter_count(folder / WEIGHTS)), encoding="utf-8")
    return proof


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="cook", description="Cook house models from their recipes.")
    parser.add_argument("names", nargs="*", help="which ones; all when none is named")
    parser.add_argument("--measure", action="store_true", help="only measure those in the house, and write their cards")
    options = parser.parse_args(arguments)
    try:
        recipes = _chosen(options.names)
    except RecipeError as error:
        print(error, file=sys.stderr)
        return 2
    task = _describe_here if options.measure else _cook_here
    with (
        Manager() as manager,
        ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), initializer=_one_thread) as pool,
    ):
        progress: Queue[Progress] = manager.Queue()
        work = {
            recipe.name: pool.submit(task, recipe, progress) for recipe in sorted(recipes, key=_effort, reverse=True)
        }
        _follow(recipes, work.values(), progress)
        return max(_tell(name, future) for name, future in work.items())


def _cook_here(recipe: Recipe, progress: Queue[Progress]) -> Proof:
    return cook(recipe, HOUSE, lambda step, loss: progress.put((recipe.name, step, loss)))


def _describe_here(recipe: Recipe, progress: Queue[Progress]) -> Proof:
    proof = describe(recipe, HOUSE / recipe.name)
    progress.put((recipe.name, recipe.training.steps, 0.0))
    return proof


def _one_thread() -> None:
    """Set before any library reads them, in a process that has just begun."""
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")


def _chosen(names: Sequence[str]) -> list[Recipe]:
    if not names:
        return pantry_recipes()
    known = {recipe.name for recipe in pantry_recipes()}
    for name in names:
        if name not in known:
            raise RecipeError(f"The pantry has no recipe called {name}; it has {', '.join(sorted(known))}.")
    return [read_recipe(PANTRY / name) for name in names]


def _effort(recipe: Recipe) -> int:
    return recipe.training.steps * recipe.training.batch * recipe.training.length


def _follow(recipes: Sequence[Recipe], work: Iterable[Future[Proof]], progress: Queue[Progress]) -> None:
    """A bar for each model until all of them are done."""
    width = max(len(recipe.name) for recipe in recipes)
    bars = {
        recipe.name: tqdm(total=recipe.training.steps, desc=recipe.name.ljust(width), unit="step", position=place)
        for place, recipe in enumerate(recipes)
    }
    waiting = list(work)
    while waiting or not progress.empty():
        waiting = [future for future in waiting if not future.done()]
        try:
            name, step, loss = progress.get(timeout=0.2)
        except Empty:
            continue
        bars[name].update(step - bars[name].n)
        bars[name].set_postfix_str(f"{loss:.2f} bits per token", refresh=False)
    for bar in bars.values():
        bar.close()


def _tell(name: str, future: Future[Proof]) -> int:
    """Print what was measured, or why a model failed; the exit status it calls for."""
    if error := future.exception():
        print(f"{name} failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    proof = future.result()
    print(
        f"{name}: {proof.bits:.3f} bits per byte (Kneser-Ney {proof.rival_bits:.3f}), "
        f"{proof.strange_share:.1%} of {proof.sentences} sentences made up, {proof.copies} texts copied"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
