"""A model folder is looked at before any library reads it.

A hostile file can name code to run, other files to read, or sizes that take the
machine down while a library only builds the model's frame. Everything here
reads raw JSON, raw headers and file sizes, and imports no torch; what it lets
through is still loaded with remote code off. `config_rules` has what a config
may say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatchbook.engine.architectures import Kind, kind_of
from swatchbook.engine.config_rules import check_sizes, forbid
from swatchbook.engine.events import EngineError
from swatchbook.engine.headers import Header, Tensor, read_header

MAX_CONFIG = 1_000_000
MAX_TOKENIZER = 40_000_000
"""Bytes of a tokenizer.json; those of a quarter of a million words have 34 million."""
MAX_TEMPLATE = 65_536
"""Bytes of a chat template."""
MAX_CONTEXT = 32_768
"""Positions beyond which a longer context is not used."""
MAX_SHARDS = 200
MAX_TEMPLATES = 16

_CONFIG = "config.json"
_TOKENIZER = "tokenizer.json"
_WHOLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
CAPS = {
    _CONFIG: MAX_CONFIG,
    "generation_config.json": MAX_CONFIG,
    "special_tokens_map.json": MAX_CONFIG,
    "added_tokens.json": MAX_CONFIG,
    "tokenizer_config.json": 2 * MAX_CONFIG,
    _INDEX: 10 * MAX_CONFIG,
    "chat_template.jinja": MAX_TEMPLATE,
    _TOKENIZER: MAX_TOKENIZER,
    "tokenizer.model": MAX_TOKENIZER,
    "vocab.json": MAX_TOKENIZER,
    "vocab.txt": MAX_TOKENIZER,
    "merges.txt": MAX_TOKENIZER,
}
"""Most bytes of a model's small files, by name."""
_FOREIGN = {
    ".bin": "only as .bin files, which can carry programs and are never opened here; choose a model with safetensors",
    ".gguf": "only as GGUF, which is not read here; choose the original that it was made from",
    ".onnx": "only as ONNX, which is not read here; choose the original that it was made from",
    ".msgpack": "only for Flax, which is not read here; choose a model with safetensors",
    ".h5": "only for TensorFlow, which is not read here; choose a model with safetensors",
}
_FOREIGN |= dict.fromkeys((".pt", ".pth", ".ckpt", ".pkl"), _FOREIGN[".bin"].replace(".bin", "pickle"))
_ELSEWHERE = ("auto_map", "fast_tokenizer_files", "gguf_file")
"""What a tokenizer_config.json may not say: where else to find the tokenizer."""
_LEFTOVER = re.compile(r"(?:^|\.)(?:masked_bias|inv_freq|position_ids|causal_mask)$")


@dataclass(frozen=True, slots=True)
class Vetted:
    """A folder against which nothing speaks: its config, how such a model runs, and the tensors of its weights."""

    config: dict[str, Any]
    kind: Kind
    tensors: tuple[Tensor, ...]


def vet(folder: Path) -> Vetted:
    """Look at a model's folder. Raises EngineError with one sentence when anything speaks against loading it."""
    if not folder.is_dir():
        raise EngineError("The model's folder is gone; download the model again.")
    _check_names(folder)
    config = parse_config(_read(folder, _CONFIG))
    check_config(config)
    check_tokenizer(folder)
    return Vetted(config, kind_of(config), tuple(_tensors(folder)))


def parse_config(document: bytes) -> dict[str, Any]:
    """A config.json as it was fetched, as settings. Raises EngineError when it holds none."""
    return _parse(document, _CONFIG)


def check_config(config: dict[str, Any]) -> None:
    """Refuse, by its config.json alone, a model that is not run here. Raises EngineError with one sentence."""
    forbid(config)
    kind_of(config)
    check_sizes(config)


def context_of(config: dict[str, Any], unbounded: int) -> int:
    """The most positions a text may take, from the config; `unbounded` where it sets none."""
    names = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length")
    stated = [config[name] for name in names if isinstance(config.get(name), int) and config[name] > 1]
    return min(stated[0], MAX_CONTEXT) if stated else unbounded


def is_leftover(tensor: Tensor) -> bool:
    """Whether a tensor is no weight but a table that old versions stored and new ones compute."""
    shape = tensor.shape
    square = len(shape) == 4 and shape[:2] == (1, 1) and shape[2] == shape[3] > 1
    return square or _LEFTOVER.search(tensor.name) is not None


def _check_names(folder: Path) -> None:
    """What the presence of a file says, and its size."""
    if (folder / "adapter_config.json").exists():
        raise EngineError("This is an adapter, not a whole model; choose the model that it was merged into.")
    if (folder / "custom_generate").exists():
        raise EngineError("This model brings code of its own to write with, which is never run here; choose another.")
    if not any(folder.glob("*.safetensors")):
        raise EngineError(_no_weights({path.suffix.lower() for path in folder.iterdir()}))
    for name, most in CAPS.items():
        path = folder / name
        if path.is_file() and path.stat().st_size > most:
            raise EngineError(f"The {name} is larger than {_size(most)}, which no good one is; choose another model.")


