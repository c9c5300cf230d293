"""Archive: what was kept here and listed, what this browser kept, and its drafts.

Lays out the tab and wires it to `archive_actions`.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from components.archive_actions import ArchiveActions
from components.palette_bar import QUICK
from components.theme import html, script
from components.views.archive import KINDS, PLURALS

_KINDS = "".join(f'<option value="{name}">{PLURALS.get(name, f"{title}s")}</option>' for name, title in KINDS.items())
TAB = f"""
<h2 class="title">Archive</h2>
<p class="intro">Runs, palettes and sketches that were kept, each under a link of its own. What is not listed
opens by its link alone; what you kept from this browser is found here either way.</p>
<form class="find" data-form="find" role="search">
<input name="text" type="search" placeholder="Words of a prompt, a text, a title or a note"
 aria-label="Words to look for" autocomplete="off" maxlength="400">
<label>Kind<select name="kind"><option value="">Any</option>{_KINDS}</select></label>
<label>Model<input name="model" list="archive-models" placeholder="any" autocomplete="off" maxlength="200"></label>
<datalist id="archive-models"></datalist>
<label class="tick"><input type="checkbox" name="mine"> Only mine</label>
<button type="submit" class="strong">Search</button></form>
<p class="about warn" hidden></p><p class="status" role="status"></p><div class="family-place"></div>
<ul class="entries" aria-label="Kept documents"></ul>
<button type="button" class="load-more" hidden>More</button>
<section class="drafts" hidden><h2 class="title">Drafts in this browser</h2>
<p class="small">Runs that were not kept. The newest ten stay here until you keep or delete them; nobody else sees
them.</p><ul class="entries"></ul></section>
"""


@dataclass
class Parts:
    tab: gr.HTML


def build(actions: ArchiveActions) -> Parts:
    """Lay out the tab inside the current block and wire it."""
    tab = html(None, elem_id="archive", html_template=TAB, js_on_load=script("archive"))
    tab.click(actions.press, None, tab, trigger_mode="multiple", **QUICK)
    return Parts(tab)
