"""The settings of a run as controls, folded away, and back again as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from pydantic import ValidationError

from swatchbook.runs import MAX_SAMPLES, MAX_TOKENS, RunError, Settings

FIELDS = (
    "samples",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "seed",
    "stop",
)
"""The settings in the order of their controls."""


def controls() -> list[gr.components.Component]:
    """The controls, in the order of FIELDS, made inside the current block.

    Their ranges hold every value that settings allow, so that Gradio refuses none of them.
    """
    start = Settings()
    with gr.Row():
        samples = gr.Slider(1, MAX_SAMPLES, start.samples, step=1, label="Samples", info="texts of each model")
        tokens = gr.Slider(1, MAX_TOKENS, start.max_tokens, step=1, label="Tokens", info="the longest a text can get")
        temperature = gr.Slider(0, 4, start.temperature, step=0.05, label="Temperature", info="0: always the likeliest")
        seed = gr.Number(start.seed, precision=0, label="Seed", info="the same seed, the same texts")
    with gr.Accordion("Finer settings", open=False), gr.Row():
        top_p = gr.Slider(0, 1, start.top_p, step=0.01, label="Top-p", info="1 leaves all words in")
        top_k = gr.Number(start.top_k, precision=0, label="Top-k", info="0 leaves all words in")
        min_p = gr.Slider(0, 1, start.min_p, step=0.01, label="Min-p", info="0 leaves all words in")
        penalty = gr.Slider(0.5, 2, start.repetition_penalty, step=0.05, label="Repetition penalty", info="1 is none")
        stop = gr.Textbox("", lines=2, max_lines=4, label="Stop strings", info="one a line, four at most")
    return [samples, tokens, temperature, top_p, top_k, min_p, penalty, seed, stop]


def read(values: Sequence[Any]) -> Settings:
    """The controls' values as settings. Raises RunError with one sentence."""
    form = {name: value for name, value in zip(FIELDS, values, strict=True) if value is not None}
    form["stop"] = [line for line in (form.get("stop") or "").split("\n") if line]
    try:
        return Settings.model_validate(form)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RunError(f"{' '.join(map(str, first['loc']))}: {first['msg']}.") from None


def write(settings: Settings) -> list[Any]:
    """Settings as the controls' values."""
    return ["\n".join(settings.stop) if name == "stop" else getattr(settings, name) for name in FIELDS]
