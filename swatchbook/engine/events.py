"""What is asked of the engine and what it streams back.

These are plain values, shared by the web process and the workers. Between the
two they travel as msgpack, never as pickle: a worker has read a stranger's
file and is not trusted to send objects.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import msgpack

from swatchbook.runs import Finish, Settings


class EngineError(Exception):
    """Work that cannot be done; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model on disk, as the engine sees it: a folder and how to compute it."""

    folder: Path
    precision: Literal["auto", "bf16", "fp32"] = "auto"


@dataclass(slots=True)
class Job:
    """One prompt, drawn once for each seed. `prompt` is the visitor's text.

    In chat mode the prompt is one user turn, put through the model's own template.
    """

    prompt: str
    seeds: list[int]
    settings: Settings
    mode: Literal["completion", "chat"] = "completion"


@dataclass(slots=True)
class Loading:
    """The model is on its way: `share` from 0 to 1, or None while it waits for memory or a turn."""

    share: float | None
    note: str = ""


@dataclass(slots=True)
class Started:
    """The prompt as rendered, and its length in tokens; the first token follows."""

    prompt: str
    tokens: int


@dataclass(slots=True)
class Tokens:
    """New tokens of one sample, n of them. Arrays are little-endian bytes.

    `ids` (n, int32); `ends` (n, int32) byte offsets into the sample's raw bytes;
    `surprisal` and `entropy` (n, float32) in bits; `top_ids` (n x 5, int32) and
    `top_bits` (n x 5, float32), likeliest first; `top_text` the n x 5 tokens' bytes.
    `raw` holds the bytes to append to the text: they lag behind `ends` while
    a stop string may be beginning.
    """

    sample: int
    ids: bytes
    ends: bytes
    surprisal: bytes
    entropy: bytes
    top_ids: bytes
    top_bits: bytes
    top_text: list[bytes]
    raw: bytes


@dataclass(slots=True)
class Finished:
    """A sample is complete; its text is `length` raw bytes (less than drawn after a stop string)."""

    sample: int
    finish: Finish
    length: int


@dataclass(slots=True)
class Failed:
    """The job failed, or one sample of it; `message` is one sentence for a person."""

    message: str
    sample: int | None = None


@dataclass(slots=True)
class Scored:
    """Bits of each given text: its token ids, byte ends within the text, bits and entropies."""

    texts: list[ScoredText] = field(default_factory=list)


@dataclass(slots=True)
class ScoredText:
    ids: list[int]
    ends: list[int]
    bits: list[float]
    entropy: list[float]

    @property
    def total(self) -> float:
        """Bits of the whole text."""
        return sum(self.bits)


Event = Loading | Started | Tokens | Finished | Failed | Scored

_KINDS: dict[str, type] = {kind.__name__: kind for kind in (Loading, Started, Tokens, Finished, Failed, Scored)}


def pack(event: Event) -> dict[str, Any]:
    """An event as plain values that msgpack can carry."""
    if isinstance(event, Scored):
        return {"kind": "Scored", "texts": [asdict(text) for text in event.texts]}
    return {
        "kind": type(event).__name__,
        **{part.name: getattr(event, part.name) for part in fields(event)},
    }


def unpack(message: dict[str, Any]) -> Event:
    """The event that `pack` made. Raises EngineError when it is none of ours."""
    body = dict(message)
    kind = _KINDS.get(body.pop("kind", ""))
    try:
        if kind is Scored:
            return Scored([ScoredText(**text) for text in body["texts"]])
        return kind(**body)  # type: ignore[misc]
    except (TypeError, KeyError):
        raise EngineError("The model's process sent something that is not an event; run again.") from None


def dumps(message: dict[str, Any]) -> bytes:
    return msgpack.packb(message)


def loads(data: bytes) -> dict[str, Any]:
    """One message from the other side. Raises EngineError when it is not a map."""
    try:
        message = msgpack.unpackb(data)
    except (ValueError, msgpack.UnpackException):
        message = None
    if not isinstance(message, dict):
        raise EngineError("The model's process sent something unreadable; run again.")
    return message
