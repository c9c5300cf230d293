"""Notes on a run: each with its places, what answers it and what contests it; and the one being written.

Works on a run and a look alone. All foreign text passes `render`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set

from components.look import Look
from components.render import text
from components.session import Composing
from swatchbook.notes import MAX_NAME, MAX_NOTE, MAX_PLACES, Note, Span
from swatchbook.runs import Run

DEEPEST = 6
"""Steps to the right that answers to answers go at most."""
QUOTED = 160
"""Most characters of a place that are quoted."""


def notes_html(run: Run, look: Look, composing: Composing | None, own: Set[str] = frozenset()) -> str:
    """All notes as threads, and below them the one that is being written; those of `own` can be removed."""
    numbers = {note.id: number for number, note in enumerate(run.notes, 1)}
    listed = "".join(
        f'<li id="note-{numbers[note.id]}" tabindex="-1" style="--depth:{min(depth, DEEPEST)}">'
        f"{_note(run, look, note, numbers, note.id in own)}</li>"
        for note, depth in _threads(run.notes)
    )
    count = len(run.notes)
    title = f"{count} note{'' if count == 1 else 's'}" if count else "Notes"
    hint = (
        ""
        if count or composing
        else '<p class="small">Select words in a text, or press <em>note</em> under it, and write what you see. Press a'
        " tag such as <em>loop</em> to contest it.</p>"
    )
    threads = f'<ol class="threads">{listed}</ol>' if listed else ""
    composer = composer_html(run, look, composing) if composing else ""
    head = f'<h2 tabindex="-1" data-rest>{title}</h2>{hint}'
    return f'<section class="notes" aria-label="Notes">{head}{threads}{composer}</section>'


def _threads(notes: Sequence[Note]) -> Iterator[tuple[Note, int]]:
    """Each note with how deep it stands below others, what answers it right after it."""
    answers: defaultdict[str | None, list[Note]] = defaultdict(list)
    for note in notes:
        answers[note.answers].append(note)
    waiting = [(note, 0) for note in reversed(answers[None])]
    while waiting:
        note, depth = waiting.pop()
        yield note, depth
        waiting += [(each, depth + 1) for each in reversed(answers[note.id])]


def _note(run: Run, look: Look, note: Note, numbers: dict[str, int], own: bool) -> str:
    number, key = numbers[note.id], text(note.id)
    who = text(note.author) if note.author else "somebody"
    when = f'<time datetime="{text(note.created)}">{text(note.created[:10])}</time>' if note.created else ""
    acts = "".join(
        f'<button type="button" class="link" data-act="{act}" data-note="{key}" data-key="{act}-{key}"'
        f' aria-label="{label} note {number}">{label}</button>'
        for act, label in (("answer", "Answer"), ("object", "Contest"), *([("remove", "Remove")] if own else []))
    )
    return (
        f'<article class="note-card{" against" if note.contests else ""}"><header><span class="number">{number}</span>'
        f" <strong>{who}</strong> {_contests(note, numbers)} {when}</header>"
        f'{"".join(quote_html(run, look, span) for span in note.at)}<p class="said">{text(note.text)}</p>'
        f'<p class="acts">{acts}</p></article>'
    )


def _contests(note: Note, numbers: dict[str, int]) -> str:
    if note.tag is not None:
        return f'<span class="tag fail">contests the tag {text(note.tag)}</span>'
    if note.answers is None:
        return ""
    number = numbers.get(note.answers, 0)
    return f'<span class="tag fail">contests note {number}</span>' if note.contests else f"answers note {number}"


def quote_html(run: Run, look: Look, span: Span, drop: str = "") -> str:
    """A place: whose text it is, and the words; with a button that leads to it."""
    key = look.key(span.lane)
    where = f"{key}:{span.sample}" if span.sample is not None else key
    said = place_text(run, span)
    words = f"<q>{text(said)}</q>" if said else "the whole text"
    return (
        f'<p class="place"><button type="button" class="link" data-jump="{text(where)}"'
        f' aria-label="Go to {text(place_name(run, look, span))}">{text(place_name(run, look, span))}</button>'
        f" {words}{drop}</p>"
    )


def place_name(run: Run, look: Look, span: Span) -> str:
    name = look.name(run.lane(span.lane))
    if span.sample is None:
        return name
    sample = run.of(span.lane)[span.sample]
    words = f", {' / '.join(sample.filling)}" if sample.filling else ""
    return f"{name}{words}, sample {sample.index + 1}"


def place_text(run: Run, span: Span) -> str:
    """The words of a place; nothing for a whole sample or lane."""
    if span.sample is None or span.start is None:
        return ""
    said = run.of(span.lane)[span.sample].text[span.start : span.end]
    return said if len(said) <= QUOTED else f"{said[: QUOTED - 1]}…"


def composer_html(run: Run, look: Look, composing: Composing) -> str:
    """The form for the note that is being written."""
    places = "".join(_open_place(run, look, number, span) for number, span in enumerate(composing.at))
    more = (
        '<p class="small">Select words in another text, or press its <em>note</em>, to link it to this note.</p>'
        if 0 < len(composing.at) < MAX_PLACES and composing.tag is None
        else ""
    )
    return (
        f'<form class="composer" data-form="write" data-of="{text(run.id)}"><h3>{_heading(run, composing)}</h3>'
        f"{places}{more}"
        f'<label>Your note<textarea name="text" rows="3" maxlength="{MAX_NOTE}" required></textarea></label>'
        f"{author_html()}"
        '<p class="acts"><button type="submit" class="strong">Save the note</button>'
        '<button type="button" class="link" data-act="drop-note">Leave it</button></p></form>'
    )


def author_html() -> str:
    """The field for a reader's name, which the browser remembers."""
    field = f'<input name="author" maxlength="{MAX_NAME}" autocomplete="nickname" data-lasting>'
    return f"<label>Your name, if you like{field}</label>"


def _heading(run: Run, composing: Composing) -> str:
    if composing.tag is not None:
        return f"Contest the tag “{text(composing.tag)}”"
    if composing.answers is not None:
        number = next((n for n, note in enumerate(run.notes, 1) if note.id == composing.answers), 0)
        return f"{'Contest' if composing.contests else 'Answer'} note {number}"
    return "A new note"


def _open_place(run: Run, look: Look, number: int, span: Span) -> str:
    name = text(place_name(run, look, span))
    drop = (
        f' <button type="button" class="link" data-act="unplace" data-place="{number}" data-key="unplace-{number}"'
        f' aria-label="Take out {name}">take out</button>'
    )
    if span.start is not None or span.sample is None:
        return quote_html(run, look, span, drop)
    return (
        f"{quote_html(run, look, span, drop)}"
        '<label class="only">Only these words of it, as they stand there'
        f'<input name="words-{number}" autocomplete="off"></label>'
    )


def tag_names(run: Run, span: Span) -> Iterable[str]:
    """The tags on the sample of a place."""
    return (tag.name for tag in run.of(span.lane)[span.sample].tags) if span.sample is not None else ()
