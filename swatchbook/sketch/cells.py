"""A cell while it is performed: what it was asked, what has come of it, and the cell that is kept of it.

Knows the engine's events and the record's vocabulary; who asks the engine, and
when the page is told, is `play`'s work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from swatchbook.engine.events import Event, Failed, Finished, Loading, Started, Tokens
from swatchbook.live import LiveSample
from swatchbook.runs import Finish, Mode, ModelRef, Tag
from swatchbook.sketch.parts import Asked
from swatchbook.sketch.pick import likeliest
from swatchbook.sketch.record import MAX_ERROR, MAX_TEXT, Cell, Share

Status = Literal["waiting", "loading", "writing", "done", "skipped", "failed", "cancelled"]
ENDED = ("done", "skipped", "failed", "cancelled")


@dataclass(slots=True)
class LiveCell:
    """One step in one `column` (None: the same for all), at one round or line `at`. `text` only grows at its end.

    `share` is how much of the model is loaded, from 0 to 1, or None. Times are those of the performance's clock, in
    seconds.
    """

    step: str
    column: int | None
    at: int
    asked: Asked | None
    seed: int = 0
    prompt: str = ""
    status: Status = "waiting"
    share: float | None = None
    split: list[Share] = field(default_factory=list)
    remembered: bool = False
    began: float = 0.0
    written: LiveSample = field(init=False)

    def __post_init__(self) -> None:
        self.written = LiveSample(self.step, (), self.at, self.seed)

    @property
    def model(self) -> ModelRef | None:
        return self.asked.model if self.asked else None

    @property
    def mode(self) -> Mode:
        return self.asked.mode if self.asked else "completion"

    @property
    def text(self) -> str:
        return self.written.text

    @property
    def tokens(self) -> int:
        return self.written.tokens

    @property
    def tags(self) -> list[Tag]:
        return self.written.tags

    @property
    def error(self) -> str | None:
        return self.written.error

    @property
    def seconds(self) -> float:
        """From the asking to the end; 0 before that, and where no model was asked."""
        return self.written.total or 0.0

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    def hear(self, event: Event, now: float) -> None:
        """Take in what the engine said of this cell."""
        match event:
            case Loading(share=share):
                self.share = share
                self.status = "waiting" if share is None else "loading"
            case Started(prompt=prompt, tokens=tokens):
                self.written.prompt, self.written.prompt_tokens = prompt, tokens
                self.status = "writing"
            case Tokens():
                self.written.add(event, now - self.began)
            case Finished(finish=finish):
                self._end("done", finish, now)
            case Failed(message=message):
                self.fail(message, now)

    def say(self, text: str) -> None:
        """End with a text that no model wrote."""
        self.written.text, self.status = text, "done"

    def choose(self, split: Sequence[Share], now: float) -> None:
        """End with the likeliest of some options."""
        self.split = list(split)
        self.written.total = now - self.began
        self.say(likeliest(split))

    def skip(self) -> None:
        self.status = "skipped"

    def fail(self, message: str, now: float | None = None) -> None:
        """End with a sentence that says why; what was written stays. A second end changes nothing."""
        self._end("failed", "failed", now, message[:MAX_ERROR])

    def cancel(self, now: float) -> None:
        self._end("cancelled", "cancelled", now if self.status == "writing" else None)

    def recall(self, cell: Cell, remembered: bool = True) -> None:
        """End as a cell that followed from the same."""
        self.written = LiveSample(
            self.step, (), self.at, self.seed, cell.rendered or cell.prompt, cell.prompt_tokens, cell.text,
            tokens=cell.tokens, finish=cell.finish, error=cell.error, total=cell.seconds, tags=cell.tags,
        )  # fmt: skip
        self.split, self.remembered, self.status = cell.split, remembered, "done" if cell.error is None else "failed"

    def follow(self, other: LiveCell) -> None:
        """Be as far as a cell that was asked the same, which goes on."""
        seen = other.written
        self.status, self.share = other.status, other.share
        self.written = LiveSample(
            self.step, (), self.at, self.seed, seen.prompt, seen.prompt_tokens, seen.text, tokens=seen.tokens
        )

    def begin(self, now: float) -> None:
        """Be asked, with nothing written yet."""
        self.status, self.share, self.began = "waiting", None, now
        self.written = LiveSample(self.step, (), self.at, self.seed)

    def frozen(self) -> Cell:
        """The cell as a record keeps it."""
        rendered = self.written.prompt
        return Cell(
            step=self.step,
            column=self.column,
            at=self.at,
            model=self.model,
            mode=self.mode,
            prompt=self.prompt,
            rendered="" if rendered == self.prompt else rendered[:MAX_TEXT],
            text=self.text,
            seed=self.seed,
            finish=self.written.finish,
            error=self.error,
            skipped=self.status == "skipped",
            split=self.split,
            tags=self.tags,
            prompt_tokens=self.written.prompt_tokens,
            tokens=self.tokens,
            seconds=round(self.seconds, 4),
        )

    def _end(self, status: Status, finish: Finish, now: float | None, error: str | None = None) -> None:
        if not self.ended:
            self.status = status
            self.written.end(finish, 0.0 if now is None else now - self.began, error)
