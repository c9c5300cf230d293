"""What is published, and where to: the vocabulary that the other modules here share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from swatchbook.hub.disk import Disk
from swatchbook.runs import Credit, ModelRef, RunError
from swatchbook.sketch.fits import fitting
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.record import Record

Target = Literal["static", "zerogpu", "cpu", "zip"]
"""A page that replays what was recorded; a Space on ZeroGPU; a Space on a processor; a folder for any machine."""

FULL_COMMIT = 40


@dataclass(frozen=True)
class Work:
    """A sketch on its way out: its file, what was recorded of it, whom it is owed to, and what it came of.

    `files` names, for models of the Hub, the files that a Space is to have before it starts; `colours` are the models'.
    """

    text: str
    records: Sequence[Record] = ()
    credits: Sequence[Credit] = ()
    lineage: Sequence[Ancestor] = ()
    files: Mapping[ModelRef, Sequence[str]] = field(default_factory=dict)
    colours: Mapping[ModelRef, str] = field(default_factory=dict)

    @cached_property
    def sketch(self) -> Sketch:
        """Raises SketchError."""
        return read_sketch(self.text)

    @cached_property
    def fitting(self) -> list[Record]:
        """What was recorded of it as it is now; the other records are of an earlier text, and stay behind."""
        return fitting(self.records, self.sketch)

    def credit(self, model: ModelRef) -> Credit:
        """What is known of a model; an empty credit where nothing is."""
        return next((credit for credit in self.credits if credit.model == model), Credit(model=model))

    @property
    def hub_models(self) -> tuple[ModelRef, ...]:
        return tuple(model for model in self.sketch.models if model.source == "hub")

    @property
    def house_models(self) -> tuple[ModelRef, ...]:
        return tuple(model for model in self.sketch.models if model.source == "house")


def check(work: Work, target: Target) -> None:
    """Raises RunError, with one sentence, for a work that could not stand alone there."""
    if target == "static":
        if work.sketch.models and not work.fitting:
            why = "the frozen results are of an earlier text" if work.records else "nothing is yet"
            raise RunError(f"A static page replays what was recorded, and {why}; run the sketch once first.")
        return
    for model in work.sketch.models:
        if model.source == "remote":
            raise RunError(
                f"{model} answers from a server that the piece would not have; publish a static page, "
                "or choose another model."
            )
        if model.source == "hub" and len(model.commit or "") < FULL_COMMIT:
            raise RunError(
                f"{model.repo} is named without a whole commit, so it could change; write owner/name@commit."
            )


def fetched_files(models: Iterable[ModelRef], disk: Disk | None) -> dict[ModelRef, list[str]]:
    """The files of each model that was fetched here: those that a piece fetches too, since both follow one plan.

    A model that was not fetched here is left out: whether a Space could fetch it, and which files, is not known.
    """
    found = {model: disk.find(model) for model in models} if disk else {}
    return {model: [file.name for file in kept.record.files] for model, kept in found.items() if kept and kept.record}
