"""A worker process: one model, its decode loop, and a pipe to the app.

The app sends operations (job, score, cancel, turn, yield); the worker answers
with events. It computes only while it holds a turn, and looks at the pipe
between two pieces of work, so a stop is heard within one of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from swatchbook.engine import lifeline
from swatchbook.engine.decode import Decoder
from swatchbook.engine.events import EngineError, Event, Job, Loading, dumps, loads, pack
from swatchbook.engine.limits import bounded, leave_no_dump, reason, tell
from swatchbook.engine.load import Loaded, load
from swatchbook.engine.tokens import Codec
from swatchbook.runs import Settings

log = logging.getLogger(__name__)

FLUSH = 0.05
"""Seconds between two deliveries of tokens."""


class Bounded(Codec):
    """A stranger's tokenizer and chat template, whose every use on a visitor's text keeps within limits."""

    def render(self, prompt: str, mode: str) -> tuple[str, list[int]]:
        with bounded("tokenizer"):
            return super().render(prompt, mode)

    def given(self, text: str, mode: str = "completion") -> tuple[list[int], list[int]]:
        with bounded("tokenizer"):
            return super().given(text, mode)

    def _chat(self, prompt: str) -> str:
        with bounded("chat template"):
            text = super()._chat(prompt)
        if len(text) > len(prompt) + 4 * self.context:
            raise EngineError("This model's chat template blew the prompt up; choose completion for it.")
        return text


class Worker:
    """Holds the pipe, the turn and the decoder of one process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._outbox: list[dict[str, Any]] = []
        self._threads = 0
        self._yielding = False
        self._wanting = False
        self._flushed = time.monotonic()
        self._decoder: Decoder | None = None
        self._thread_limit = 0
        self._waiting: list[dict[str, Any]] = []

    def run(self, folder: Path, precision: str) -> None:
        """Load the model in a turn of its own, then serve until the app closes the pipe."""
        tell(self._inside)
        try:
            self._want()
            while not self._threads:
                self._listen(None)
            loaded = load(folder, precision, self._loading)
            codec = _codec(loaded)
        except EngineError as error:
            self._send({"op": "refused", "message": str(error)})
            return
        self._thread_limit = loaded.thread_limit
        self._decoder = Decoder(loaded.backend, codec, self._emit)
        self._send({"op": "ready"})
        self._end_turn()
        for message in self._waiting:
            self._handle(message)
        while True:
            self._serve()

    def _serve(self) -> None:
        assert self._decoder is not None
        working = self._decoder.busy and bool(self._threads)
        self._listen(0 if working else None)
        if self._outbox and not self._decoder.busy:
            self._deliver()
        if self._decoder.busy and not self._threads:
            self._want()
        if self._threads and self._decoder.busy and not self._yielding:
            self._work(self._decoder)
        if self._threads and (self._yielding or not self._decoder.busy):
            self._end_turn()

    def _work(self, decoder: Decoder) -> None:
        try:
            decoder.advance()
        except MemoryError:
            decoder.fail_all("There was not enough memory to go on; ask for fewer samples or tokens.")
        except RuntimeError as error:
            log.exception("a step failed")
            decoder.fail_all(f"The model failed while computing ({reason(error)}); try another model.")
        if time.monotonic() - self._flushed >= FLUSH:
            self._deliver()

    def _listen(self, timeout: float | None) -> None:
        """Handle every waiting message; with None, sleep until there is one."""
        while self._pipe.poll(timeout):
            self._handle(loads(self._pipe.recv_bytes()))
            timeout = 0

    def _handle(self, message: dict[str, Any]) -> None:
        match message["op"]:
            case "turn":
                self._threads, self._wanting, self._yielding = message["threads"], False, False
                torch.set_num_threads(min(self._threads, self._thread_limit or self._threads))
            case "yield":
                self._yielding = True
            case _ if self._decoder is None:
                self._waiting.append(message)
            case "job":
                settings = Settings.model_validate(message["settings"])
                self._decoder.submit(
                    message["number"], Job(message["prompt"], message["seeds"], settings, message["mode"])
                )
            case "score":
                self._decoder.submit_scoring(message["number"], [(a, b) for a, b in message["texts"]], message["mode"])
            case "cancel":
                self._decoder.cancel(message["number"])
                self._send({"op": "cancelled", "number": message["number"]})

    def _loading(self, share: float, note: str) -> None:
        self._send({"op": "loading", **pack(Loading(share, note))})

    def _inside(self, part: str) -> None:
        """Tell the app which part of a stranger's model may now end this process."""
        self._send({"op": "inside", "part": part})

    def _emit(self, number: int, event: Event) -> None:
        self._outbox.append({"number": number, **pack(event)})

    def _want(self) -> None:
        if not self._wanting:
            self._wanting = True
            self._send({"op": "want"})

    def _end_turn(self) -> None:
        self._deliver()
        self._threads, self._yielding = 0, False
        self._wanting = self._decoder is not None and self._decoder.busy
        self._send({"op": "done", "more": self._wanting})

    def _deliver(self) -> None:
        if self._decoder is not None:
            self._decoder.flush()
        if self._outbox:
            self._send({"op": "events", "events": self._outbox})
            self._outbox = []
        self._flushed = time.monotonic()

    def _send(self, message: dict[str, Any]) -> None:
        self._pipe.send_bytes(dumps(message))


def _codec(loaded: Loaded) -> Codec:
    with bounded("tokenizer"):
        return Bounded(loaded.tokenizer, loaded.end_ids, loaded.backend.context)


def guarded(body: Callable[[], None], pipe: Connection) -> None:
    """Run the worker's body; whatever a hostile file makes it raise becomes one sentence."""
    try:
        body()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except BaseException as error:  # a tokenizer's panic is no Exception
        log.exception("the worker failed")
        message = f"The model's process failed ({reason(error)}); try another model."
        pipe.send_bytes(dumps({"op": "refused", "message": message}))


def main(pipe: Connection, folder: str, precision: str) -> None:
    """The entry of a worker process."""
    lifeline.die_with_parent()
    lifeline.scrub_environment()
    lifeline.die_first()
    leave_no_dump()
    guarded(lambda: Worker(pipe).run(Path(folder), precision), pipe)
