"""What is not as it was around the texts of two runs: models, precision, versions, machine, settings and prompts.

Pure; whether the texts differ is for `drift` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from swatchbook.runs import Lane, Run, Sample, Settings

UNKNOWN = "not written down"
WIDE = 80
"""Most characters of a text that are shown of a change."""
NAMES = {"max_tokens": "most tokens", "top_p": "top-p", "top_k": "top-k", "min_p": "min-p", "stop": "stop strings"}
"""Settings that are called otherwise where people read them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was. What is empty was not written down."""

    what: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        return f"{self.what[:1].upper()}{self.what[1:]}: {self.before or UNKNOWN}, now {self.after or UNKNOWN}."


def changes(
    before: Run, after: Run, lanes: Mapping[str, str], pairs: Iterable[tuple[Sample, Sample]]
) -> Iterator[Change]:
    """Everything that changed. `lanes` leads from earlier lanes to later ones; `pairs` are samples of both."""
    yield from _lanes(before, after, lanes)
    yield from _versions(before.versions, after.versions)
    if before.machine != after.machine:
        yield Change("machine", before.machine, after.machine)
    yield from _settings(before.settings, after.settings)
    if before.template != after.template:
        yield Change("prompt", *_clipped(before.template, after.template))
        return
    names = {lane.id: lane.model.name for lane in before.lanes}
    told = {old.lane: (old.prompt, new.prompt) for old, new in pairs if old.prompt and new.prompt != old.prompt}
    for lane, prompts in told.items():
        if all(prompts):
            yield Change(f"prompt as {names[lane]} was given it", *_clipped(*prompts))


def _lanes(before: Run, after: Run, lanes: Mapping[str, str]) -> Iterator[Change]:
    for lane in before.lanes:
        if lane.id in lanes:
            yield from _lane(lane, after.lane(lanes[lane.id]))
        else:
            yield Change(f"lane {lane.model.name}", "in the run", "missing")
    for lane in after.lanes:
        if lane.id not in lanes.values():
            yield Change(f"lane {lane.model.name}", "not in the run", "added")


def _lane(was: Lane, now: Lane) -> Iterator[Change]:
    name, old, new = was.model.name, was.model.commit or "", now.model.commit or ""
    known = min(len(old), len(new)) or None
    if old[:known] != new[:known]:
        yield Change(f"commit of {name}", old[:12], new[:12])
    if was.precision != now.precision:
        yield Change(f"precision of {name}", was.precision, now.precision)
    if was.mode != now.mode:
        yield Change(f"mode of {name}", was.mode, now.mode)


def _versions(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    if bool(was) != bool(now):
        yield Change(
            "versions", *(", ".join(f"{name} {number}" for name, number in some.items()) for some in (was, now))
        )
        return
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield Change(name, was.get(name, ""), now.get(name, ""))


def _settings(was: Settings, now: Settings) -> Iterator[Change]:
    for name in Settings.model_fields:
        old, new = getattr(was, name), getattr(now, name)
        if old != new:
            yield Change(NAMES.get(name, name.replace("_", " ")), _value(old), _value(new))


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(repr, value)) or "none"
    return str(value)


def _clipped(was: str, now: str) -> tuple[str, str]:
    """Two texts from a little before the place where they part."""
    same = next((place for place, (old, new) in enumerate(zip(was, now, strict=False)) if old != new), None)
    start = max(0, (min(len(was), len(now)) if same is None else same) - WIDE // 4)
    return tuple(_cut(text, start) for text in (was, now))  # type: ignore[return-value]


def _cut(text: str, start: int) -> str:
    shown = text[start : start + WIDE]
    return f"“{'…' if start else ''}{shown}{'…' if len(text) > start + WIDE else ''}”"
