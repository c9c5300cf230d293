"""Starts this piece: `python app.py`. The same program for every piece; what it performs is in sketch.yaml.

A worker process imports this file again, as `__mp_main__`; it gets nothing here.
"""

from __future__ import annotations

if __name__ != "__mp_main__":
    import atexit

    from components.launch import launch_options, serve
    from components.space import register_gpu_function
    from components.standalone import page
    from swatchbook.engine.engine import Engine
    from swatchbook.engine.memory import budget
    from swatchbook.runs import RunError
    from swatchbook.settings import ROOT, SettingsError, read_settings
    from swatchbook.sketch.publish.contents import read_contents
    from swatchbook.sketch.publish.stock import Stock

SMALLEST = 1
"""Bytes of an upload: visitors upload nothing."""


def main() -> None:
    try:
        settings, contents = read_settings(), read_contents(ROOT)
    except (SettingsError, RunError) as error:
        raise SystemExit(str(error)) from None
    register_gpu_function(settings)
    stock = Stock(settings, contents.sketch.models)
    stock.start()
    engine = Engine(budget(settings.memory_gb), settings.cores, settings.deadline)
    atexit.register(engine.close)
    demo = page(contents, stock, engine, settings)
    try:
        serve(demo, launch_options(settings, SMALLEST))
    except OSError:
        raise SystemExit(
            f"The page cannot be opened at {settings.host}, port {settings.port or 'any of the usual ones'}: "
            "something else is there; set PORT to another."
        ) from None


if __name__ == "__main__":
    main()
