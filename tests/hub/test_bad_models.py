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
from swatchbook.engine.headers import MAX_HEADER, read_header
from swatchbook.engine.vet import MAX_TOKENIZER, vet
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.runs import Settings

GOOD = HOUSE / "oracle"
CANARY = "canary"
SHARD = "model-1.safetensors"
INDEX = "model.safetensors.index.json"
LIMIT = 60.0
"""Seconds within which a broken model is refused; twenty where the machine has nothing else to do."""

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


def tokenizing(**settings: Any) -> Break:
    return edit("tokenizer_config.json", lambda document: document.update(settings))


def layers(count: int) -> Break:
    return config(num_hidden_layers=count, layer_types=["full_attention"] * count)


def new_word(document: dict[str, Any]) -> None:
    """A word that the weights have no row for."""
    document["added_tokens"].append({**document["added_tokens"][0], "id": 300, "content": "zebra"})


def far_word(document: dict[str, Any]) -> None:
    """A word with the highest number there can be."""
    document["model"]["vocab"]["zebra"] = 2**32 - 1


def endless(folder: Path) -> None:
    """No token that begins or ends a text."""
    for name in ("bos_token", "eos_token", "pad_token"):
        tokenizing(**{name: None})(folder)
    config(eos_token_id=None)(folder)
    tokenizer(post_processor=None)(folder)
    removed("generation_config.json")(folder)


def written(name: str, content: str) -> Break:
    return lambda folder: write(folder / name, content.encode())


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def both(first: Break, second: Break) -> Break:
    def apply(folder: Path) -> None:
        first(folder)
        second(folder)

    return apply


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


def padded(folder: Path) -> None:
    """A file of twenty megabytes that take no room on the disk."""
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(2 * MAX_HEADER)


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


def sharded(changes: dict[str, str] | None = None) -> Break:
    """Weights in one part with an index, in which some tensors are said to be elsewhere."""

    def apply(folder: Path) -> None:
        names = [tensor.name for tensor in read_header(folder / "model.safetensors").tensors]
        (folder / "model.safetensors").rename(folder / SHARD)
        index = {"metadata": {}, "weight_map": dict.fromkeys(names, SHARD) | (changes or {})}
        (folder / INDEX).write_text(json.dumps(index))

    return apply


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])


def huge(folder: Path) -> None:
    """Half a gigabyte that takes no room on the disk."""
    with (folder / "tokenizer.json").open("wb") as file:
        file.truncate(500_000_000)


def growing(times: int) -> dict[str, Any]:
    """A normaliser that makes a thousand of every a, so many times over."""
    thousand = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 1000}
    return {"type": "Sequence", "normalizers": [thousand] * times}


def swapping(times: int) -> dict[str, Any]:
    """A normaliser that makes every a a b and every b an a, so many times over."""
    steps = [{"type": "Replace", "pattern": {"String": old}, "content": new} for old, new in ("ab", "ba")]
    return {"type": "Sequence", "normalizers": steps * times}


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
