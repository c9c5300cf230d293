"""What one model on the Hub states about itself, read tolerantly.

The Hub's answers are a maker's own words: any field may be missing, of a wrong
type, or hostile. `read_facts` keeps what has the right shape and drops the
rest, so that one odd model never costs a page of others. An absent fact is
None or empty, never zero. Knows no network and no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from swatchbook.engine.headers import BITS
from swatchbook.engine.memory import learnt
from swatchbook.runs import ModelRef

Relation = Literal["finetune", "quantized", "adapter", "merge", "unknown"]
"""How a model came from its parent, in the Hub's words."""

MAX_TEXT = 200
MAX_ITEMS = 200
"""Most entries kept of any list."""
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_RELATIONS: tuple[Relation, ...] = ("finetune", "quantized", "adapter", "merge")


@dataclass(frozen=True, slots=True)
class Parent:
    """A model that another was made from."""

    repo: str
    relation: Relation = "unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """One model, as its maker and the Hub state it.

    `commit` is the one these facts are of. `gated` is how the maker lets people
    in ("auto", "manual"), "" for an open model, None where nothing is said.
    `numbers` counts the stored numbers by type, as in the safetensors header.
    """

    repo: str
    source: Literal["house", "hub"] = "hub"
    commit: str | None = None
    created: str | None = None
    updated: str | None = None
    downloads: int | None = None
    likes: int | None = None
    gated: str | None = None
    task: str | None = None
    library: str | None = None
    architecture: str | None = None
    licence: str | None = None
    licence_name: str | None = None
    licence_link: str | None = None
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    parents: tuple[Parent, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    quantised: str | None = None
    needs_code: bool = False
    chat: bool = False
    tags: tuple[str, ...] = ()

    @property
    def ref(self) -> ModelRef:
        return ModelRef(source=self.source, repo=self.repo, commit=self.commit)

    @property
    def author(self) -> str | None:
        """Who published it: the part before the slash, or nobody for the oldest models."""
        if self.source == "house":
            return "house"
        owner, slash, _ = self.repo.partition("/")
        return owner if slash else None

    @property
    def name(self) -> str:
        return self.repo.rpartition("/")[2]

    @property
    def parameters(self) -> int | None:
        """Numbers that were learnt, as far as types tell."""
        return sum(learnt(self.numbers).values()) or None

    @property
    def weight_bytes(self) -> int | None:
        """Bytes of the weights, from the numbers stated; None where none are."""
        return sum(count * BITS.get(kind, 8) // 8 for kind, count in self.numbers) or None


@dataclass(frozen=True, slots=True)
class File:
    """A file of a repository. `sha256` is that of a large file, `blob` git's own hash of any other."""

    path: str
    size: int
    sha256: str | None = None
    blob: str | None = None
    security: str | None = None


def read_facts(raw: object) -> Facts | None:
    """The facts in one entry of a list, or in a model's info; None when it does not even name a model."""
    if not isinstance(raw, Mapping) or (repo := repo_name(raw.get("id") or raw.get("modelId"))) is None:
        return None
    card, config, tags = mapping(raw.get("cardData")), mapping(raw.get("config")), texts(raw.get("tags"))
    numbers = mapping(mapping(raw.get("safetensors")).get("parameters"))
    return Facts(
        repo=repo,
        commit=commit(raw.get("sha")),
        created=date(raw.get("createdAt")),
        updated=date(raw.get("lastModified")),
        downloads=count(raw.get("downloads")),
        likes=count(raw.get("likes")),
        gated=_gated(raw.get("gated")),
        task=text(raw.get("pipeline_tag")),
        library=text(raw.get("library_name")),
        architecture=text(config.get("model_type")),
        licence=_licence(card.get("license"), tags),
        licence_name=text(card.get("license_name")),
        licence_link=text(card.get("license_link"), 500),
        languages=tuple(code.lower() for code in texts(card.get("language"))),
        datasets=tuple(dict.fromkeys(filter(None, map(repo_name, _listed(card.get("datasets")))))),
        parents=_parents(raw, card, tags, repo),
        numbers=tuple((str(kind)[:16], n) for kind, value in numbers.items() if (n := count(value))),
        quantised=_quantised(config),
        needs_code="auto_map" in config or "custom_code" in tags,
        chat=_chats(config),
        tags=tags,
    )


