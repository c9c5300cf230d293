"""What a Space may be called."""

from __future__ import annotations

import re
import unicodedata

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from swatchbook.runs import RunError

LONGEST = 60
_NAME = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{LONGEST - 2}}}[A-Za-z0-9])?")
_NUMBERED = re.compile(r"(.*)-([2-9]|[1-9][0-9]{1,3})")


def check_name(name: str) -> str:
    """The name as it is, if a Space may be called so. Raises RunError."""
    if _NAME.fullmatch(name):
        try:
            validate_repo_id(f"somebody/{name}")
            return name
        except HFValidationError:
            pass
    better = suggested(name)
    raise RunError(
        f"A Space's name has up to {LONGEST} letters, digits, dots and dashes, with a letter or a digit at both ends; "
        f"call it {better}, for example."
    )


def suggested(title: str) -> str:
    """A name for a Space with this title: what is left of it in small letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", title[:400]).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-") or "a-sketch"


def following(name: str) -> str:
    """The name with the next number behind it."""
    found = _NUMBERED.fullmatch(name)
    return f"{found[1]}-{int(found[2]) + 1}" if found else f"{name[: LONGEST - 2].rstrip('._-')}-2"
