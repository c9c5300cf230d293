"""Text to token ids and back to bytes.

The bytes of the tokens, in a row, define a text; `decode` is never asked, since
it hides invalid UTF-8 and drops spaces. The table comes from tokenizer.json:
the byte-level alphabet, `<0xNN>` for byte fallback, `▁` or an end-of-word
suffix for a space, and added tokens as they stand. No torch here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

from swatchbook.engine.events import EngineError

_FALLBACK = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@lru_cache(maxsize=1)
def _alphabet() -> dict[str, int]:
    """The printable stand-ins that byte-level BPE writes for the 256 bytes (Radford et al. 2019)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + at): byte for at, byte in enumerate(others)}


def _is_byte_level(spec: dict[str, Any]) -> bool:
    """Whether the tokenizer's decoder, or its pre-tokenizer, speaks the byte-level alphabet."""

    def kinds(part: Any) -> list[str]:
        if not isinstance(part, dict):
            return []
        inner = part.get("decoders") or part.get("pretokenizers") or []
        return [str(part.get("type")), *(kind for piece in inner for kind in kinds(piece))]

    return "ByteLevel" in kinds(spec.get("decoder")) + kinds(spec.get("pre_tokenizer"))


def byte_table(tokenizer_json: str) -> list[bytes]:
    """The bytes of every token id, from the text of a tokenizer.json; ids that are not used are empty."""
    spec = json.loads(tokenizer_json)
    vocab = spec["model"]["vocab"]
    pieces = dict(vocab) if isinstance(vocab, dict) else {piece: at for at, (piece, _) in enumerate(vocab)}
    to_bytes = _byte_level_bytes if _is_byte_level(spec) else _spelling(spec["model"].get("end_of_word_suffix"))
    literal = _piece_bytes if spec["model"].get("byte_fallback") else str.encode
    added = {token["id"]: literal(token["content"]) for token in spec.get("added_tokens", [])}
    table = [b""] * (max([*pieces.values(), *added, -1]) + 1)
    for piece, at in pieces.items():
        table[at] = to_bytes(piece)
    for at, content in added.items():
        table[at] = content
    return table


def _byte_level_bytes(piece: str) -> bytes:
    alphabet = _alphabet()
    return b"".join(bytes([alphabet[char]]) if char in alphabet else char.encode() for char in piece)


def _spelling(suffix: object) -> Callable[[str], bytes]:
    """How pieces are spelt; where a suffix such as `</w>` ends a word, a space stands in its place."""
    if not isinstance(suffix, str) or not suffix:
        return _piece_bytes
    return lambda piece: _piece_bytes(piece.removesuffix(suffix)) + (b" " if piece.endswith(suffix) else b"")


def _piece_bytes(piece: str) -> bytes:
    if match := _FALLBACK.fullmatch(piece):
        return bytes([int(match[1], 16)])
    return piece.replace("▁", " ").encode()


def byte_ends(text: str, pieces: Sequence[bytes], offsets: Sequence[tuple[int, int]]) -> list[int]:
    """Where each token of a given text ends, in its UTF-8 bytes; never falling, the last at the end.

    `pieces` are the tokens' table bytes (empty for special tokens), `offsets` the
    tokenizer's character spans. Where the pieces spell the text they decide; else
    tokens that share a span are a group, cut inside only as far as the pieces match.
    """
    whole = text.encode()
    if b"".join(pieces) == whole:
        return list(accumulate(len(piece) for piece in pieces))
    at_char = [0, *accumulate(len(char.encode()) for char in text)]
    ends, here = [0] * len(pieces), 0
    for first, last in _groups(offsets):
        stop = max(here, at_char[offsets[last][1]])
        for token in range(first, last):
            if whole.startswith(pieces[token], here) and here + len(pieces[token]) <= stop:
                here += len(pieces[token])
            ends[token] = here
        ends[last] = here = stop
    if ends and here < len(whole):
        ends[-1] = len(whole)
    return ends


def _groups(offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs of tokens whose character spans overlap, as (first, last)."""
    starts = [0, *(at for at, (before, now) in enumerate(pairwise(offsets), 1) if now[0] >= before[1])]
    return [(start, stop - 1) for start, stop in pairwise([*starts, len(offsets)])] if offsets else []


class Codec:
    """A model's tokenizer as the decode loop needs it."""

    def __init__(self, tokenizer: Any, end_ids: set[int], context: int) -> None:
        """`tokenizer` is a fast transformers tokenizer; `end_ids` are the ids that end a text."""
        self._tokenizer = tokenizer
        self._table = byte_table(tokenizer.backend_tokenizer.to_str())
        self._specials = set(tokenizer.all_special_ids)
        self.end_ids = end_ids
        self.context = context

    def bytes_of(self, token: int) -> bytes:
        """The token's bytes; nothing for an end token or an id without a word."""
        if token in self.end_ids or not 0 <= token < len(self._table):
            return b""
        return self._table[token]

    def shown(self, token: int) -> bytes:
        """The token as it is listed among alternatives: special tokens by their name."""
        return self._table[token] if 0 <= token < len(self._table) else b""

    def render(self, prompt: str, mode: str) -> tuple[str, list[int]]:
        """The prompt as the model gets it, and its ids. Raises EngineError if it does not fit."""
        text = self.opening(prompt, mode)
        ids = list(self._tokenizer(text, add_special_tokens=mode != "chat")["input_ids"])
        ids = ids or [self._beginning()]
        if len(ids) >= self.context:
            raise EngineError(
                f"The prompt is {len(ids):,} tokens long for this model, which reads {self.context:,} "
                "at most, its answer included; shorten the prompt."
            )
        return text, ids

    def opening(self, prompt: str, mode: str) -> str:
        """What the model goes on from: the prompt, or in chat mode the turn that it makes. Raises EngineError."""
        return self._chat(prompt) if mode == "chat" else prompt

    def _chat(self, prompt: str) -> str:
        if not self._tokenizer.chat_template:
            raise EngineError("This model has no chat template; choose completion for it.")
        try:
            turn = [{"role": "user", "content": prompt}]
            text = self._tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        except Exception as error:  # noqa: BLE001 - a template is a stranger's program and may raise anything
            raise EngineError(f"This model's chat template failed ({_first_line(error)}); choose completion.") from None
        if len(text) > 4 * len(prompt) + 64 * self.context:
            raise EngineError("This model's chat template blew the prompt up; choose completion for it.")
        return str(text)

    def given(self, text: str, mode: str = "completion") -> tuple[list[int], list[int]]:
        """Ids of a text to be scored, and their byte ends in the text. The first id is never scored.

        It is a beginning token, which ends at byte 0; a turn of a chat brings its own beginning.
        """
        encoding = self._tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
        pieces = [self._table[token] for token in encoding.ids]
        ids, ends = list(encoding.ids), byte_ends(text, pieces, encoding.offsets)
        return (ids, ends) if mode == "chat" else ([self._beginning(), *ids], [0, *ends])

    def _beginning(self) -> int:
        """The id that starts a text: the one the tokenizer adds by itself, else its bos, else its eos."""
        added = self._tokenizer("")["input_ids"]
        choices = [*added[:1], self._tokenizer.bos_token_id, self._tokenizer.eos_token_id, *sorted(self.end_ids)]
        for choice in choices:
            if choice is not None:
                return int(choice)
        raise EngineError("This model has no token to begin a text with; give it a prompt to continue.")


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
