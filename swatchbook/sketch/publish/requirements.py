"""Which Python packages a published piece asks for: those of the project's own list that it uses, where they are not
there already.

A Space brings Gradio and the Hub's library, and ZeroGPU its own torch; a piece that asks no
model has no use for torch at all.
"""

from __future__ import annotations

import re

from swatchbook.settings import ROOT
from swatchbook.sketch.publish.work import Target

ALWAYS = ("gradio", "huggingface_hub", "numpy", "pydantic", "msgpack", "psutil", "nh3", "markdown-it-py", "PyYAML")
MODELS = ("torch", "transformers", "tokenizers")
"""What running a model takes besides."""
BROUGHT: dict[Target, tuple[str, ...]] = {
    "zip": (),
    "cpu": ("gradio", "huggingface_hub"),
    "zerogpu": ("gradio", "huggingface_hub", "torch"),
}
"""What is there before anything is installed."""
_NAME = re.compile(r"^[A-Za-z0-9_.-]+")
_EXTRAS = re.compile(r"\[[a-z,]+\]")
_WITHOUT_CUDA = "--extra-index-url https://download.pytorch.org/whl/cpu"
"""Where torch comes without two gigabytes for graphics cards that a Space on a processor has not."""


def requirements(target: Target, asks_models: bool) -> str:
    """The requirements.txt of a piece for this target."""
    wanted = {*ALWAYS, *(MODELS if asks_models else ())} - {*BROUGHT[target]}
    lines = [line for name, line in _own().items() if name in wanted]
    if target == "cpu" and asks_models:
        lines.insert(0, _WITHOUT_CUDA)
    return "\n".join(lines) + "\n"


def _own() -> dict[str, str]:
    """The project's own requirements by name, as ranges, in the order of the file. A piece needs no extras."""
    lines = _EXTRAS.sub("", (ROOT / "requirements.txt").read_text(encoding="utf-8")).splitlines()
    return {name[0]: line.strip() for line in lines if (name := _NAME.match(line))}
