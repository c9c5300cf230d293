"""What lies under the board once a run is there: tools, keeping, what drifted, the ballot, the reading, the notes.

Lays it out inside the current block and wires it to `after`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.after import After
from components.palette_bar import QUICK
from components.taking import FORMATS, Taking
from components.theme import html, script

PANEL = '<div class="panel"></div>'
ALL = '<button type="button" aria-pressed="false">Show all samples</button>'
LINK = (
    '<button type="button" data-key="copy">Copy link</button>'
    '<button type="button" data-key="copy-packed" title="Prompt, models, settings and notes in the address itself">'
    'Copy packed link</button><span role="status" class="small"></span>'
    '<input class="mono" readonly hidden aria-label="The link to this prompt, these models and settings">'
)
HIDE = '<button type="button" data-act="hide" data-key="hide">Read blind</button>'
SKETCH = '<button type="button" data-act="sketch" data-tab="sketchpad">Make a sketch of this</button>'
PRESSES = "swatchbook.presses(element, trigger);"
FILES: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "files"}
"""Two runs at a time are kept, written to a file or read from one: each can take much memory."""
SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "once"}


@dataclass
class Parts:
    """The components under the board that events read or change."""

    again: gr.Button
    hide: gr.HTML
    take: gr.HTML
    sketch: gr.HTML
    link: gr.HTML
    keep: gr.HTML
    ballot: gr.HTML
    drift: gr.HTML
    reading: gr.HTML
    notes: gr.HTML
    draft: gr.HTML

    @property
    def below(self) -> list[gr.HTML]:
        """What `After.parts` fills, in its order."""
        return [self.keep, self.drift, self.ballot, self.reading, self.notes, self.draft]


def drafts() -> gr.HTML:
    """What keeps drafts in the browser. It stands outside the tabs, for a tab that was not opened has no parts."""
    return html(None, elem_id="draft", html_template="<div hidden></div>", js_on_load=script("draft"))


def build(base: str, draft: gr.HTML) -> Parts:
    """Lay the parts out; `base` is the page's public address where the browser's own is not the one to share."""
    with gr.Row(elem_id="tools"):
        html(ALL, elem_id="all", js_on_load=script("folds"))
        again = gr.Button("Run again", elem_id="again", size="sm", scale=0)
        hide = html(HIDE, elem_id="hide", js_on_load=PRESSES)
        take = html(None, elem_id="take", html_template=_menu(), js_on_load=script("picture") + script("take"))
        sketch = html(SKETCH, elem_id="to-sketch", js_on_load=PRESSES)
        link = html("", elem_id="link", html_template=LINK, js_on_load=script("link"), base=base)
    panel = script("panel")
    keep = html("", elem_id="keep", html_template=PANEL, js_on_load=panel, base=base)
    ballot = html("", elem_id="ballot", html_template=PANEL, js_on_load=panel, base=base)
    drift = html("", elem_id="drift", html_template=PANEL, js_on_load=panel, base=base)
    reading = html("", elem_id="reading", html_template=PANEL, js_on_load=script("reading"))
    notes = html("", elem_id="notes", html_template=PANEL, js_on_load=panel, base=base)
    return Parts(again, hide, take, sketch, link, keep, ballot, drift, reading, notes, draft)


def _menu() -> str:
    rows = "".join(
        f'<li><button type="button" data-format="{name}" data-key="take-{name}"><span><strong>{title}</strong><br>'
        f"<small>{about}</small></span></button></li>"
        for name, (title, about) in FORMATS.items()
    )
    return (
        '<details class="menu" data-key="take"><summary id="save">Download</summary>'
        f'<ul>{rows}</ul></details><span role="status" class="small"></span>'
    )


def wire(parts: Parts, session: gr.State, board: gr.HTML, notice: gr.HTML, after: After, taking: Taking) -> None:
    """Presses on the parts, and on the board, change what is shown of the run."""
    shown = [board, notice, *parts.below]
    # "multiple": a press that comes while another is answered is not dropped.
    for part in (board, parts.hide, parts.ballot, parts.notes):
        part.click(after.press, session, shown, trigger_mode="multiple", **QUICK)
    parts.keep.click(after.press, session, shown, **FILES, **SLOW)
    parts.keep.input(after.standing, session, parts.keep, **QUICK)
    parts.take.click(taking.take, session, parts.take, **FILES, **SLOW)
    parts.link.click(taking.packed, session, [parts.link, notice], **QUICK)
