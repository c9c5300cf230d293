"""Publishing a sketch as a piece that stands alone: fixed code, byte for byte, and the sketch beside it as data."""
