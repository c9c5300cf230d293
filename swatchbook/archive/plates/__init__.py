"""Plates: a run in a form that opens elsewhere, as a table, a page or a picture. Nothing here is read back as a run."""
