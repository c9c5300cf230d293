"""Whether a text gives its model away."""

from __future__ import annotations

import pytest

from swatchbook.measures.naming import said_name, stems


@pytest.mark.parametrize(
    ("name", "owner", "text", "said"),
    [
        ("SmolLM2-135M-Instruct", "HuggingFaceTB", "I am SmolLM, made in Paris.", "SmolLM"),
        ("gpt2", "openai-community", "Well, GPT-2 here.", "GPT-2"),
        ("Qwen2.5-0.5B-Instruct", "Qwen", "I'm qwen, created by", "qwen"),
        ("TinyLlama-1.1B-Chat-v1.0", "TinyLlama", "as Tiny Llama I", "Tiny Llama"),
        ("pythia-70m", "EleutherAI", "trained by Eleuther AI", "Eleuther AI"),
        ("lighthouse-keeper", "", "the lighthouse keeper slept", "lighthouse keeper"),
        ("cook", "", "a cook's day", "cook"),
    ],
)
def test_a_model_that_says_its_name_is_caught(name: str, owner: str, text: str, said: str) -> None:
    found = said_name(text, name, owner)
    assert found is not None
    assert text[slice(*found)] == said


@pytest.mark.parametrize(
    ("name", "text"),
    [("cook", "the cooks and the cookery book"), ("gpt2", "a gptx"), ("oracle", ""), ("b-7b", "b or not b")],
)
def test_other_words_are_no_name(name: str, text: str) -> None:
    assert said_name(text, name) is None


def test_sizes_and_kinds_are_no_part_of_a_name() -> None:
    assert stems("Mistral-7B-Instruct-v0.3", "mistralai") == ["mistralai", "Mistral"]
    assert stems("a") == []
