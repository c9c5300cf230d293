"""The palette that follows a visitor through every tab: its bar, its memory in the browser, its events.

Lays out the bar, and wires presses on it to the functions of `palette`. Tabs
are handed the bar to read the lanes from it, and to replace them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

import gradio as gr
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components import address, render
from components.palette import add, move, palette_html, remove, starters, toggle_mode
from components.theme import html, script
from swatchbook.palettes import MAX_NAME
from swatchbook.runs import MAX_LANES, Lane, ModelRef, RunError
from swatchbook.shelf import Shelf

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
KEY = "swatchbook-palette"
BACK = "Take my palette back"


class Palette(BaseModel):
    """Its name and its lanes."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=MAX_NAME)] = ""
    lanes: Annotated[list[Lane], Field(max_length=MAX_LANES)] = []


class KeptPalette(Palette):
    """A palette as the browser keeps it, with the one that it took the place of."""

    version: Literal[1] = 1
    before: Palette | None = None


@dataclass
class Trail:
    """What one open page remembers of its palettes: the one to go back to and why, and whether the visitor changed any.

    Only a changed palette is kept: one that came by a link does not take the place of the visitor's own.
    `wanted` is what the address asked for; `told` says that the notice is about the palette.
    """

    before: Palette | None = None
    why: str = ""
    changed: bool = False
    told: bool = False
    wanted: address.ReadPalette = field(default_factory=address.ReadPalette)

    def __deepcopy__(self, memo: object) -> Trail:
        """Each page begins with an empty one."""
        return Trail()


