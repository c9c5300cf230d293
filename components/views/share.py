"""What lies under the piece: links, keeping the sketch, its frozen results, and files to take along.

Works on what it is told. All foreign text passes `render`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.render import text
from components.views.publish import SAID, by_hand_html
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
ALONE = "They see the piece alone."
PACKED = f"{ALONE} The whole sketch is written into the link, so nothing has to be kept for it."
SHORT = f"{ALONE} It opens what is kept; once you change something, the whole sketch is written into it instead."
HOME = (
    "This page runs on your own machine, so its links open only here: to send the piece to somebody, download the page"
    " or the zip, publish it, or start Swatchbook with SWATCHBOOK_SHARE=1."
)

KEEP = "Puts the sketch, with its frozen results, into the Archive under a short link."
FREEZE = (
    "A frozen result goes along when you keep or publish the sketch as it was then: visitors see the first at once,"
    " and one of them when a model cannot answer."
)
NONE_YET = "There is none to freeze yet: press Run above first."
LOOSE = "Frozen results are not kept with the draft; keep the sketch to have them."


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
    """The kept results that are of another text than the one that is kept."""
    loose: bool = False
    """Whether what is frozen and not kept is too large for the browser to hold it with the draft."""
    of: int = 0
    """Tells the forms of one sketch from those of the next, so that no tick is carried over."""


def share_html(
    standing: Standing, examples: Sequence[Record], versions: str = "", told: str = "", publish: str = ""
) -> str:
    """`publish` is the form of those who can sign in, `told` what is to be said, both as markup.

    Three columns, each of which grows by itself: whatever comes or goes, the other parts stay where they are. The
    page's script puts what is said beside what was pressed.
    """
    columns = (
        (_links(standing), _files()),
        (_keep(standing), _versions(standing, versions)),
        (_frozen(standing, examples), publish or by_hand_html()),
    )
    parts = "".join(f'<div class="share-column">{"".join(column)}</div>' for column in columns)
    return f'<section class="sharing" aria-label="Share this sketch">{told}{parts}</section>'


def _links(standing: Standing) -> str:
    ways = (
        ("visit-link", "Copy the link for visitors", SHORT if standing.kept else PACKED),
        ("visit", "Open the visitors’ page", "To see what they see."),
        ("pad-link", "Copy the link to this sketch", "For those who want to alter it: it opens in the Sketchpad."),
        (
            "keep-record",
            "Copy a link to the last result",
            "That one result, with all its texts. It is kept, so the link lasts.",
        ),
    )
    first = ways[0][0]
    rows = "".join(
        f'<li><button type="button" data-act="{act}" data-key="{act}" class="{"strong" if act == first else ""}">'
        f'{title}</button> <span class="small">{about}</span></li>'
        for act, title, about in ways
    )
    return (
        f'<div class="share-row" data-part="links"><h3>Share</h3><ul class="ways">{rows}</ul>{SAID}'
        '<input class="mono copied" readonly hidden aria-label="The link">'
        f"{f'<p class=small>{HOME}</p>' if standing.home else ''}</div>"
    )


def _keep(standing: Standing) -> str:
    state = _kept(standing) if standing.kept else f'<p class="small">{KEEP} {text(standing.lasting)}</p>'
    words = "Keep as the next version" if standing.kept else "Keep the sketch"
    return (
        f'<div class="share-row" data-part="keep"><h3>Keep</h3>{state}<form data-form="keep" data-of="{standing.of}">'
        '<label class="tick"><input type="checkbox" name="listed"> List it in the Archive'
        '<span class="small"> (otherwise only those with the link find it)</span></label>'
        f'<button type="submit" data-key="keep">{words}</button></form>{SAID}</div>'
    )


def _kept(standing: Standing) -> str:
    id, key = text(standing.kept), text(standing.key)
    own = f' data-own="{id}" data-secret="{key}" data-kind="sketch"' if key else ""
    secret = (
        f'<p class="key small">To delete it, look for it in the Archive tab. It takes the key <code>{key}</code>, which'
        " this browser remembers.</p>"
    )
    listed = "It is listed in the Archive." if standing.listed else "Only those with its link find it."
    return (
        f'<p{own} data-kept="{id}" tabindex="-1" data-rest>'
        f"<strong>“{text(standing.title)}” is kept.</strong> {listed} {text(standing.lasting)}</p>"
        '<p class="acts"><button type="button" data-act="kept-link" data-key="kept-link">Copy its short link</button>'
        "</p>"
        f"{secret if key else ''}"
        '<p class="small">What is kept does not change. After a change, keep it anew: as the next version of your own,'
        " or as a remix of somebody else’s.</p>"
    )


def _frozen(standing: Standing, examples: Sequence[Record]) -> str:
    rows = "".join(_example(at, record, record.id in standing.stale) for at, record in enumerate(examples))
    loose = f'<p class="warn">{LOOSE}</p>' if standing.loose else ""
    none = "" if rows or standing.result else f'<p class="small">{NONE_YET}</p>'
    return (
        f'<div class="share-row" data-part="frozen"><h3>Frozen results</h3><p class="small">{FREEZE}</p>'
        '<p class="acts"><button type="button" data-act="freeze" data-key="freeze">Freeze the last result</button></p>'
        f"{SAID}{none}{loose}<ul>{rows}</ul></div>"
    )


def _example(at: int, record: Record, stale: bool) -> str:
    said = ", ".join(f"{name}: {value[:60]}" for name, value in record.values.items()) or "without inputs"
    late = (
        ' <span class="warn">made with other words than what is kept, so its visitors do not see it</span>'
        if stale
        else ""
    )
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
        '<div class="share-row" data-part="files"><h3>Take it along</h3><details class="menu" data-key="files">'
        f"<summary>Download</summary><ul>{rows}</ul></details>{SAID}</div>"
    )


def _versions(standing: Standing, versions: str) -> str:
    if not standing.kept:
        return ""
    ask = '<button type="button" data-act="versions" data-key="versions">Show earlier versions</button>'
    shown = versions or f'<p class="acts">{ask}</p>'
    return f'<div class="share-row" data-part="versions"><h3>Versions</h3>{SAID}{shown}</div>'


def notice_html(said: str, bad: bool = False) -> str:
    """One sentence about what was just done, or could not be."""
    return (
        f'<p class="{"failed" if bad else "small"} share-told" role="{"alert" if bad else "status"}">{text(said)}</p>'
    )
