"""The address bar: the palette, the prompt and its settings as readable query parameters.

`palette_query` and `query` write them, `read_palette` and `restore` read them
back. A value that makes no sense is named in a warning and left at its default;
nothing else is lost for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from pydantic import ValidationError

from swatchbook.runs import MAX_LANES, MAX_PROMPT, Lane, ModelRef, RunError, Settings

NAMES = {
    "samples": "samples",
    "tokens": "max_tokens",
    "temperature": "temperature",
    "seed": "seed",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "penalty": "repetition_penalty",
}
"""Query parameter to setting; stop strings travel as `stop`, one parameter each."""
ALWAYS = ("samples", "tokens", "temperature", "seed")
"""Settings that are written even at their default, since a default may change."""
CHAT = ":chat"
"""What follows the name of a model that answers instead of going on."""
STOP = "stop"
MODELS, PALETTE = "models", "palette"
SAFE = "/,:{}|@"


@dataclass
class Restored:
    """What an address says. None stands for what it does not say."""

    prompt: str | None = None
    settings: Settings = field(default_factory=Settings)
    warnings: list[str] = field(default_factory=list)


@dataclass
class ReadPalette:
    """The palette that an address names: models with the way to ask each, and the palette's name."""

    name: str = ""
    models: list[tuple[ModelRef, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def query(prompt: str, palette: list[Lane], settings: Settings) -> str:
    """The query of an address that restores a run."""
    pairs = [("prompt", prompt), (MODELS, _models(palette))]
    plain = Settings()
    for name, attribute in NAMES.items():
        value = getattr(settings, attribute)
        if name in ALWAYS or value != getattr(plain, attribute):
            pairs.append((name, f"{value:g}" if isinstance(value, float) else str(value)))
    pairs += [(STOP, text) for text in settings.stop]
    return urlencode(pairs, safe=SAFE)


def palette_query(palette: list[Lane], name: str = "") -> str:
    """The query of an address that carries a palette."""
    pairs = [(MODELS, _models(palette))] if palette else []
    return urlencode([*pairs, *([(PALETTE, name)] if name else [])], safe=SAFE, errors="replace")


def read_palette(params: Mapping[str, str]) -> ReadPalette:
    """The palette in an address. Models that are no names are left out with a warning."""
    found = ReadPalette(name=params.get(PALETTE, "")[:60])
    for said in filter(None, params.get(MODELS, "").split(",")[: 2 * MAX_LANES]):
        address, _, mode = said.strip().partition(":")
        try:
            found.models.append((ModelRef.parse(address), mode or "completion"))
        except RunError as error:
            found.warnings.append(str(error))
    return found


def restore(params: Mapping[str, str], stops: list[str], usual: Settings | None = None) -> Restored:
    """Read an address; `stops` are the values of its `stop` parameters, `usual` what holds where it says nothing."""
    found = Restored(settings=usual or Settings())
    if (prompt := params.get("prompt")) is not None:
        found.prompt = prompt[:MAX_PROMPT]
        if len(prompt) > MAX_PROMPT:
            found.warnings.append(f"The prompt in the address was cut at {MAX_PROMPT:,} characters.")
    for name, attribute in NAMES.items():
        if (value := params.get(name)) is not None:
            _set(found, attribute, value, f"{name}={value[:40]}")
    if stops:
        _set(found, "stop", stops, f"{STOP}={','.join(stops)[:40]}")
    return found


def _models(palette: list[Lane]) -> str:
    return ",".join(_lane(lane) for lane in palette)


def _lane(lane: Lane) -> str:
    """House models travel without their commit: a link outlives a model that is cooked again."""
    ref = lane.model.model_copy(update={"commit": None}) if lane.model.source == "house" else lane.model
    return f"{ref}{CHAT if lane.mode == 'chat' else ''}"


def _set(found: Restored, attribute: str, value: str | list[str], shown: str) -> None:
    try:
        found.settings = Settings.model_validate({**found.settings.model_dump(), attribute: value})
    except ValidationError as error:
        message = error.errors(include_url=False, include_input=False)[0]["msg"]
        found.warnings.append(f"{shown} in the address was left out: {message}.")
