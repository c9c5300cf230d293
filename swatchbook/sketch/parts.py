"""What a sketch is made of: inputs that a visitor fills, a grammar, steps that ask models, and what is shown.

A sketch is data: nothing in it runs code, reaches the network or names a file. This
module knows what each part may hold by itself; how a file is read is in `reader`, whether
its names fit together in `names`, and what comes of it when it is performed in `play`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from swatchbook.runs import MAX_LANES, MAX_TOKENS, Mode, ModelRef, RunError, Settings
from swatchbook.strict import Strict

VERSION: Literal[1] = 1
MAX_SKETCH = 32_768
"""Most bytes in a sketch's file."""
MAX_INPUTS = 12
MAX_STEPS = 16
MAX_COLUMNS = MAX_LANES
MAX_SYMBOLS = 200
MAX_RULES = 200
"""Most rules of one symbol."""
MAX_TEMPLATE = 20_000
"""Most characters in a prompt, a text or a rule."""
MAX_REPEAT = 5
MAX_LINES = 20
"""Most lines that a step with `each` goes through."""
MAX_OPTIONS = 20
MAX_OPTION = 200
MAX_VALUE = 4_000
"""Most characters that a visitor may write into one input."""
USUAL_LONGEST = {"text": 200, "long": 2_000}
"""Most characters of an input that states no limit of its own."""
LINE = "line"
"""The name by which a step with `each` sees the line it is at; nothing else may be called so."""
CHAT = ":chat"
"""What follows the name of a model that answers a turn instead of going on."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")

Kind = Literal["text", "long", "choice", "number", "toggle"]
Option = Annotated[str, Field(min_length=1, max_length=MAX_OPTION)]
Template = Annotated[str, Field(min_length=1, max_length=MAX_TEMPLATE)]
Words = Annotated[str, Field(max_length=200)]


def is_name(text: str) -> bool:
    """Whether inputs and steps may be called so: small letters, digits and _, a letter first."""
    return _NAME.fullmatch(text) is not None and text != LINE


def is_symbol(text: str) -> bool:
    """Whether a symbol of the grammar may be called so."""
    return _SYMBOL.fullmatch(text) is not None


class Input(Strict):
    """One thing that a visitor is asked. `default` is as a visitor would type it.

    `longest` bounds the characters of a text; `least` and `most` bound a number.
    """

    model_config = ConfigDict(frozen=True)

    ask: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Kind = "text"
    default: Annotated[str, Field(max_length=MAX_VALUE)] = ""
    choose: Annotated[tuple[Option, ...], Field(max_length=MAX_OPTIONS)] = ()
    longest: Annotated[int, Field(ge=1, le=MAX_VALUE)] | None = None
    least: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    most: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _choice(cls, given: Any) -> Any:
        """What lists options is a choice, whether it says so or not."""
        if isinstance(given, dict) and "choose" in given and "kind" not in given:
            return {**given, "kind": "choice"}
        return given

    @property
    def limit(self) -> int:
        """Most characters that a visitor may write."""
        return self.longest or USUAL_LONGEST.get(self.kind, MAX_OPTION)


class Asked(Strict):
    """A model as a step asks it: to go on from the prompt, or to answer it as a turn of a chat."""

    model_config = ConfigDict(frozen=True)

    model: ModelRef
    mode: Mode = "completion"

    @classmethod
    def parse(cls, text: str) -> Asked:
        """Read `house/name@commit`, `owner/name@commit`, each with `:chat` after it or without. Raises RunError."""
        address, mark, mode = text.strip().partition(":")
        if mark and mode != CHAT[1:]:
            raise RunError(f'After the model {address[:80]} stands ":{mode[:40]}"; only {CHAT} can stand there.')
        return cls(model=ModelRef.parse(address), mode="chat" if mark else "completion")

    def __str__(self) -> str:
        return f"{self.model}{CHAT if self.mode == 'chat' else ''}"


class Config(Strict):
    """How a step's texts are drawn; what each setting does is said in `runs.Settings`."""

    model_config = ConfigDict(frozen=True)

    temperature: Annotated[float, Field(ge=0, le=4)] = 0.9
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = 80
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    min_p: Annotated[float, Field(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    stop: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], Field(max_length=4)] = ()

    def settings(self, seed: int) -> Settings:
        """The same for one sample of the engine."""
        return Settings(samples=1, seed=seed, **{**self.model_dump(), "stop": list(self.stop)})


class Step(Strict):
    """One step. It holds a `prompt`, which a model is asked, or a `text`, which is only filled in.

    `model` lists the models asked, one for each column; empty, they are those of the first step that
    names any. A `pick` has the model choose among options; `when` says what other values have to be for
    the step to happen at all; `repeat` asks that many times, and the prompt may hold the step's own
    text so far; `each` names the input or step whose lines are gone through one by one.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    prompt: Template | None = None
    text: Template | None = None
    model: Annotated[tuple[Asked, ...], Field(max_length=MAX_COLUMNS)] = ()
    config: Config = Config()
    pick: Annotated[tuple[Option, ...], Field(max_length=MAX_OPTIONS)] = ()
    when: Annotated[dict[str, Annotated[str, Field(max_length=MAX_OPTION)]], Field(max_length=8)] = {}
    repeat: Annotated[int, Field(ge=1, le=MAX_REPEAT)] = 1
    each: str = ""

    @property
    def template(self) -> str:
        return self.prompt if self.prompt is not None else self.text or ""

    @property
    def asks(self) -> bool:
        """Whether a model is asked."""
        return self.prompt is not None


class Sketch(Strict):
    """A whole sketch. `show` names the steps whose texts a visitor sees; empty, it is the last one."""

    model_config = ConfigDict(frozen=True)

    sketch: Literal[1] = VERSION
    title: Annotated[str, Field(min_length=1, max_length=120)]
    author: Words = ""
    about: Annotated[str, Field(max_length=600)] = ""
    """A sentence or two for the visitor."""
    licence: Annotated[str, Field(max_length=60)] = ""
    """Under which terms the sketch itself may be used, as the Hub writes them: cc-by-4.0."""
    remix_of: Words = ""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 7
    inputs: Annotated[dict[str, Input], Field(max_length=MAX_INPUTS)] = {}
    grammar: Annotated[
        dict[str, Annotated[tuple[Annotated[str, Field(max_length=MAX_TEMPLATE)], ...], Field(max_length=MAX_RULES)]],
        Field(max_length=MAX_SYMBOLS),
    ] = {}
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
    show: Annotated[tuple[str, ...], Field(max_length=MAX_STEPS)] = ()

    @field_validator("title")
    @classmethod
    def _one_line(cls, title: str) -> str:
        return " ".join(title.split())

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({step.id for step in self.steps}) != len(self.steps):
            raise ValueError("two steps have the same id")
        return self

    def step(self, id: str) -> Step:
        return next(step for step in self.steps if step.id == id)

    @property
    def shown(self) -> tuple[str, ...]:
        return self.show or (self.steps[-1].id,)

    @property
    def named(self) -> tuple[Asked, ...]:
        """The models of the first step that names any: those that every step without its own asks."""
        return next((step.model for step in self.steps if step.asks and step.model), ())

    def asked(self, step: Step) -> tuple[Asked, ...]:
        """The models that a step asks; none where it is only a text."""
        return (step.model or self.named) if step.asks else ()

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Every model of the sketch once, in the order of its steps."""
        return tuple(dict.fromkeys(each.model for step in self.steps for each in self.asked(step)))
