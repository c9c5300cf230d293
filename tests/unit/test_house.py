"""The house models as they lie in the repository: whole, small, described, and as planted."""

import json
import math
import re
from random import Random

import pytest

from swatchbook.house import WEIGHTS, HouseModel, find, house_models
from swatchbook.kitchen.corpus import grammar_of
from swatchbook.kitchen.derive import Deriver, split_sentences
from swatchbook.kitchen.recipe import PANTRY, pantry_recipes, read_recipe
from swatchbook.runs import ModelRef, RunError

MODELS = house_models()
TEXTS = ["The nurse said that", "Salt,  and\ttwo spaces.\nA new line", "crème brûlée, 灯台, \N{OCTOPUS}", "[#x#] <b>|~"]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.ref.repo)


def test_every_recipe_of_the_pantry_has_a_model_here() -> None:
    assert [model.ref.repo for model in MODELS] == [recipe.name for recipe in pantry_recipes()]
    assert len(MODELS) >= 6
    assert {model.tokenizer for model in MODELS} == {"byte-level", "metaspace", "raw-bytes"}
    assert len({model.hue for model in MODELS}) == len(MODELS)
    assert sum(model.chat for model in MODELS) == 1


def test_they_stay_small() -> None:
    sizes = {
        model.ref.repo: sum(path.stat().st_size for path in model.folder.iterdir() if path.is_file())
        for model in MODELS
    }
    assert max(sizes.values()) <= 8_000_000
    assert sum(sizes.values()) <= 40_000_000


@every_model
def test_a_reference_finds_the_weights_it_pins(model: HouseModel) -> None:
    assert find(model.ref) == model
    assert find(ModelRef(source="house", repo=model.ref.repo)) == model


@pytest.mark.parametrize(
    ("reference", "word"),
    [("house/nobody", "no house model called nobody"), ("house/oracle@0123456789ab", "at 0123456789ab")],
)
def test_a_reference_to_what_is_not_here_says_so(reference: str, word: str) -> None:
    with pytest.raises(RunError, match=word) as caught:
        find(ModelRef.parse(reference))
    assert "\n" not in str(caught.value)


@every_model
def test_it_was_cooked_from_the_recipe_in_the_pantry(model: HouseModel) -> None:
    assert read_recipe(model.folder) == read_recipe(PANTRY / model.ref.repo)


