"""Models that are broken or hostile: each is one sentence, and the engine goes on as if nothing had been.

One row for each thing that can be wrong with a model's files. Every folder
also holds a pickle and a program that leave a mark if anything runs them.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from swatchbook.engine.engine import Engine
from swatchbook.engine.events import EngineError, Failed, Finished, Job, Model
from swatchbook.engine.vet import MAX_TOKENIZER, vet
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.runs import Settings

GOOD = HOUSE / "oracle"
CANARY = "canary"
LIMIT = 20.0
"""Seconds within which a broken model is refused."""

Break = Callable[[Path], None]


class Mark:
    """Leaves the mark when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.path), "w"))


def plant(folder: Path) -> None:
    """Programs that nobody may run."""
    mark = folder.parent / CANARY
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Mark(mark)))
    for name in ("evil.py", "modeling_evil.py", "tokenization_evil.py"):
        (folder / name).write_text(f"open({str(mark)!r}, 'w').close()\n")


def edit(name: str, change: Callable[[dict[str, Any]], None]) -> Break:
    def apply(folder: Path) -> None:
        document = json.loads((folder / name).read_text())
        change(document)
        (folder / name).write_text(json.dumps(document))

    return apply


def config(**settings: Any) -> Break:
    return edit("config.json", lambda document: document.update(settings))


def template(text: str) -> Break:
    return edit("tokenizer_config.json", lambda document: document.update(chat_template=text))


def tokenizer(**parts: Any) -> Break:
    return edit("tokenizer.json", lambda document: document.update(parts))


def words(document: dict[str, Any]) -> None:
    """A tokenizer with a word that the weights have no row for."""
    document["added_tokens"].append({**document["added_tokens"][0], "id": 300, "content": "zebra"})


def written(name: str, content: str | bytes) -> Break:
    return lambda folder: (
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content) and None
    )


def removed(name: str) -> Break:
    return lambda folder: (folder / name).unlink()


def header(change: Callable[[dict[str, Any]], None]) -> Break:
    """Rewrite the weights' header, and leave the bytes behind it as they are."""

    def apply(folder: Path) -> None:
        path = folder / "model.safetensors"
        data = path.read_bytes()
        stop = 8 + int.from_bytes(data[:8], "little")
        entries = json.loads(data[8:stop])
        change(entries)
        text = json.dumps(entries).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + data[stop:])

    return apply


def length(count: int) -> Break:
    def apply(folder: Path) -> None:
        path = folder / "model.safetensors"
        path.write_bytes(count.to_bytes(8, "little") + path.read_bytes()[8:])

    return apply


def overlapping(entries: dict[str, Any]) -> None:
    first, second = sorted((each for each in entries.values() if "shape" in each), key=str)[:2]
    size = second["data_offsets"][1] - second["data_offsets"][0]
    second["data_offsets"] = [first["data_offsets"][0], first["data_offsets"][0] + size]


def emptied(entries: dict[str, Any]) -> None:
    last = max((each for each in entries.values() if "shape" in each), key=lambda each: each["data_offsets"][1])
    entries["model.extra"] = {"dtype": "BF16", "shape": [0, 128], "data_offsets": [last["data_offsets"][1]] * 2}


def retyped(kind: str) -> Callable[[dict[str, Any]], None]:
    def change(entries: dict[str, Any]) -> None:
        for each in entries.values():
            if "shape" in each:
                each["dtype"] = kind

    return change


def not_numbers(folder: Path) -> None:
    path = folder / "model.safetensors"
    data = path.read_bytes()
    stop = 8 + int.from_bytes(data[:8], "little")
    path.write_bytes(data[:stop] + b"\xff" * (len(data) - stop))


def only(name: str) -> Break:
    """Weights in another form than safetensors."""

    def apply(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        (folder / "pytorch_model.bin").rename(folder / name)

    return apply


def sharded(**changes: str) -> Break:
    """Weights in one part with an index, in which some tensors are said to be elsewhere."""

    def apply(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
        names = vet_names(folder / "model-00001-of-00001.safetensors")
        places = dict.fromkeys(names, "model-00001-of-00001.safetensors") | changes
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))

    return apply


def vet_names(path: Path) -> list[str]:
    data = path.read_bytes()
    entries = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return [name for name in entries if name != "__metadata__"]


def huge(folder: Path) -> None:
    """Half a gigabyte that takes no room on the disk."""
    with (folder / "tokenizer.json").open("wb") as file:
        file.truncate(500_000_000)


def doubling(times: int) -> dict[str, Any]:
    """A normaliser that makes two of every a, so many times over."""
    twice = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    return {"type": "Sequence", "normalizers": [twice] * times}


def split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


@dataclass(frozen=True)
class Row:
    """What is wrong, how it is made so, and words of the sentence; `mode` and `prompt` are what brings it to light."""

    name: str
    breaks: Break
    says: str
    mode: str = "completion"
    prompt: str = "The lamp"


LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"

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
    Row("a missing part", sharded(**{"model.norm.weight": "model-00002-of-00002.safetensors"}), "is missing"),
    Row("an index that leads out", sharded(**{"model.norm.weight": "../model.safetensors"}), "outside"),
    Row("an index that leads to the root", sharded(**{"model.norm.weight": "/etc/model.safetensors"}), "outside"),
    Row("a tensor that is not there", sharded(absent="model-00001-of-00001.safetensors"), "'absent'"),
    Row("an index of nothing", lambda folder: (sharded()(folder), written("model.safetensors.index.json", "{}")(folder)) and None, "where the weights are"),
    Row("parts without an index", lambda folder: (sharded()(folder), removed("model.safetensors.index.json")(folder)) and None, "index"),
    Row("a header of 2^63 bytes", length(2**63), "claims"),
    Row("a header longer than is read", length(10_000_001), "claims"),
    Row("a cut file", lambda folder: written("model.safetensors", (folder / "model.safetensors").read_bytes()[:-4])(folder), "missing at its end"),
    Row("tensors that overlap", header(overlapping), "overlaps"),
    Row("an empty tensor", header(emptied), "empty"),
    Row("a type that there is not", header(retyped("F12")), "F12"),
    Row("a type of another width", header(retyped("F32")), "do not fill"),
    Row("no tokenizer", removed("tokenizer.json"), "tokenizer.json"),
    Row("a tokenizer of 500 MB", huge, f"{MAX_TOKENIZER // 1_000_000} MB"),
    Row("a template of 70 KB", template("a" * 70_000), "64 KB"),
    Row("a template file of 70 KB", written("chat_template.jinja", "a" * 70_000), "64 KB"),
    Row("a tokenizer of its own", edit("tokenizer_config.json", lambda d: d.update(auto_map={"AutoTokenizer": ["evil.T", None]})), "code or files"),
    Row("a tokenizer elsewhere", edit("tokenizer_config.json", lambda d: d.update(fast_tokenizer_files=["tokenizer.4.0.0.json"])), "code or files"),
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
    Row("GPTQ", config(quantization_config={"quant_method": "gptq"}), "quantised (gptq)"),
    Row("a context of a thousand million", config(max_position_embeddings=10**9), "max_position_embeddings"),
]  # fmt: skip

LOADED = [
    Row("pickle only, asked of the engine", removed("model.safetensors"), ".bin files"),
    Row("null, asked of the engine", written("config.json", "null"), "no settings"),
    Row("no heads, asked of the engine", config(num_attention_heads=0), "num_attention_heads"),
    Row("code, asked of the engine", config(auto_map={"AutoModelForCausalLM": "evil.Evil"}), "code of its own"),
    Row("more layers than are stored", config(num_hidden_layers=64, layer_types=["full_attention"] * 64), "declares"),
    Row("fewer layers than are stored", config(num_hidden_layers=2, layer_types=["full_attention"] * 2), "declares"),
    Row("tables of gigabytes", config(model_type="gptj", n_embd=128, n_layer=4, n_head=4, rotary_dim=32, n_positions=2**24), "declares|tables"),
    Row("settings that make no model", config(rope_parameters={"rope_type": "nonsense"}), "do not make"),
    Row("layers listed without end", config(model_type="gpt_neo", attention_types=[[["global"], 10**9]]), "more memory"),
    Row("weights that are no numbers", not_numbers, "NaN"),
    Row("weights in whole numbers", header(retyped("I16")), "quantised"),
    Row("a broken tokenizer", written("tokenizer.json", '{"model": 3}'), "tokenizer.json"),
    Row("a pattern that is none", tokenizer(pre_tokenizer=split("(?<=a+)((((")), "tokenizer.json"),
    Row("a word with a number beyond all", edit("tokenizer.json", lambda d: d["model"]["vocab"].update(z=4_000_000_000)), "number"),
    Row("a word without weights", edit("tokenizer.json", words), "belong together", prompt="a zebra"),
    Row("no token to begin with", lambda f: (edit("tokenizer_config.json", lambda d: [d.pop(k, None) for k in ("bos_token", "eos_token", "pad_token")])(f), config(eos_token_id=None)(f), removed("generation_config.json")(f), tokenizer(post_processor=None)(f)) and None, "begin", prompt=""),
    Row("a pattern bomb", tokenizer(pre_tokenizer=split("(a|a?)+$")), "tokenizer", prompt="a" * 5000 + "b"),
    Row("a normaliser bomb", tokenizer(normalizer=doubling(40)), "tokenizer", prompt="a" * 64),
    Row("a template that loops", template(LOOP), "processor time", mode="chat"),
    Row("a template that multiplies", template("{{ 'x' * 400000000 }}"), "template", mode="chat"),
    Row("a template that writes on and on", template("{% for a in range(9999) %}xxxx{% endfor %}"), "blew", mode="chat"),
    Row("a template that calls itself", template("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), "template", mode="chat"),
    Row("a template that breaks out", template("{{ cycler.__init__.__globals__.os.system('touch canary') }}"), "template", mode="chat"),
    Row("a template by class", template("{{ ''.__class__.__mro__[1].__subclasses__() }}"), "template", mode="chat"),
    Row("a template that is none", template("{% if %}"), "template", mode="chat"),
    Row("a template that refuses", template("{{ raise_exception('not today') }}"), "not today", mode="chat"),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
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
    edit("tokenizer_config.json", lambda document: document.pop("eos_token"))(folder)
    config(eos_token_id=None)(folder)
    removed("generation_config.json")(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_a_long_context_is_cut_and_not_refused(engine: Engine, folder: Path) -> None:
    config(max_position_embeddings=131_072)(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_parts_with_an_index_are_one_model(engine: Engine, folder: Path) -> None:
    sharded()(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_a_hostile_template_leaves_completion_unharmed(engine: Engine, folder: Path, tmp_path: Path) -> None:
    template(LOOP)(folder)
    assert await outcome(engine, folder, job()) == "written"


async def test_a_hostile_tokenizer_cannot_be_used_to_score(engine: Engine, folder: Path) -> None:
    tokenizer(normalizer=doubling(40))(folder)
    with pytest.raises(EngineError, match="tokenizer"):
        await engine.score(Model(folder), [("", "a" * 64)])
