"""What happens when a visitor does something on the Compare tab.

Each action takes what the controls hold and returns what they show next. What a
visitor asks is turned into a run here; performing it is `swatchbook.runner`'s
work, showing it that of `lanes`. The layout is in `compare`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import gradio as gr

from components import address, form, render
from components.address import Restored
from components.examples import examples
from components.lanes import Board
from components.note_actions import STALE
from components.numbered import numbers
from components.palette_bar import PaletteBar, Trail, notice
from components.session import Session
from swatchbook.engine.architectures import FUSED
from swatchbook.engine.events import Model, ScoredText
from swatchbook.estimate import LaneLoad, Pace, about
from swatchbook.hub.suit import unsuited
from swatchbook.notes import Note
from swatchbook.provenance import credits, machine, versions
from swatchbook.runner import Generates, Performance, check
from swatchbook.runs import MAX_LANES, MAX_PROMPT, Lane, Mode, ModelRef, Run, RunError, Settings
from swatchbook.settings import AppSettings
from swatchbook.shelf import Pick, Shelf
from swatchbook.strict import new_id, now

EMPTY: dict[str, Any] = {"running": False, "status": "", "lanes": []}


class Engine(Generates, Protocol):
    """What the page needs of the engine."""

    def loaded(self, model: Model) -> bool: ...

    async def score(
        self, model: Model, texts: list[tuple[str, str]], mode: Mode = "completion"
    ) -> list[ScoredText]: ...


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

    def plan(self, palette: list[Lane], prompt: str, _hide: bool, placebo: bool, *values: Any) -> str:
        """The line under the prompt: what will be done and how long it takes, or why it cannot be done."""
        try:
            run = self._asked(palette, prompt, values, placebo)
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
        placebo = any(lane.repeats for lane in run.lanes)
        lanes = f"{_many(len(run.lanes) - placebo, 'model')}{' + a placebo' if placebo else ''}"
        parts = [lanes, *([_many(fillings, "filling")] if fillings > 1 else [])]
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

    def _asked(self, palette: list[Lane], prompt: str, values: tuple[Any, ...], placebo: bool = False) -> Run:
        """The run that the controls ask for. Raises RunError with one sentence."""
        if not palette:
            raise RunError("The palette is empty; add a model to begin.")
        if not prompt.strip():
            raise RunError("The prompt is empty; write a few words for the models to go on from.")
        if len(prompt) > MAX_PROMPT:
            raise RunError(f"The prompt has {len(prompt):,} characters; {MAX_PROMPT:,} is the most.")
        return Run(template=prompt, lanes=_with_placebo(palette) if placebo else palette, settings=form.read(values))

    async def run(
        self, session: Session, palette: list[Lane], prompt: str, hide: bool, placebo: bool, *values: Any
    ) -> AsyncIterator[Frame]:
        """Perform a run, handing out what the page shows of it on the runner's clock."""
        try:
            run = _descended(self._asked(palette, prompt, values, placebo), session.run, session.kept)
        except RunError as error:
            yield board_of(session, self.shelf), notice(str(error)), ""
            return
        query, before = address.query(prompt, palette, run.settings), session.run if run.relation == "again" else None
        async for frame in self._begin(session, run, query, hide or placebo, before):
            yield frame

    async def again(self, session: Session) -> AsyncIterator[Frame]:
        """Ask the same once more, of the same models as they are here now, to see what has drifted."""
        if session.run is None or session.performance is not None:
            why = "The run is still being written; repeat it when it has ended." if session.run else STALE
            yield gr.skip(), notice(why), gr.skip()
            return
        run = repeated(session.run, self.shelf, session.kept)
        query = address.query(run.template, [lane for lane in run.lanes if not lane.repeats], run.settings)
        async for frame in self._begin(session, run, query, before=session.run):
            yield frame

    async def _begin(
        self, session: Session, run: Run, query: str, hide: bool = False, before: Run | None = None
    ) -> AsyncIterator[Frame]:
        try:
            run = run.model_copy(
                update={"credits": credits(run.lanes, self.shelf), "machine": machine(), "versions": versions()}
            )
            performance = Performance(run, self.engine, self.shelf.locate)
        except RunError as error:
            yield board_of(session, self.shelf), notice(str(error)), query
            return
        session.stop()
        session.show(run, before=before)
        if hide and len(run.lanes) > 1:
            session.hide(run)
        async for board in self._perform(session, performance):
            yield board, "", query

    async def _perform(self, session: Session, performance: Performance) -> AsyncIterator[dict[str, Any]]:
        run, board = performance.run, Board(performance.run, session.look(self.shelf))
        loads = self._loads(run, len(performance.words))
        session.performance = performance
        deadline = asyncio.get_running_loop().call_later(self.settings.deadline, performance.stop)
        try:
            async with contextlib.aclosing(performance.play()) as states:
                async for lanes in states:
                    yield {"number": next(numbers), **board.live(lanes)}
        finally:
            deadline.cancel()
            if session.performance is performance:
                session.ended(performance.result())
        self._learn(performance, loads)
        ended = {"running": False, "status": board.ended_words(performance.result())}
        yield {"number": next(numbers), **board.live(performance.lanes), **ended}

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


