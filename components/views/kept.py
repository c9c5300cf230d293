"""Keeping a run: the form, the link and the key once it is kept, and how lasting that is.

Works on what it is told. All foreign text passes `render`.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.render import text
from swatchbook.runs import MAX_TITLE, Run

LONG = " It is too long to stay in this browser as a draft: keep it, or download it."
CHILD = {
    "again": "The same, asked again: a child of",
    "notes": "With new notes or votes: a child of",
    "remix": "Asked otherwise: a child of",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands with the archive.

    `lasting` says in words how long it stays; `mirrored` is None without an archive repository; `home` says that
    the page is at an address that leads nowhere from other machines.
    """

    lasting: str = ""
    mirrored: bool | None = None
    delay: str = ""
    warning: str = ""
    home: bool = False
    listed: bool = False
    parent: str | None = None
    """Whether the run that this one came of is "listed" or "unlisted"; None where it is not kept here."""
    parent_title: str = ""
    long: bool = False
    """Whether it is too long to be a draft in the browser."""
    fault: str = ""


def keep_html(run: Run, kept: str | None, key: str | None, standing: Standing) -> str:
    """The form, or where a run is kept already its link."""
    told = [said for said in (standing.fault, standing.warning) if said]
    fault = "".join(f'<p class="warn">{text(said)}</p>' for said in told)
    inner = _kept(run, kept, key, standing) if kept else _form(run, standing)
    return f'<section class="keeping" aria-label="Keep this run">{_parent(run, standing)}{inner}{fault}</section>'


def _parent(run: Run, standing: Standing) -> str:
    if run.parent is None or standing.parent is None:
        return ""
    said = CHILD.get(run.relation or "", "A child of")
    if standing.parent == "unlisted":
        return f'<p class="small">{said} an earlier run, which is not listed.</p>'
    name = text(standing.parent_title or "an earlier run")
    return f'<p class="small">{said} <a href="?run={text(run.parent)}&amp;tab=compare"><bdi>{name}</bdi></a>.</p>'


def _form(run: Run, standing: Standing) -> str:
    return (
        f'<form data-form="keep" data-of="{text(run.id)}"><label>Name this run<input name="title"'
        f' maxlength="{MAX_TITLE}" value="{text(run.title)}" placeholder="optional" autocomplete="off"></label>'
        '<label class="tick"><input type="checkbox" name="listed"> List it in the Archive'
        '<span class="small"> (otherwise only those with the link find it)</span></label>'
        '<button type="submit" class="strong" data-key="keep">Keep</button></form>'
        f'<p class="small"><strong>Not kept yet.</strong> {text(standing.lasting)}{LONG if standing.long else ""}</p>'
    )


def _kept(run: Run, kept: str, key: str | None, standing: Standing) -> str:
    own = f' data-own="{text(kept)}" data-secret="{text(key)}" data-kind="run"' if key else ""
    mirrored = _mirror(standing)
    title = f"“{text(run.title)}” is kept." if run.title else "This run is kept."
    listed = "It is listed in the Archive." if standing.listed else "Only those with its link find it."
    return (
        f'<div class="kept"{own}><p tabindex="-1" data-rest><strong>{title}</strong> {listed} '
        f"{mirrored or text(standing.lasting)}</p>"
        f'<p class="link-row"><input class="mono" readonly data-link="run={text(kept)}"'
        ' aria-label="The link to this run">'
        '<button type="button" data-copy="link" data-key="copy-kept">Copy the link</button>'
        '<button type="button" class="link" data-copy="blind" data-key="copy-blind">Copy a link to read it blind'
        f"</button></p>{_key(key)}{_home(standing)}"
        '<p class="small">What is kept does not change: notes and votes that you add make a child of it, which you can'
        " keep, too.</p></div>"
    )


def _key(key: str | None) -> str:
    if not key:
        return ""
    return (
        f'<p class="key">Key to delete it: <code>{text(key)}</code> <span class="small">It is shown this once, and this'
        " browser remembers it. Whoever has it can delete what is kept.</span></p>"
    )


def _mirror(standing: Standing) -> str:
    if standing.mirrored is None:
        return ""
    if standing.mirrored:
        return '<span class="mirrored">It is copied to the archive repository. </span>'
    delay = f" {text(standing.delay)}" if standing.delay else ""
    return f'<span class="waiting" data-poll>It is not yet mirrored to the archive repository.{delay} </span>'


def kept_notice_html(kind: str, parameter: str, id: str, key: str, standing: Standing) -> str:
    """What is said of a document that was just kept, where the page has no place of its own for it."""
    listed = "It is listed in the Archive. " if standing.listed else "Only those with its link find it. "
    return (
        f'<div class="notice kept" role="status" data-own="{text(id)}" data-secret="{text(key)}" data-kind="{kind}">'
        f"<p><strong>Your {kind} is kept.</strong> {listed}{text(standing.lasting)}</p>"
        f'<p class="link-row"><input class="mono" readonly data-link="{parameter}={text(id)}"'
        f' aria-label="The link to this {kind}"><button type="button" data-copy="link">Copy the link</button></p>'
        f"{_key(key)}</div>"
    )


def _home(standing: Standing) -> str:
    """What to share from a machine that others cannot reach."""
    if not standing.home:
        return ""
    return (
        '<p class="small home">This page runs on your own machine, so the link opens only here. To share the run, send'
        " the file (Download: the run as JSON, or the page), copy a <em>packed link</em> and put a Space's address"
        " before its <code>?packed</code>, or start Swatchbook with <code>SWATCHBOOK_SHARE=1</code> for an address of"
        " gradio.live that works for a week.</p>"
    )
