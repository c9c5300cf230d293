"""The stock's datasets, with rows, and the Spaces that use its models."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

from tests.fake_hub.cards import card
from tests.fake_hub.repo import Repo

PORTS = ("Lerwick", "Porto", "Zanzibar", "Riga", "Valparaíso", "Haifa")
NEWS = ("the nets came up empty", "the ferry is late again", "the light burned all night", "your sister asks for wool")
METHALI = [
    ("Haba na haba hujaza kibaba.", "Little by little fills the measure."),
    ("Haraka haraka haina baraka.", "Hurry has no blessing."),
    ("Asiyesikia la mkuu huvunjika guu.", "Who does not heed the elder breaks a leg."),
]


def datasets() -> list[Repo]:
    return [_letters(), _dialogues(), _marginalia(), _proverbs(), _sealed(), _empty()]


def spaces() -> list[Repo]:
    return [
        _space("lantern/harbour-chat", ["lantern/ember-instruct"], ["lantern/harbour-letters"], 30),
        _space("merrow/tide-studio", ["merrow/ember-tide", "lantern/ember"], [], 4),
        _space("quiet-owl/nothing-much", [], [], 0),
    ]


def _letters() -> Repo:
    draw = random.Random(3)
    rows = [
        {
            "text": f"{draw.choice(PORTS)}, at night. Dear friend, {draw.choice(NEWS)}, and {draw.choice(NEWS)}.",
            "from": draw.choice(PORTS),
            "year": 1880 + at % 30,
            "read": draw.random() < 0.8,
        }
        for at in range(240)
    ]
    rows[2]["text"] = "A very long letter. " * 400
    return _dataset(
        "lantern/harbour-letters",
        {"train.jsonl": _lines(rows[:200]), "test.jsonl": _lines(rows[200:])},
        "# Harbour letters\n\nLetters from six harbours, none of them real.\n",
        license="cc-by-4.0",
        language=["en"],
        task_categories=["text-generation"],
        size_categories=["n<1K"],
    )


def _dialogues() -> Repo:
    rows = [
        {"messages": [{"role": "user", "content": news}, {"role": "assistant", "content": "Noted."}]} for news in NEWS
    ]
    return _dataset("lantern/harbour-dialogues", {"train.jsonl": _lines(rows)}, "# Dialogues\n", license="mit")


def _marginalia() -> Repo:
    """Rows that would act if anybody drew them as markup."""
    cells = [
        "<script>alert('row')</script>",
        "<img src=http://192.0.2.1/x.png onerror=alert(1)>",
        "=HYPERLINK('http://192.0.2.1')",
        "[click](javascript:alert(1))",
        "plain ink, no tricks",
        None,
    ]
    rows = [{"<b>page</b>": at, "note": cell} for at, cell in enumerate(cells)]
    return _dataset("quiet-owl/marginalia", {"train.jsonl": _lines(rows)}, "# Marginalia\n", language=["en", "fr"])


def _proverbs() -> Repo:
    tables = {
        "sw/train.csv": "text\n" + "".join(f'"{swahili}"\n' for swahili, _ in METHALI),
        "sw-en/train.csv": "sw,en\n" + "".join(f'"{swahili}","{english}"\n' for swahili, english in METHALI),
    }
    return _dataset(
        "swahili-house/methali",
        tables,
        "# Methali\n",
        license="cc0-1.0",
        language=["sw", "en"],
        task_categories=["translation"],
    )


def _sealed() -> Repo:
    repo = _dataset("gatekeeper/sealed", {"train.jsonl": _lines([{"text": "hush"}])}, "# Sealed\n", license="other")
    repo.gated = "manual"
    return repo


def _empty() -> Repo:
    return _dataset("brinefield/almanacs", {}, "# Almanacs\n\nStill in boxes.\n", language=["en"])


def _dataset(name: str, tables: dict[str, str], text: str, **front: Any) -> Repo:
    files = {"README.md": card(text, **front), **tables}
    return Repo(name, files, kind="dataset", created="2024-10-10T10:00:00.000Z", downloads=500, likes=12)


def _space(name: str, models: list[str], used: list[str], likes: int) -> Repo:
    front = {"title": name.rpartition("/")[2], "sdk": "gradio", "models": models, "datasets": used}
    files = {"README.md": card("A Space.\n", **front), "app.py": "print('hello')\n"}
    return Repo(name, files, kind="space", created="2025-07-07T10:00:00.000Z", likes=likes)


def _lines(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
