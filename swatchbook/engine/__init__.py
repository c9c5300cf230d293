"""Runs models: a process for each, joined batches, traces, and a strict cache.

The web process imports `engine`, `events`, `cache` and `memory` from here; all
modules that need torch are imported inside worker processes only.
"""
