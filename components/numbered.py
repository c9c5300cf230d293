"""Numbers for what is sent to a page: what was made later has the higher one, so that a late answer can be dropped.

They begin with the time, for a page may outlive the server that it came from.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any

numbers = itertools.count(time.time_ns() // 1_000)
"""Take one before what is sent is made: what is made then is at least as new."""


def numbered(value: Mapping[str, Any]) -> dict[str, Any]:
    """A value for the page, told from the one before by its number.

    That is taken when the value is made already: only for what no other thread makes meanwhile.
    """
    return {"number": next(numbers), **value}
