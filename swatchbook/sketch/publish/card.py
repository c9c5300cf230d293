"""The README.md of a published piece: a header that the Hub reads, and plain words for whoever finds it.

What a sketch, its author or a model's maker wrote is data here too: in the header
it passes a YAML writer, in the words below each character that Markdown or HTML
could take for its own is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import yaml

from swatchbook.hub.facts import repo_name
from swatchbook.hub.licences import licence_id
from swatchbook.runs import Credit, ModelRef
from swatchbook.sketch.publish.work import Target, Work

SHORT = 60
"""Most characters of a short description, as the Hub has it."""
PYTHON = "3.12.12"
"""The newest that ZeroGPU has."""
HARDWARE = {"zerogpu": "zero-a10g", "cpu": "cpu-basic"}
"""What the Hub calls the hardware of each kind of Space."""
MAX_DATASETS = 40
UNSAID = "not stated"
HUB = "https://huggingface.co"

_MARKS = re.compile(r"[\\`*_\[\]<~$@]|&(?=[#\w])|:(?=\S)|^[-+=#>]|(?<=www)\.")
"""What Markdown, as the Hub renders it, could take for its own within a line or at its beginning."""
_FILE = re.compile(r"[A-Za-z0-9._-]+")
"""A file's name that can stand in a line of the header."""
_NUMBER = re.compile(r"^(\d+)(?=[.)])")
_START = {
    "static": "Open `index.html` in a browser; it needs no network. On the Hub it is a static Space.",
    "zerogpu": "It starts by itself, as a Space on ZeroGPU; its models run on the Space's processors.",
    "cpu": "It starts by itself, as a Space on a processor.",
    "zip": """You need Python 3.11 or newer. In this folder, on Linux or macOS:

```
python3 -m venv .venv
.venv/bin/python -m pip install -r requirements.txt
.venv/bin/python app.py
```

On Windows:

```
py -m venv .venv
.venv\\Scripts\\python -m pip install -r requirements.txt
.venv\\Scripts\\python app.py
```

Open the address that it prints. The first time, packages are fetched; where there is no graphics card, this fetches far
less on Linux: `PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu` in front of the second command.""",
}
_HOLDS = """- `sketch.yaml`: the piece itself, as its author wrote it. It is data, and nothing in it can run.
- `runs.jsonl`: what was recorded of it, to be seen at once, and whenever a model cannot run.
- `app.py` and the folders beside it: the program that performs it, the same for every piece."""
_HOLDS_STATIC = """- `sketch.yaml`: the piece itself, as its author wrote it. It is data, and nothing in it can run.
- `index.html`: a page that replays what was recorded of it, with the parts that need no model live."""


def readme(work: Work, target: Target) -> str:
    """The whole file."""
    return f"---\n{_yaml(header(work, target))}---\n\n{body(work, target)}"


def header(work: Work, target: Target) -> dict[str, Any]:
    """What the Hub is told, in the order in which it is written. Nothing that is not known is in it."""
    sketch = work.sketch
    told: dict[str, Any] = {"title": sketch.title, "emoji": "📜", "colorFrom": "indigo", "colorTo": "green"}
    told |= {"sdk": "static"} if target == "static" else _gradio(work, target)
    told |= {
        "short_description": short(sketch.about) or "A sketch with open language models",
        **_licence(sketch.licence),
    }
    datasets = dict.fromkeys(name for each in _credits(work) for name in each.datasets if _is_dataset(name))
    models = dict.fromkeys(model.repo for model in work.hub_models)
    lists = {"models": list(models), "datasets": list(datasets)[:MAX_DATASETS], "tags": ["sketch"]}
    return told | {name: values for name, values in lists.items() if values}


def body(work: Work, target: Target) -> str:
    """What stands below the header."""
    sketch = work.sketch
    parts = [
        f"# {plain(sketch.title)}",
        f"> {plain(sketch.about)}" if sketch.about.strip() else "",
        f"By {plain(sketch.author)}." if sketch.author.strip() else "",
        f"## Start\n\n{_START[target]}",
        f"## What it holds\n\n{_HOLDS_STATIC if target == 'static' else _HOLDS}",
        f"## Credits\n\n{_credits_text(work, target)}",
        f"## Licence\n\n{_terms(sketch.licence)}",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def plain(text: str) -> str:
    """A foreign text as one line of Markdown that shows it as it is."""
    line = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else "�" for letter in line)
    return _NUMBER.sub(r"\1\\", _MARKS.sub(r"\\\g<0>", shown))


