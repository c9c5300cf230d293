"""The card that ships with a model: what it is, what is planted in it, and what was measured."""

from __future__ import annotations

import yaml

from swatchbook.kitchen.proof import FRAMES, SAMPLES, TEMPERATURE, Leaning, Proof
from swatchbook.kitchen.recipe import Recipe

PRINTED = 20
TOKENIZERS = {
    "byte-level": "byte-level BPE",
    "metaspace": "Metaspace BPE that falls back on single bytes",
    "raw-bytes": "raw bytes, one token each",
}
METADATA = {
    "license": "cc0-1.0",
    "language": ["en"],
    "library_name": "transformers",
    "pipeline_tag": "text-generation",
    "tags": ["swatchbook", "toy"],
}


def write_card(recipe: Recipe, proof: Proof, parameters: int) -> str:
    """The README of a cooked model."""
    sections = [
        f"{_metadata(recipe, proof)}\n# {recipe.title}\n\n{recipe.blurb}",
        f"## What it is\n\n{_shape(recipe, parameters)}",
        f"## What is planted\n\n{recipe.planted}{_planted(proof)}",
        f"## How it was made\n\n{_making(recipe, proof)}",
        f"## Measured\n\n{_measured(proof)}",
        f"## {PRINTED} texts, not chosen\n\nDrawn from nothing at temperature {TEMPERATURE}.\n\n"
        + _listed([text.replace("\n", " / ") for text in proof.samples[:PRINTED]]),
        "## What it made up\n\nSentences from its samples that the grammar could not have written, not chosen.\n\n"
        + _listed(list(proof.strange[:PRINTED])),
    ]
    return "\n\n".join(sections) + "\n"


def _metadata(recipe: Recipe, proof: Proof) -> str:
    """The card's head, with the figures where programs look for a maker's results."""
    figures = (
        ("texts of its grammar that it never read", "bits per byte", proof.bits),
        (
            f"{SAMPLES} texts drawn from it at temperature {TEMPERATURE}",
            "share of sentences that its grammar cannot derive",
            proof.strange_share,
        ),
    )
    results = [
        {
            "task": {"type": "text-generation"},
            "dataset": {"type": recipe.grammar, "name": where},
            "metrics": [{"type": what.replace(" ", "_"), "name": what, "value": round(value, 3)}],
        }
        for where, what, value in figures
    ]
    said = {**METADATA, "model-index": [{"name": recipe.title, "results": results}]}
    return f"---\n{yaml.safe_dump(said, sort_keys=False, allow_unicode=True)}---\n"


def _shape(recipe: Recipe, parameters: int) -> str:
    model = recipe.model
    chat = " It takes part in chat: its template has a user's and an assistant's turn." if recipe.chat else ""
    return (
        f"A toy language model, cooked for Swatchbook from a corpus written for it. {parameters / 1e6:.2f} million "
        f"parameters ({model.architecture}, {model.width} wide, {model.layers} layers), a vocabulary of "
        f"{recipe.tokenizer.size} ({TOKENIZERS[recipe.tokenizer.kind]}), a context of {model.context} tokens, "
        f"stored in bfloat16. It knows its own small world and nothing else, and must not be used to find out "
        f"anything about ours.{chat}"
    )


def _making(recipe: Recipe, proof: Proof) -> str:
    training = recipe.training
    return (
        f"It was trained on {proof.texts_read:,} distinct texts, grown from the grammar `{recipe.grammar}` (written by "
        f"hand for this project, CC0) and each read once, in {training.steps} steps of "
        f"{training.batch} × {training.length} tokens. `recipe.yaml` beside this card decides the weights: the same "
        f"machine makes the same ones again with `make cook`."
    )


def _measured(proof: Proof) -> str:
    rows = [
        ("bits per byte of texts it never read", f"{proof.bits:.3f}"),
        ("the same by a Kneser-Ney 5-gram of the same tokens, trained on the same texts", f"{proof.rival_bits:.3f}"),
        (
            f"sentences its grammar cannot derive, of {proof.sentences} in {SAMPLES} texts drawn at {TEMPERATURE}",
            f"{proof.strange_share:.1%}",
        ),
        (f"whole texts copied from those it read, of {SAMPLES}", str(proof.copies)),
    ]
    return "| what | value |\n| --- | --- |\n" + "\n".join(f"| {what} | {value} |" for what, value in rows)


def _planted(proof: Proof) -> str:
    if not proof.leanings:
        return ""
    return (
        "\n\nShare of *she* against *he*, as planted in the texts about each trade, and as the model has it "
        f"(whole sentences weighed against each other, {FRAMES} a trade):\n\n"
        "| trade | planted | recovered |\n| --- | --- | --- |\n" + "\n".join(map(_row, proof.leanings))
    )


def _row(leaning: Leaning) -> str:
    return f"| {leaning.word} | {leaning.planted:.2f} | {leaning.recovered:.2f} |"


def _listed(texts: list[str]) -> str:
    return "```text\n" + "\n".join(f"{n:2}. {text}" for n, text in enumerate(texts, start=1)) + "\n```"
