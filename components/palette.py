"""The palette: the lanes a visitor has picked, and their chips on the page.

A palette is a list of lanes. The functions here take one and return another;
they know models and markup, not gradio.
"""

from __future__ import annotations

from components.colour import size, swatch_colour
from components.render import text
from components.views.swatches import dossier_address
from swatchbook.hub.suit import unsuited
from swatchbook.palettes import MAX_NAME
from swatchbook.runs import MAX_LANES, Lane, ModelRef, RunError
from swatchbook.shelf import Pick, Shelf

STARTERS = 4
"""How many house models are on the palette of somebody who comes for the first time."""


def starters(shelf: Shelf) -> list[Lane]:
    """The palette to begin with: the first house models."""
    palette: list[Lane] = []
    for model in shelf.models[:STARTERS]:
        palette = add(palette, model.ref, shelf)
    return palette


def add(palette: list[Lane], ref: ModelRef, shelf: Shelf, mode: str | None = None) -> list[Lane]:
    """The palette with one more lane, pinned. Raises RunError when it is full or nothing is known of the model."""
    if len(palette) >= MAX_LANES:
        raise RunError(f"The palette holds {MAX_LANES} lanes at most; remove one first.")
    pick = shelf.find(ref)
    if mode not in (None, "chat", "completion"):
        raise RunError(f"{mode[:40]!r} is not a way to ask {ref.name}; write chat or completion.")
    if mode == "chat" and not pick.chat:
        raise RunError(f"{ref.name} has no chat template; it can only continue a text.")
    taken = {lane.id for lane in palette}
    lane_id = next(name for n in range(1, MAX_LANES + 2) if (name := f"lane-{n}") not in taken)
    chat = pick.chat if mode is None else mode == "chat"
    return [*palette, Lane(id=lane_id, model=pick.ref, mode="chat" if chat else "completion")]


def remove(palette: list[Lane], lane_id: str) -> list[Lane]:
    return [lane for lane in palette if lane.id != lane_id]


def move(palette: list[Lane], lane_id: str, to: int) -> list[Lane]:
    """The palette with one lane at another place; a place beyond an end is that end."""
    moved = [lane for lane in palette if lane.id == lane_id]
    rest = remove(palette, lane_id)
    at = min(max(to, 0), len(rest))
    return [*rest[:at], *moved, *rest[at:]]


def toggle_mode(palette: list[Lane], lane_id: str, shelf: Shelf) -> list[Lane]:
    """Switch one lane between chat and completion, where its model has a chat template."""

    def switched(lane: Lane) -> Lane:
        pick = shelf.known(lane.model)
        if lane.id != lane_id or pick is None or not pick.chat:
            return lane
        return lane.model_copy(update={"mode": "completion" if lane.mode == "chat" else "chat"})

    return [switched(lane) for lane in palette]


def palette_html(
    palette: list[Lane], shelf: Shelf, name: str = "", query: str = "", undo: str = "", own: bool = False
) -> str:
    """The palette bar: its name, a chip for each lane, the models that can be added, and what can be done with it.

    `query` is what an address needs to carry this palette; `undo` says what can be taken back; `own` that
    the visitor has changed it on this page.
    """
    chips = "".join(_chip(lane, at, len(palette), shelf.known(lane.model)) for at, lane in enumerate(palette))
    chips = chips or '<li class="small">No model yet. Add one to begin.</li>'
    return (
        f'<div class="palette" data-query="{text(query)}" data-own="{own:d}">'
        '<label class="small" for="palette-name">Your palette</label>'
        f'<input id="palette-name" data-act="name" maxlength="{MAX_NAME}" value="{text(name)}" placeholder="unnamed"'
        f' autocomplete="off" aria-label="The name of your palette">'
        f'<ul class="chips" aria-label="Models on your palette">{chips}</ul>{_menu(palette, shelf)}'
        f"{_tools(palette, undo)}</div>"
    )


def _tools(palette: list[Lane], undo: str) -> str:
    clear = '<button type="button" class="link" data-act="clear" data-key="clear">Clear</button>' if palette else ""
    back = f'<button type="button" class="link" data-act="undo" data-key="undo">{text(undo)}</button>' if undo else ""
    copy = '<button type="button" class="link" data-copy data-key="copy">Copy palette link</button>' if palette else ""
    keep = (
        '<button type="button" class="link" data-on="submit" data-key="keep-palette">Keep palette</button>'
        if palette
        else ""
    )
    return f'<span class="palette-tools">{copy}{keep}{clear}{back}<span class="small" role="status"></span></span>'


