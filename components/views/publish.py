"""Publishing a sketch as a Space: the form for those who can sign in, the files and the steps for all others.

Works on what it is told. All foreign text passes `render`.
"""

from __future__ import annotations

from components.render import text
from swatchbook.sketch.publish.space import Step
from swatchbook.sketch.publish.work import Target

TARGETS: dict[Target, tuple[str, str]] = {
    "zerogpu": ("Space on ZeroGPU", "free for accounts that are a month old, two such Spaces each; models answer anew"),
    "cpu": ("Space on a processor", "takes a paid PRO account; models answer anew"),
    "static": ("Static page", "free for everybody; what models wrote is replayed"),
}
"""Where a sketch can be published: its name, and what it asks of one."""
SAID = '<div class="small said" role="status"></div>'
"""Where a part has the page say what came of a press in it."""
BY_HAND = (
    "<li>On huggingface.co choose New, then Space. Name it, and choose Gradio as its SDK, or Static for the static"
    " page.</li>"
    "<li>Unpack the file here. In the Space open Files, then Contribute, then Upload files, and drop what is inside the"
    " folder <code>piece</code>: all of it, and not the folder.</li>"
    "<li>Press Commit. The Space builds and starts by itself.</li>"
)


def by_hand_html() -> str:
    """The files for each kind of Space, and three steps."""
    rows = "".join(
        f'<li><button type="button" data-on="submit" data-act="take" data-format="space-{name}"'
        f' data-key="space-{name}">{title}</button> <span class="small">{about}</span></li>'
        for name, (title, about) in TARGETS.items()
    )
    return (
        '<div class="share-row" data-part="publish"><h3>Publish</h3>'
        '<details data-key="publish"><summary>Publish it as a Space of its own</summary>'
        "<p>A Space is a page of its own on huggingface.co, with an address for everybody; it takes an account there,"
        " which is free. Download one of these; then it is three steps.</p>"
        f'<ul class="targets">{rows}</ul>'
        f'<ol class="steps">{BY_HAND}</ol></details>{SAID}</div>'
    )


def publish_html(name: str, target: str = "zerogpu", told: str = "") -> str:
    """The form; `told` is how far a publishing is, as markup."""
    options = "".join(
        f'<label class="option"><input type="radio" name="target" value="{key}"{" checked" if key == target else ""}>'
        f' {title} <span class="small">{about}</span></label>'
        for key, (title, about) in TARGETS.items()
    )
    return (
        '<div class="share-row" data-part="publish"><h3>Publish</h3>'
        '<form data-form="publish" data-of="sketch"><label>Name of the Space'
        f'<input name="name" maxlength="60" value="{text(name)}" autocomplete="off" class="mono"></label>'
        f'<fieldset><legend>Where</legend><div class="options">{options}</div></fieldset>'
        '<label class="tick"><input type="checkbox" name="public"> Everybody may see it</label>'
        '<button type="submit" data-key="publish">Publish</button></form>'
        '<p class="small">Sign in with the button above. Swatchbook may then make Spaces for you, and change only'
        f" those. Your sign-in is not kept.</p>{SAID}{told}</div>"
    )


def step_html(step: Step) -> str:
    """How far it is, in one line, with what else can be done."""
    bad = step.stage == "failed"
    way = (
        f' <a href="{text(step.address)}" target="_blank" rel="noopener">{text(step.address)}</a>'
        if step.address
        else ""
    )
    other = "".join(_instead(target) for target in step.instead)
    again = f" A free name: <code>{text(step.name)}</code>." if step.name else ""
    return (
        f'<p class="{"failed" if bad else "small"} publishing" role="{"alert" if bad else "status"}">'
        f"{text(step.said)}{way}{again}</p>{f'<p class=acts>{other}</p>' if other else ''}"
    )


def _instead(target: Target) -> str:
    title = TARGETS[target][0] if target in TARGETS else "A zip to run anywhere"
    form = "zip" if target == "zip" else f"space-{target}"
    return (
        f'<button type="button" data-on="submit" data-act="take" data-format="{form}" data-key="instead-{target}">'
        f"Take this instead: {title}</button>"
    )
