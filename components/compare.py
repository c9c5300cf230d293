"""Compare: one prompt through every model of the palette, side by side.

Lays out the tab and wires its controls to `actions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import form
from components.actions import EMPTY, Actions
from components.examples import examples, examples_html
from components.palette_bar import QUICK
from components.session import Session
from components.theme import html, script
from components.words import LARGEST, glossary_html, intro_html

RUNS_AT_ONCE = 8
"""Runs that go at the same time, of all visitors; later ones wait in the queue."""
FILES_AT_ONCE = 2
"""Runs written to or read from a file at the same time: each can take much memory."""
BOARD = '<div class="lanes"></div><p class="sr" role="status"></p>'
ALL = '<button type="button" aria-pressed="false">Show all samples</button>'
LINK = (
    '<button type="button" data-key="copy">Copy link</button><span role="status" class="small"></span>'
    '<input class="mono" readonly hidden aria-label="The link to this prompt, these models and settings">'
)
SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "once"}


@dataclass
class Parts:
    """The tab's components that events read or change."""

    session: gr.State
    prompt: gr.Textbox
    go: gr.Button
    halt: gr.Button
    plan: gr.HTML
    fields: list[gr.components.Component]
    examples: gr.HTML
    board: gr.HTML
    reading: gr.HTML
    save: gr.DownloadButton
    link: gr.HTML
    file: gr.File


def build(actions: Actions) -> Parts:
    """Lay out the tab inside the current block and wire it."""
    parts = _layout(actions)
    _wire_run(parts, actions)
    _wire_controls(parts, actions)
    return parts


def _layout(actions: Actions) -> Parts:
    session = gr.State(Session())
    html(intro_html())
    with gr.Row(elem_id="ask"):
        prompt = gr.Textbox(
            examples()[0].prompt,
            label="Prompt",
            placeholder="Words to go on from. {a|b} tries both. Ctrl+Enter runs.",
            lines=2,
            max_lines=12,
            elem_id="prompt",
            scale=6,
            container=False,
        )
        halt = gr.Button("Stop", elem_id="stop", scale=0, min_width=96)
        go = gr.Button("Run", variant="primary", elem_id="run", scale=0, min_width=96)
    plan = html(elem_id="plan")
    with gr.Row(elem_classes="folds"):
        with gr.Accordion("Settings", open=False):
            fields = form.controls()
            html(f'<p class="small">{LARGEST}</p>')
        with gr.Accordion("Ten prompts to start from", open=False):
            shelf = html(examples_html(actions.shelf), js_on_load=script("presses"))
        with gr.Accordion("What the words mean", open=False):
            html(glossary_html())
    board = html(EMPTY, elem_id="board", html_template=BOARD, js_on_load=script("board"))
    reading = html(elem_id="reading", js_on_load=script("reading"))
    save, link, file = _tools(actions)
    return Parts(session, prompt, go, halt, plan, fields, shelf, board, reading, save, link, file)


def _tools(actions: Actions) -> tuple[gr.DownloadButton, gr.HTML, gr.File]:
    """What can be done with a run afterwards: keep it, link to it, open one again."""
    with gr.Row(elem_id="tools"):
        html(ALL, elem_id="all", js_on_load=script("folds"))
        save = gr.DownloadButton("Download the run", interactive=False, elem_id="save", size="sm", scale=0)
        base = actions.settings.public_address() or ""
        link = html("", elem_id="link", html_template=LINK, js_on_load=script("link"), base=base)
    with gr.Accordion("Open a run from a file", open=False, elem_id="open"):
        file = gr.File(label="A run that was downloaded here", file_types=[".json"], type="binary", height=120)
    return save, link, file


def _wire_run(parts: Parts, actions: Actions) -> None:
    bar = actions.bar
    asked = [bar.lanes, parts.prompt, *parts.fields]
    run = parts.go.click(
        actions.run,
        [parts.session, *asked],
        [parts.board, bar.notice, parts.link],
        concurrency_limit=RUNS_AT_ONCE,
        **SLOW,
    )
    run.then(actions.export, parts.session, parts.save, concurrency_limit=FILES_AT_ONCE, **SLOW)
    run.then(actions.plan, asked, parts.plan, **QUICK)
    parts.halt.click(actions.stop, parts.session, **QUICK)
    opened = parts.file.upload(
        actions.open,
        [parts.session, bar.lanes, bar.name, bar.trail, parts.file],
        [parts.board, bar.notice, parts.prompt, *bar.shown, *parts.fields],
        concurrency_limit=FILES_AT_ONCE,
        **SLOW,
    )
    opened.then(actions.export, parts.session, parts.save, concurrency_limit=FILES_AT_ONCE, **SLOW)
    parts.board.click(actions.read, parts.session, parts.reading, **QUICK)


def _wire_controls(parts: Parts, actions: Actions) -> None:
    bar = actions.bar
    parts.examples.click(
        actions.example, [bar.lanes, bar.name, bar.trail], [parts.prompt, *bar.shown, *parts.fields], **QUICK
    )
    gr.on(
        [part.change for part in (bar.bar, parts.prompt, *parts.fields)],
        actions.plan,
        [bar.lanes, parts.prompt, *parts.fields],
        parts.plan,
        trigger_mode="always_last",
        **QUICK,
    )
    parts.prompt.change(None, parts.prompt, None, js="(text) => { swatchbook.mark(text) }")
