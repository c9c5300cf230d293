"""What is being fetched, and what lies on disk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from components.render import text
from swatchbook.hub.disk import Kept
from swatchbook.hub.progress import Progress
from swatchbook.hub.room import in_words

_NAMES = ("Model", "Size", "Fetched", "Last used", '<span class="sr">What to do</span>')
HEADS = "".join(f'<th scope="col">{name}</th>' for name in _NAMES)
STATES = {"waiting": "waits for its turn", "checking": "checking what came"}
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
    table = f"<thead><tr>{HEADS}</tr></thead><tbody>{''.join(map(_row, models))}</tbody>"
    return f'{head}<div class="wide"><table class="facts">{table}</table></div>'


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
    if left < 90:
        return f", about {left:.0f} s left"
    return f", about {left / 60:.0f} min left" if left < 5400 else f", about {left / 3600:,.0f} h left"


def _row(kept: Kept) -> str:
    name, ref, commit = text(kept.ref.repo), text(str(kept.ref)), text((kept.ref.commit or "")[:7])
    problem = f'<br><span class="failed">{text(kept.problem)}</span>' if kept.problem else ""
    fetched = text((kept.fetched or "")[:10]) or "not whole"
    used = datetime.fromtimestamp(kept.used, UTC).date().isoformat() if kept.used else "–"
    act, word = ('data-act="add"', "Add") if kept.record else ('data-on="play"', "Go on")
    button = f'<button type="button" class="link" {act} data-model="{ref}" data-key="do-{ref}">{word}</button>'
    return (
        f'<tr><td><strong>{name}</strong> <span class="small mono">{commit}</span>{problem}</td>'
        f"<td>{in_words(kept.size)}</td><td>{fetched}</td><td>{used}</td>"
        f"<td>{button} {_delete(kept, ref, name)}</td></tr>"
    )


def _delete(kept: Kept, ref: str, name: str) -> str:
    if kept.state == "fetching":
        return '<span class="small">being fetched</span>'
    return (
        f'<details class="menu plain" data-key="delete-{ref}"><summary aria-label="Delete {name}">Delete</summary>'
        f'<ul><li><button type="button" data-on="delete" data-model="{ref}">Delete {in_words(kept.size)} for good'
        "</button></li></ul></details>"
    )
