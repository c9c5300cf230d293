"""What is around a plate: one HTML document that holds its style and typefaces and may load or run nothing.

The three typefaces lie inside, 170 KB as text, so that a plate looks the same
wherever it is opened, and because a picture of it can take none from outside.
Knows no run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache

from swatchbook.markup import text
from swatchbook.settings import ROOT

GREY = "oklch(.6 .01 80)"
"""For a lane without a colour, or with something else in its place."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|(?:oklch|oklab|rgb|hsl)\([0-9a-z.%,/ ]{3,60}\)|[a-z]{3,24}")
_FACES = (
    ("Fraunces", "fraunces", "100 900"),
    ("Inter", "inter", "100 900"),
    ("JetBrains Mono", "jetbrains-mono", "100 800"),
)


def document(title: str, about: str, body: str, colours: Sequence[str], kind: str = "plate") -> str:
    """A whole page. `title` and `about` are plain text, `body` is markup; lane n has the colour `colours[n]`.

    Nothing is allowed but the one style, known by its hash, and typefaces written into it.
    """
    style = sheet() + tints(colours)
    policy = f"default-src 'none'; style-src {allowed(style)}; font-src data:; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="en" class="{kind}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f'<meta name="description" content="{text(about)}"><title>{text(title)}</title>'
        f"<style>{style}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def allowed(source: str) -> str:
    """A style or script as a policy names the one that it lets through."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _safe(colour: str) -> str:
    return colour if _COLOUR.fullmatch(colour) else GREY


def tints(colours: Sequence[str]) -> str:
    """The rules by which what is of class `c0`, `c1` … has these colours."""
    return "".join(f".c{place}{{--lane:{_safe(colour)}}}" for place, colour in enumerate(colours))


@cache
def sheet() -> str:
    """The style sheet of all plates, its typefaces before it."""
    faces = "".join(
        f"@font-face{{font-family:'{family}';font-weight:{weights};src:url(data:font/woff2;base64,"
        f"{base64.b64encode((ROOT / 'assets' / 'fonts' / f'{file}.woff2').read_bytes()).decode()}) format('woff2')}}"
        for family, file, weights in _FACES
    )
    return faces + (ROOT / "assets" / "css" / "plate.css").read_text(encoding="utf-8")
