"""Foreign text as HTML, for whoever writes a page: those in `components`, and the plates of the archive.

Model output, prompts, titles, names and error messages are foreign: nobody here
wrote them. They pass `text` before they reach markup. Knows nothing of runs or
of any page.
"""

from __future__ import annotations

from swatchbook.template import SLOT

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)} | {0x7F: "\u2421"}
_ESCAPES: dict[int, str] = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("'"): "&#39;",
    ord("`"): "&#96;",
    ord("$"): "&#36;",
    **_PICTURES,
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


def text(value: str) -> str:
    """Plain text as HTML, inside an element or a quoted attribute.

    Each character is escaped by itself, so the escape of a growing text only grows.
    Control characters are shown as their pictures.
    """
    return value.translate(_ESCAPES)


def template(source: str, filling: tuple[str, ...] = (), most: int = 0) -> str:
    """A prompt template as HTML, its slots marked; with a filling, its words in their places.

    With `most`, only about that many characters of its end are kept, slots whole.
    """
    words, at = iter(filling), 0
    parts: list[tuple[str, str]] = []
    for match in SLOT.finditer(source):
        parts += [("", source[at : match.start()]), ("slot", next(words, match[0]))]
        at = match.end()
    parts.append(("", source[at:]))
    if most and sum(len(part) for _, part in parts) > most:
        parts = _end(parts, most)
    return "".join(f'<mark class="slot">{text(part)}</mark>' if kind else text(part) for kind, part in parts)


def _end(parts: list[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    kept: list[tuple[str, str]] = []
    for kind, part in reversed(parts):
        if most <= 0:
            break
        kept.append((kind, part if kind else part[-most:]))
        most -= len(part)
    return [("", "…"), *reversed(kept)]
