"""A Hub for tests: a real HTTP server on this machine that speaks the Hub's API for the calls that Swatchbook makes."""

from __future__ import annotations

from tests.fake_hub.faults import Fault
from tests.fake_hub.files import Sparse
from tests.fake_hub.repo import ABSENT, Repo
from tests.fake_hub.server import Asked, FakeHub

__all__ = ["ABSENT", "Asked", "FakeHub", "Fault", "Repo", "Sparse"]
