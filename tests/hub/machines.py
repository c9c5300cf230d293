"""A machine to judge by: 8 GB for models, an empty disk."""

from __future__ import annotations

from swatchbook.estimate import Pace
from swatchbook.hub.fit import Machine

MACHINE = Machine(budget=8_000_000_000, disk_free=50_000_000_000, disk_left=20_000_000_000, cores=2, pace=Pace())
