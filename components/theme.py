"""One look for all tabs: typefaces, colours, the style sheet and the page's own script.

Colours live in the style sheet as custom properties, light and dark; the theme
only hands them to Gradio's components. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from swatchbook.settings import ROOT

ASSETS = ROOT / "assets"
PAGE = ("page", "markup")
"""The scripts that every page has, in their order."""
FONTS_PATH = "/swatchbook-fonts"
SANS = ("Inter", "system-ui", "sans-serif")
MONO = ("JetBrains Mono", "ui-monospace", "monospace")

_SAME: dict[str, str] = {
    "body_background_fill": "var(--paper)",
    "body_text_color": "var(--ink)",
    "body_text_color_subdued": "var(--soft)",
    "background_fill_primary": "var(--card)",
    "background_fill_secondary": "var(--paper)",
    "border_color_primary": "var(--line)",
    "border_color_accent": "var(--ink)",
    "border_color_accent_subdued": "var(--line)",
    "color_accent_soft": "var(--slot)",
    "block_background_fill": "transparent",
    "block_border_color": "var(--line)",
    "block_border_width": "0px",
    "block_label_background_fill": "transparent",
    "block_label_text_color": "var(--soft)",
    "block_title_text_color": "var(--ink)",
    "block_info_text_color": "var(--soft)",
    "panel_background_fill": "transparent",
    "panel_border_width": "0px",
    "accordion_text_color": "var(--ink)",
    "input_background_fill": "var(--card)",
    "input_background_fill_focus": "var(--card)",
    "input_border_color": "var(--edge)",
    "input_border_color_focus": "var(--ink)",
    "input_placeholder_color": "var(--soft)",
    "link_text_color": "var(--accent)",
    "link_text_color_hover": "var(--accent)",
    "link_text_color_visited": "var(--accent)",
    "link_text_color_active": "var(--accent)",
    "slider_color": "var(--ink)",
    "button_primary_background_fill": "var(--ink)",
    "button_primary_background_fill_hover": "var(--ink)",
    "button_primary_border_color": "var(--ink)",
    "button_primary_text_color": "var(--paper)",
    "button_primary_text_color_hover": "var(--paper)",
    "button_secondary_background_fill": "var(--card)",
    "button_secondary_background_fill_hover": "var(--slot)",
    "button_secondary_border_color": "var(--edge)",
    "button_secondary_text_color": "var(--ink)",
    "button_secondary_text_color_hover": "var(--ink)",
}
"""Gradio's variables that follow ours; ours turn dark by themselves."""


def theme() -> gr.themes.Base:
    settings = _SAME | {f"{name}_dark": value for name, value in _SAME.items() if not name.endswith("_width")}
    return gr.themes.Base(font=SANS, font_mono=MONO, radius_size=gr.themes.sizes.radius_sm).set(
        color_accent="var(--ink)",
        block_shadow="none",
        input_shadow="none",
        input_border_width="1px",
        input_border_width_dark="1px",
        block_radius="3px",
        input_radius="3px",
        button_large_radius="3px",
        button_small_radius="3px",
        button_medium_radius="3px",
        **settings,
    )


def page_options() -> dict[str, Any]:
    """What `launch` needs to dress the page."""
    return {
        "theme": theme(),
        # Not `css`: Gradio rewrites that sheet rule by rule and loses borders written with custom properties.
        "head": f"<style>{_style()}</style><script>{''.join(map(script, PAGE))}</script>",
        "favicon_path": ASSETS / "favicon.svg",
    }


def routes() -> list[Mount]:
    """The typefaces, served from here."""
    return [Mount(FONTS_PATH, StaticFiles(directory=ASSETS / "fonts"), name="fonts")]


def html(value: Any = "", **options: Any) -> gr.HTML:
    """Markup of our own, without Gradio's styles for prose. What is foreign in it has passed `render`."""
    return gr.HTML(value, apply_default_css=False, **options)


def script(name: str) -> str:
    """A component's script from `assets/js`."""
    return _read(ASSETS / "js" / f"{name}.js")


def _style() -> str:
    faces = "".join(
        f"@font-face{{font-family:{family!r};src:url(.{FONTS_PATH}/{file}.woff2) format('woff2');"
        f"font-weight:{weights};font-display:swap}}"
        for family, file, weights in (
            ("Fraunces", "fraunces", "100 900"),
            ("Inter", "inter", "100 900"),
            ("JetBrains Mono", "jetbrains-mono", "100 800"),
        )
    )
    return faces + "".join(
        _read(ASSETS / "css" / f"{name}.css") for name in ("swatchbook", "browse", "archive", "sketch")
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
