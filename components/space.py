"""What Hugging Face's ZeroGPU hardware asks of an app before it may start there.

ZeroGPU ends an app that declares no GPU function, so one is declared that does
nothing: models run on the Space's processors, in processes of their own. The
platform brings the `spaces` package, which imports torch; nowhere else is it
installed or imported.
"""

from __future__ import annotations

import importlib

from swatchbook.settings import AppSettings


def register_gpu_function(settings: AppSettings) -> None:
    """Declare the one GPU function, on ZeroGPU only. Call it before the app is launched."""
    if settings.on_zerogpu:
        importlib.import_module("spaces").GPU(_no_gpu_needed)


def _no_gpu_needed() -> None:
    """Never called."""
