"""Names, models and whole sketches made of what a foreign file says.

Nothing of it is trusted: what it says is renamed or left out, and what was made of it is
read back as any stranger's sketch would be.
"""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import chain, count
from typing import Any

from pydantic import ValidationError

from swatchbook.runs import RunError
from swatchbook.sketch.alone import alone
from swatchbook.sketch.parts import CHAT, MAX_INPUTS, Asked, Input, Sketch, Step, is_name
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.writer import write_sketch
from swatchbook.strict import sentence, shown

STAND_IN = Asked.parse("house/cook")
"""Asked in the place of a model that cannot be."""


def name_of(variable: str) -> str:
    """What a variable may be called in a sketch; empty where no letter is left of it."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", variable).lower()
    name = re.sub(r"[^a-z0-9]+", "_", words).strip("_").lstrip("0123456789_")[:32]
    return name if not name or is_name(name) else f"{name}_"


class Names(dict[str, str]):
    """What the variables of a foreign prompt are called here, no two of them alike.

    `user.firstName` is `user_first_name`, and `userFirstName`, where it comes after that, `user_first_name_2`.
    """

    def of(self, variable: str) -> str:
        """A variable's name; empty where none can be made of it. Raises RunError where a sketch can ask for no more."""
        if variable not in self and (name := name_of(variable)):
            if len(self) == MAX_INPUTS:
                raise RunError(f"This prompt makes no sketch: it takes more than {MAX_INPUTS} things; leave some out.")
            self[variable] = _unused(name, self.values())
        return self.get(variable, "")


def free_name(words: str, taken: Container[str], otherwise: str) -> str:
    """A name for an input or a step, after foreign words, which nothing else has: `userName` is `user_name`."""
    stem = name_of(words[:64])[:28].strip("_")
    stem = stem if is_name(stem) else otherwise
    return _unused(stem, taken)


def _unused(name: str, taken: Container[str]) -> str:
    """The name, or one with a number behind it, which nothing else has."""
    numbered = (f"{name[:28]}_{number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)


def question(name: str) -> str:
    """What a visitor is asked where nobody wrote a question: for `user_name`, `User name`."""
    return name.replace("_", " ").strip().capitalize()


def asked(model: str, untold: list[str]) -> Asked:
    """A model as a sketch asks it: one of the house, or of the Hub at a commit; for any other a model stands in."""
    try:
        found = Asked.parse(model)
        if found.model.source == "house" or (found.model.source == "hub" and found.model.commit):
            return found
    except RunError:
        pass
    name = shown(model.removesuffix(CHAT)[:80])
    untold.append(f'"{name}" says no commit of the Hub, so {STAND_IN} stands in for it; choose one in the palette.')
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


def fits(given: Input) -> bool:
    """Whether an input holds together: its options, its limits, and its default under them."""
    return not any(alone(Sketch(title="one", inputs={"one": given}, steps=(Step(id="text", text="one"),))))
