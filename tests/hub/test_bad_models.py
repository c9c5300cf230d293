"""Models that are broken or hostile: each is one sentence, and the engine goes on as if nothing had been.

One row for each thing that can be wrong with a model's files. Every folder
also holds a pickle and a program that leave a mark if anything runs them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from swatchbook.engine.engine import Engine
from swatchbook.engine.events import EngineError, Failed, Finished, Job, Model
from swatchbook.engine.headers import MAX_HEADER
from swatchbook.engine.vet import MAX_TOKENIZER, vet
from swatchbook.runs import Settings
from tests.hub.breaks import (
    CANARY,
    GOOD,
    INDEX,
    LIMIT,
    SHARD,
    Break,
    both,
    config,
    cut,
    edit,
    emptied,
    endless,
    far_word,
    growing,
    header,
    huge,
    layers,
    length,
    new_word,
    not_numbers,
    only,
    overlapping,
    padded,
    plant,
    removed,
    retyped,
    sharded,
    split,
    swapping,
    template,
    tokenizer,
    tokenizing,
    written,
)


@dataclass(frozen=True)
class Row:
    """What is wrong, how it is made so, and words of the sentence; `mode` and `prompt` are what brings it to light."""

    name: str
    breaks: Break
    says: str
    mode: str = "completion"
    prompt: str = "The lamp"


VETTED = [
    Row("pickle only", removed("model.safetensors"), ".bin files"),
    Row("another pickle only", only("model.pt"), "pickle"),
    Row("GGUF only", only("model.Q4_K_M.gguf"), "GGUF"),
    Row("ONNX only", only("model.onnx"), "ONNX"),
    Row("an adapter", written("adapter_config.json", "{}"), "adapter"),
    Row("code to write with", lambda folder: (folder / "custom_generate").mkdir(), "code of its own"),
    Row("pictures only", config(model_type="vit"), "pictures"),
    Row("pictures too", config(model_type="llava", vision_config={}), "pictures"),
    Row("sound", config(model_type="whisper"), "sound"),
    Row("an encoder", config(model_type="bert"), "encoder"),
    Row("a missing part", sharded({"model.norm.weight": "model-2.safetensors"}), "is missing"),
    Row("an index that leads out", sharded({"model.norm.weight": "../model.safetensors"}), "outside"),
    Row("an index that leads to the root", sharded({"model.norm.weight": "/etc/model.safetensors"}), "outside"),
    Row("a tensor that is not there", sharded({"absent": SHARD}), "'absent'"),
    Row("an index of nothing", both(sharded(), written(INDEX, "{}")), "where the weights are"),
    Row("parts without an index", both(sharded(), removed(INDEX)), "index"),
    Row("a header of 2^63 bytes", length(2**63), "claims"),
    Row("a header longer than is read", both(length(MAX_HEADER + 1), padded), "at most 10,000,000"),
    Row("a cut file", cut, "missing at its end"),
    Row("tensors that overlap", header(overlapping), "overlaps"),
    Row("an empty tensor", header(emptied), "empty"),
    Row("a type that there is not", header(retyped("F12")), "F12"),
    Row("a type of another width", header(retyped("F32")), "do not fill"),
    Row("no tokenizer", removed("tokenizer.json"), "tokenizer.json"),
    Row("a tokenizer of 500 MB", huge, f"{MAX_TOKENIZER // 1_000_000} MB"),
    Row("a template of 70 KB", template("a" * 70_000), "64 KB"),
    Row("a template file of 70 KB", written("chat_template.jinja", "a" * 70_000), "64 KB"),
    Row("a tokenizer of its own", tokenizing(auto_map={"AutoTokenizer": ["evil.T", None]}), "code or files"),
    Row("a tokenizer elsewhere", tokenizing(fast_tokenizer_files=["tokenizer.4.0.0.json"]), "code or files"),
    Row("an empty config", written("config.json", ""), "damaged"),
    Row("a config without settings", written("config.json", "{}"), "model_type"),
    Row("a config that is a list", written("config.json", "[]"), "no settings"),
    Row("a config that is null", written("config.json", "null"), "no settings"),
    Row("a config nested without end", written("config.json", '{"a":' * 50_000), "damaged"),
    Row("a config nested deep", config(a=json.loads('{"a":' * 30 + "1" + "}" * 30)), "deep"),
    Row("a config of 2 MB", config(a="a" * 2_000_000), "larger"),
    Row("a number that is none", config(rms_norm_eps=float("nan")), "no number"),
    Row("a number without end", config(rope_theta=float("inf")), "no number"),
    Row("ten million layers", config(num_hidden_layers=10_000_000), "num_hidden_layers"),
    Row("fewer than no layers", config(num_hidden_layers=-1), "num_hidden_layers"),
    Row("no heads", config(num_attention_heads=0), "num_attention_heads"),
    Row("a number as text", config(hidden_size="128"), "no whole number"),
    Row("a number with a point", config(hidden_size=128.0), "no whole number"),
    Row("a truth as a number", config(num_key_value_heads=True), "no whole number"),
    Row("two million words", config(vocab_size=2_000_000), "vocab_size"),
    Row("a type that nobody knows", config(model_type="never_seen"), "never_seen"),
    Row("code in the config", config(auto_map={"AutoModelForCausalLM": "evil.Evil"}), "code of its own"),
    Row("attention out of a repository", config(_attn_implementation_internal="owner/kernel"), "attention"),
    Row("a config in another file", config(configuration_files=["config.4.0.0.json"]), "other files"),
    Row("weights in another file", config(transformers_weights="pytorch_model.bin"), "other files"),
    Row("GPTQ", config(quantization_config={"quant_method": "gptq"}), "quantised ('gptq')"),
    Row("a context of a thousand million", config(max_position_embeddings=10**9), "max_position_embeddings"),
]

GPTJ = {"model_type": "gptj", "n_embd": 128, "n_layer": 4, "n_head": 4, "rotary_dim": 32}
ENDLESS = {"model_type": "gpt_neo", "attention_types": [[["global"] * 1000, 10**9]]}
PATTERN = "(a|a?)+$"
LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
PROGRAM = "{{ cycler.__init__.__globals__.os.system('touch canary') }}"

LOADED = [
    Row("pickle only, asked of the engine", removed("model.safetensors"), ".bin files"),
    Row("null, asked of the engine", written("config.json", "null"), "no settings"),
    Row("code, asked of the engine", config(auto_map={"AutoModelForCausalLM": "evil.Evil"}), "code of its own"),
    Row("more layers than are stored", layers(64), "declares"),
    Row("fewer layers than are stored", layers(2), "declares"),
    Row("tables of gigabytes", config(**GPTJ, max_position_embeddings=2**24), "MB of tables"),
    Row("settings that make no model", config(rope_parameters={"rope_type": "nonsense"}), "do not make"),
    Row("layers listed without end", config(**ENDLESS), "config.json asks for more memory"),
    Row("weights that are no numbers", not_numbers, "NaN"),
    Row("weights in whole numbers", header(retyped("I16")), "quantised"),
    Row("a broken tokenizer", written("tokenizer.json", '{"model": 3}'), "tokenizer.json"),
    Row("a pattern that is none", tokenizer(pre_tokenizer=split("(?<=a+)((((")), "tokenizer.json"),
    Row("a number beyond all words", edit("tokenizer.json", far_word), "gives a word the number"),
    Row("a word without weights", edit("tokenizer.json", new_word), "belong together", prompt="a zebra"),
    Row("no token to begin with", endless, "begin", prompt=""),
    Row("a pattern bomb", tokenizer(pre_tokenizer=split(PATTERN)), "tokenizer", prompt="a" * 5000 + "b"),
    Row("a normaliser bomb", tokenizer(normalizer=growing(4)), "tokenizer broke", prompt="a" * 64),
    Row("a normaliser that takes its time", tokenizer(normalizer=swapping(3000)), "processor time", prompt="ab" * 9000),
    Row("a template that loops", template(LOOP), "processor time", "chat"),
    Row("a template that multiplies", template("{{ 'x' * 1000000000 }}"), "template", "chat"),
    Row("a template that goes on", template("{% for a in range(9999) %}xxxx{% endfor %}"), "blew", "chat"),
    Row(
        "a template that calls itself", template("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), "recursion", "chat"
    ),
    Row("a template that breaks out", template(PROGRAM), "template failed", "chat"),
    Row("a template by class", template("{{ ''.__class__.__mro__[1].__subclasses__() }}"), "template failed", "chat"),
    Row("a template that is none", template("{% if %}"), "template failed", "chat"),
    Row("a template that refuses", template("{{ raise_exception('not today') }}"), "not today", "chat"),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    assert asyncio.run(outcome(engine, GOOD, job())) == "written"
    yield engine
    engine.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = shutil.copytree(GOOD, tmp_path / "model")
    plant(folder)
    return folder


def job(mode: Any = "completion", prompt: str = "The lamp") -> Job:
    return Job(prompt, [1], Settings(max_tokens=4), mode)


async def outcome(engine: Engine, folder: Path, wanted: Job) -> str:
    """What a job ends with: a refusal's or a failure's sentence, or "written"."""
    try:
        events = [event async for _, event in engine.generate(Model(folder), [wanted])]
    except EngineError as error:
        return str(error)
    failures = [event.message for event in events if isinstance(event, Failed)]
    assert len(failures) + sum(isinstance(event, Finished) for event in events) == 1
    return failures[0] if failures else "written"


def check_sentence(sentence: str, row: Row, tmp_path: Path) -> None:
    assert any(part in sentence for part in row.says.split("|")), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 300
    assert "Traceback" not in sentence
    assert str(tmp_path) not in sentence
    assert ".py" not in sentence
    assert not any((place / CANARY).exists() for place in (tmp_path, tmp_path / "model", Path.cwd()))


@pytest.mark.parametrize("row", VETTED, ids=lambda row: row.name)
def test_what_is_wrong_by_its_files_is_refused_before_any_library_reads_them(
    row: Row, folder: Path, tmp_path: Path
) -> None:
    row.breaks(folder)
    started = time.monotonic()
    with pytest.raises(EngineError) as caught:
        vet(folder)
    check_sentence(str(caught.value), row, tmp_path)
    assert time.monotonic() - started < LIMIT


@pytest.mark.parametrize("row", LOADED, ids=lambda row: row.name)
async def test_what_is_wrong_when_it_is_loaded_or_used_costs_one_worker(
    row: Row, engine: Engine, folder: Path, tmp_path: Path
) -> None:
    row.breaks(folder)
    async with asyncio.timeout(LIMIT):
        sentence = await outcome(engine, folder, job(row.mode, row.prompt))
    check_sentence(sentence, row, tmp_path)
    assert await outcome(engine, GOOD, job()) == "written"


async def test_a_good_model_loads_beside_a_pickle_that_nobody_opens(
    engine: Engine, folder: Path, tmp_path: Path
) -> None:
    assert await outcome(engine, folder, job()) == "written"
    assert not (tmp_path / CANARY).exists()


async def test_a_model_without_an_end_token_writes_until_it_is_stopped(engine: Engine, folder: Path) -> None:
    endless(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_a_long_context_is_cut_and_not_refused(engine: Engine, folder: Path) -> None:
    config(max_position_embeddings=131_072)(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_parts_with_an_index_are_one_model(engine: Engine, folder: Path) -> None:
    sharded()(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_a_hostile_template_leaves_completion_unharmed(engine: Engine, folder: Path) -> None:
    template(LOOP)(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_a_hostile_tokenizer_cannot_be_used_to_score(engine: Engine, folder: Path) -> None:
    tokenizer(pre_tokenizer=split(PATTERN))(folder)
    with pytest.raises(EngineError, match="tokenizer failed"):
        await engine.score(Model(folder), [("", "a" * 5000 + "b")])
