"""The notes of a run on its plate: their marks in the texts, and the list that they lead to.

Notes are numbered as the run holds them. All foreign text passes `markup.text`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from swatchbook.archive.plates.surprise import Mark, short, sign
from swatchbook.markup import text
from swatchbook.notes import Note, Span
from swatchbook.runs import Lane, Run

QUOTE = 160
"""Most characters quoted of a note's place."""
NESTED = 3
"""How far answers are indented; deeper ones only say what they answer."""


class Remarks:
    """A run's notes by their places."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._numbers = {note.id: number for number, note in enumerate(run.notes, 1)}
        self._lanes: defaultdict[str, list[int]] = defaultdict(list)
        self._samples: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self._marks: defaultdict[tuple[str, int], list[Mark]] = defaultdict(list)
        self._tags: defaultdict[tuple[str, int, str], list[int]] = defaultdict(list)
        self._answers: defaultdict[str | None, list[Note]] = defaultdict(list)
        self._texts = {lane.id: [sample.text for sample in run.of(lane.id)] for lane in run.lanes}
        for note in run.notes:
            self._answers[note.answers].append(note)
            for place, span in enumerate(note.at):
                self._put(note, span, first=place == 0)

    def _put(self, note: Note, span: Span, first: bool) -> None:
        number = self._numbers[note.id]
        if span.sample is None:
            self._lanes[span.lane].append(number)
        elif span.start is not None and span.end is not None:
            self._marks[span.lane, span.sample].append((span.start, span.end, number))
        elif not (first and note.tag is not None):
            self._samples[span.lane, span.sample].append(number)
        if first and note.tag is not None and span.sample is not None:
            self._tags[span.lane, span.sample, note.tag].append(number)

    def marks(self, lane: str, sample: int) -> list[Mark]:
        """The marks within a text of a lane, which counts its samples from 0."""
        return self._marks.get((lane, sample), [])

    def on_lane(self, lane: str) -> list[int]:
        return self._lanes.get(lane, [])

    def on_sample(self, lane: str, sample: int) -> list[int]:
        """The notes on a whole sample."""
        return self._samples.get((lane, sample), [])

    def on_tag(self, lane: str, sample: int, tag: str) -> list[int]:
        """The notes that contest a tag."""
        return self._tags.get((lane, sample, tag), [])

    def touched(self, lane: str, sample: int, tags: Iterable[str]) -> bool:
        """Whether any note is about this sample."""
        marked = self.marks(lane, sample) or self.on_sample(lane, sample)
        return bool(marked) or any(self.on_tag(lane, sample, tag) for tag in tags)

    def html(self) -> str:
        """All notes, each thread together; nothing where there are none."""
        if not self._run.notes:
            return ""
        items = "".join(self._item(note, depth) for note, depth in self._threads())
        return f'<section class="notes" aria-labelledby="notes"><h2 id="notes">Notes</h2><ol>{items}</ol></section>'

    def _threads(self) -> Iterable[tuple[Note, int]]:
        """Each note with what answers it below it, and how deep it lies. Threads may be a thousand deep."""
        waiting = [(note, 0) for note in reversed(self._answers[None])]
        while waiting:
            note, depth = waiting.pop()
            yield note, depth
            waiting += [(each, depth + 1) for each in reversed(self._answers.get(note.id, []))]

    def _item(self, note: Note, depth: int) -> str:
        number = self._numbers[note.id]
        who = f"<bdi>{text(note.author)}</bdi>" if note.author else "somebody"
        when = f' <time datetime="{text(note.created)}">{text(note.created[:10])}</time>' if note.created else ""
        kinds = [f"d{min(depth, NESTED)}", *(["against"] if note.contests else [])]
        places = "".join(f"<li>{self._place(span)}</li>" for span in note.at)
        return (
            f'<li id="note-{number}" class="{" ".join(kinds)}"><p class="head"><b class="number">{number}</b> '
            f"<strong>{who}</strong>{when}{self._bearing(note)}</p>"
            f'{f"<ul>{places}</ul>" if places else ""}<p class="said" dir="auto">{text(note.text)}</p></li>'
        )

    def _bearing(self, note: Note) -> str:
        """What the note says it is to others, and which of them object to it."""
        said = []
        if note.tag is not None:
            said.append(f'<span class="tag fail">objects to the tag “<bdi>{text(note.tag)}</bdi>”</span>')
        if note.answers is not None:
            to = f"note {self._numbers[note.answers]}"
            said.append(f'<span class="tag fail">objects to {to}</span>' if note.contests else f"answers {to}")
        against = [self._numbers[each.id] for each in self._answers.get(note.id, []) if each.contests]
        if against:
            links = ", ".join(f'<a href="#note-{number}">{number}</a>' for number in against)
            said.append(f'<span class="tag fail">contested in {_notes(len(against))} {links}</span>')
        return "".join(f" {each}" for each in said)

    def _place(self, span: Span) -> str:
        name = f"<bdi>{text(lane_name(self._run.lane(span.lane)))}</bdi>"
        if span.sample is None:
            return f'<a href="#{lane_anchor(self._run, span.lane)}">{name}</a>'
        link = f'<a href="#{anchor(self._run, span.lane, span.sample)}">{name}, sample {span.sample + 1}</a>'
        if span.start is None:
            return link
        words = self._texts[span.lane][span.sample][span.start : span.end]
        return f"{link}: <q>{text(short(words, QUOTE))}</q>"


def lane_name(lane: Lane) -> str:
    """The model's name; a placebo's says that it is there again. Not yet HTML."""
    return f"{lane.model.name}, once more" if lane.repeats else lane.model.name


def lane_anchor(run: Run, lane: str) -> str:
    """Where a lane lies on the page."""
    return f"lane-{1 + next(place for place, each in enumerate(run.lanes) if each.id == lane)}"


def anchor(run: Run, lane: str, sample: int) -> str:
    """Where a sample lies on the page; a lane counts its samples from 0."""
    return f"{lane_anchor(run, lane)}-{sample + 1}"


def signs(numbers: Iterable[int]) -> str:
    """Marks that lead to these notes, each once."""
    return "".join(sign(number) for number in dict.fromkeys(numbers))


def _notes(count: int) -> str:
    return "note" if count == 1 else "notes"
