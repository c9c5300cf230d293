"""What happens when a visitor does something on the Compare tab.

Each action takes what the controls hold and returns what they show next. What a
visitor asks is turned into a run here; performing it is `swatchbook.runner`'s
work, showing it that of `lanes`. The layout is in `compare`.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from components import address, form, render
from components.address import Restored
from components.examples import examples
from components.lanes import Board
from components.palette_bar import PaletteBar, Trail, notice
from components.reading import reading_html
from components.session import Session
from swatchbook.engine.architectures import FUSED
from swatchbook.engine.events import Model
from swatchbook.estimate import LaneLoad, Pace, about
from swatchbook.hub.suit import unsuited
from swatchbook.runner import Generates, Performance, check
from swatchbook.runs import MAX_PROMPT, Lane, Run, RunError, Settings, read_run
from swatchbook.settings import AppSettings
from swatchbook.shelf import Pick, Shelf

EMPTY: dict[str, Any] = {"running": False, "status": "", "lanes": []}


class Engine(Generates, Protocol):
    """What the page needs of the engine."""

    def loaded(self, model: Model) -> bool: ...


Frame = tuple[dict[str, Any], str, str]
"""What a running run sends: the board, a notice, and the address's query."""


@dataclass
class Actions:
    """The tab's actions, on one engine, with the models of one shelf."""

    engine: Engine
    settings: AppSettings
    bar: PaletteBar
    pace: Pace

    @property
    def shelf(self) -> Shelf:
        return self.bar.shelf

    def plan(self, palette: list[Lane], prompt: str, *values: Any) -> str:
        """The line under the prompt: what will be done and how long it takes, or why it cannot be done."""
        try:
            run = self._asked(palette, prompt, values)
            words = check(run)
        except RunError as error:
            return f'<p class="plan warn">{render.text(str(error))}</p>'
        return f'<p class="plan">{self._sentence(run, len(words))}{self._away(run)}</p>'

    def _away(self, run: Run) -> str:
        """The models that cannot be run, and those that have to be fetched first, by name."""
        picks = {lane.model: self.shelf.known(lane.model) for lane in run.lanes}
        away = [(ref.name, pick is not None and unsuited(pick.facts)) for ref, pick in picks.items() if not _lies(pick)]
        never = " and ".join(name for name, cannot in away if cannot)
        later = " and ".join(name for name, cannot in away if not cannot)
        said = f"does not run here: {never}" if never else ""
        if later:
            said += f"{'; ' if said else ''}not on this machine yet: {later}; press Fetch on your palette first"
        return f' · <span class="warn">{render.text(said)}</span>' if said else ""

    def _sentence(self, run: Run, fillings: int) -> str:
        settings = run.settings
        parts = [_many(len(run.lanes), "model"), *([_many(fillings, "filling")] if fillings > 1 else [])]
        parts.append(_many(settings.samples, "sample"))
        seconds = self.pace.seconds(self._loads(run, fillings), self.settings.cores)
        return (
            f"{' × '.join(parts)}, up to {_many(settings.max_tokens, 'token')} each · seed {settings.seed}"
            f" · temperature {settings.temperature:g} · {about(seconds)} here"
        )

    def _loads(self, run: Run, fillings: int) -> list[LaneLoad]:
        return [self._load(lane, run, fillings) for lane in run.lanes]

    def _load(self, lane: Lane, run: Run, fillings: int) -> LaneLoad:
        pick = self.shelf.known(lane.model)
        folder = pick.folder if pick else None
        return LaneLoad(
            parameters=(pick.parameters if pick else None) or 0,
            rows=fillings * run.settings.samples,
            tokens=run.settings.max_tokens,
            characters=len(run.template) * fillings,
            fused=pick is None or pick.facts.architecture in FUSED,
            loaded=folder is not None and self.engine.loaded(Model(folder, lane.precision)),
        )

    def _asked(self, palette: list[Lane], prompt: str, values: tuple[Any, ...]) -> Run:
        """The run that the controls ask for. Raises RunError with one sentence."""
        if not palette:
            raise RunError("The palette is empty; add a model to begin.")
        if not prompt.strip():
            raise RunError("The prompt is empty; write a few words for the models to go on from.")
        if len(prompt) > MAX_PROMPT:
            raise RunError(f"The prompt has {len(prompt):,} characters; {MAX_PROMPT:,} is the most.")
        return Run(template=prompt, lanes=palette, settings=form.read(values))

    async def run(self, session: Session, palette: list[Lane], prompt: str, *values: Any) -> AsyncIterator[Frame]:
        """Perform a run, handing out what the page shows of it on the runner's clock."""
        query = ""
        try:
            run = self._asked(palette, prompt, values)
            query = address.query(prompt, palette, run.settings)
            performance = Performance(run, self.engine, self.shelf.locate)
        except RunError as error:
            yield self._board(session), notice(str(error)), query
            return
        session.stop()
        async for board in self._perform(session, performance):
            yield board, "", query

    async def _perform(self, session: Session, performance: Performance) -> AsyncIterator[dict[str, Any]]:
        run, board = performance.run, Board(performance.run, self.shelf)
        loads = self._loads(run, len(performance.words))
        session.performance, session.board = performance, board
        deadline = asyncio.get_running_loop().call_later(self.settings.deadline, performance.stop)
        try:
            async with contextlib.aclosing(performance.play()) as states:
                async for lanes in states:
                    yield board.live(lanes)
        finally:
            deadline.cancel()
            if session.performance is performance:
                session.performance, session.run = None, performance.result()
        self._learn(performance, loads)
        yield {**board.live(performance.lanes), "running": False, "status": board.ended_words(performance.result())}

    def _learn(self, performance: Performance, loads: list[LaneLoad]) -> None:
        """Let the pace learn from a run that nobody stopped and that failed nowhere."""
        states = performance.lanes.values()
        if any(sample.finish in ("cancelled", "failed") for state in states for sample in state.samples):
            return
        first = [state.first_token for state in states if state.first_token is not None]
        last = [state.last_token for state in states if state.last_token is not None]
        if first and last:
            longest = [max(sample.tokens for sample in state.samples) for state in states]
            wrote = [replace(load, tokens=tokens) for load, tokens in zip(loads, longest, strict=True)]
            self.pace.learn(wrote, self.settings.cores, max(first), max(last) - min(first))

    def _board(self, session: Session) -> dict[str, Any]:
        if session.board is None or session.run is None:
            return EMPTY
        return session.board.still(session.run)

    async def stop(self, session: Session) -> None:
        """End the run; what was written stays. It must share the run's event loop, so it is a coroutine."""
        session.stop()

    def example(self, lanes: list[Lane], name: str, trail: Trail, event: gr.EventData) -> tuple[Any, ...]:
        """An example's prompt, palette and settings."""
        choice = examples()[int((event._data or {}).get("number", 0)) % len(examples())]
        palette = self.bar.replace(trail, lanes, name, choice.palette(self.shelf))
        return choice.prompt, *palette, *form.write(choice.settings)

    def restore(self, request: gr.Request) -> Restored:
        """What the address says of the prompt and its settings, over the first example's."""
        params, first = request.query_params, examples()[0]
        usual = Settings() if "prompt" in params else first.settings
        found = address.restore(params, params.getlist(address.STOP), usual)
        return found if found.prompt is not None else replace(found, prompt=first.prompt)

    def export(self, session: Session) -> Iterator[Any]:
        """The run as a file to download; gradio copies it before this one is removed."""
        if session.run is None:
            yield gr.DownloadButton(interactive=False)
            return
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"swatchbook-run-{session.run.created[:10]}-{session.run.id[:6]}.json"
            file.write_text(session.run.to_json(), encoding="utf-8")
            yield gr.DownloadButton(value=file, interactive=True)

    def open(
        self, session: Session, lanes: list[Lane], name: str, trail: Trail, document: bytes | None
    ) -> tuple[Any, ...]:
        """A run dropped on the page: shown as it was, its prompt, palette and settings on the controls."""
        keep = tuple(gr.skip() for _ in range(6 + len(form.FIELDS)))
        try:
            if session.performance is not None:
                raise RunError("A run is going; stop it before you open another.")
            run = read_run(document or b"")
        except RunError as error:
            return gr.skip(), notice(str(error)), *keep[1:]
        session.run, session.board = run, Board(run, self.shelf)
        palette = self.bar.replace(trail, lanes, name, list(run.lanes))
        return session.board.still(run), "", run.template, *palette, *form.write(run.settings)

    def read(self, session: Session, event: gr.EventData) -> str:
        """One sample, token by token."""
        lane_id, _, number = str((event._data or {}).get("sample")).rpartition(":")
        if session.run is None or not number.isdigit():
            return ""
        samples = [sample for sample in session.run.samples if sample.lane == lane_id]
        if int(number) >= len(samples):
            return ""
        return reading_html(session.run.lane(lane_id), samples[int(number)])


def _lies(pick: Pick | None) -> bool:
    """Whether the model lies on this disk."""
    return pick is not None and pick.folder is not None


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
