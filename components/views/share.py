"""What lies under the piece: links, keeping the sketch, its frozen results, and files to take along.

Works on what it is told. All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.render import text
from components.views.publish import by_hand_html
from swatchbook.sketch.record import Record

FILES = {
    "yaml": ("The sketch", "sketch.yaml, to read, alter and open again"),
    "zip": ("A zip to run anywhere", "with everything; its README says how to start it"),
    "html": ("A page", "one file without a network: dice live, models as they were recorded"),
    "record": ("The last result as JSON", "every text with what made it; opens here again"),
    "prompt": ("The first prompt as .prompt", "for tools that read dotprompt"),
    "workflow": ("Gradio's workflow.json", "the chain, as far as it can be said there"),
}
"""Each file that can be taken: its name, and what it is for."""
PACKED = "The whole sketch is written into the link, so nothing has to be kept for it. Visitors see the piece alone."
HOME = (
    " This page runs on your own machine, so its links open only here: to send the piece to somebody, download the page"
    " or the zip, publish it, or start Swatchbook with SWATCHBOOK_SHARE=1."
)

LOOSE = "Frozen results are not kept with the draft; press Keep."


@dataclass(frozen=True, slots=True)
class Standing:
    """How the sketch stands: `kept` is its id in the archive, `key` deletes it, `lasting` says how long it stays.

    `result` says whether there is a result that can be frozen; `home`, that other machines cannot reach this page.
    """

    kept: str = ""
    key: str = ""
    title: str = ""
    lasting: str = ""
    listed: bool = False
    home: bool = False
    result: bool = False
    stale: frozenset[str] = frozenset()
    """The kept results that are of an earlier text than the one that is kept."""
    loose: bool = False
    """Whether what is frozen and not kept is too large for the browser to hold it with the draft."""
    of: int = 0
    """Tells the forms of one sketch from those of the next, so that no tick is carried over."""


def share_html(
    standing: Standing, examples: Sequence[Record], versions: str = "", told: str = "", publish: str = ""
) -> str:
    """`publish` is the form of those who can sign in, `told` what is to be said, both as markup."""
    parts = (
        _links(standing),
        told,
        _keep(standing),
        _frozen(standing, examples),
        _files(),
        publish or by_hand_html(),
        _versions(standing, versions),
    )
    return f'<section class="sharing" aria-label="Share this sketch">{"".join(parts)}</section>'


def _links(standing: Standing) -> str:
    return (
        f'<div class="share-row"><h3>Share</h3><p class="acts">'
        '<button type="button" data-act="visit-link" class="strong" data-key="visit-link">Copy the link for visitors'
        '</button><button type="button" data-act="pad-link" data-key="pad-link">Copy the link to this sketch</button>'
        '<button type="button" data-act="visit" data-key="visit">Open the visitors’ page</button>'
        '<span role="status" class="small said"></span></p>'
        '<input class="mono copied" readonly hidden aria-label="The link">'
        f'<p class="small">{PACKED}{HOME if standing.home else ""}</p></div>'
    )


def _keep(standing: Standing) -> str:
    state = _kept(standing) if standing.kept else f'<p class="small">{text(standing.lasting)}</p>'
    words = "Keep this version" if standing.kept else "Keep"
    return (
        f'<div class="share-row"><h3>Keep</h3>{state}<form data-form="keep" data-of="{standing.of}">'
        '<label class="tick"><input type="checkbox" name="listed"> List it in the Archive'
        '<span class="small"> (otherwise only those with the link find it)</span></label>'
        f'<button type="submit" data-key="keep">{words}</button></form></div>'
    )


def _kept(standing: Standing) -> str:
    id, key = text(standing.kept), text(standing.key)
    own = f' data-own="{id}" data-secret="{key}" data-kind="sketch"' if key else ""
    secret = (
        f'<p class="key">Key to delete it: <code>{key}</code> <span class="small">This browser remembers it.</span></p>'
    )
    listed = "It is listed in the Archive." if standing.listed else "Only those with its link find it."
    return (
        f'<p{own} data-kept="{id}" tabindex="-1" data-rest>'
        f"<strong>“{text(standing.title)}” is kept.</strong> {listed} {text(standing.lasting)}</p>"
        '<p class="acts"><button type="button" data-act="kept-link" data-key="kept-link">Copy its short link</button>'
        "</p>"
        f"{secret if key else ''}"
        '<p class="small">What is kept does not change. What you alter now is kept when you press the button: as the'
        " next version of your own, or as a remix of somebody else’s.</p>"
    )


def _frozen(standing: Standing, examples: Sequence[Record]) -> str:
    rows = "".join(_example(at, record, record.id in standing.stale) for at, record in enumerate(examples))
    freeze = (
        '<p class="acts"><button type="button" data-act="freeze" data-key="freeze">Freeze the last result</button>'
        '<button type="button" data-act="keep-record" data-key="keep-record">Keep the last result</button></p>'
    )
    if not rows and not standing.result:
        return ""
    loose = f'<p class="warn">{LOOSE}</p>' if standing.loose else ""
    return (
        '<div class="share-row"><h3>Frozen results</h3><p class="small">They go along when you keep or publish the'
        " sketch as it was when they were made: visitors see the first at once, and one of them when a model cannot"
        " answer.</p>"
        f"<ul>{rows}</ul>{loose}{freeze if standing.result else ''}</div>"
    )


def _example(at: int, record: Record, stale: bool) -> str:
    said = ", ".join(f"{name}: {value[:60]}" for name, value in record.values.items()) or "without inputs"
    late = ' <span class="warn">made with earlier words, so visitors do not see it</span>' if stale else ""
    return (
        f'<li><bdi>{text(said)}</bdi>{late} <span class="small">{text(record.created[:16].replace("T", " "))}</span>'
        f' <button type="button" class="link" data-act="thaw" data-at="{at}" data-key="thaw-{at}"'
        f' aria-label="Take frozen result {at + 1} away">take away</button></li>'
    )


def _files() -> str:
    rows = "".join(
        f'<li><button type="button" data-on="submit" data-act="take" data-format="{name}" data-key="take-{name}"><span>'
        f"<strong>{title}</strong><br><small>{about}</small></span></button></li>"
        for name, (title, about) in FILES.items()
    )
    return (
        '<div class="share-row"><h3>Take it along</h3><details class="menu" data-key="files">'
        f"<summary>Download</summary><ul>{rows}</ul></details></div>"
    )


def _versions(standing: Standing, versions: str) -> str:
    if not standing.kept:
        return ""
    ask = '<button type="button" data-act="versions" data-key="versions">Show earlier versions</button>'
    return f'<div class="share-row"><h3>Versions</h3>{versions or f"<p class=acts>{ask}</p>"}</div>'


def notice_html(said: str, bad: bool = False) -> str:
    """One sentence about what was just done, or could not be."""
    return (
        f'<p class="{"failed" if bad else "small"} share-told" role="{"alert" if bad else "status"}">{text(said)}</p>'
    )
