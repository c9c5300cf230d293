"""Kinds of models that do not run here, each with its own sentence and something to try instead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.engine.architectures import FUSED, JOINED, SOLO
from swatchbook.hub.facts import Facts, File, Parent
from swatchbook.hub.suit import is_undecided, unsuited
from tests.hub.strategies import facts, words

GOOD = Facts(
    repo="maker/model",
    gated="",
    task="text-generation",
    library="transformers",
    architecture="llama",
    numbers=(("F32", 1000),),
    tags=("safetensors", "text-generation"),
)
FILES = ("README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
MADE = replace(GOOD, parents=(Parent("old/master", "finetune"),))


def files(*names: str) -> list[File]:
    return [File(name, 10) for name in names]


@pytest.mark.parametrize("architecture", sorted(FUSED | JOINED | SOLO))
def test_what_runs_here_is_let_through(architecture: str) -> None:
    assert unsuited(replace(GOOD, architecture=architecture), files(*FILES)) is None
    assert unsuited(replace(GOOD, architecture=architecture)) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"gated": "manual"}, "Gated: the maker asks for your name"),
        ({"library": "peft", "architecture": None, "numbers": ()}, "This is an adapter"),
        ({"tags": ("lora",), "architecture": None}, "This is an adapter"),
        ({"tags": ("GGUF",), "numbers": ()}, "only as GGUF"),
        ({"library": "gguf", "numbers": (), "architecture": None}, "only as GGUF"),
        ({"library": "onnx", "numbers": ()}, "only as ONNX"),
        ({"tags": ("mlx",)}, "MLX"),
        ({"library": "diffusers", "task": None}, "pictures"),
        ({"tags": ("diffusers:StableDiffusionPipeline", "diffusers")}, "pictures"),
        ({"task": "image-text-to-text"}, "pictures"),
        ({"task": "automatic-speech-recognition", "architecture": "whisper"}, "sounds"),
        ({"task": "any-to-any"}, "pictures or sounds"),
        ({"task": "fill-mask", "architecture": "bert"}, "writes none"),
        ({"task": None, "architecture": "bert"}, "This is an encoder (bert)"),
        ({"library": "sentence-transformers", "task": None}, "writes none"),
        ({"task": "feature-extraction", "architecture": "qwen3"}, "writes none"),
        ({"task": "translation", "architecture": "t5"}, "encoder-decoder (t5)"),
        ({"architecture": "rwkv"}, "RWKV"),
        ({"architecture": "vit", "task": None}, "looks at pictures"),
        ({"architecture": "never-heard-of", "task": None}, "not been tried here"),
        ({"quantised": "gptq"}, "quantised (gptq), which is not read here"),
        ({"quantised": "quantised"}, "quantised, which is not read here"),
        ({"tags": ("4-bit", "awq")}, "quantised (awq)"),
        ({"needs_code": True, "architecture": "stranger"}, "needs code of its own"),
    ],
)
def test_each_kind_has_its_own_sentence(change: dict[str, object], why: str) -> None:
    found = unsuited(replace(GOOD, **change))  # type: ignore[arg-type]
    assert found is not None
    assert why in found.why
    assert found.why.endswith(".")
    assert found.instead


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("config.json", "tokenizer.json", "pytorch_model.bin"), "pickle"),
        (("config.json", "model.ckpt"), "pickle"),
        (("README.md", "model.Q4_K_M.gguf"), "only as GGUF"),
        (("adapter_config.json", "adapter_model.safetensors"), "This is an adapter"),
        ((*FILES, "adapter_config.json"), "This is an adapter"),
        (("config.json", "tokenizer.json", "onnx/model.onnx"), "only as ONNX"),
        (("config.json", "tf_model.h5"), "TensorFlow"),
        (("config.json", "tokenizer.json", "old/fp32/model.safetensors"), "a folder of the repository (old/fp32)"),
        (("README.md", "config.json", "tokenizer.json"), "no weights"),
        ((), "no weights"),
        (("model.safetensors", "tokenizer.json"), "no config.json"),
        (("model.safetensors", "config.json", "sub/tokenizer.json"), "no tokenizer.json"),
    ],
)  # fmt: skip
def test_file_names_tell_what_facts_do_not(names: tuple[str, ...], why: str) -> None:
    found = unsuited(MADE, files(*names))
    assert found is not None
    assert why in found.why
    assert found.instead == "the original it was made from: old/master"


def test_what_it_was_made_from_is_offered_where_that_helps() -> None:
    merged = replace(GOOD, quantised="awq", parents=(Parent("a/b"), Parent("c/d")))
    assert "a/b or c/d" in str(unsuited(merged))
    assert unsuited(replace(GOOD, quantised="awq")).instead == "the full version"  # type: ignore[union-attr]
    assert "old/master" not in str(unsuited(replace(MADE, architecture="bert"))), "it reads only, like its parent"


def test_whole_weights_outweigh_a_tag() -> None:
    trained = replace(GOOD, library="peft", tags=("gguf", "onnx", "lora"))
    assert unsuited(trained, files(*FILES, "model.Q8_0.gguf")) is None
    assert unsuited(trained) is None
    assert "adapter" in str(unsuited(trained, files("config.json", "adapter_model.safetensors")))


def test_what_is_not_stated_is_undecided_and_not_refused() -> None:
    nothing = Facts(repo="maker/model")
    assert unsuited(nothing) is None
    assert is_undecided(nothing)
    assert not is_undecided(GOOD)


@given(facts, st.none() | st.lists(st.builds(File, words, st.integers(0, 10)), max_size=6))
def test_anything_can_be_judged(any_facts: Facts, listed: list[File] | None) -> None:
    found = unsuited(any_facts, listed)
    assert found is None or (found.why.endswith(".") and bool(found.instead))


@given(facts, st.lists(words.filter(lambda name: "adapter" not in name.lower()), max_size=4))
def test_a_llama_with_good_files_is_never_refused(any_facts: Facts, beside: list[str]) -> None:
    good = replace(GOOD, **{name: getattr(any_facts, name) for name in ("licence", "languages", "datasets", "repo")})
    assert unsuited(good, files(*FILES, *beside)) is None