def _chip(lane: Lane, at: int, count: int, pick: Pick | None) -> str:
    name, key = text(lane.model.name), text(lane.id)
    return (
        f'<li class="chip" draggable="true" data-lane="{key}" data-model="{text(lane.model.repo)}"'
        f' data-source="{lane.model.source}" style="--c:{swatch_colour(pick)}" title="{_title(lane, pick)}">'
        f'<i aria-hidden="true"></i><a class="chip-name" draggable="false" href="{dossier_address(str(lane.model))}"'
        f' data-opens="{text(str(lane.model))}" data-key="name-{key}" aria-label="Open the dossier of {name}">'
        f"{name}</a>"
        f"{_mode(lane, pick)}{_away(lane, pick)}"
        f"{_moves(key, name, at, count)}"
        f'<button type="button" class="cross" data-act="remove" data-lane="{key}" data-key="remove-{key}"'
        f' aria-label="Remove {name} from the palette">×</button></li>'
    )


def _title(lane: Lane, pick: Pick | None) -> str:
    said = [str(lane.model)]
    if pick is not None:
        said += [part for part in (pick.title, pick.blurb) if part]
        said += [f"{size(pick.parameters)} parameters"] if pick.parameters else []
    return text(". ".join(said))


def _mode(lane: Lane, pick: Pick | None) -> str:
    if pick is None or not pick.chat:
        return ""
    name, key = text(lane.model.name), text(lane.id)
    other = "continue the text instead" if lane.mode == "chat" else "answer as in a chat instead"
    label = f"{name}: {'chat' if lane.mode == 'chat' else 'completion'}. Press to {other}."
    return (
        f'<button type="button" class="mode" data-act="mode" data-lane="{key}" data-key="mode-{key}"'
        f' title="{label}" aria-label="{label}">{lane.mode}</button>'
    )


def _away(lane: Lane, pick: Pick | None) -> str:
    """For a model that is not on this disk: what it takes to fetch it."""
    if lane.model.source != "hub" or (pick is not None and pick.folder is not None and pick.ref == lane.model):
        return ""
    if pick and (reason := unsuited(pick.facts)):
        return f'<span class="cannot" tabindex="0" title="{text(reason.why)}">does not run here</span>'
    return (
        f'<button type="button" class="mode fetch" data-on="play" data-model="{text(str(lane.model))}"'
        f' data-key="fetch-{text(lane.id)}" title="It is not on this machine yet">Fetch</button>'
    )


def _moves(key: str, name: str, at: int, count: int) -> str:
    """Buttons for those who do not drag. One that leads nowhere stays, switched off: it may have the focus."""
    buttons = (("earlier", at - 1, "‹", at > 0), ("later", at + 1, "›", at < count - 1))
    markup = ""
    for way, to, sign, there in buttons:
        does = f'data-act="move" data-lane="{key}" data-to="{to}"' if there else 'aria-disabled="true"'
        label = f'aria-label="Move {name} {way}"'
        markup += f'<button type="button" class="move" data-key="{way}-{key}" {label} {does}>{sign}</button>'
    return markup


def _menu(palette: list[Lane], shelf: Shelf) -> str:
    if len(palette) >= MAX_LANES:
        return f'<span class="small">{MAX_LANES} lanes is the most.</span>'
    taken = {lane.model for lane in palette}
    rows = "".join(_row(pick, pick.ref in taken) for pick in shelf.here())
    return (
        '<details class="menu" data-key="menu"><summary>Add a model</summary>'
        f"<ul>{rows or '<li>No house models lie here yet.</li>'}"
        '<li><button type="button" data-tab="browse" data-key="browse"><i aria-hidden="true"></i>'
        "<span><strong>Browse for more</strong><br><small>Open models of the Hub, with what is known of each</small>"
        "</span></button></li></ul></details>"
    )


def _row(pick: Pick, taken: bool) -> str:
    about = size(pick.parameters) if pick.parameters else "size not stated"
    again = " · on your palette; this adds it once more" if taken else ""
    return (
        f'<li><button type="button" data-act="add" data-model="{text(str(pick.ref))}"'
        f' data-key="add-{text(pick.ref.repo)}"><i aria-hidden="true" style="--c:{swatch_colour(pick)}"></i>'
        f"<span><strong>{text(pick.ref.name)}</strong> {about}{' · chat' if pick.chat else ''}{again}"
        f"<br><small>{text(pick.blurb or f'{pick.ref.repo}, fetched from the Hub')}</small></span></button></li>"
    )
