"""Which architectures run here, and how: one table, each entry found by trial.

`fused` models have our own step; `joined` ones go through the published model
with a cache that rows can join; `solo` ones through `generate`, one prompt at a
time. What is not in the table is refused with one sentence. Knows a config only
as the dictionary in `config.json`, and imports neither torch nor transformers.
"""

from __future__ import annotations

from typing import Any, Literal

from swatchbook.engine.events import EngineError

Kind = Literal["fused", "joined", "solo"]

FUSED = frozenset({"llama", "mistral", "qwen2", "qwen3", "smollm3"})

JOINED = frozenset(
    [
        "biogpt",
        "bloom",
        "codegen",
        "cohere",
        "ctrl",
        "falcon",
        "falcon_h1",
        "gemma",
        "gemma2",
        "gemma3_text",
        "gpt2",
        "gpt_bigcode",
        "gpt_neo",
        "gpt_neox",
        "gptj",
        "granite",
        "lfm2",
        "mamba",
        "mamba2",
        "mixtral",
        "mpt",
        "olmo",
        "olmo2",
        "opt",
        "phi",
        "phi3",
        "stablelm",
        "starcoder2",
        "xglm",
    ]
)

SOLO = frozenset({"recurrent_gemma", "openai-gpt"})

UNCHUNKED = frozenset({"mamba"})
"""Prompts of these are computed whole: a second chunk raises an error or changes the result."""

RECURRENT_CONTEXT = 8192
"""Positions a row may take where the architecture itself sets no bound."""

_ENCODER_DECODERS = frozenset(
    [
        "bart",
        "bigbird_pegasus",
        "blenderbot",
        "blenderbot-small",
        "fsmt",
        "led",
        "longt5",
        "m2m_100",
        "marian",
        "mbart",
        "mt5",
        "mvp",
        "nllb-moe",
        "pegasus",
        "pegasus_x",
        "plbart",
        "prophetnet",
        "switch_transformers",
        "t5",
        "t5gemma",
        "umt5",
    ]
)

_ENCODERS = frozenset(
    [
        "albert",
        "bert",
        "big_bird",
        "camembert",
        "convbert",
        "deberta",
        "deberta-v2",
        "distilbert",
        "electra",
        "ernie",
        "esm",
        "longformer",
        "modernbert",
        "mpnet",
        "nomic_bert",
        "roberta",
        "xlm-roberta",
    ]
)

_SEEING = frozenset(
    [
        "beit",
        "clip",
        "convnext",
        "convnextv2",
        "deit",
        "depth_anything",
        "detr",
        "dinov2",
        "mobilenet_v2",
        "resnet",
        "sam",
        "segformer",
        "siglip",
        "swin",
        "vit",
        "vit_mae",
        "yolos",
    ]
)

_HEARING = frozenset(
    ["audio-spectrogram-transformer", "clap", "encodec", "hubert", "speecht5", "vits", "wav2vec2", "wavlm", "whisper"]
)

_REFUSED = {
    "rwkv": "RWKV models give other numbers step by step than at once in this version, so they are not run here; "
    "choose a model of another type.",
    "xlnet": "XLNet predicts words in any order and keeps no cache that can be continued, so it is not run here; "
    "choose a model of another type.",
}


def kind_of(config: dict[str, Any]) -> Kind:
    """How a model with this `config.json` runs. Raises EngineError with one sentence when it does not."""
    name = config.get("model_type")
    if not isinstance(name, str) or not name:
        raise EngineError("The config.json names no model_type, so nobody can tell what this model is; choose another.")
    if name in FUSED:
        return "fused"
    if name in JOINED:
        return "joined"
    if name in SOLO:
        return "solo"
    raise EngineError(_refusal(repr(name[:60])[1:-1], config))


def _refusal(name: str, config: dict[str, Any]) -> str:
    if name in _REFUSED:
        return _REFUSED[name]
    writes = "choose a model that generates text"
    if name in _SEEING:
        return f"This model ({name}) looks at pictures and writes no text; {writes}."
    if name in _HEARING:
        return f"This model ({name}) works with sound; {writes}."
    if name in _ENCODER_DECODERS or config.get("is_encoder_decoder") is True:
        return (
            f"This is an encoder-decoder ({name}): it turns one text into another and does not continue one; {writes}."
        )
    if name in _ENCODERS:
        return f"This is an encoder ({name}): it reads texts and writes none; {writes}."
    if any(key in config for key in ("vision_config", "audio_config")):
        return f"This model ({name}) also reads pictures or sound, and only text models run here; choose one of those."
    return f"Models of the type '{name}' have not been tried here yet, so this one is not run; choose another."
