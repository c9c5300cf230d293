"""What one performance may spend: tokens that are written, and characters that are filled in and read.

Tokens are taken before a cell starts and given back where it did not need them,
so that no more than the budget is ever under way. Who finds too few left waits
while others may still give some back.
"""

from __future__ import annotations

import asyncio

BUDGET = 6_000
"""Most tokens that all cells of a performance write together."""
READING = 1_000_000
"""Most characters of all prompts and texts together; a prompt counts once for each option that is scored after it."""


class Purse:
    def __init__(self, tokens: int = BUDGET, characters: int = READING) -> None:
        self.tokens, self.characters = tokens, characters
        self._held = 0
        self._returned = asyncio.Event()

    async def hold(self, most: int, count: int) -> int:
        """Take `most` tokens for each of `count` cells; says for how many there were enough."""
        while self._held and most * count > self.tokens:
            self._returned.clear()
            await self._returned.wait()
        enough = min(count, self.tokens // most)
        self.tokens -= most * enough
        self._held += most * enough
        return enough

    def give_back(self, held: int, used: int) -> None:
        """Of `held` tokens only so many were used."""
        self._held -= held
        self.tokens += held - used
        self._returned.set()

    def read(self, characters: int) -> bool:
        """Take characters, if there are as many."""
        if characters > self.characters:
            return False
        self.characters -= characters
        return True
