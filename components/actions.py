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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from components import address, form, render
from components.examples import examples
from components.lanes import Board
from components.palette import Shelf, add, palette_html, remove, toggle_mode
from components.reading import reading_html
from components.session import Session
from swatchbook.engine.events import Model
from swatchbook.estimate import LaneLoad, Pace, about
from swatchbook.runner import Generates, Performance, check
from swatchbook.runs import MAX_PROMPT, Lane, ModelRef, Run, RunError, Settings, read_run
from swatchbook.settings import AppSettings

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
    shelf: Shelf
    pace: Pace

    def plan(self, palette: list[Lane], prompt: str, *values: Any) -> str:
        """The line under the prompt: what will be done and how long it takes, or why it cannot be done."""
        try:
            run = self._asked(palette, prompt, values)
            words = check(run)
        except RunError as error:
            return f'<p class="plan warn">{render.text(str(error))}</p>'
        return f'<p class="plan">{self._sentence(run, len(words))}</p>'

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
        model = self.shelf.known(lane.model)
        return LaneLoad(
            parameters=model.parameters if model else 0,
            rows=fillings * run.settings.samples,
            tokens=run.settings.max_tokens,
            characters=len(run.template) * fillings,
            loaded=model is not None and self.engine.loaded(Model(model.folder, lane.precision)),
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
            self.pace.learn(loads, self.settings.cores, max(first), max(last) - min(first))

    def _board(self, session: Session) -> dict[str, Any]:
        if session.board is None or session.run is None:
            return EMPTY
        return session.board.still(session.run)

    async def stop(self, session: Session) -> None:
        """End the run; what was written stays. It must share the run's event loop, so it is a coroutine."""
        session.stop()

    def change(self, palette: list[Lane], event: gr.EventData) -> tuple[list[Lane], str, str]:
        """A press on the palette bar: add, remove, or switch the mode of a lane."""
        act, problem = event._data or {}, ""
        try:
            palette = self._changed(palette, str(act.get("act")), act)
        except RunError as error:
            problem = notice(str(error))
        return palette, palette_html(palette, self.shelf), problem

    def _changed(self, palette: list[Lane], act: str, data: dict[str, Any]) -> list[Lane]:
        if act == "add":
            return add(palette, ModelRef.parse(str(data.get("model"))), self.shelf)
        if act == "remove":
            return remove(palette, str(data.get("lane")))
        return toggle_mode(palette, str(data.get("lane")), self.shelf)

    def example(self, event: gr.EventData) -> tuple[Any, ...]:
        """An example's prompt, palette and settings."""
        choice = examples()[int((event._data or {}).get("number", 0)) % len(examples())]
        palette = choice.palette(self.shelf)
        return choice.prompt, palette, palette_html(palette, self.shelf), *form.write(choice.settings)

    def restore(self, request: gr.Request) -> tuple[Any, ...]:
        """What the address says when the page opens, over the first example."""
        params, first = request.query_params, examples()[0]
        usual = Settings() if "prompt" in params else first.settings
        found = address.restore(params, params.getlist(address.STOP), self.shelf, usual)
        palette = found.palette or first.palette(self.shelf)
        prompt = first.prompt if found.prompt is None else found.prompt
        warnings = notice(*found.warnings) if found.warnings else ""
        return prompt, palette, palette_html(palette, self.shelf), warnings, *form.write(found.settings)

    def export(self, session: Session) -> Iterator[Any]:
        """The run as a file to download; gradio copies it before this one is removed."""
        if session.run is None:
            yield gr.DownloadButton(interactive=False)
            return
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"swatchbook-run-{session.run.created[:10]}-{session.run.id[:6]}.json"
            file.write_text(session.run.to_json(), encoding="utf-8")
            yield gr.DownloadButton(value=file, interactive=True)

    def open(self, session: Session, document: bytes | None) -> tuple[Any, ...]:
        """A run dropped on the page: shown as it was, its prompt, palette and settings on the controls."""
        keep = tuple(gr.skip() for _ in range(4 + len(form.FIELDS)))
        try:
            if session.performance is not None:
                raise RunError("A run is going; stop it before you open another.")
            run = read_run(document or b"")
        except RunError as error:
            return gr.skip(), notice(str(error)), *keep[1:]
        session.run, session.board = run, Board(run, self.shelf)
        lanes = palette_html(run.lanes, self.shelf)
        return session.board.still(run), "", run.template, list(run.lanes), lanes, *form.write(run.settings)

    def read(self, session: Session, event: gr.EventData) -> str:
        """One sample, token by token."""
        lane_id, _, number = str((event._data or {}).get("sample")).rpartition(":")
        if session.run is None or not number.isdigit():
            return ""
        samples = [sample for sample in session.run.samples if sample.lane == lane_id]
        if int(number) >= len(samples):
            return ""
        return reading_html(session.run.lane(lane_id), samples[int(number)])


def notice(*sentences: str) -> str:
    lines = "".join(f"<p>{render.text(sentence)}</p>" for sentence in sentences)
    return f'<div class="notice" role="alert">{lines}</div>'


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
