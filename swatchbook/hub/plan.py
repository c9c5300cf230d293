"""Which files of a repository a model needs here, and how many bytes they are.

Chooses by name from the list of files, so what is not named here is never
fetched: no code, no pickle, no variant, nothing out of a subfolder. Fetches
nothing and looks into no file but the index of the weights.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from swatchbook.engine.vet import CAPS
from swatchbook.hub.errors import Refused
from swatchbook.hub.facts import File
from swatchbook.hub.room import in_words

WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
MOST_PROSE = 1_000_000
"""Most bytes of a card or a licence; a larger one is left out."""
MAX_PARTS = 200
"""Most files that the weights may come in."""
MAX_TERMS = 20
"""Most files of licences and notices."""

_SETTINGS = (
    CONFIG,
    "generation_config.json",
    TOKENIZER,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
)
_CARD = "README.md"
_TERMS = re.compile(r"(?:LICEN[CS]E|NOTICE|USE_POLICY)(?:[-_][A-Za-z0-9_-]{1,40})?(?:\.(?:txt|md))?", re.IGNORECASE)
_PART = re.compile(r"model-(\d{5})-of-(\d{5})\.safetensors", re.ASCII)


@dataclass(frozen=True, slots=True)
class Plan:
    """The files to fetch: `small` ones first, then the `weights`."""

    small: tuple[File, ...]
    weights: tuple[File, ...]

    @property
    def files(self) -> tuple[File, ...]:
        return self.small + self.weights

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def plan(files: Iterable[File]) -> Plan:
    """What running this model needs. Raises Refused where the model cannot be run from these files."""
    by_name = {file.path: file for file in files}
    weights = _weights(by_name)
    for name in (CONFIG, TOKENIZER):
        if name not in by_name:
            raise Refused(f"The repository has no {name}, without which a model cannot be run here; choose another.")
    wanted = [by_name[name] for name in _SETTINGS if name in by_name]
    if weights[0].path != WHOLE:
        wanted.append(by_name[INDEX])
    for file in (*wanted, *weights):
        _check(file)
    return Plan((*wanted, *_prose(by_name)), weights)


def check_index(document: bytes, chosen: Plan) -> None:
    """Raises Refused unless the index of the weights names exactly the files that were chosen for them."""
    try:
        places = json.loads(document)["weight_map"].values()
        named = {str(place) for place in places}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused(f"The {INDEX} is damaged, so the weights cannot be put together; choose another model.") from None
    if strays := sorted(named ^ {file.path for file in chosen.weights}):
        raise Refused(
            f"The {INDEX} and the files of the weights do not belong together ({strays[0][:60]!r} is in only one of "
            "them); choose another model."
        )


def _check(file: File) -> None:
    most = CAPS.get(file.path)
    if most is not None and file.size > most:
        raise Refused(f"The {file.path} is larger than {in_words(most)}, which is not read here; choose another.")
    if file.security == "unsafe":
        raise Refused(f"The Hub's own scanners call {file.path} unsafe, so it is not fetched; choose another model.")
    if file.sha256 is None and file.blob is None:
        raise Refused(f"The Hub states no checksum for {file.path}, so it could not be verified; choose another model.")


def _prose(by_name: Mapping[str, File]) -> tuple[File, ...]:
    """The card and the terms, each once on disks that tell no upper case from lower."""
    terms = sorted(name for name in by_name if _TERMS.fullmatch(name))[:MAX_TERMS]
    found = {name.lower(): by_name[name] for name in (_CARD, *terms) if name in by_name}
    return tuple(file for file in found.values() if file.size <= MOST_PROSE and (file.sha256 or file.blob))


def _weights(by_name: Mapping[str, File]) -> tuple[File, ...]:
    if WHOLE in by_name:
        return (by_name[WHOLE],)
    sets = _sets(by_name)
    if not sets:
        raise Refused("The repository has no weights as safetensors, the only kind fetched here; choose another model.")
    if INDEX not in by_name:
        raise Refused(f"The weights come in parts and the {INDEX} that joins them is missing; choose another model.")
    whole = [parts for count, parts in sets.items() if 0 < count <= MAX_PARTS and sorted(parts) == _numbers(count)]
    if len(whole) != 1:
        problem = "are in the repository more than once" if whole else _missing(sets)
        raise Refused(f"The weights {problem}; choose another model.")
    return tuple(by_name[name] for _, name in sorted(whole[0].items()))


def _sets(by_name: Iterable[str]) -> dict[int, dict[int, str]]:
    """Names of the parts by their number, for each count of parts that names state."""
    sets: dict[int, dict[int, str]] = {}
    for match in filter(None, map(_PART.fullmatch, by_name)):
        sets.setdefault(int(match[2]), {})[int(match[1])] = match[0]
    return sets


def _numbers(count: int) -> Sequence[int]:
    return list(range(1, count + 1))


def _missing(sets: Mapping[int, Mapping[int, str]]) -> str:
    count, parts = max(sets.items(), key=lambda item: len(item[1]))
    if not 0 < count <= MAX_PARTS:
        return f"come in {count} parts, where at most {MAX_PARTS} are read here"
    lost = next((number for number in _numbers(count) if number not in parts), None)
    return "are numbered oddly" if lost is None else f"lack part {lost} of {count}"
