"""The engine as the web process sees it: jobs in, events out.

It joins the cache of loaded models, the turns on the cores, and the worker
processes. It knows nothing of pages, runs or repositories.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from swatchbook.engine.events import Event, Job, Model, ScoredText


class Engine:
    """Loads models on demand and streams what they write."""

    def generate(
        self, model: Model, jobs: list[Job]
    ) -> AsyncIterator[tuple[int, Event]]:
        """Stream the events of all jobs on one model, each with its job's number.

        Closing the iterator stops the work within half a second.
        """
        raise NotImplementedError

    async def score(
        self, model: Model, texts: list[tuple[str, str]]
    ) -> list[ScoredText]:
        """Bits of each continuation given its prompt (which may be empty). Raises EngineError."""
        raise NotImplementedError

    def close(self) -> None:
        """End every worker; none outlives this call."""
