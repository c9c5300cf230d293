"""Starts Swatchbook: `python app.py`.

A worker process imports this file again, as `__mp_main__`; it gets nothing here.
"""

from __future__ import annotations

if __name__ != "__mp_main__":
    import atexit

    from components.keep_actions import keep_in
    from components.launch import launch_options, serve
    from components.page import build
    from components.space import register_gpu_function
    from swatchbook.calibrate import start_in_background
    from swatchbook.engine.engine import Engine
    from swatchbook.engine.memory import budget
    from swatchbook.library import Library
    from swatchbook.settings import SettingsError, read_settings
    from swatchbook.sketch.publish.space import Publisher


def main() -> None:
    try:
        settings = read_settings()
    except SettingsError as error:
        raise SystemExit(str(error)) from None
    register_gpu_function(settings)
    engine = Engine(budget(settings.memory_gb), settings.cores, settings.deadline)
    library = Library(settings)
    keeping, publisher = keep_in(settings), Publisher(settings)
    atexit.register(publisher.close)
    atexit.register(keeping.close)
    atexit.register(engine.close)
    atexit.register(library.close)
    atexit.register(start_in_background(engine, library.pace, settings))
    page = build(engine, settings, library=library, keeping=keeping, publisher=publisher)
    try:
        serve(page, launch_options(settings))
    except OSError:
        where = f"{settings.host}, port {settings.port or 'any of the usual ones'}"
        raise SystemExit(
            f"The page cannot be opened at {where}: something else is there, or the address is not this machine's; "
            "set PORT or GRADIO_SERVER_NAME to another."
        ) from None


if __name__ == "__main__":
    main()