@dataclass
class PaletteBar:
    """The bar's components, and what happens on it."""

    shelf: Shelf
    base: str = ""
    """The page's public address, where the browser's own is not the one to share."""
    lanes: gr.State = field(init=False)
    name: gr.State = field(init=False)
    trail: gr.State = field(init=False)
    kept: gr.BrowserState = field(init=False)
    bar: gr.HTML = field(init=False)
    notice: gr.HTML = field(init=False)

    def __post_init__(self) -> None:
        self.lanes, self.name, self.trail = gr.State([]), gr.State(""), gr.State(Trail())
        # The secret only keeps Gradio from drawing another one at each start, after which nothing could be read.
        self.kept = gr.BrowserState(None, storage_key=KEY, secret=KEY)
        self.bar = html(palette_html([], self.shelf), elem_id="palette", js_on_load=script("palette"), base=self.base)
        self.notice = html(elem_id="notice", js_on_load=script("presses"), base=self.base)

    @property
    def shown(self) -> list[Any]:
        """What an event changes that changes the palette: give it what `show` returns."""
        return [self.lanes, self.name, self.bar, self.kept]

    def wire(self) -> None:
        self.takes_from(self.bar)
        self.takes_from(self.notice)
        self._follows()

    def takes_from(self, part: gr.HTML) -> None:
        """Presses on this part change the palette."""
        part.click(self.change, [self.lanes, self.name, self.trail], [*self.shown, self.notice], **QUICK)

    def _follows(self) -> None:
        """Another tab's change of the visitor's palette is shown in this one too."""
        self.bar.input(self.follow, [self.lanes, self.name, self.trail], [*self.shown], **QUICK)

    def show(self, lanes: list[Lane], name: str, trail: Trail) -> tuple[Any, ...]:
        """The palette for the components of `shown`."""
        kept = KeptPalette(name=name, lanes=lanes, before=trail.before).model_dump(mode="json")
        return lanes, name, self.chips(lanes, name, trail), kept if trail.changed else gr.skip()

    def chips(self, lanes: list[Lane], name: str, trail: Trail) -> str:
        """The bar alone, drawn anew."""
        return palette_html(lanes, self.shelf, name, address.palette_query(lanes, name), trail.why, trail.changed)

    def replace(self, trail: Trail, old: list[Lane], name: str, new: list[Lane], title: str = "") -> tuple[Any, ...]:
        """Another palette in the place of this one, which can be taken back."""
        trail.changed = True
        if old and old != new:
            trail.before, trail.why = Palette(name=name, lanes=old), BACK
        return self.show(new, title, trail)

    def borrow(self, trail: Trail, lanes: list[Lane], title: str = "") -> tuple[Any, ...]:
        """Somebody else's palette, from a link: it is shown, and the visitor's own stays in the browser."""
        trail.wanted.models = [(lane.model, lane.mode) for lane in lanes]
        return self.show(lanes, title, trail)

    async def change(self, lanes: list[Lane], name: str, trail: Trail, event: gr.EventData) -> tuple[Any, ...]:
        """A press on the bar, or on a model that is to be added."""
        data = event._data or {}
        act, problem = str(data.get("act")), "" if trail.told else gr.skip()
        trail.changed = True
        try:
            if act == "name":
                name = str(data.get("value", ""))[:MAX_NAME].strip()
            elif act == "undo":
                lanes, name = self._back(lanes, name, trail)
            elif act == "clear":
                trail.told = False
                return *self.replace(trail, lanes, name, []), problem
            else:
                lanes = await self._changed(lanes, act, data)
            trail.told = False
        except RunError as error:
            problem, trail.told = notice(str(error)), True
        return *self.show(lanes, name, trail), problem

    def follow(self, lanes: list[Lane], name: str, trail: Trail, event: gr.EventData) -> tuple[Any, ...]:
        """The palette as another tab has it now; a tab that shows somebody else's, from a link, keeps to that."""
        said = dict(parse_qsl(str((event._data or {}).get("query", ""))[:4000]))
        found = address.read_palette(said)
        theirs = added(found.models, self.shelf, [])
        if (trail.wanted.models and not trail.changed) or (theirs, found.name) == (lanes, name):
            return tuple(gr.skip() for _ in self.shown)
        trail.changed = True
        return self.show(theirs, found.name, trail)

    def restore(self, kept: Any, trail: Trail, first: list[Lane], request: gr.Request) -> tuple[Any, ...]:
        """The palette of the address, else the browser's own, else the first; from what is known, asking nobody."""
        own, found = _read(kept), address.read_palette(request.query_params)
        trail.wanted = found
        if found.models:
            lanes, name = added(found.models, self.shelf, []), found.name
            if own is not None and own.lanes and own.lanes != lanes:
                trail.before, trail.why = Palette(name=own.name, lanes=own.lanes), "Take my own palette back"
        elif own is not None:
            lanes, name = own.lanes, own.name
            trail.before, trail.why = own.before, BACK if own.before else ""
        else:
            lanes, name = first or starters(self.shelf), ""
        return self.show(lanes, name, trail)

    async def learnt(self, lanes: list[Lane], name: str, trail: Trail) -> tuple[Any, ...]:
        """The same palette once the Hub was asked about what is not known of it; a changed one is left alone."""
        wanted = trail.wanted
        problems = await self.shelf.learn([lane.model for lane in lanes] + [ref for ref, _ in wanted.models])
        if trail.changed:
            return (*(gr.skip() for _ in self.shown), gr.skip())
        told = [*wanted.warnings, *(problems if wanted.models else [])]
        if wanted.models:
            lanes = added(wanted.models, self.shelf, told) or lanes
        told = list(dict.fromkeys(told))
        trail.told = bool(told)
        return *self.show(lanes, name, trail), notice(*told) if told else gr.skip()

    async def _changed(self, lanes: list[Lane], act: str, data: dict[str, Any]) -> list[Lane]:
        match act:
            case "add":
                ref = ModelRef.parse(str(data.get("model")))
                if problems := await self.shelf.learn([ref]):
                    raise RunError(problems[0])
                return add(lanes, ref, self.shelf)
            case "drop":
                gone = ModelRef.parse(str(data.get("model")))
                return [lane for lane in lanes if (lane.model.source, lane.model.repo) != (gone.source, gone.repo)]
            case "remove":
                return remove(lanes, str(data.get("lane")))
            case "move" if str(data.get("to", "")).lstrip("-").isdigit():
                return move(lanes, str(data.get("lane")), int(str(data["to"])[:4]))
            case "mode":
                return toggle_mode(lanes, str(data.get("lane")), self.shelf)
        return lanes

    def _back(self, lanes: list[Lane], name: str, trail: Trail) -> tuple[list[Lane], str]:
        """The palette before this one; this one is kept in its place."""
        if trail.before is None:
            return lanes, name
        before = trail.before
        trail.before, trail.why = Palette(name=name, lanes=lanes), "Change back"
        return before.lanes, before.name


def added(models: list[tuple[ModelRef, str]], shelf: Shelf, warnings: list[str]) -> list[Lane]:
    """The lanes that can be had; what cannot is named in a warning."""
    lanes: list[Lane] = []
    for ref, mode in models:
        try:
            lanes = add(lanes, ref, shelf, mode)
        except RunError as error:
            if not any(warning.startswith(ref.repo) for warning in warnings):
                warnings.append(str(error))
    return lanes


def _read(kept: Any) -> KeptPalette | None:
    """The browser's palette. One of another version, or a damaged one, is as good as none."""
    try:
        return KeptPalette.model_validate(kept) if kept is not None else None
    except ValidationError:
        return None


def hint(sentence: str, way: str = "") -> str:
    """What helps on, where nothing went wrong, and a button that does; nothing for no words."""
    return f'<div class="notice" role="status"><p>{render.text(sentence)} {way}</p></div>' if sentence else ""


def notice(*sentences: str) -> str:
    lines = "".join(f"<p>{render.text(sentence)}</p>" for sentence in sentences)
    return f'<div class="notice" role="alert">{lines}</div>'
