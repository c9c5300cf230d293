"""What readers of other people's formats share: names, text, models and whole sketches as a sketch can hold them.

Nothing of a foreign file is trusted: what it says is escaped, renamed or left out, and
what was made of it is read back as any stranger's sketch would be.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from pydantic import ValidationError

from swatchbook.runs import RunError
from swatchbook.sketch.parts import Asked, Sketch, is_name
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.writer import write_sketch
from swatchbook.strict import sentence, shown

STAND_IN = Asked.parse("house/cook")
"""Asked in the place of a model that cannot be."""


def name_of(words: str, taken: Container[str], otherwise: str) -> str:
    """A name for an input or a step, after foreign words: `userName` is `user_name`; no name twice."""
    small = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words[:64]).lower()
    stem = re.sub("[^a-z0-9]+", "_", small).lstrip("_0123456789")[:28].strip("_")
    name = stem = stem if is_name(stem) else otherwise
    number = 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name


def question(name: str) -> str:
    """What a visitor is asked where nobody wrote a question: `user_name` is `User name`."""
    return (" ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name[:100]).split()) or "Input").capitalize()


def asked(model: str, untold: list[str]) -> Asked:
    """A model as a sketch asks it: one of the house, or of the Hub at a commit; for any other a model stands in."""
    try:
        found = Asked.parse(model)
        if found.model.source == "house" or (found.model.source == "hub" and found.model.commit):
            return found
    except RunError:
        pass
    untold.append(
        f'The model "{shown(model[:80])}" cannot be asked as it is named, without a commit of the Hub; '
        f"{STAND_IN.model} stands in its place, choose another in the palette."
    )
    return STAND_IN


def made(what: str, **parts: Any) -> str:
    """The text of a sketch made of these parts. Raises RunError where they make none; `what` they were is said."""
    try:
        text = write_sketch(Sketch(**parts))
        read_sketch(text)
    except ValidationError as error:
        raise RunError(f"This {what} makes no sketch ({sentence(error)}); make it smaller, or simpler.") from None
    except RunError as error:
        raise RunError(f"This {what} makes no sketch that can be read. {error}") from None
    return text
