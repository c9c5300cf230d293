"""Models that lie in a folder here, read as the Hub's are: facts, files and card.

The house models and what was fetched go through the same reading as a model on
the Hub, so everything that shows or judges facts works without a network. Reads
small files only; damaged ones count as not stating anything.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import yaml

from swatchbook.engine.events import EngineError
from swatchbook.engine.headers import Header, read_header
from swatchbook.house import HouseModel
from swatchbook.hub.facts import Facts, File, read_facts
from swatchbook.runs import ModelRef

log = logging.getLogger(__name__)

MAX_CARD = 5_000_000
MAX_FRONT = 30_000
"""Most characters of a card's metadata."""
MAX_JSON = 1_000_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FRONT = re.compile(r"\A﻿?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def folder_facts(folder: Path, ref: ModelRef) -> Facts:
    """What the files in a model's folder state."""
    metadata, _ = read_card(folder)
    raw = {
        "id": ref.repo,
        "cardData": metadata,
        "config": _config(folder),
        "pipeline_tag": metadata.get("pipeline_tag"),
        "library_name": metadata.get("library_name"),
        "tags": metadata.get("tags"),
        "gated": False,
        "safetensors": {"parameters": _numbers(folder)},
    }
    facts = read_facts(raw)
    assert facts is not None, "a ModelRef always names a repository"
    return replace(facts, source="house" if ref.source == "house" else "hub", commit=ref.commit)


@cache
def house_facts(model: HouseModel) -> Facts:
    """What a house model's files state; its recipe knows whether it chats, and its texts go by its own name."""
    return replace(folder_facts(model.folder, model.ref), chat=model.chat, datasets=(f"house/{model.ref.repo}",))


def folder_files(folder: Path) -> tuple[File, ...]:
    """The model's own files, by name."""
    return tuple(File(path.name, path.stat().st_size) for path in sorted(folder.iterdir()) if path.is_file())


def read_card(folder: Path) -> tuple[dict[str, Any], str | None]:
    """The card's metadata, and its text; ({}, None) where there is no card."""
    path = folder / "README.md"
    if not path.is_file() or path.stat().st_size > MAX_CARD:
        return {}, None
    return split_card(path.read_text(encoding="utf-8", errors="replace"))


def split_card(text: str) -> tuple[dict[str, Any], str]:
    """A card's metadata (the YAML at its head) and the text under it."""
    found = _FRONT.match(text)
    return (_metadata(found[1]), text[found.end() :]) if found else ({}, text)


def card_body(text: str) -> str:
    """A card without its metadata."""
    found = _FRONT.match(text)
    return text[found.end() :] if found else text


def folder_headers(folder: Path) -> dict[str, Header]:
    """The headers of the folder's weight files, by file name; damaged ones are left out, with a line in the log."""
    headers = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            headers[path.name] = read_header(path)
        except (EngineError, OSError) as error:
            log.warning("%s: %s", path.name, error)
    return headers


def _metadata(front: str) -> dict[str, Any]:
    """The metadata; none where it refers to itself: merged references can double without end."""
    if len(front) > MAX_FRONT:
        return {}
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(front, Loader=_Loader)):
            return {}
        said = yaml.load(front, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return {str(key): value for key, value in said.items()} if isinstance(said, dict) else {}


def _config(folder: Path) -> Mapping[str, Any]:
    """The config, with the chat template where the Hub puts it."""
    config = _json(folder / "config.json")
    told = _json(folder / "tokenizer_config.json").get("chat_template")
    template = told or (folder / "chat_template.jinja").is_file()
    return {**config, "tokenizer_config": {"chat_template": template or None}}


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file() or path.stat().st_size > MAX_JSON:
        return {}
    try:
        said = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _numbers(folder: Path) -> dict[str, int]:
    """Stored numbers by type, of all weight files."""
    counts: Counter[str] = Counter()
    for header in folder_headers(folder).values():
        for tensor in header.tensors:
            counts[tensor.dtype] += prod(tensor.shape)
    return dict(counts)
