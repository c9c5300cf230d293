"""A sketch as a file to take along, in one of several formats, with what could not be said in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast, get_args

from swatchbook.runs import RunError
from swatchbook.sketch.dotprompt import to_dotprompt
from swatchbook.sketch.fits import left_behind
from swatchbook.sketch.publish.bundle import make
from swatchbook.sketch.publish.naming import suggested
from swatchbook.sketch.publish.work import Target, Work
from swatchbook.sketch.record import Record
from swatchbook.sketch.workflow import to_workflow

NO_RESULT = "There is no result of this text yet; press Run beside the pad first."


@dataclass(frozen=True, slots=True)
class SketchFile:
    """`untold` holds a sentence for each thing that the format has no words for."""

    name: str
    media: str
    content: bytes
    untold: list[str] = field(default_factory=list)


def file_of(kind: str, work: Work, last: Record | None) -> SketchFile:
    """The file of a kind: yaml, html, record, prompt, workflow, zip, or space- and a target. Raises RunError."""
    name = suggested(work.sketch.title)
    if kind == "yaml":
        return SketchFile(f"{name}.yaml", "application/yaml", work.text.encode())
    if kind == "record":
        if last is None:
            raise RunError(NO_RESULT)
        return SketchFile(f"{name}-result.json", "application/json", last.to_json().encode())
    if kind == "prompt":
        return _prompt(work)
    if kind == "workflow":
        made, untold = to_workflow(work.sketch)
        return SketchFile("workflow.json", "application/json", made.encode(), untold)
    left = left_behind(len(work.records) - len(work.fitting))
    stays = [left] if left else []
    if kind == "html":
        return SketchFile(f"{name}.html", "text/html", make(work, "static").files["index.html"], stays)
    target = target_in(kind.removeprefix("space-"))
    file = f"{name}.zip" if kind == target else f"{name}-{target}.zip"
    return SketchFile(file, "application/zip", make(work, target).zip(), stays)


def target_in(name: str) -> Target:
    """Raises RunError for what is no place to publish to."""
    if name not in get_args(Target):
        raise RunError(f"{name[:40]!r} is no place to publish to; choose one of {', '.join(get_args(Target))}.")
    return cast(Target, name)


def _prompt(work: Work) -> SketchFile:
    step = next((step for step in work.sketch.steps if step.asks), None)
    if step is None:
        raise RunError("No step of this sketch asks a model, so there is no prompt to take along.")
    made, untold = to_dotprompt(work.sketch, step.id)
    return SketchFile(f"{step.id}.prompt", "text/plain", made.encode(), untold)
