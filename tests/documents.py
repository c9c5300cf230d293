"""Documents of every kind, drawn by hypothesis: all that a run can hold, palettes, sketches and their results."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import strategies as st

from swatchbook.notes import Blind, Note, Span, Vote
from swatchbook.palettes import Palette
from swatchbook.runs import Credit, Lane, ModelRef, Run, Sample, Settings, Tag, Timing, Trace
from swatchbook.sketch.kept import Ancestor, KeptSketch
from swatchbook.sketch.record import Cell, Record, Share

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
"""Every Unicode text, control characters included."""
said = texts.filter(bool)
bits = st.floats(0, 60, allow_nan=False)
moments = st.sampled_from(["", "2026-01-02T03:04:05+00:00", "2031-12-31T23:59:59Z"])
hands = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-", min_size=1, max_size=24)
"""Ids, as they may be written."""
_FIRST, _REST = "abcxyzABC0123456789", "abcxyzABC0123456789._-"
part = st.builds(str.__add__, st.sampled_from(_FIRST), st.text(_REST, max_size=10)).filter(
    lambda name: ".." not in name
)
commits = st.none() | st.text("0123456789abcdef", min_size=7, max_size=40)
refs = st.one_of(
    st.builds(ModelRef, source=st.sampled_from(["house", "remote"]), repo=part, commit=commits),
    st.builds(ModelRef, source=st.just("hub"), repo=st.tuples(part, part).map("/".join), commit=commits),
)
tags = st.builds(Tag, name=texts, detail=texts, token=st.none() | st.integers(0, 9))
drawings = st.builds(
    Settings,
    samples=st.integers(1, 16),
    max_tokens=st.integers(1, 512),
    temperature=st.sampled_from([0.0, 0.7, 0.9, 4.0]),
    top_p=st.sampled_from([0.05, 1.0]),
    stop=st.lists(said, max_size=2),
    seed=st.integers(0, 2**31 - 1),
)
WAYS = st.sampled_from(["completion", "chat"])
WEIGHTS = st.sampled_from(["auto", "bf16", "fp32"])


@st.composite
def samples(draw: st.DrawFn, lane: str) -> Sample:
    count = draw(st.integers(0, 4))
    row = st.lists(bits, min_size=count, max_size=count)
    ids = st.lists(st.integers(0, 1000), min_size=count, max_size=count)
    rows = st.lists(st.lists(bits, max_size=5), min_size=count, max_size=count)
    raw = draw(st.none() | st.binary(max_size=8))
    text = draw(texts) if raw is None else raw.decode(errors="replace")
    size = len(text.encode() if raw is None else raw)
    return Sample(
        lane=lane,
        filling=draw(st.lists(texts, max_size=2)),
        index=draw(st.integers(0, 15)),
        seed=draw(st.integers(0, 2**31)),
        prompt=draw(texts),
        token_ids=draw(ids),
        ends=sorted(draw(st.lists(st.integers(0, size), min_size=count, max_size=count))),
        text=text,
        raw=None if raw is None else base64.b64encode(raw).decode(),
        trace=Trace(surprisal=draw(row), entropy=draw(row), top_bits=draw(rows)),
        finish=draw(st.sampled_from(["end", "stop", "length", "context", "cancelled", "failed", None])),
        timing=Timing(first_token=draw(st.none() | bits), total=None),
        tags=draw(st.lists(tags, max_size=2)),
        error=draw(st.none() | texts),
    )


@st.composite
def lanes(draw: st.DrawFn, placebos: bool = True) -> list[Lane]:
    models = draw(st.lists(refs, min_size=1, max_size=3))
    made = [Lane(id=f"lane-{n}", model=ref, mode=draw(WAYS), precision=draw(WEIGHTS)) for n, ref in enumerate(models)]
    if placebos and draw(st.booleans()):
        made.append(made[0].model_copy(update={"id": "again", "repeats": "lane-0"}))
    return made


@st.composite
def places(draw: st.DrawFn, held: list[Sample]) -> Span:
    """A sample of a run, or some of its characters."""
    number = draw(st.integers(0, len(held) - 1))
    sample = held[number]
    place = Span(lane=sample.lane, sample=sum(s.lane == sample.lane for s in held[:number]))
    if not sample.text or draw(st.booleans()):
        return place
    start = draw(st.integers(0, len(sample.text) - 1))
    return place.model_copy(update={"start": start, "end": draw(st.integers(start + 1, len(sample.text)))})


@st.composite
def notes(draw: st.DrawFn, columns: list[Lane], held: list[Sample]) -> list[Note]:
    """Threads: notes on lanes, samples and characters; answers; contests of notes and of tags."""
    lane = st.sampled_from(columns).map(lambda column: Span(lane=column.id))
    made: list[Note] = []
    for number in range(draw(st.integers(0, 4))):
        about: dict[str, Any] = {
            "id": f"note-{number}",
            "text": draw(said),
            "author": draw(texts),
            "created": draw(moments),
        }
        if held and draw(st.booleans()):
            at = draw(st.lists(places(held), min_size=1, max_size=2))
            tag: dict[str, Any] = {"tag": draw(texts), "contests": True} if draw(st.booleans()) else {}
            made.append(Note(**about, at=at, **tag))
        elif made and draw(st.booleans()):
            answered = draw(st.sampled_from(made)).id
            made.append(Note(**about, answers=answered, contests=draw(st.booleans())))
        else:
            made.append(Note(**about, at=draw(st.lists(lane, max_size=2))))
    return made


@st.composite
def readings(draw: st.DrawFn, columns: list[Lane]) -> Blind:
    order = draw(st.permutations([lane.id for lane in columns]))
    votes = [Vote(question="best", lanes=order[:1]), Vote(question="alike", lanes=order[:2])]
    return Blind(
        id=draw(hands),
        reader=draw(texts),
        created=draw(moments),
        order=order,
        votes=draw(st.sampled_from([[], votes[:1], votes])),
        words=draw(texts),
        named=draw(st.sampled_from([[], order[-1:]])),
    )


credits = st.builds(
    Credit,
    model=refs,
    author=texts,
    licence=texts,
    datasets=st.lists(texts, max_size=2),
    parents=st.lists(texts, max_size=1),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    columns = draw(lanes())
    held = [draw(samples(lane.id)) for lane in columns for _ in range(draw(st.integers(0, 2)))]
    return Run(
        title=draw(texts),
        created=draw(moments),
        parent=draw(st.none() | hands),
        relation=draw(st.sampled_from([None, "again", "notes", "remix"])),
        template=draw(texts),
        settings=draw(drawings),
        lanes=columns,
        samples=held,
        notes=draw(notes(columns, held)),
        readings=draw(st.lists(readings(columns), max_size=1)) if len(columns) > 1 else [],
        credits=draw(st.lists(credits, max_size=2)),
        machine=draw(texts),
        versions=draw(st.dictionaries(texts, texts, max_size=2)),
    )


palettes = st.builds(
    Palette,
    id=hands,
    title=texts,
    created=moments,
    parent=st.none() | hands,
    lanes=lanes(placebos=False),
)

LETTER = """sketch: 1
title: Letter
author: Ana
inputs:
  mood: {ask: Mood, choose: [tender, furious]}
