"""Compare: one prompt through every model of the palette, side by side.

Lays out the tab and wires its controls to `actions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components import afterwards, form
from components.actions import EMPTY, Actions
from components.examples import examples, examples_html
from components.opens import Opens
from components.palette_bar import QUICK, PaletteBar
from components.session import Session
from components.taking import Taking
from components.theme import html, script
from components.words import LARGEST, glossary_html, intro_html

RUNS_AT_ONCE = 8
"""Runs that go at the same time, of all visitors; later ones wait in the queue."""
BOARD = '<div class="lanes"></div><p class="sr" role="status"></p>'
BLIND = (
    "Hides names, colours and speeds and draws the order, so that you read texts and not reputations. With a placebo,"
    " one model is there twice, with other seeds: can you tell it from itself?"
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
    hidden: list[gr.components.Component]
    """Whether names are hidden, and whether a placebo is among the lanes."""
    fields: list[gr.components.Component]
    examples: gr.HTML
    board: gr.HTML
    after: afterwards.Parts
    file: gr.File

    @property
    def asked(self) -> list[gr.components.Component]:
        """What the tab's controls ask for, besides the palette."""
        return [self.prompt, *self.hidden, *self.fields]


def build(actions: Actions, opens: Opens, draft: gr.HTML) -> Parts:
    """Lay out the tab inside the current block and wire it."""
    parts = _layout(actions, draft)
    _wire_run(parts, actions, opens)
    _wire_controls(parts, actions)
    afterwards.wire(parts.after, parts.session, parts.board, actions.bar.notice, opens.after, Taking(actions.shelf))
    return parts


def _layout(actions: Actions, draft: gr.HTML) -> Parts:
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
        with gr.Accordion("Read blind", open=False), gr.Row():
            hide = gr.Checkbox(False, label="Hide the names", info=BLIND)
            placebo = gr.Checkbox(False, label="Add a placebo", info="It takes one lane, and its time.")
        with gr.Accordion("Ten prompts to start from", open=False):
            shelf = html(examples_html(actions.shelf), js_on_load=script("presses"))
        with gr.Accordion("What the words mean", open=False):
            html(glossary_html())
    board = html(EMPTY, elem_id="board", html_template=BOARD, js_on_load=script("board"))
    after = afterwards.build(actions.settings.public_address() or "", draft)
    with gr.Accordion("Open a run from a file", open=False, elem_id="open"):
        file = gr.File(label="A run that was downloaded here", file_types=[".json"], type="binary", height=120)
    return Parts(session, prompt, go, halt, plan, [hide, placebo], fields, shelf, board, after, file)


def _wire_run(parts: Parts, actions: Actions, opens: Opens) -> None:
    bar, after = actions.bar, parts.after
    asked = [bar.lanes, *parts.asked]
    frame = [parts.board, bar.notice, after.link]
    for press in (parts.go, after.again):
        press.click(opens.after.cleared, None, after.below, **QUICK)
    run = parts.go.click(actions.run, [parts.session, *asked], frame, concurrency_limit=RUNS_AT_ONCE, **SLOW)
    again = after.again.click(actions.again, parts.session, frame, concurrency_limit=RUNS_AT_ONCE, **SLOW)
    for going in (run, again):
        going.then(opens.after.parts, parts.session, after.below, **QUICK)
    run.then(actions.plan, asked, parts.plan, **QUICK)
    parts.halt.click(actions.stop, parts.session, **QUICK)
    page = [parts.session, bar.lanes, bar.name, bar.trail]
    parts.file.upload(opens.file, [*page, parts.file], opened(parts, bar), **afterwards.FILES, **SLOW)
    after.draft.click(opens.draft, page, opened(parts, bar), **afterwards.FILES, **SLOW)


def opened(parts: Parts, bar: PaletteBar) -> list[gr.components.Component]:
    """What an event changes that opens a run: give it what `Opens` returns."""
    return [parts.board, bar.notice, *parts.after.below, parts.prompt, *bar.shown, *parts.fields, parts.after.link]


def _wire_controls(parts: Parts, actions: Actions) -> None:
    bar = actions.bar
    parts.examples.click(
        actions.example, [bar.lanes, bar.name, bar.trail], [parts.prompt, *bar.shown, *parts.fields], **QUICK
    )
    gr.on(
        [part.change for part in (bar.bar, *parts.asked)],
        actions.plan,
        [bar.lanes, *parts.asked],
        parts.plan,
        trigger_mode="always_last",
        **QUICK,
    )
    parts.prompt.change(None, parts.prompt, None, js="(text) => { swatchbook.mark(text) }")
