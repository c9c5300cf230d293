"""Dice that fall the same in Python and in a browser: 32-bit arithmetic that JavaScript does exactly.

Their twin is in `assets/js/dice.js`. Knows nothing of sketches.
"""

from __future__ import annotations

_ALL = 0xFFFF_FFFF
_JOINT = "\x1f"


class Dice:
    """Draws that follow from a seed of any number of words and numbers.

    The seed is hashed with FNV-1a (Fowler, Noll and Vo, 1991) over its UTF-16 units, low byte first; the
    draws are those of mulberry32 (Tommy Ettinger, 2017).
    """

    def __init__(self, *seed: str | int) -> None:
        self._state = _hash(_JOINT.join(map(str, seed)))

    def number32(self) -> int:
        """The next draw: a whole number from 0 up to 2**32, that itself left out."""
        self._state = (self._state + 0x6D2B_79F5) & _ALL
        mixed = self._state
        mixed = (mixed ^ mixed >> 15) * (mixed | 1) & _ALL
        mixed ^= mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & _ALL) & _ALL
        return mixed ^ mixed >> 14

    def choose(self, count: int) -> int:
        """One of 0 … `count` - 1; each is as likely as the others to within `count` / 2**32."""
        return self.number32() * count >> 32


def seed_of(*parts: str | int) -> int:
    """A seed of 31 bits for a model to draw with, the same on every machine."""
    return Dice(*parts).number32() >> 1


def _hash(text: str) -> int:
    value = 0x811C_9DC5
    for byte in text.encode("utf-16-le", "surrogatepass"):
        value = (value ^ byte) * 0x0100_0193 & _ALL
    return value
