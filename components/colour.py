"""Colour is data: the hue is a model's family, darkness its size.

One rule for swatches, chips and lanes. Knows no markup.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swatchbook.shelf import Pick

GREY = "oklch(.6 .01 80)"
"""For a model whose family nobody can tell."""
STEPS = (1e6, 1e7, 1e8, 1e9, 1e10)
"""Sizes whose darkness the legend shows."""


def swatch_colour(pick: Pick | None) -> str:
    """The colour of a model; grey without a family, of middling darkness without a size."""
    if pick is None:
        return GREY
    return shade(pick.hue, pick.parameters)


def shade(hue: int | None, parameters: int | None) -> str:
    lightness = 0.66 - 0.1 * (math.log10(max(parameters, 1)) - 6) if parameters else 0.6
    lightness = min(max(lightness, 0.25), 0.72)
    return f"oklch({lightness:.3f} .13 {hue})" if hue is not None else f"oklch({lightness:.3f} .01 80)"


def size(parameters: int) -> str:
    """A count of parameters as people say it, three figures of it: 1.1 M, 135 M, 7.24 B."""
    for unit, least in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if parameters >= 0.9995 * least:
            count = parameters / least
            return f"{count:.3g} {unit}" if count < 100 else f"{count:,.0f} {unit}"
    return str(parameters)