def board_of(session: Session, shelf: Shelf) -> dict[str, Any]:
    """The run as it is, or nothing. Its number is taken first, so that one with a higher is never older."""
    number, run = next(numbers), session.run
    board = EMPTY if run is None or not run.samples else Board(run, session.look(shelf)).still(run)
    return {"number": number, **board}


def repeated(run: Run, shelf: Shelf, kept: str | None) -> Run:
    """The same run, not made yet: its models as they lie here now, where the commits it names are gone."""
    lanes = [lane.model_copy(update={"model": _here(lane.model, shelf)}) for lane in run.lanes]
    born = {"id": new_id(), "created": now(), "parent": kept, "relation": "again" if kept else None}
    return run.model_copy(update={**born, "lanes": lanes, "samples": [], "notes": [], "readings": []})


def _descended(run: Run, open_run: Run | None, kept: str | None) -> Run:
    """The run as a child of the kept one that is open, if it asks the same, or asks the same models."""
    if open_run is None:
        return run
    words, models = run.template == open_run.template, _models(run) == _models(open_run)
    if not words and not (models and _alike(run.template, open_run.template)):
        return run
    if not open_run.samples and words and models:  # it came by a packed link, with its notes
        run = run.model_copy(update={"title": open_run.title, "notes": _held(open_run.notes, run)})
    if kept is None:
        return run
    again = words and models and run.settings == open_run.settings
    return run.model_copy(update={"parent": kept, "relation": "again" if again else "remix"})


def _alike(one: str, other: str) -> bool:
    """Whether two prompts have half of their words in common, so that one may be called the other, altered."""
    mine, theirs = set(one.casefold().split()), set(other.casefold().split())
    return 2 * len(mine & theirs) >= max(len(mine), len(theirs))


def _held(notes: list[Note], run: Run) -> list[Note]:
    """The notes, if all their places are lanes of this run."""
    lanes = {lane.id for lane in run.lanes}
    return notes if all(span.lane in lanes and span.sample is None for note in notes for span in note.at) else []


def _models(run: Run) -> list[tuple[ModelRef, str]]:
    return [(lane.model, lane.mode) for lane in run.lanes if not lane.repeats]


def _here(ref: ModelRef, shelf: Shelf) -> ModelRef:
    """A house model as it lies here, which another cooking may have changed; any other as it is named."""
    pick = shelf.known(ref.model_copy(update={"commit": None})) if ref.source == "house" else None
    return pick.ref if pick is not None else ref


def _with_placebo(palette: list[Lane]) -> list[Lane]:
    """The palette and one of its models once more, under other seeds. Raises RunError when there is no room."""
    if len(palette) >= MAX_LANES:
        raise RunError(f"A placebo takes one lane, and {MAX_LANES} is the most; remove a model first.")
    lane = random.SystemRandom().choice(palette)
    return [*palette, lane.model_copy(update={"id": f"lane-{new_id()[:8]}", "repeats": lane.id})]


def _lies(pick: Pick | None) -> bool:
    """Whether the model lies on this disk."""
    return pick is not None and pick.folder is not None


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
