"""Sketches: small interactive pieces written in one readable file, performed live, shared and published."""
