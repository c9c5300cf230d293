"""A machine to judge by: 8 GB for models, an empty disk."""

from __future__ import annotations

from swatchbook.hub.fit import Machine

from swatchbook.estimate import Pace

MACHINE = Machine(budget=8_000_000_000, disk_free=50_000_000_000, disk_left=20_000_000_000, cores=2, pace=Pace())
