"""What the form calls the places of a sketch's file: `("steps", 1, "prompt")` is "Step 2, prompt".

Knows words alone; which place a fault is at is for others to find.
"""

from __future__ import annotations

from swatchbook.sketch.faults import Path
from swatchbook.sketch.stumbles import clipped

HEAD = {
    "title": "Title",
    "author": "Author",
    "about": "About it",
    "seed": "Seed",
    "licence": "Licence",
    "remix_of": "A remix of",
    "inputs": "What the visitor is asked",
    "grammar": "Words to draw from",
    "steps": "Steps",
    "show": "What the visitor sees",
}
FIELDS = {
    "ask": "question",
    "kind": "kind",
    "default": "filled in at first",
    "choose": "options",
    "longest": "most characters",
    "least": "least",
    "most": "most",
    "id": "name",
    "prompt": "prompt",
    "text": "words",
    "model": "models",
    "pick": "what it chooses from",
    "when": "only when",
    "each": "line by line",
    "repeat": "repeat",
    "temperature": "temperature",
    "max_tokens": "tokens",
    "top_p": "top-p",
    "top_k": "top-k",
    "min_p": "min-p",
    "repetition_penalty": "repetition penalty",
    "stop": "stop",
}
"""The fields of an input, of a step and of how its words are drawn."""


def called(path: Path) -> str:
    """A place as the form calls it; nothing where it has none."""
    if not path or path[0] not in HEAD:
        return ""
    part, *inside = path
    which = inside[0] if inside else None
    if part == "grammar" and isinstance(which, str):
        return f"{HEAD[part]}, {clipped(which)}"
    if part == "inputs" and isinstance(which, str):
        whole = f"Input {clipped(which)}"
    elif part == "steps" and isinstance(which, int):
        whole = f"Step {which + 1}"
    else:
        return HEAD[str(part)]
    field = next((FIELDS[key] for key in reversed(inside[1:]) if isinstance(key, str) and key in FIELDS), "")
    return f"{whole}, {field}" if field else whole
