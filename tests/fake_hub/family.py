"""The stock's models with a history: a family of five, a pair that descend from each other, an orphan, old masters.

They can be fetched, loaded and run: their weights are those of `tiny_models.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.fake_hub.cards import card
from tests.fake_hub.files import Source
from tests.fake_hub.repo import Repo

TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)
BASE = "lantern/ember"
SAID = "A small model that has read the letters of one harbour and nothing else."


def family(tiny: Path) -> list[Repo]:
    """A base, what was made from it, and who owes nothing to anybody."""
    return [*_ember(tiny), *_circle(tiny), *_loners(tiny), *_conditional(tiny)]


def files(folder: Path, text: str, front: dict[str, Any], **more: Source) -> dict[str, Source]:
    """A tiny model's files with a card of its own. `more` adds files: a double underscore stands for the dot."""
    found: dict[str, Source] = {path.name: path for path in sorted(folder.iterdir())}
    return found | {"README.md": card(text, **front)} | {name.replace("__", "."): held for name, held in more.items()}


def chatty(folder: Path) -> str:
    """The tokenizer's settings with a chat template among them."""
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    return json.dumps(settings | {"chat_template": TEMPLATE})


def with_config(folder: Path, **changes: Any) -> str:
    return json.dumps(json.loads((folder / "config.json").read_text()) | changes)


def _ember(tiny: Path) -> list[Repo]:
    """One base, an instructed child, a quantised grandchild, a cousin under other terms, and a merge of two."""
    llama = tiny / "llama"
    return [
        _base(llama),
        Repo(
            f"{BASE}-instruct",
            files(
                llama,
                "# Ember Instruct\n\nEmber, taught to answer letters.\n",
                {
                    "license": "apache-2.0",
                    "language": ["en"],
                    "base_model": BASE,
                    "datasets": ["lantern/harbour-letters", "lantern/harbour-dialogues"],
                },
                tokenizer_config__json=chatty(llama),
            ),
            created="2025-03-02T09:00:00.000Z",
            downloads=88_000,
            likes=310,
            trending=40,
        ),
        Repo(
            "quiet-owl/ember-instruct-4bit",
            files(
                llama,
                "# Ember Instruct in four bits\n",
                {"base_model": f"{BASE}-instruct", "language": "en"},
                config__json=with_config(llama, quantization_config={"quant_method": "gptq", "bits": 4}),
            ),
            created="2025-03-20T09:00:00.000Z",
            downloads=12_000,
            likes=25,
        ),
        Repo(
            "quiet-owl/ember-noir",
            files(
                tiny / "llama-noir",
                "# Ember Noir\n\nFinetuned on crime stories, which were not free to sell.\n",
                {
                    "license": "cc-by-nc-4.0",
                    "language": ["en", "fr"],
                    "base_model": BASE,
                    "datasets": ["quiet-owl/marginalia"],
                },
            ),
            created="2025-04-11T09:00:00.000Z",
            downloads=3_100,
            likes=77,
            trending=12,
        ),
        Repo(
            "merrow/ember-tide",
            files(
                tiny / "llama-tide",
                "# Ember Tide\n\nA merge of Ember Instruct and Ember Noir, half and half.\n",
                {
                    "license": "mit",
                    "language": ["en"],
                    "base_model": [f"{BASE}-instruct", "quiet-owl/ember-noir"],
                    "tags": ["merge"],
                },
            ),
            created="2025-05-01T09:00:00.000Z",
            downloads=640,
            likes=9,
        ),
    ]


def _base(llama: Path) -> Repo:
    """The base has a past: an earlier commit under a tag, a branch, a former name, results and energy."""
    front = {
        "license": "apache-2.0",
        "language": ["en"],
        "datasets": ["lantern/harbour-letters"],
        "pipeline_tag": "text-generation",
        "tags": ["letters", "arxiv:2501.00001"],
        "co2_eq_emissions": {"emissions": 840, "source": "measured at the socket", "hardware_used": "one desktop"},
        "model-index": [_index("Ember")],
    }
    text = f"# Ember\n\n{SAID}\n\n| what | value |\n| - | - |\n| letters | 4,000 |\n"
    repo = Repo(
        BASE,
        files(llama, "# Ember\n\nThe first attempt.\n", {"license": "apache-2.0"}),
        created="2025-01-15T09:00:00.000Z",
        downloads=120_000,
        likes=540,
        trending=55,
        former=("lantern/ember-70k",),
    )
    repo.tags["v1"] = repo.head.sha
    results = [{"dataset": {"id": "lantern/harbour-letters", "task_id": "default"}, "value": 41.5}]
    repo.commit({"README.md": card(text, **front), ".eval_results/letters.yaml": yaml.safe_dump(results)}, "Say more")
    repo.commit({"notes/next.md": "Try a second harbour.\n"}, "An idea", branch="refs/pr/1")
    return repo