def _no_weights(suffixes: set[str]) -> str:
    for suffix, why in _FOREIGN.items():
        if suffix in suffixes:
            return f"The folder has no safetensors: the weights come {why}."
    return "The folder has no weights as safetensors, the only kind read here; choose a model that has."


def _size(count: int) -> str:
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count // 1024} KB"


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise EngineError(f"The folder has no {name}, so it is no complete model; choose another.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError(f"The {name} cannot be read ({error.strerror}); download the model again.") from None


def _parse(document: bytes, name: str) -> dict[str, Any]:
    if len(document) > CAPS[name]:
        raise EngineError(f"The {name} is larger than {_size(CAPS[name])}, which no good one is; choose another model.")
    try:
        settings = json.loads(document)
    except (ValueError, RecursionError):
        raise EngineError(f"The {name} is damaged; download the model again.") from None
    if not isinstance(settings, dict):
        raise EngineError(f"The {name} holds no settings; download the model again, or choose another.")
    return settings


def check_tokenizer(folder: Path) -> None:
    if not (folder / _TOKENIZER).is_file():
        raise EngineError("The folder has no tokenizer.json, so its words cannot be read; choose a model that has one.")
    name = "tokenizer_config.json"
    settings = _parse(_read(folder, name), name) if (folder / name).exists() else {}
    if any(settings.get(key) is not None for key in _ELSEWHERE):
        raise EngineError(
            "The tokenizer_config.json asks for code or files of its own, which are not read here; choose another."
        )
    if any(size > MAX_TEMPLATE for size in _template_sizes(folder, settings.get("chat_template"))):
        raise EngineError(f"The chat template is larger than {_size(MAX_TEMPLATE)}; choose another model.")


def _template_sizes(folder: Path, stated: Any) -> Iterator[int]:
    """Bytes of every chat template, in the settings and beside them; too many count as one that is too large."""
    templates = stated if isinstance(stated, list) else [stated]
    files = list((folder / "additional_chat_templates").glob("*"))
    if len(templates) + len(files) > MAX_TEMPLATES:
        yield MAX_TEMPLATE + 1
    for template in templates:
        yield len(str(template).encode(errors="replace"))
    for path in files:
        yield path.stat().st_size


def _tensors(folder: Path) -> Iterator[Tensor]:
    """The tensors of every file of the weights."""
    places = None if (folder / _WHOLE).is_file() else _index(folder)
    for name in [_WHOLE] if places is None else sorted(set(places.values())):
        header = _header(folder / name)
        if places is not None:
            _check_shard(header, name, places)
        for tensor in header.tensors:
            if not tensor.numbers:
                raise EngineError(f"The weights are damaged ({tensor.name[:60]!r} is empty); download the model again.")
            yield tensor


def _header(path: Path) -> Header:
    if not path.is_file():
        raise EngineError(f"The weights come in parts, and {path.name[:60]} is missing; download the model again.")
    try:
        return read_header(path)
    except OSError as error:
        raise EngineError(f"The weights cannot be read ({error.strerror}); download the model again.") from None


def _index(folder: Path) -> dict[str, str]:
    """Which file holds which tensor, where the weights come in parts."""
    if not (folder / _INDEX).is_file():
        raise EngineError(
            f"The weights are neither a {_WHOLE} nor parts with their index, so they cannot be put together; "
            "choose another model."
        )
    index = _parse(_read(folder, _INDEX), _INDEX)
    places = index.get("weight_map")
    whole = isinstance(places, dict) and isinstance(index.get("metadata"), dict)
    if not whole or not places or not all(isinstance(name, str) for name in places.values()):
        raise EngineError(f"The {_INDEX} does not say where the weights are; download the model again.")
    names = set(places.values())
    if not all(re.fullmatch(r"\w[\w.-]{0,120}\.safetensors", name, re.ASCII) and ".." not in name for name in names):
        raise EngineError(f"The {_INDEX} points outside the model's own files; choose another model.")
    if len(names) > MAX_SHARDS:
        raise EngineError(
            f"The weights come in {len(names):,} parts, and at most {MAX_SHARDS} are read; choose another."
        )
    return places


def _check_shard(header: Header, name: str, places: dict[str, str]) -> None:
    held = {tensor.name for tensor in header.tensors}
    if lost := [tensor for tensor, place in places.items() if place == name and tensor not in held]:
        raise EngineError(
            f"The weights lack {len(lost):,} of the tensors that their index promises ({lost[0][:60]!r} for one); "
            "download the model again."
        )
