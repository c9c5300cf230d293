"""The fake Hub by hand: serves the whole stock until Ctrl-C. `python -m tests.fake_hub --help`"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from tests.fake_hub.server import FakeHub
from tests.fake_hub.stock import light_stock, stock


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_hub", description="A Hub on this machine, for trying.")
    parser.add_argument("--port", type=int, default=8099, help="the port to listen on (8099); 0 takes one that is free")
    parser.add_argument(
        "--slow", type=float, default=0, metavar="MS", help="milliseconds that answers are held back (0)"
    )
    parser.add_argument("--light", action="store_true", help="without the tiny models, which take seconds to make")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fake-hub-") as folder, suppress(KeyboardInterrupt):
        hub = FakeHub(light_stock() if asked.light else stock(Path(folder)), port=asked.port)
        hub.slow = asked.slow / 1000
        try:
            hub.start()
        except OSError as error:
            sys.exit(f"Port {asked.port} cannot be used: {error.strerror}. Name another with --port.")
        _serve(hub)


def _serve(hub: FakeHub) -> None:
    print(f"Serving {len(hub.shelf.repos)} repositories. In another terminal:\n", flush=True)
    print(f"HF_ENDPOINT={hub.address} SWATCHBOOK_VIEWER={hub.viewer} make run", flush=True)
    try:
        threading.Event().wait()
    finally:
        hub.stop()


if __name__ == "__main__":
    main()
