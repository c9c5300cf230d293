"""The versions of a kept sketch, newest first, each with what changed in the sketch's own terms.

All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.render import text
from swatchbook.sketch.changes import WIDE, Change
from swatchbook.sketch.kept import KeptSketch


def versions_html(chain: Sequence[tuple[KeptSketch, Sequence[Change] | None]]) -> str:
    """Each version with what changed from the one before it; None where that one cannot be seen here."""
    rows = "".join(_version(at == 0, kept, changed) for at, (kept, changed) in enumerate(chain))
    return f'<ol class="version-list" tabindex="-1" data-rest>{rows}</ol>'


def _version(newest: bool, kept: KeptSketch, changed: Sequence[Change] | None) -> str:
    said = "".join(f"<li>{_change(change)}</li>" for change in changed or ())
    first = "The first that is kept." if not kept.parent else "Nothing but comments changed."
    if kept.parent and changed is None:
        first = f"It came of {_above(kept)}, which is not listed here."
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


def _above(kept: KeptSketch) -> str:
    """What a kept sketch came of, as far as it is named."""
    if kept.relation != "remix" or not kept.lineage:
        return "an earlier version"
    above = kept.lineage[-1]
    return f"<bdi>{text(above.title)}</bdi>{f', by <bdi>{text(above.author)}</bdi>' if above.author else ''}"


def _change(change: Change) -> str:
    """The sentence, and both texts whole where it had to shorten one of them."""
    if max(len(change.old), len(change.new)) <= WIDE:
        return text(change.said)
    old = f" <del>{text(change.old)}</del>" if change.old else ""
    new = f" <ins>{text(change.new)}</ins>" if change.new else ""
    return f"{text(change.said)}{old}{new}"
