"""One sample read token by token: how surprised the model was, and what it held likelier.

Works on a finished sample alone. Everything it shows is also there without a
mouse: each token can be reached by keyboard and says its bits and alternatives.
"""

from __future__ import annotations

import codecs

from components import render
from swatchbook.runs import Lane, Sample

STRONG = 12.0
"""Bits at which the underline is at its strongest."""
SHOWN = 400
"""Most tokens laid out; a longer text says how many are left out."""


def pieces(sample: Sample) -> list[str]:
    """The text of each token; a character belongs to the token in which it is complete."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    raw, start, parts = sample.raw_bytes, 0, []
    for end in sample.ends:
        parts.append(decoder.decode(raw[start:end]))
        start = max(start, end)
    return parts


def reading_html(lane: Lane, sample: Sample) -> str:
    """The sample with an underline under each token, the deeper the more surprising."""
    trace, words = sample.trace, pieces(sample)
    bits = sum(trace.surprisal)
    title = render.text(lane.model.name)
    filling = f" · {render.text(' · '.join(sample.filling))}" if sample.filling else ""
    tokens = "".join(_token(sample, at, word) for at, word in enumerate(words[:SHOWN]))
    left = len(words) - SHOWN
    more = f'<p class="small">{left:,} more tokens are not laid out.</p>' if left > 0 else ""
    return (
        f'<section class="reading" tabindex="-1" aria-label="Token by token"><h2>{title}{filling}</h2>'
        f'<p class="small">{len(words):,} tokens, {bits:.1f} bits in all, seed {sample.seed}. The deeper the line,'
        " the less the model expected the word; a token's own figures show when you point at it or reach it by"
        " keyboard.</p>"
        f'<p class="text tokens">{tokens}</p>{more}<p class="about small" aria-live="polite"></p></section>'
    )


def _token(sample: Sample, at: int, word: str) -> str:
    trace = sample.trace
    bits = trace.surprisal[at] if at < len(trace.surprisal) else 0.0
    share = min(max(bits, 0.0) / STRONG, 1.0)
    shown = render.text(word) or f'<span class="nothing">{_silent(sample, at)}</span>'
    about = _about(sample, at, word)
    return f'<span class="token" tabindex="0" style="--s:{share:.2f}" data-about="{about}">{shown}</span>'


def _silent(sample: Sample, at: int) -> str:
    """What stands for a token without text: the model's own end, or a part of a character."""
    return " [end]" if sample.finish == "end" and at == len(sample.ends) - 1 else "·"


def _about(sample: Sample, at: int, word: str) -> str:
    trace = sample.trace
    if at >= len(trace.surprisal):
        return ""
    bits, shown = trace.surprisal[at], _quoted(word or _silent(sample, at).strip())
    said = f"{shown}: {bits:.1f} bits (chance {_chance(bits)})"
    if at < len(trace.top_text) and at < len(trace.top_bits):
        rivals = zip(trace.top_text[at], trace.top_bits[at], strict=False)
        said += ". Likeliest: " + ", ".join(f"{_quoted(text)} {_chance(rare)}" for text, rare in rivals)
    return render.text(said)


def _quoted(word: str) -> str:
    return f"“{word}”".replace("\n", "⏎") if word else "no text"


def _chance(bits: float) -> str:
    share = 100 * 2**-bits
    return f"{share:.0f} %" if share >= 1 else "under 1 %"
