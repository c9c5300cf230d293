"""What the Hub derives from a repository's files: card metadata, tags, config summary, parameter counts.

One README.md with front matter, a config.json and weights make a whole model.
Malformed files derive nothing, as on the Hub. Knows nothing of other repositories.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import yaml

from tests.fake_hub.repo import ABSENT, Commit, Repo

_FRONT = re.compile(r"\A---\r?\n(.*?)\r?\n---\s*(?:\n|\Z)", re.DOTALL)
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
_PIPELINES = {
    "ForCausalLM": ("text-generation", "AutoModelForCausalLM"),
    "LMHeadModel": ("text-generation", "AutoModelForCausalLM"),
    "ForMaskedLM": ("fill-mask", "AutoModelForMaskedLM"),
    "ForSequenceClassification": ("text-classification", "AutoModelForSequenceClassification"),
    "ForImageClassification": ("image-classification", "AutoModelForImageClassification"),
    "ForConditionalGeneration": ("image-text-to-text", "AutoModelForImageTextToText"),
}
_SUMMARY = ("architectures", "model_type", "auto_map", "quantization_config")
_SPECIAL_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def facts(repo: Repo, commit: Commit | None = None) -> dict[str, Any]:
    """Everything that can be said about a repository by itself, under the names of the Hub's answers."""
    commit = commit or repo.head
    if "facts" not in commit.memory:
        commit.memory["facts"] = _DERIVE[repo.kind](commit)
    counted: dict[str, Any] = {
        "author": repo.author,
        "createdAt": repo.created,
        "disabled": False,
        "downloads": repo.downloads,
        "downloadsAllTime": repo.downloads * 11,
        "gated": repo.gated,
        "lastModified": commit.date,
        "likes": repo.likes,
        "private": repo.private,
        "sha": commit.sha,
        "trendingScore": repo.trending,
    }
    said = counted | commit.memory["facts"] | repo.info
    return {name: value for name, value in said.items() if value is not None and value is not ABSENT}


def front_matter(text: str) -> dict[str, Any] | None:
    """The metadata at the top of a card, or None where there is none that can be read."""
    if not (found := _FRONT.match(text)):
        return None
    try:
        # Merged references can double without end; a card that has any goes without metadata here.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(found[1], Loader=_Loader)):
            return None
        read = yaml.load(found[1], Loader=_Loader)
    except (yaml.YAMLError, ValueError):
        return None
    return json.loads(json.dumps(read, default=str)) if isinstance(read, dict) else None


def _model(commit: Commit) -> dict[str, Any]:
    card, config, numbers = _card(commit), _config(commit), _numbers(commit)
    auto = _auto_class(config)
    library = (card or {}).get("library_name") or _library(commit, config)
    pipeline = (card or {}).get("pipeline_tag") or auto.get("pipeline_tag")
    return {
        "cardData": card,
        "config": config or None,
        "evalResults": _evaluations(commit),
        "gguf": None,
        "library_name": library,
        "model-index": (card or {}).get("model-index"),
        "pipeline_tag": pipeline,
        "safetensors": {"parameters": numbers, "total": sum(numbers.values())} if numbers else None,
        "siblings": _siblings(commit),
        "tags": _model_tags(commit, card or {}, config, library, pipeline),
        "transformersInfo": auto or None,
        "usedStorage": _stored(commit),
        "widgetData": (card or {}).get("widget"),
    }


def _dataset(commit: Commit) -> dict[str, Any]:
    card = _card(commit)
    tags = [f"{field}:{value}" for field in _DATASET_TAGS for value in _texts((card or {}).get(field))]
    text = _text(commit, "README.md")
    return {
        "cardData": card,
        "description": _FRONT.sub("", text).strip()[:200] or None,
        "mainSize": sum(blob.size for blob in commit.files.values()),
        "siblings": _siblings(commit),
        "tags": [*tags, *_texts((card or {}).get("tags")), "region:us"],
        "usedStorage": _stored(commit),
    }


def _space(commit: Commit) -> dict[str, Any]:
    card = _card(commit) or {}
    return {
        "cardData": card,
        "datasets": _texts(card.get("datasets")),
        "models": _texts(card.get("models")),
        "region": "us",
        "runtime": {"stage": "RUNNING", "hardware": {"current": "cpu-basic", "requested": "cpu-basic"}},
        "sdk": card.get("sdk"),
        "siblings": _siblings(commit),
        "tags": [*_texts(card.get("sdk")), *_texts(card.get("tags")), "region:us"],
        "usedStorage": _stored(commit),
    }


_DERIVE = {"model": _model, "dataset": _dataset, "space": _space}
_DATASET_TAGS = ("task_categories", "language", "license", "size_categories", "multilinguality", "benchmark")


