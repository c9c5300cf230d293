"""Sketches, as the archive keeps them: a sketch's file with its examples."""

from __future__ import annotations

from functools import lru_cache

from swatchbook.archive.documents import Kind, Words, cut
from swatchbook.archive.kinds.run import plain
from swatchbook.sketch.kept import FORMAT, KeptSketch, read_kept
from swatchbook.sketch.parts import Sketch
from swatchbook.sketch.reader import examine


@lru_cache(4)
def _read(text: str) -> Sketch | None:
    """The sketch in a file, though a name in it may be wrong; None where it cannot be read."""
    return examine(text).sketch


def _words(kept: KeptSketch) -> Words:
    """What it says to models and visitors; of a file that cannot be read, all of it."""
    texts = dict.fromkeys(cell.text for example in kept.examples for cell in example.cells if cell.text.strip())
    return Words(kept.title, _said(kept.text), "\n".join(texts))


def _said(text: str) -> str:
    """The words of a sketch's file without its structure: author, questions, prompts and grammar."""
    sketch = _read(text)
    if sketch is None:
        return text
    asked = [words for given in sketch.inputs.values() for words in (given.ask, *given.choose)]
    templates = [step.template for step in sketch.steps]
    rules = [rule for rules in sketch.grammar.values() for rule in rules]
    return "\n".join(filter(None, [sketch.author, sketch.about, *asked, *templates, *rules]))


def _models(kept: KeptSketch) -> list[str]:
    sketch = _read(kept.text)
    return list(dict.fromkeys(map(plain, sketch.models))) if sketch else []


def _brief(kept: KeptSketch) -> str:
    """What it is made of, and how its first prompt begins."""
    sketch = _read(kept.text)
    if sketch is None:
        return cut(kept.text)
    columns = max(len(sketch.asked(step)) for step in sketch.steps)
    counted = [_many(len(sketch.inputs), "input"), _many(len(sketch.steps), "step")]
    counted += [_many(columns, "column")] if columns > 1 else []
    return cut(f"{', '.join(counted)}: {sketch.steps[0].template}")


def _many(count: int, of: str) -> str:
    return f"{count or 'no'} {of}{'' if count == 1 else 's'}"


def _packed(kept: KeptSketch) -> KeptSketch:
    """The file and whose sketches it came of; examples are too long for a link."""
    return kept.model_copy(update={"examples": [], "parent": None, "relation": None})


KIND = Kind(
    name="sketch",
    parameter="sketch",
    version=FORMAT,
    read=read_kept,
    words=_words,
    models=_models,
    brief=_brief,
    packed=_packed,
    relation=lambda kept: kept.relation or "",
)
