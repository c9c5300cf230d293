"""What the pad's page asks while one edits: what a text is, and what an edit makes of it.

Both are answered at once, without the queue, and hold nothing: the text comes
along each time. Running a piece is `piece_actions`' work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.colour import swatch_colour
from components.pad_edits import edit
from components.piece_actions import Pieces
from components.views.pad import form_view
from components.views.places import called
from swatchbook.runs import RunError
from swatchbook.shelf import Shelf
from swatchbook.sketch.parts import MAX_SKETCH
from swatchbook.sketch.reader import examine


@dataclass
class Pad:
    """Answers for the models of one shelf."""

    shelf: Shelf
    pieces: Pieces

    def look(self, said: Any) -> dict[str, Any]:
        """What a text is: its faults with their places, its form view, and its piece as far as it is known."""
        data = said if isinstance(said, dict) else {}
        text = str(data.get("text", ""))[: MAX_SKETCH + 1]
        reading = examine(text)
        faults = [
            {
                "line": each.line,
                "column": each.column,
                "said": each.said,
                "key": "/".join(map(str, each.path)),
                "where": called(each.path),
            }
            for each in reading.faults
        ]
        form = piece = None
        if reading.sketch is not None:
            form = form_view(reading.sketch, lambda asked: swatch_colour(self.shelf.known(asked.model)))
        if reading.sketch is not None and not faults:
            piece = self.pieces.preview(reading.sketch, text, data.get("values"), data.get("seed"))
        return {"faults": faults, "form": form, "piece": piece}

    def edit(self, said: Any) -> dict[str, Any]:
        """The text after an edit, and what it is; or the sentence that says why it stays as it is."""
        data = said if isinstance(said, dict) else {}
        text = str(data.get("text", ""))[: MAX_SKETCH + 1]
        try:
            edited = edit(text, data, self.shelf)
        except RunError as error:
            return {"problem": str(error)}
        return {"text": edited.text, "focus": edited.focus, "found": self.look({**data, "text": edited.text})}