def _model_tags(
    commit: Commit, card: dict[str, Any], config: dict[str, Any], library: str | None, pipeline: str | None
) -> list[str]:
    datasets = [f"dataset:{name}" for name in _texts(card.get("datasets"))]
    licences = [f"license:{name}" for name in _texts(card.get("license"))]
    own = [library, *_formats(commit), config.get("model_type"), pipeline, *_texts(card.get("tags"))]
    derived = [
        "custom_code" if "auto_map" in config else None,
        "conversational" if _has_template(config) else None,
        _mapping(config.get("quantization_config")).get("quant_method"),
    ]
    tags = [*own, *derived, *_texts(card.get("language")), *datasets, *_parent_tags(commit, card), *licences]
    return [*dict.fromkeys(tag for tag in tags if isinstance(tag, str)), "region:us"]


def _parent_tags(commit: Commit, card: dict[str, Any]) -> list[str]:
    parents, relation = _texts(card.get("base_model")), relation_of(commit, card)
    return [f"base_model:{way}{parent}" for parent in parents for way in ("", f"{relation}:")]


def relation_of(commit: Commit, card: Mapping[str, Any]) -> str:
    """How a model came from its parents: as its card says, else as its files show."""
    stated = card.get("base_model_relation")
    if isinstance(stated, str):
        return stated
    if "adapter_config.json" in commit.files:
        return "adapter"
    if "gguf" in _formats(commit) or "quantization_config" in _config(commit):
        return "quantized"
    return "merge" if len(_texts(card.get("base_model"))) > 1 else "finetune"


def _config(commit: Commit) -> dict[str, Any]:
    """The Hub's summary of config.json, tokenizer_config.json and adapter_config.json."""
    whole, tokens = _json(commit, "config.json"), _json(commit, "tokenizer_config.json")
    kept: dict[str, Any] = {
        name: whole[name]
        for name in ("architectures", "model_type", "auto_map", "quantization_config")
        if name in whole
    }
    special = {name: _token(tokens[name]) for name in _SPECIAL_TOKENS if tokens.get(name) is not None}
    if "chat_template" in tokens:
        special["chat_template"] = tokens["chat_template"]
    if special:
        kept["tokenizer_config"] = special
    if template := _text(commit, "chat_template.jinja"):
        kept["chat_template_jinja"] = template
    adapter = _json(commit, "adapter_config.json")
    if adapter:
        kept["peft"] = {name: adapter.get(name) for name in ("base_model_name_or_path", "task_type")}
    return kept


def _has_template(config: Mapping[str, Any]) -> bool:
    return "chat_template_jinja" in config or "chat_template" in _mapping(config.get("tokenizer_config"))


def _token(value: object) -> object:
    return value.get("content") if isinstance(value, dict) else value


def _auto_class(config: Mapping[str, Any]) -> dict[str, str]:
    name = next(iter(_texts(config.get("architectures"))), "")
    for ending, (pipeline, auto) in _PIPELINES.items():
        if name.endswith(ending):
            return {"auto_model": auto, "pipeline_tag": pipeline, "processor": "AutoTokenizer"}
    return {"auto_model": "AutoModel"} if name else {}


def _library(commit: Commit, config: Mapping[str, Any]) -> str | None:
    if "adapter_config.json" in commit.files:
        return "peft"
    if "gguf" in _formats(commit) and "model_type" not in config:
        return "gguf"
    return "transformers" if "architectures" in config else None


def _formats(commit: Commit) -> list[str]:
    endings = {path.rpartition(".")[2] for path in commit.files}
    return [name for ending, name in (("bin", "pytorch"), ("safetensors",) * 2, ("gguf",) * 2) if ending in endings]


def _numbers(commit: Commit) -> dict[str, int]:
    """Stored numbers by type, from the headers of the weights; nothing if any of them cannot be read."""
    counted: Counter[str] = Counter()
    for path, blob in commit.files.items():
        if _WEIGHTS.fullmatch(path):
            try:
                header = json.loads(blob.read(8, 8 + int.from_bytes(blob.read(0, 8), "little")))
                for name, entry in header.items():
                    if name != "__metadata__":
                        counted[entry["dtype"]] += math.prod(entry["shape"])
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
                return {}
    return dict(counted)


def _evaluations(commit: Commit) -> list[dict[str, Any]] | None:
    """Results from `.eval_results/*.yaml`, where the Hub looks for them."""
    files = [blob for path, blob in commit.files.items() if re.fullmatch(r"\.eval_results/[^/]+\.yaml", path)]
    entries = [entry for blob in files for entry in yaml.load(blob.read(), Loader=_Loader)]
    return [{"data": entry, "verified": False} for entry in entries] or None


def _siblings(commit: Commit) -> list[dict[str, str]]:
    return [{"rfilename": path} for path in commit.files]


def _stored(commit: Commit) -> int:
    return sum(blob.size for blob in commit.files.values() if blob.large)


def _card(commit: Commit) -> dict[str, Any] | None:
    return front_matter(_text(commit, "README.md"))


def _json(commit: Commit, path: str) -> dict[str, Any]:
    try:
        read = json.loads(_text(commit, path))
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _text(commit: Commit, path: str) -> str:
    blob = commit.files.get(path)
    return blob.read().decode(errors="replace") if blob else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]
