"""The versions of a kept sketch, newest first, each with what changed in the sketch's own terms.

All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.render import text
from swatchbook.sketch.changes import WIDE, Change
from swatchbook.sketch.kept import KeptSketch


def versions_html(chain: Sequence[tuple[KeptSketch, Sequence[Change]]]) -> str:
    """Each version with what changed from the one before it."""
    rows = "".join(_version(at == 0, kept, changed) for at, (kept, changed) in enumerate(chain))
    return f'<ol class="version-list" tabindex="-1" data-rest>{rows}</ol>'


def _version(newest: bool, kept: KeptSketch, changed: Sequence[Change]) -> str:
    said = "".join(f"<li>{_change(change)}</li>" for change in changed)
    first = "Nothing but comments changed." if kept.parent else "The first that is kept."
    key = text(kept.id)
    does = f'data-act="back" data-id="{key}" data-key="back-{key}"'
    back = "" if newest else f'<button type="button" class="link" {does}>Go back to it</button>'
    relation = " · a remix" if kept.relation == "remix" else ""
    when = f"{text(kept.created[:16].replace('T', ' '))} UTC{relation}"
    return (
        f"<li><p><strong><bdi>{text(kept.title)}</bdi></strong> "
        f'<span class="small">{when}{" · the newest" if newest else ""}</span> {back}</p>'
        f"{f'<ul class=changes>{said}</ul>' if said else f'<p class=small>{first}</p>'}</li>"
    )


def _change(change: Change) -> str:
    """The sentence, and both texts whole where it had to shorten one of them."""
    if max(len(change.old), len(change.new)) <= WIDE:
        return text(change.said)
    old = f" <del>{text(change.old)}</del>" if change.old else ""
    new = f" <ins>{text(change.new)}</ins>" if change.new else ""
    return f"{text(change.said)}{old}{new}"
