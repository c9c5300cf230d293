"""A choice among options: each is scored as what comes next, and the likeliest is taken.

Bits are counted per token, so that a long option is not the dearer one for its
length (Brown et al., 2020). How surely one was taken is seen in the shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from swatchbook.engine.events import EngineError, ScoredText
from swatchbook.runs import Mode
from swatchbook.sketch.record import MAX_BITS, Share


def pairs(prompt: str, options: Sequence[str], mode: Mode) -> list[tuple[str, str]]:
    """What the engine scores for each option: prompt and continuation, a space between them where none is.

    In chat mode the option begins the answer, and nothing comes before it.
    """
    gap = " " if mode == "completion" and prompt and not prompt[-1].isspace() else ""
    return [(prompt, gap + option) for option in options]


def split(options: Sequence[str], scored: Sequence[ScoredText]) -> list[Share]:
    """Bits a token of each option, and its share: 2 to the power of minus these bits, all of them adding up to 1.

    Raises EngineError where the model computed no numbers.
    """
    bits = [min(text.total / len(text.ids), MAX_BITS) if text.ids else MAX_BITS for text in scored]
    if any(math.isnan(each) for each in bits):
        raise EngineError("The model computed no numbers for these options; its weights may be damaged.")
    least = min(bits)
    weights = [2 ** (least - each) for each in bits]
    shares = [weight / math.fsum(weights) for weight in weights]
    return [
        Share(option=option, share=share, bits=max(each, 0.0))
        for option, share, each in zip(options, shares, bits, strict=True)
    ]


def likeliest(split: Sequence[Share]) -> str:
    """The option with the largest share; the first of them on a tie."""
    return max(split, key=lambda share: share.share).option
