"""What is being fetched, and what lies on disk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from components.render import text
from swatchbook.hub.disk import Kept
from swatchbook.hub.progress import Progress
from swatchbook.hub.room import in_words
from swatchbook.runs import ModelRef

STATES = {"waiting": "waits for its turn", "checking": "checking what came"}
LONG = 86_400.0
"""Seconds left beyond which a number says nothing any more."""
ASKING = "asking which files it needs"


def strip_html(going: Iterable[Progress]) -> str:
    """One line for each fetch that goes on."""
    return "".join(map(_line, going))


def disk_html(models: list[Kept], left: int, most: int, free: int) -> str:
    """What is on disk, with its size and use, and how much room there is."""
    taken = sum(kept.size for kept in models)
    head = (
        f'<p class="small">{in_words(taken)} of fetched models; {in_words(left)} of the {in_words(most)} set aside'
        f" for them are left, and the disk itself has room for {in_words(free)} more. Nothing is deleted unless you"
        " do it. House models come with the app and do not count.</p>"
    )
    if not models:
        return f"{head}<p>Nothing was fetched yet. Open a model's dossier and press Fetch.</p>"
    return f'{head}<ul class="disk" aria-label="Models on this disk">{"".join(map(_row, models))}</ul>'


def stopped_html(ref: ModelRef) -> str:
    """What is said when a fetch was stopped, and the way on."""
    name, said = text(ref.name), text(str(ref))
    return (
        f'<div class="notice" role="status"><p class="acts">Stopped. What has come of {name} stays.'
        f' <button type="button" data-on="play" data-model="{said}" data-key="on-{said}">Go on</button></p></div>'
    )


def arrived_html(ref: ModelRef) -> str:
    """What is said when a model has come, and the way on."""
    name, said = text(ref.name), text(str(ref))
    return (
        f'<div class="notice" role="status" data-source="{ref.source}" data-model="{text(ref.repo)}">'
        f'<p class="acts">{name} has come and lies on this disk. <button type="button" class="add" data-act="add"'
        f' data-model="{said}" data-words="Add to palette" data-key="arrived-{said}">Add to palette</button>'
        '<button type="button" data-tab="compare">Go to Compare</button></p></div>'
    )


def _line(progress: Progress) -> str:
    name, ref = text(progress.ref.repo), text(str(progress.ref))
    total = progress.total or 0
    far = f"{in_words(progress.done)} of {in_words(total)}{_left(progress)}" if total else ASKING
    said = STATES.get(progress.state) or far
    bar = f' value="{100 * progress.done / total:.1f}"' if total else ""
    return (
        f'<div class="fetching"><span>Fetching <strong>{name}</strong></span>'
        f'<progress max="100"{bar} aria-label="Fetching {name}"></progress><span class="small">{text(said)}</span>'
        f'<button type="button" class="link" data-on="delete" data-model="{ref}" data-key="stop-{ref}"'
        f' aria-label="Stop fetching {name}">Stop</button></div>'
    )


def _left(progress: Progress) -> str:
    left = progress.seconds_left
    if left is None:
        return ""
    if left > LONG:
        return "; next to nothing comes"
    if left < 90:
        return f", about {left:.0f} s left"
    return f", about {left / 60:.0f} min left" if left < 5400 else f", about {left / 3600:.0f} h left"


def _row(kept: Kept) -> str:
    name, ref, commit = text(kept.ref.repo), text(str(kept.ref)), text((kept.ref.commit or "")[:7])
    problem = f'<br><span class="failed">{text(kept.problem)}</span>' if kept.problem else ""
    said = [in_words(kept.size)]
    said += [f"fetched {text(kept.fetched[:10])}"] if kept.fetched else []
    said += [f"last used {datetime.fromtimestamp(kept.used, UTC).date().isoformat()}"] if kept.used else []
    act = 'class="add link" data-act="add"' if kept.record else 'class="link" data-on="play"'
    button = (
        f'<button type="button" {act} data-model="{ref}" data-key="do-{ref}"'
        f' aria-label="{"Add" if kept.record else "Go on with"} {name}">{"Add" if kept.record else "Go on"}</button>'
    )
    return (
        f'<li data-source="{kept.ref.source}" data-model="{name}"><span><strong>{name}</strong>'
        f' <span class="small mono">{commit}</span><br><span class="small">{" · ".join(said)}</span>{problem}</span>'
        f'<span class="acts">{button}{_delete(kept, ref, name)}</span></li>'
    )


def _delete(kept: Kept, ref: str, name: str) -> str:
    if kept.state == "fetching":
        return '<span class="small">being fetched</span>'
    return (
        f'<details class="menu plain" data-key="delete-{ref}"><summary aria-label="Delete {name}">Delete</summary>'
        f'<ul><li><button type="button" data-on="delete" data-model="{ref}" data-key="gone-{ref}">'
        f"Delete {in_words(kept.size)} for good</button></li></ul></details>"
    )
