"""Where a worker process begins; the web process imports this and nothing behind it."""

from __future__ import annotations

from multiprocessing.connection import Connection


def main(pipe: Connection, folder: str, precision: str) -> None:
    """Run a worker. The import waits until we are in the worker: it brings torch."""
    from swatchbook.engine import worker

    worker.main(pipe, folder, precision)
