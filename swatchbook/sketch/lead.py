"""What a model went on from, as it is seen before the model's text: of a long prompt its end, cut between words."""

from __future__ import annotations

import re

from swatchbook.sketch.cells import LiveCell
from swatchbook.sketch.record import Cell

LEAD = 160
"""Most characters of a prompt that are shown before what a model made of it."""
_WORD = re.compile(r"(?<=\s)\S")


def lead(cell: LiveCell | Cell) -> str:
    """The words before a cell's text; none where no model goes on from them."""
    if cell.model is None or cell.mode == "chat" or cell.split or not cell.text:
        return ""
    return ending(cell.prompt)


def ending(prompt: str) -> str:
    """A prompt as far as it is shown. Half of it may go to have a word begin it; what has no blanks is cut anywhere."""
    prompt = prompt.lstrip()
    if len(prompt) <= LEAD:
        return prompt
    most = len(prompt) - LEAD
    word = _WORD.search(prompt, most, most + LEAD // 2)
    return f"… {prompt[word.start() if word else most :]}"