def read_files(raw: object) -> tuple[File, ...]:
    """The files of a `tree` answer, folders left out."""
    entries = (mapping(entry) for entry in _listed(raw, 20_000))
    return tuple(file for entry in entries if entry.get("type") == "file" and (file := _file(entry)))


def repo_name(value: object) -> str | None:
    """A repository's id, `name` or `owner/name`, or None for anything else."""
    fits = isinstance(value, str) and _REPO.fullmatch(value) and ".." not in value and "--" not in value
    return str(value) if fits else None


def commit(value: object) -> str | None:
    return value if isinstance(value, str) and _COMMIT.fullmatch(value) else None


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def entries(value: object) -> list[Mapping[str, Any]]:
    """The mappings in a list; whatever else stands in it counts as empty."""
    return [mapping(entry) for entry in value[:MAX_ITEMS]] if isinstance(value, list) else []


def text(value: object, most: int = MAX_TEXT) -> str | None:
    """A text that says something, cut at `most` characters, or None."""
    if not isinstance(value, str):
        return None
    # JSON can hold half a character (a lone surrogate), which nothing can write down.
    return value.encode("utf-8", "ignore").decode().strip()[:most] or None


def texts(value: object) -> tuple[str, ...]:
    """A text or a list of texts, as a list without repetitions."""
    return tuple(dict.fromkeys(said for item in _listed(value) if (said := text(item))))


def count(value: object) -> int | None:
    """A whole number of things, or None; 0 is a count too."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def date(value: object) -> str | None:
    """A day as YYYY-MM-DD, or None. The Hub writes the time of day as well."""
    said = text(value, 40)
    try:
        return datetime.fromisoformat(said.replace("Z", "+00:00")).date().isoformat() if said else None
    except ValueError:
        return None


def _listed(value: object, most: int = MAX_ITEMS) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value[:most])
    return [] if value is None else [value]


def _gated(value: object) -> str | None:
    if value is True:
        return "manual"
    return "" if value is False else text(value, 20)


def _licence(stated: object, tags: Iterable[str]) -> str | None:
    """The licence's identifier: the card's, else the Hub's tag; several are joined."""
    said = texts(stated) or tuple(tag.removeprefix("license:") for tag in tags if tag.startswith("license:"))
    return " and ".join(said[:4]).lower() or None


def _parents(raw: Mapping[str, Any], card: Mapping[str, Any], tags: Iterable[str], own: str) -> tuple[Parent, ...]:
    """From the Hub's own reading (`baseModels`), else the card's, with the relation that either or a tag states."""
    tagged = {repo: relation for tag in tags for relation in _RELATIONS if (repo := _tagged(tag, relation))}
    read = mapping(raw.get("baseModels"))
    relation = _relation(read.get("relation")) or _relation(card.get("base_model_relation"))
    listed = [mapping(entry).get("id") for entry in _listed(read.get("models"))] or _listed(card.get("base_model"))
    names = dict.fromkeys([*filter(None, map(repo_name, listed)), *tagged])
    return tuple(Parent(repo, relation or tagged.get(repo, "unknown")) for repo in names if repo != own)


def _tagged(tag: str, relation: str) -> str | None:
    prefix = f"base_model:{relation}:"
    return repo_name(tag.removeprefix(prefix)) if tag.startswith(prefix) else None


def _relation(value: object) -> Relation | None:
    return next((known for known in _RELATIONS if known == value), None)


def _quantised(config: Mapping[str, Any]) -> str | None:
    """How the weights are quantised, by name, if they are."""
    if config.get("quantization_config") is None:
        return None
    return text(mapping(config["quantization_config"]).get("quant_method")) or "quantised"


def _chats(config: Mapping[str, Any]) -> bool:
    return bool(mapping(config.get("tokenizer_config")).get("chat_template") or config.get("chat_template_jinja"))


def _file(entry: Mapping[str, Any]) -> File | None:
    path, size, large = text(entry.get("path"), 1000), count(entry.get("size")), mapping(entry.get("lfs"))
    if path is None or size is None:
        return None
    digest, status = text(large.get("oid") or large.get("sha256")), mapping(entry.get("securityFileStatus"))
    return File(path, size, digest, text(entry.get("oid")), text(status.get("status"), 20))
