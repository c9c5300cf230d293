"""A published piece as files: fixed code byte for byte, and what the sketch brings as data beside it.

No path, no line of code and no file name ever comes from the sketch: names are those of the
manifest, of the house models' own files, and the few below.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from swatchbook import house
from swatchbook.kitchen.recipe import HOUSE
from swatchbook.runs import RunError
from swatchbook.settings import ROOT
from swatchbook.sketch.publish.card import readme
from swatchbook.sketch.publish.contents import CREDITS, RUNS, SKETCH, Owed
from swatchbook.sketch.publish.manifest import FILES, HOUSE_FILES, MOVED
from swatchbook.sketch.publish.page import static_page
from swatchbook.sketch.publish.requirements import requirements
from swatchbook.sketch.publish.work import Target, Work, check

README = "README.md"
PAGE = "index.html"
LICENCE = "LICENSE"
FOLDER = "piece"
"""The one folder in a zip."""
MAX_RUNS = 8_000_000
"""Most bytes of recorded runs: a Space's files that are text may have ten million."""
_DATE = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a piece by path, in the order of their names."""

    target: Target
    files: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(map(len, self.files.values()))

    def zip(self) -> bytes:
        """All files in one folder, as a zip that is the same to the byte for the same files."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, data in self.files.items():
                entry = zipfile.ZipInfo(f"{FOLDER}/{name}", _DATE)
                entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
                archive.writestr(entry, data)
        return packed.getvalue()


def make(work: Work, target: Target, base: str = "", models: Path = HOUSE) -> Bundle:
    """The piece for this target. `base` is where a Swatchbook can be found, `models` holds the house models.

    Raises RunError, with one sentence, for a work that could not stand alone there.
    """
    check(work, target)
    files = {SKETCH: work.text.encode(), README: readme(work, target).encode(), LICENCE: _own(LICENCE)}
    if target == "static":
        page = static_page(work.text, work.fitting, work.credits, base, work.lineage, work.colours)
        files[PAGE] = page.encode()
    else:
        owed = Owed(credits=list(work.credits), lineage=list(work.lineage))
        files |= {RUNS: recorded(work), CREDITS: owed.model_dump_json(indent=1).encode()}
        files["requirements.txt"] = requirements(target, asks_models=bool(work.sketch.models)).encode()
        files |= {name: _own(MOVED.get(name, name)) for name in FILES}
        files |= dict(_house_files(work, models))
    return Bundle(target, dict(sorted(files.items())))


def recorded(work: Work) -> bytes:
    """The recorded runs, one document a line. Raises RunError where they are too large to publish."""
    lines = "".join(f"{record.to_json()}\n" for record in work.fitting).encode()
    if len(lines) > MAX_RUNS:
        raise RunError(
            f"The results take {len(lines) / 1e6:.1f} MB, and a piece holds {MAX_RUNS / 1e6:g}; leave out a frozen one."
        )
    return lines


def _own(name: str) -> bytes:
    return (ROOT / name).read_bytes()


def _house_files(work: Work, models: Path) -> Iterator[tuple[str, bytes]]:
    """The house models that the sketch asks, with their cards and recipes."""
    for model in work.house_models:
        folder = house.find(model, models).folder
        for name in HOUSE_FILES:
            if (folder / name).is_file():
                yield f"assets/house/{folder.name}/{name}", (folder / name).read_bytes()