def _index(name: str) -> dict[str, Any]:
    result = {
        "task": {"type": "text-generation"},
        "dataset": {"type": "lantern/harbour-letters", "name": "Harbour letters"},
        "metrics": [{"type": "perplexity", "value": 11.2, "name": "perplexity"}],
    }
    return {"name": name, "results": [result]}


def _circle(tiny: Path) -> list[Repo]:
    """Two models that each say the other came first."""
    return [
        Repo(
            f"ouro/boros-{name}",
            files(
                tiny / "qwen2",
                f"# Boros {name}\n",
                {"license": "mit", "base_model": f"ouro/boros-{other}", "language": ["en"]},
            ),
            created="2025-02-02T09:00:00.000Z",
            downloads=50,
        )
        for name, other in (("alpha", "omega"), ("omega", "alpha"))
    ]


def _loners(tiny: Path) -> list[Repo]:
    """Models without kin: an orphan, two that know several languages, an old master, one that says nothing."""
    return [
        Repo(
            "driftwood/orphan",
            files(
                tiny / "gpt2", "# Orphan\n", {"license": "mit", "base_model": "gone/never-published", "language": "en"}
            ),
            created="2024-07-07T09:00:00.000Z",
            downloads=3,
        ),
        Repo(
            "tall-ship/mizzen",
            files(
                tiny / "qwen2",
                "# Mizzen\n\nFour languages in one small hold.\n",
                {
                    "license": "mit",
                    "language": ["en", "fr", "sw", "zh"],
                    "datasets": ["swahili-house/methali", "gone/logbooks"],
                },
                tokenizer_config__json=chatty(tiny / "qwen2"),
            ),
            created="2026-08-01T09:00:00.000Z",
            downloads=9_400,
            likes=130,
            trending=70,
        ),
        Repo(
            "swahili-house/lugha",
            files(
                tiny / "gpt2",
                "# Lugha\n\nMfano mdogo wa Kiswahili.\n",
                {"license": "apache-2.0", "language": "sw", "datasets": ["swahili-house/methali"]},
            ),
            created="2026-05-09T09:00:00.000Z",
            downloads=210,
            likes=41,
        ),
        Repo(
            "old-masters/pythia-of-delphi",
            files(tiny / "gpt_neox", "# Pythia of Delphi\n", {"license": "apache-2.0", "language": ["en"]}),
            created="2022-03-02T23:29:04.000Z",
            downloads=2_400_000,
            likes=900,
        ),
        Repo(
            "serpentine/coil",
            files(tiny / "mamba", "# Coil\n", {}),
            created="2024-01-20T09:00:00.000Z",
            downloads=75,
        ),
    ]


def _conditional(tiny: Path) -> list[Repo]:
    """Models with a licence of their own, behind a gate, and in two files."""
    return [
        Repo(
            "metal-works/opaque",
            files(
                tiny / "opt",
                "# Opaque\n",
                {
                    "license": "other",
                    "license_name": "metal-works-community",
                    "license_link": "https://example.org/licence",
                    "language": ["en"],
                },
            ),
            created="2023-05-04T09:00:00.000Z",
            downloads=18_000,
            likes=60,
        ),
        Repo(
            "gatekeeper/vault",
            files(
                tiny / "llama-gated",
                "# Vault\n",
                {"license": "llama3", "language": ["en"], "extra_gated_prompt": "Say who you are."},
                tokenizer_config__json=chatty(tiny / "llama-gated"),
            ),
            created="2025-09-09T09:00:00.000Z",
            downloads=400_000,
            likes=2_000,
            trending=90,
            gated="manual",
        ),
        Repo(
            "heavy-goods/two-crates",
            files(tiny / "llama-sharded", "# Two Crates\n", {"license": "mit", "language": ["en", "de"]}),
            created="2025-11-11T09:00:00.000Z",
            downloads=1_500,
        ),
    ]