grammar:
  weather: [drizzle, "a second sun"]
steps:
  - id: draft
    model: [house/cook@0123456, owner/small@0123456:chat]
    prompt: "A {{mood}} letter in #weather#."
"""
shares = st.builds(Share, option=texts, share=st.floats(0, 1), bits=bits)
cells = st.builds(
    Cell,
    step=texts,
    column=st.none() | st.integers(0, 7),
    at=st.integers(0, 19),
    model=st.none() | refs,
    mode=WAYS,
    prompt=texts,
    rendered=texts,
    text=texts,
    seed=st.integers(0, 2**31 - 1),
    finish=st.sampled_from([None, "end", "length", "cancelled", "failed"]),
    error=st.none() | texts,
    skipped=st.booleans(),
    split=st.lists(shares, max_size=2),
    tags=st.lists(tags, max_size=1),
    tokens=st.integers(0, 512),
    seconds=bits,
)
sketch_texts = st.sampled_from([LETTER, LETTER.replace("house/cook", "house/clerk")]) | texts
records = st.builds(
    Record,
    id=hands,
    title=texts,
    created=moments,
    parent=st.none() | hands,
    sketch=sketch_texts,
    values=st.dictionaries(texts, texts, max_size=2),
    seed=st.integers(0, 2**31 - 1),
    cells=st.lists(cells, max_size=3),
    credits=st.lists(credits, max_size=1),
    machine=texts,
    versions=st.dictionaries(texts, texts, max_size=2),
)
sketches = st.builds(
    KeptSketch,
    id=hands,
    title=texts,
    created=moments,
    parent=st.none() | hands,
    relation=st.sampled_from([None, "version", "remix"]),
    text=sketch_texts,
    examples=st.lists(records, max_size=2),
    lineage=st.lists(st.builds(Ancestor, id=texts, title=texts, author=texts), max_size=2),
)

DOCUMENTS = {"run": runs(), "palette": palettes, "sketch": sketches, "record": records}
"""A strategy for each kind."""
