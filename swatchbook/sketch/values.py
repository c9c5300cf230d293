"""What a visitor wrote into a sketch's inputs, checked before anything is done with it.

Nothing but values is taken: whoever posts a sketch, a step or another name is
told so. A value is text and stays text.
"""

from __future__ import annotations

import re
from decimal import Decimal

from swatchbook.runs import RunError
from swatchbook.sketch.faults import suggestion
from swatchbook.sketch.parts import Input, Sketch
from swatchbook.strict import shown

MOST = 1e9
"""The largest number, either side of zero, where the author set no limit."""

_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r" *[+-]?([0-9]{1,30}(\.[0-9]{0,400})?|\.[0-9]{1,400}) *")
_TOGGLE = {True: "yes", False: "no", "yes": "yes", "no": "no"}


class ValueFault(RunError):
    """A value that an input does not take; the message is one sentence that names the input."""

    def __init__(self, said: str) -> None:
        super().__init__(shown(said))


def accept(sketch: Sketch, posted: object) -> dict[str, str]:
    """The value of every input, in the order of the sketch, as the steps will see it. Raises ValueFault.

    `posted` holds values by the inputs' names; one that is missing or None has its default.
    """
    known = list(sketch.inputs)
    if not isinstance(posted, dict):
        raise ValueFault(
            f"Values come as an object, by the names of the inputs: {', '.join(known) or 'there are none'}."
        )
    for name in posted:
        if name not in sketch.inputs:
            said = str(name)[:40]
            raise ValueFault(
                f'This piece has no input "{said}"; send values of its inputs alone.{suggestion(said, known)}'
            )
    return {name: _value(name, given, posted.get(name)) for name, given in sketch.inputs.items()}


def usual(given: Input) -> str:
    """What an input holds where nobody wrote anything: its default, else what is nearest to nothing."""
    if given.default:
        return given.default
    if given.kind == "choice" and given.choose:
        return given.choose[0]
    if given.kind == "number":
        return _written(min(max(0.0, _least(given)), _most(given)))
    return "no" if given.kind == "toggle" else ""


def _value(name: str, given: Input, posted: object) -> str:
    """One input's value as the steps see it."""
    value = usual(given) if posted is None else posted
    fault = f'"{given.ask}" ({name})'
    if given.kind == "toggle":
        if not isinstance(value, bool | str) or value not in _TOGGLE:
            raise ValueFault(f"{fault} is yes or no; send one of them.")
        return _TOGGLE[value]
    if given.kind == "number":
        return _number(fault, given, value)
    if not isinstance(value, str):
        raise ValueFault(f"{fault} takes text, and this is none; write some.")
    if given.kind == "choice":
        if value not in given.choose:
            raise ValueFault(f"{fault} is one of {', '.join(given.choose)}; choose one of them."[:600])
        return value
    return _text(fault, given, value)


def _text(fault: str, given: Input, value: str) -> str:
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > given.limit:
        raise ValueFault(f"{fault} takes {given.limit:,} characters, and this has {len(text):,}; shorten it.")
    if met := _UNWANTED.search(text):
        raise ValueFault(f"{fault} holds a character that is no text (U+{ord(met[0]):04X}); take it out.")
    return text


def _number(fault: str, given: Input, value: object) -> str:
    """A number as it is written: `3`, `2.5`, `-0.25`."""
    number = float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueFault(f"{fault} takes a number, such as 3 or 2.5; write one.")
    least, most = _least(given), _most(given)
    if not least <= number <= most:
        raise ValueFault(f"{fault} takes a number from {_written(least)} to {_written(most)}; change it.")
    return _written(float(number))


def _least(given: Input) -> float:
    return -MOST if given.least is None else given.least


def _most(given: Input) -> float:
    return MOST if given.most is None else given.most


def _written(number: float) -> str:
    return str(int(number)) if number.is_integer() else format(Decimal(repr(number)), "f")