def short(text: str) -> str:
    """A text as a short description: its beginning, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1].rpartition(' ')[0] or line[: SHORT - 1]}…"


def _yaml(told: dict[str, Any]) -> str:
    return str(yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=float("inf")))


def _gradio(work: Work, target: Target) -> dict[str, Any]:
    told: dict[str, Any] = {"sdk": "gradio", "sdk_version": version("gradio"), "app_file": "app.py"}
    if target not in HARDWARE:
        return told
    told |= {"python_version": PYTHON, "suggested_hardware": HARDWARE[target]}
    lines = list(_beforehand(work))
    return told | ({"preload_from_hub": lines} if lines else {})


def _beforehand(work: Work) -> Iterator[str]:
    """What the Space fetches before it starts, a line for each model: its name, its files, its commit."""
    for model in work.hub_models:
        names = work.files.get(model, ())
        if names and all(map(_FILE.fullmatch, names)):  # a space or a comma in a name would change what the line says
            yield f"{model.repo} {','.join(names)} {model.commit}"


def _licence(said: str) -> dict[str, str]:
    """The sketch's licence as the Hub knows it, or by its own name."""
    if not said.strip():
        return {}
    if known := licence_id(said):
        return {"license": known}
    name = re.sub(r"[^a-z0-9.]+", "-", said.lower()).strip("-.")
    return {"license": "other", **({"license_name": name} if name else {})}


def _terms(said: str) -> str:
    own = f"The sketch is under {plain(said)}" if said.strip() else "Its author has not said how the sketch may be used"
    return f"{own}. The program is under the Apache License 2.0, in `LICENSE`. Each model has its own licence, above."


def _is_dataset(name: str) -> bool:
    """Whether it is one of the Hub's, and not the texts of a house model."""
    return repo_name(name) == name and "/" in name and not name.startswith("house/")


def _credits(work: Work) -> list[Credit]:
    return [work.credit(model) for model in work.sketch.models]


def _credits_text(work: Work, target: Target) -> str:
    models = (_model(credit, target) for credit in _credits(work))
    return "\n".join([*_people(work), *models, "- Made with Swatchbook."])


def _people(work: Work) -> Iterator[str]:
    sketch = work.sketch
    if sketch.author.strip():
        yield f"- The sketch: {plain(sketch.author)}"
    if sketch.remix_of.strip():
        yield f"- A remix of {plain(sketch.remix_of)}"
    for each in work.lineage:
        by = f", by {plain(each.author)}" if each.author.strip() else ""
        yield f"- It came of: {plain(each.title) or 'a sketch without a title'}{by}"


def _model(credit: Credit, target: Target) -> str:
    model, home = credit.model, credit.homemade
    made = "made for Swatchbook, from texts grown from a grammar that was written for it"
    facts = (
        made if home else f"made by {_said([credit.author])}",
        f"licence: {_said([credit.licence])}",
        f"commit: {f'`{model.commit}`' if model.commit else UNSAID}" if model.commit or not home else "",
        f"made from {_said(credit.parents)}" if credit.parents else "",
        f"it read {_said(credit.datasets)}" if credit.datasets and not home else "",
    )
    return f"- The model {_name(model, target)}: {'; '.join(filter(None, facts))}"


def _name(model: ModelRef, target: Target) -> str:
    """Where to find it. A reference holds no character that Markdown could take for its own but `_`."""
    if model.source == "hub":
        at = f"/tree/{model.commit}" if model.commit else ""
        return f"[{plain(model.repo)}]({HUB}/{model.repo}{at})"
    here = ", shipped with Swatchbook" if target == "static" else ", which lies in this folder"
    return plain(model.repo) + (here if model.source == "house" else ", on a server")


def _said(words: list[str]) -> str:
    return ", ".join(plain(word) for word in words if word.strip()) or UNSAID
