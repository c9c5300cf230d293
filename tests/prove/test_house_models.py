"""The long proof of the house models: everything that their cards state, measured again."""

import pytest

from swatchbook.house import HouseModel, house_models
from swatchbook.kitchen.corpus import grammar_of, held_out, training_texts
from swatchbook.kitchen.proof import load, prove
from swatchbook.kitchen.recipe import read_recipe
from swatchbook.kitchen.train import texts_read


@pytest.mark.parametrize("model", house_models(), ids=lambda model: model.ref.repo)
def test_what_the_card_states_is_so(model: HouseModel) -> None:
    recipe = read_recipe(model.folder)
    grammar = grammar_of(recipe)
    tokenizer = load(model.folder)[1].backend_tokenizer
    read = texts_read(recipe, tokenizer, training_texts(recipe, grammar))
    proof = prove(recipe, grammar, model.folder, read, held_out(recipe, grammar))
    assert len(set(read)) == len(read) > 12_000
    assert proof.bits < proof.rival_bits
    assert 0.05 <= proof.strange_share <= 0.25
    assert proof.copies == 0
    for leaning in proof.leanings:
        near = 0.2 if leaning.planted == 0.5 else 0.1  # the controls, for which nothing is planted
        assert leaning.recovered == pytest.approx(leaning.planted, abs=near), leaning.word
    card = (model.folder / "README.md").read_text(encoding="utf-8")
    assert f"| {proof.bits:.3f} |" in card
    assert f"{len(read):,} distinct texts" in card