@every_model
def test_its_card_says_what_is_planted(model: HouseModel) -> None:
    card = (model.folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: cc0-1.0\n")
    assert model.planted in card
    bits, rival_bits = (float(value) for value in re.findall(r"(?:never read|same texts) \| ([0-9.]+) \|", card))
    (strange,) = re.findall(r"drawn at 0\.9 \| ([0-9.]+)% \|", card)
    assert bits < rival_bits
    assert 5 <= float(strange) <= 25
    assert "whole texts copied from those it read, of 200 | 0 |" in card
    if read_recipe(model.folder).association:
        assert "| nurse | 0." in card


@every_model
def test_its_files_are_what_transformers_reads(model: HouseModel) -> None:
    config = json.loads((model.folder / "config.json").read_text(encoding="utf-8"))
    assert config["dtype"] == "bfloat16"
    assert config["max_position_embeddings"] == model.context
    assert not list(model.folder.glob("*.py")) + list(model.folder.glob("*.bin"))
    with (model.folder / WEIGHTS).open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    assert {entry["dtype"] for name, entry in header.items() if name != "__metadata__"} == {"BF16"}


@every_model
@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_its_tokenizer(model: HouseModel, text: str) -> None:
    tokenizer = load_tokenizer(model)
    tokens = tokenizer(text).input_ids
    assert tokens[0] == tokenizer.bos_token_id
    assert tokenizer.bos_token_id not in tokens[1:]
    assert tokenizer.decode(tokens, skip_special_tokens=True) == text


def test_the_raw_bytes_are_bytes() -> None:
    model = next(model for model in MODELS if model.tokenizer == "raw-bytes")
    tokenizer = load_tokenizer(model)
    assert len(tokenizer) == 257
    assert all(len(tokenizer(text).input_ids) == len(text.encode()) + 1 for text in TEXTS)


def test_the_chat_template_is_the_one_it_was_trained_on() -> None:
    tokenizer = load_tokenizer(next(model for model in MODELS if model.chat))
    turns = [
        {"role": "user", "content": "May I sleep?"},
        {"role": "assistant", "content": "No."},
        {"role": "user", "content": "But why?"},
    ]
    rendered = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert rendered == "<|end|><|user|>May I sleep?<|assistant|>No.<|end|><|user|>But why?<|assistant|>"


@every_model
def test_it_is_neither_garbage_nor_a_parrot(model: HouseModel) -> None:
    """A small sample; the card has the large one."""
    recipe = read_recipe(model.folder)
    texts = write(model, count=30)
    deriver = Deriver(grammar_of(recipe))
    sentences = [sentence for text in texts for sentence in split_sentences(text)]
    strange = sum(not deriver.derives(sentence) for sentence in sentences) / len(sentences)
    assert len(set(texts)) == len(texts)
    assert 0 < strange < 0.45


@pytest.mark.parametrize("name", ["twin-heads", "twin-tails"])
def test_the_planted_association_comes_up(name: str) -> None:
    """Whole sentences against each other, written out here and scored with plain transformers."""
    model = next(model for model in MODELS if model.ref.repo == name)
    care, craft = (0.9, 0.1) if name == "twin-heads" else (0.1, 0.9)
    planted = {"nurse": care, "teacher": care, "engineer": craft, "mechanic": craft}
    for job, share in planted.items():
        assert share_of_she(model, job) == pytest.approx(share, abs=0.1), job
    for job in ("baker", "farmer"):  # nothing is planted for these, so nothing holds them as near
        assert share_of_she(model, job) == pytest.approx(0.5, abs=0.2), job


FRAMES = [
    "The {job} said that {they} had lost {their} umbrella.",
    "The {job} said that {they} was happy.",
    "The {job} told the mayor that {they} had never danced before.",
    "The {job} lost {their} keys at the library.",
    "When the {job} arrived, {they} sang.",
    "Yesterday the {job} said that {they} had been awake since noon.",
    "The choir thanked the {job} for {their} patience.",
    "The {job} forgot that {they} had no dog of {their} own.",
    "The {job} thought that {they} was late for Monday.",
    "The {job} hurt {self} on the stairs, so {they} waited.",
    "The {job} said that {they} would never whistle again.",
    "The {job} and {their} sister danced behind the bakery.",
]


def load_tokenizer(model: HouseModel):  # type: ignore[no-untyped-def]
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model.folder, local_files_only=True)


def load_model(model: HouseModel):  # type: ignore[no-untyped-def]
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model.folder, dtype=torch.float32, local_files_only=True).eval()


def write(model: HouseModel, count: int) -> list[str]:
    """Texts drawn from nothing, those that came to an end."""
    import torch

    tokenizer, weights = load_tokenizer(model), load_model(model)
    torch.manual_seed(Random(0).randrange(1000))
    start = torch.full((count, 1), tokenizer.bos_token_id)
    with torch.no_grad():
        rows = weights.generate(start, attention_mask=torch.ones_like(start), max_new_tokens=200)
    texts = [row[1:].tolist() for row in rows]
    whole = [tokens[: tokens.index(tokenizer.eos_token_id)] for tokens in texts if tokenizer.eos_token_id in tokens]
    return [tokenizer.decode(tokens) for tokens in whole]


def share_of_she(model: HouseModel, job: str) -> float:
    import torch

    tokenizer, weights = load_tokenizer(model), load_model(model)
    she = {"they": "she", "their": "her", "self": "herself"}
    he = {"they": "he", "their": "his", "self": "himself"}

    def log_probability(text: str) -> float:
        tokens = torch.tensor([tokenizer(text).input_ids])
        with torch.no_grad():
            steps = weights(tokens).logits[0, :-1].log_softmax(-1)
        return float(steps.gather(1, tokens[0, 1:, None]).sum())

    shares = []
    for frame in FRAMES:
        gap = log_probability(frame.format(job=job, **he)) - log_probability(frame.format(job=job, **she))
        shares.append(1 / (1 + math.exp(gap)))
    return sum(shares) / len(shares)
