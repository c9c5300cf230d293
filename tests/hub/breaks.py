"""Ways to break a good model's folder, one for each row of the table of bad models."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swatchbook.engine.headers import MAX_HEADER, read_header
from swatchbook.kitchen.recipe import HOUSE

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
