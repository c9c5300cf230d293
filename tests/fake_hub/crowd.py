"""A few hundred made-up models for lists and pages: metadata and real headers, no weights.

Made from one seed, so that the crowd is the same in every session. About a
quarter descend from another of them.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from tests.fake_hub.cards import card
from tests.fake_hub.files import Source
from tests.fake_hub.repo import Repo
from tests.fake_hub.weights import decoder, stated

Shape = tuple[int, int, int, int, int, int]
"""Width, layers, heads, shared heads, inner width, vocabulary."""

SHAPES: list[Shape] = [
    (64, 4, 4, 4, 192, 4096),
    (192, 6, 6, 6, 512, 8192),
    (384, 8, 8, 8, 1024, 16384),
    (576, 30, 9, 3, 1536, 49152),
    (960, 32, 15, 5, 2560, 49152),
    (896, 24, 14, 2, 4864, 151936),
    (2048, 16, 32, 8, 8192, 128256),
    (3072, 28, 24, 8, 8192, 128256),
    (4096, 32, 32, 8, 14336, 128256),
    (5120, 40, 40, 8, 13824, 152064),
    (5120, 64, 40, 8, 27648, 152064),
    (8192, 80, 64, 8, 28672, 128256),
]
PLACES = ("ash", "brine", "copper", "dusk", "elder", "flint", "gale", "hollow")
OWNERS = [place + ending for place in PLACES for ending in ("works", "-lab", "mere", "-and-sons", "field")]
NAMES = ["Alder", "Bittern", "Curlew", "Dunlin", "Egret", "Fulmar", "Gannet", "Heron", "Ibis", "Jackdaw", "Kestrel",
         "Linnet", "Merlin", "Nuthatch", "Osprey", "Plover", "Quail", "Redstart", "Siskin", "Teal", "Wren"]  # fmt: skip
KINDS = {
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
    "phi3": "Phi3ForCausalLM",
    "bert": "BertForMaskedLM",
}
LICENCES = ["apache-2.0", "apache-2.0", "mit", "cc-by-4.0", "cc-by-nc-4.0", "openrail", "gemma", "other", None, None]
LANGUAGES = [["en"], ["en"], ["en"], ["fr"], ["sw"], ["de", "en"], ["en", "es", "fr", "pt"], ["zh", "en"], ["hi"], None]
DATASETS = ["brinefield/almanacs", "lantern/harbour-letters", "gale-lab/court-records", "elderworks/radio-plays"]
START = datetime(2022, 3, 2, 12, tzinfo=UTC)
DAYS = 1700


@dataclass(frozen=True)
class _Traits:
    """What one made-up model is."""

    id: str
    kind: str
    shape: Shape
    licence: str | None
    languages: list[str] | None
    datasets: list[str]
    parent: str | None
    chats: bool
    words: int


def crowd(count: int = 300, seed: int = 7) -> list[Repo]:
    """Models by many makers, from about a million to seventy billion parameters."""
    draw = random.Random(seed)
    earlier: list[_Traits] = []
    repos = []
    for at in range(count):
        earlier.append(_traits(draw, at, earlier))
        repos.append(_repo(draw, earlier[-1]))
    return repos


def _traits(draw: random.Random, at: int, earlier: list[_Traits]) -> _Traits:
    parent = draw.choice(earlier) if earlier and draw.random() < 0.25 else None
    shape = parent.shape if parent else draw.choice(SHAPES)
    chats = draw.random() < 0.4
    name = f"{draw.choice(NAMES)}-{_short(_parameters(shape))}{'-Instruct' if chats else ''}-{at:03}"
    return _Traits(
        id=f"{draw.choice(OWNERS)}/{name}",
        kind=parent.kind if parent else draw.choice(list(KINDS)),
        shape=shape,
        licence=draw.choice(LICENCES),
        languages=draw.choice(LANGUAGES),
        datasets=draw.sample(DATASETS, draw.choice([0, 0, 1, 2])),
        parent=parent.id if parent else None,
        chats=chats,
        words=draw.choice([0, 20, 120, 600]),
    )


def _repo(draw: random.Random, traits: _Traits) -> Repo:
    popular = 10 ** draw.uniform(0, 6.5)
    created = START + timedelta(days=draw.randrange(DAYS), seconds=draw.randrange(86_400))
    return Repo(
        traits.id,
        _files(traits),
        created=created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        downloads=int(popular),
        likes=int(popular / draw.uniform(50, 500)),
        trending=draw.choice([0, 0, 0, draw.randrange(200)]),
        gated=draw.choice([False] * 12 + ["auto", "manual"]),  # type: ignore[arg-type]
    )


def _files(traits: _Traits) -> dict[str, Source]:
    hidden, layers, heads, shared, inner, vocabulary = traits.shape
    config = {
        "architectures": [KINDS[traits.kind]],
        "model_type": traits.kind,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": shared,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": 4096,
        "torch_dtype": "bfloat16",
    }
    tokens = {"eos_token": "</s>"} | ({"chat_template": "{{ messages }}"} if traits.chats else {})
    files: dict[str, Source] = {
        "config.json": json.dumps(config),
        "tokenizer_config.json": json.dumps(tokens),
        "tokenizer.json": "{}",
        **_weights(traits.shape),
    }
    return files | ({"README.md": _card(traits)} if traits.words else {})


@cache
def _weights(shape: Shape) -> dict[str, Source]:
    return stated(decoder(*shape))


@cache
def _parameters(shape: Shape) -> int:
    return sum(math.prod(dimensions) for _, dimensions in decoder(*shape).values())


def _card(traits: _Traits) -> str:
    front = {
        "license": traits.licence,
        "language": traits.languages,
        "datasets": traits.datasets,
        "base_model": traits.parent,
    }
    text = " ".join(
        ["A bird in the hand, a model in the bush, and somebody to tell them apart."] * (traits.words // 15 + 1)
    )
    return card(f"# {traits.id}\n\n{text}\n", **{name: value for name, value in front.items() if value})


def _short(count: int) -> str:
    scale, letter = next(pair for pair in ((10**9, "B"), (10**6, "M"), (1000, "K")) if count >= pair[0])
    return f"{count / scale:.1f}".removesuffix(".0") + letter
