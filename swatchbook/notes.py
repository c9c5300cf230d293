"""What readers leave on a run: notes on places in its texts, and what they chose while they read it blind.

Only the vocabulary; whether a place exists is for the run to say. Knows no
samples, no page.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from swatchbook.strict import Id, Moment, Strict, new_id, now

MAX_NOTE = 4000
"""Most characters in a note."""
MAX_NAME = 60
"""Most characters in the name that a reader gives."""
MAX_PLACES = 8

Question = Literal["best", "strangest", "alike"]
Name = Annotated[str, Field(max_length=MAX_NAME)]


class Span(Strict):
    """A place in a run: a lane, one of its samples, or the characters `start:end` of that sample's text.

    `sample` counts the lane's samples from 0, in the run's order.
    """

    lane: Id
    sample: Annotated[int, Field(ge=0)] | None = None
    start: Annotated[int, Field(ge=0)] | None = None
    end: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("a note's place has a start without an end, or an end without a start")
        if self.start is not None and self.end is not None and (self.sample is None or self.start >= self.end):
            raise ValueError("a note's place covers no characters of a sample")
        return self


class Note(Strict):
    """A remark on places of a run, linked across its lanes; on its own, an answer, or a contest.

    `answers` is the note it answers. With `contests` it objects: to that note, or to the
    tag called `tag` on the sample at its first place.
    """

    id: Id = Field(default_factory=new_id)
    text: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]
    author: Name = ""
    created: Moment = Field(default_factory=now)
    at: Annotated[list[Span], Field(max_length=MAX_PLACES)] = []
    answers: Id | None = None
    tag: Annotated[str, Field(max_length=40)] | None = None
    contests: bool = False

    @model_validator(mode="before")
    @classmethod
    def _first_format(cls, said: Any) -> Any:
        """Format 1 named a lane, or none, in place of places."""
        if isinstance(said, dict) and "lane" in said:
            lane, rest = said["lane"], {key: value for key, value in said.items() if key != "lane"}
            return {"at": [] if lane is None else [{"lane": lane}], **rest}
        return said

    @model_validator(mode="after")
    def _objects_to_something(self) -> Self:
        tagged = self.tag is not None and bool(self.at) and self.at[0].sample is not None
        if self.contests and not (tagged or self.answers):
            raise ValueError("a contest names neither a note nor a tag of a sample")
        if self.tag is not None and not (tagged and self.contests):
            raise ValueError("a note names a tag without contesting it on a sample")
        return self


class Vote(Strict):
    """What a reader chose: one lane as best or strangest, or two as the most alike."""

    question: Question
    lanes: Annotated[list[Id], Field(min_length=1, max_length=2)]

    @model_validator(mode="after")
    def _as_many_as_asked(self) -> Self:
        if len(set(self.lanes)) != (2 if self.question == "alike" else 1):
            raise ValueError("a vote for the most alike names two lanes, any other one")
        return self


class Blind(Strict):
    """A run read without names: the lanes in the order in which they were shown, and what was chosen.

    `named` are lanes whose text said the model's own name, so that they were not blind.
    """

    id: Id = Field(default_factory=new_id)
    reader: Name = ""
    created: Moment = Field(default_factory=now)
    order: Annotated[list[Id], Field(min_length=2, max_length=8)]
    votes: Annotated[list[Vote], Field(max_length=3)] = []
    words: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    named: Annotated[list[Id], Field(max_length=8)] = []

    @model_validator(mode="after")
    def _once(self) -> Self:
        asked = [vote.question for vote in self.votes]
        if len(set(asked)) != len(asked) or len(set(self.order)) != len(self.order):
            raise ValueError("a blind reading answers a question twice, or shows a lane twice")
        if not {*self.named, *(lane for vote in self.votes for lane in vote.lanes)} <= set(self.order):
            raise ValueError("a blind reading speaks of a lane that it did not show")
        return self

    def chosen(self, question: Question) -> list[str]:
        """The lanes chosen for a question; none where it was left open."""
        return next((vote.lanes for vote in self.votes if vote.question == question), [])
