"""Measures over texts and arrays. Pure functions; nothing of the house is imported here."""
