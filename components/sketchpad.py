"""Sketchpad: a piece is written or clicked together, tried beside the pad, kept, shared and published.

Lays out the tab and wires it to `pad_actions`, `piece_actions` and `share_actions`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from components.desk import Desk
from components.gallery import gallery_html
from components.pad_actions import Pad
from components.pad_session import PadSession
from components.palette_bar import QUICK
from components.render import markdown
from components.share_actions import Sharing
from components.theme import html, script
from components.visit import PIECE, RUNS_AT_ONCE
from swatchbook.settings import ROOT

PAD = """<div class="pad">
<div class="pad-bar"><div class="views" role="group" aria-label="How the sketch is shown">
<button type="button" data-view="form" aria-pressed="true">Form</button>
<button type="button" data-view="text" aria-pressed="false">Text</button></div>
<button type="button" data-do="undo" title="Ctrl+Z">Undo</button>
<button type="button" data-do="redo" title="Ctrl+Y">Redo</button>
<button type="button" data-do="new">New</button>
<button type="button" data-do="file">Open a file</button>
<button type="button" data-do="try" class="try">Try it below</button>
<span class="pad-said small" role="status"></span></div>
<ul class="faults" aria-live="polite" aria-label="What is wrong with the sketch"></ul>
<p class="older small">Until this is put right, the form may be older than the text.</p>
<div class="form-view"></div>
<div class="text-view"><div class="layer" aria-hidden="true"></div>
<textarea class="source" spellcheck="false" autocapitalize="off" autocomplete="off" aria-label="The sketch's text">
</textarea></div></div>"""
INTRO = """<p class="intro">A sketch is a small piece that others can touch: what they are asked, the words and models
that answer, and what they see. Open one, change a line or a model, try it, then send its link or publish it.</p>"""
TO_SHARE = '<button type="button" class="link to-share" data-scroll="#share">Share, keep or publish it</button>'
EDITS_AT_ONCE = 4
MANUAL = ROOT / "docs" / "sketch.md"
SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass
class Parts:
    """The tab's components that events elsewhere read or change."""

    session: gr.State
    gallery: gr.HTML
    pad: gr.HTML
    piece: gr.HTML
    share: gr.HTML
    file: gr.File

    @property
    def opened(self) -> list[gr.components.Component]:
        """What an event changes that opens a sketch: give it what `PadOpens` returns."""
        return [self.pad, self.share]


def build(desk: Desk) -> Parts:
    """Lay out the tab inside the current block and wire it."""
    pad, sharing = desk.pad, desk.sharing
    session = gr.State(PadSession())
    html(INTRO)
    gallery = html(
        f"<details open><summary>Sketches to start from</summary>{gallery_html(pad.shelf)}</details>",
        elem_id="gallery",
        js_on_load=script("presses"),
    )
    if sharing.signs:
        gr.LoginButton("Sign in with Hugging Face, to publish", elem_id="sign-in", size="sm")
    with gr.Row(elem_id="sketch"):
        page = html(
            None,
            elem_id="pad",
            html_template=PAD,
            js_on_load="".join(map(script, ("pad", "pad_form", "pad_open"))),
            server_functions=_answers(pad),
            house=[str(pick.ref.model_copy(update={"commit": None})) for pick in pad.shelf.house()],
        )
        with gr.Column(elem_id="beside"):
            piece = html(None, elem_id="preview", html_template=PIECE, js_on_load=script("piece"))
            html(TO_SHARE)
    share = _share(sharing)
    with gr.Accordion("How a sketch is written, with twelve examples", open=False, elem_id="how"):
        html(f'<div class="doc">{markdown(MANUAL.read_text(encoding="utf-8"))}</div>')
    with gr.Accordion("Open a sketch from a file", open=False, elem_id="open-sketch"):
        file = gr.File(
            label="sketch.yaml, a .prompt file, or Gradio's workflow.json",
            file_types=[".yaml", ".yml", ".prompt", ".json"],
            type="binary",
            height=120,
        )
    parts = Parts(session, gallery, page, piece, share, file)
    _wire(parts, desk)
    return parts


def _share(sharing: Sharing) -> gr.HTML:
    template = '<div class="panel"></div>'
    return html("", elem_id="share", html_template=template, js_on_load=script("share"), base=sharing.base)


def _answers(pad: Pad) -> list[Callable[[Any], Awaitable[dict[str, Any]]]]:
    """What the pad's script may ask: functions of their own, for Gradio marks them, which it cannot do to methods."""

    # At most so many at once, in threads of their own: whoever types much must not take them from others.
    limiter = CapacityLimiter(EDITS_AT_ONCE)

    async def look(said: Any) -> dict[str, Any]:
        return await run_sync(pad.look, said, limiter=limiter)

    async def edit(said: Any) -> dict[str, Any]:
        return await run_sync(pad.edit, said, limiter=limiter)

    return [look, edit]


def _wire(parts: Parts, desk: Desk) -> None:
    session, opens, sharing = parts.session, desk.opens, desk.sharing
    for part in (parts.gallery, parts.pad):
        part.click(opens.example, session, parts.opened, **QUICK)
    parts.pad.input(opens.drafted, session, parts.share, trigger_mode="multiple", **QUICK)
    parts.file.upload(opens.file, [session, parts.file], parts.opened, **QUICK)
    parts.piece.submit(
        sharing.play,
        session,
        [parts.piece, parts.share],
        concurrency_limit=RUNS_AT_ONCE,
        trigger_mode="multiple",
        **SLOW,
    )
    parts.piece.input(sharing.stop, session, None, **QUICK)
    parts.share.select(
        desk.publishing.handler(), session, parts.share, concurrency_limit=4, trigger_mode="once", **SLOW
    )
    parts.share.click(
        sharing.press, session, [parts.share, parts.pad], concurrency_limit=4, trigger_mode="multiple", **SLOW
    )
    parts.share.submit(sharing.take, session, parts.share, concurrency_limit=2, **SLOW)
